"""Random expressions in JavaRosa and in our Collect dialect: how many agree, and each one that does not, made small."""

from __future__ import annotations

import time
from collections import Counter

from tests.conformance.javarosa import Bench, disagreements
from tests.conformance.known import reason_of

SEED = 1


def run(*, is_quick: bool) -> None:
    count = 1_000 if is_quick else 40_000
    began = time.perf_counter()
    found = list(disagreements(Bench(), SEED, count))
    seconds = time.perf_counter() - began
    reasons = Counter(reason_of(each) for each in found)
    unexplained = reasons.pop("", 0)
    print(f"{count} expressions in {seconds:.1f} s: {100 - 100 * unexplained / count:.3f} % agree or are explained")
    for reason, times in reasons.items():
        print(f"  {times} × {reason}")
    for each in found:
        if not reason_of(each):
            print(f"  {each.expression} at {each.context}: JavaRosa {each.theirs}, ours {each.ours}")
