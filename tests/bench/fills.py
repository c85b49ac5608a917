"""No false accusation: honest forms filled by JavaRosa in three languages, each judged from JSON and from XML.

The client is not named in them, so that both dialects judge; whatever is found is printed and is a defect of ours.
"""

from __future__ import annotations

import time
from collections import Counter

from tests.support.fills import deployed, honest_forms, tablet

MOST_SHOWN = 20


def run(*, is_quick: bool) -> None:
    """Print how many were filled, by form and language, and every finding."""
    filled: Counter[tuple[str, str]] = Counter()
    accused: Counter[str] = Counter()
    filling = judging = 0.0
    for form in honest_forms(300 if is_quick else 10_000):
        began = time.perf_counter()
        xml = tablet(form.form_key).fill(form)
        filling += (lap := time.perf_counter()) - began
        for kind, finding in deployed(form.form_key).findings(xml):
            accused[
                f"{form.form_key}, {kind}: {finding.outcome} {finding.code} at {finding.path} {finding.reason}"
            ] += 1
        judging += time.perf_counter() - lap
        filled[form.form_key, form.language] += 1
    each = ", ".join(f"{key} {language} {times:,}" for (key, language), times in sorted(filled.items()))
    print(f"{filled.total():,} fills ({each}): {accused.total()} findings")
    print(f"filled in {filling:.0f} s, judged twice each in {judging:.0f} s")
    for line, times in accused.most_common(MOST_SHOWN):
        print(f"  {times} × {line}")
