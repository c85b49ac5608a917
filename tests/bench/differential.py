"""Random expressions in the clients' own engines and in our dialects: how many agree, and each one that does not."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.conformance import enketo, known
from tests.conformance.javarosa import Bench, Disagreement, disagreements

SEED = 1


def run(*, is_quick: bool) -> None:
    count = 1_000 if is_quick else 40_000
    _report("JavaRosa", count, disagreements(Bench(), SEED, count), known.reason_of)
    if absent := enketo.why_absent():
        print(f"skipped: Enketo, {absent}")
        return
    with tempfile.TemporaryDirectory(prefix="enketo-") as folder:
        if failed := enketo.install(Path(folder)):
            print(f"skipped: Enketo, its packages cannot be installed: {failed}")
            return
        with enketo.opened(Path(folder)) as bench:
            _report("Enketo", count, enketo.disagreements(bench, SEED, count), enketo.reason_of)


def _report(
    engine: str, count: int, disagreeing: Iterable[Disagreement], reason_of: Callable[[Disagreement], str]
) -> None:
    began = time.perf_counter()
    found = list(disagreeing)
    seconds = time.perf_counter() - began
    reasons = Counter(reason_of(each) for each in found)
    unexplained = reasons.pop("", 0)
    share = 100 - 100 * unexplained / count
    print(f"{engine}: {count} expressions in {seconds:.1f} s: {share:.3f} % agree or are explained")
    for reason, times in reasons.items():
        print(f"  {times} × {reason}")
    for each in found:
        if not reason_of(each):
            print(f"  {each.expression} at {each.context}: {engine} {each.theirs}, ours {each.ours}")
