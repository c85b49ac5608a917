"""Random whole forms in JavaRosa and here: how much agrees, rule by rule, and each difference that nobody explained."""

from __future__ import annotations

import time

from tests.conformance.form_fuzz import fuzz, lines_of

SEED, FILLINGS = 1, 5


def run(*, is_quick: bool) -> None:
    """Print the numbers, the known differences with their reasons, and small cases of the others."""
    began = time.perf_counter()
    tally = fuzz(range(SEED, SEED + (100 if is_quick else 2_000)), FILLINGS)
    for line in lines_of(tally):
        print(line)
    print(f"in {time.perf_counter() - began:.0f} s")
