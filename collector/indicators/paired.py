"""Statistics of paired scores: Wilcoxon's test, effect size, normalised change, retention. Called by learning.py.

Formulas: domain README §1.4; golden numbers made with scipy and statsmodels in tests/data/stat_test_vectors.json.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from collector.indicators.statistics import deviation, mean

SAME = 9  # decimals from which two differences of scores are the same: 8.3 - 0.1 and 8.2 are tied


@dataclass(frozen=True, slots=True)
class SignedRanks:
    """Wilcoxon's signed-rank test: sums of the ranks of rises and falls, two-sided p, and the equal pairs left out.

    p: normal approximation with ties, without continuity correction; 1 where every pair is equal.
    """

    rises: float
    falls: float
    equal: int
    p: float

    @property
    def rank_biserial(self) -> float:
        """Effect, -1 (all fell) to 1 (all rose); 0 where every pair is equal."""
        total = self.rises + self.falls
        return (self.rises - self.falls) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Effect size d_av: the mean change over the mean of the two standard deviations, and Hedges' correction of it."""

    average: float
    correction: float

    @property
    def corrected(self) -> float:
        return self.average * self.correction


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of the change, as a fraction of it, among the people with all three surveys; `of`: had a pair."""

    kept: float
    people: int
    of: int

    @property
    def response(self) -> float:
        """Share of the paired people who answered again."""
        return self.people / self.of


def signed_ranks(changes: Iterable[float]) -> SignedRanks:
    """Wilcoxon's signed-rank test of changes.

    >>> signed_ranks([0, 2, 2, 5]).rises
    6.0
    """
    counted = Counter(round(change, SAME) for change in changes)  # of many pairs, scores allow few different ones
    rises = falls = ties = 0.0
    before = 0
    for size in sorted({abs(change) for change in counted if change}):
        risen, fallen = counted[size], counted[-size]
        rank = before + (risen + fallen + 1) / 2
        rises += rank * risen
        falls += rank * fallen
        ties += (risen + fallen) ** 3 - (risen + fallen)
        before += risen + fallen
    return SignedRanks(rises, falls, counted[0], _p(rises - falls, before, ties))


def _p(difference: float, moved: int, ties: float) -> float:
    variance = moved * (moved + 1) * (2 * moved + 1) / 6 - ties / 12  # of rises - falls
    return math.erfc(abs(difference) / math.sqrt(2 * variance)) if variance else 1.0


def effect(before: Collection[float], after: Collection[float]) -> Effect | None:
    """d_av of the same people before and after; None where nobody differs from anybody, or of fewer than two."""
    people = len(before)
    spread = (deviation(before) + deviation(after)) / 2 if people > 1 else 0.0
    if not spread:
        return None
    return Effect((mean(after) - mean(before)) / spread, 1 - 3 / (4 * (people - 1) - 1))


def normalised_change(before: float, after: float) -> float | None:
    """One person's change as a part of what was possible, -1 to 1; None at 0 or 100 both times. For plots only.

    Source: Marx and Cummings 2007, American Journal of Physics 75(1).
    """
    if after == before:
        return None if before in (0, 100) else 0.0
    return (after - before) / (100 - before if after > before else before)


def retention(scores: Sequence[tuple[float, float, float]], *, of: int) -> Retention | None:
    """What is kept of the change by people with (before, after, follow-up); None where there was no change to keep.

    of: people with a pair, whether they answered again or not.
    """
    if not scores:
        return None
    before, after, later = (mean(wave) for wave in zip(*scores, strict=True))
    return Retention((later - before) / (after - before), len(scores), of) if after != before else None
