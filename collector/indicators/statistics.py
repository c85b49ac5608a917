"""The statistics of the knowledge change, in the standard library. Called by learning.py, paired.py and reliability.py.

Formulas: domain README §1.4; golden numbers made with scipy and statsmodels in tests/data/stat_test_vectors.json.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Sized
from itertools import count

Z95 = 1.959963984540054  # 97.5th percentile of the standard normal
MOST_EXACT = 2_000  # pairs that changed up to which McNemar's p is summed in whole numbers: of many, they are huge


class Tally(Collection[float]):
    """Numbers without their order, each with how often it came: of many scores, few are different."""

    __slots__ = ("_counts",)

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._counts = Counter(values)

    def extend(self, values: Iterable[float]) -> None:
        """Count more of them."""
        self._counts.update(values)

    def __iter__(self) -> Iterator[float]:
        return self._counts.elements()

    def __len__(self) -> int:
        return self._counts.total()

    def __contains__(self, value: object) -> bool:
        return value in self._counts


class SideBySide(Collection[tuple[int, int]]):
    """Of each session, of how many people something holds, and of how many it was asked: pairs made when read."""

    def __init__(self, holds: array[int], of: array[int]) -> None:
        self.holds, self.of = holds, of

    def __len__(self) -> int:
        return len(self.of)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.holds, self.of, strict=True)

    def __contains__(self, both: object) -> bool:
        return any(each == both for each in self)


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean, the same in whatever order they come; raises ValueError when there are none."""
    if isinstance(values, Sized):
        total, number = math.fsum(values), len(values)
    else:
        numbers = count()
        total = math.fsum(value for value, _ in zip(values, numbers, strict=False))
        number = next(numbers)
    if not number:
        raise ValueError("the mean of nothing")
    return total / number


def deviation(values: Collection[float]) -> float:
    """Standard deviation of a sample (n - 1), of two values or more."""
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def t_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of values, each person taken alone: only inside one session."""
    half = t_quantile(0.975, len(values) - 1) * deviation(values) / math.sqrt(len(values))
    return mean(values) - half, mean(values) + half


def clustered_interval(by_session: Collection[Collection[float]]) -> tuple[float, float]:
    """95 % interval of the mean of all values, people taken as clustered in sessions.

    by_session: the values of each session, at least two sessions. V = S/(S-1) · Σ_s (Σ_i (d_i - d̄))² / n², t with S-1
    df.
    """
    centre = mean(value for values in by_session for value in values)
    half = t_quantile(0.975, len(by_session) - 1) * clustered_error(by_session)
    return centre - half, centre + half


def clustered_error(by_session: Collection[Collection[float]]) -> float:
    """Standard error of the mean of all values, people taken as clustered in sessions."""
    sessions, people = len(by_session), sum(map(len, by_session))
    centre = mean(value for values in by_session for value in values)
    squares = math.fsum(math.fsum(value - centre for value in values) ** 2 for values in by_session)
    return math.sqrt(sessions / (sessions - 1) * squares) / people


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, as fractions of 1; (0, 1) when there are no trials."""
    if not trials:
        return 0.0, 1.0
    return _score_interval(successes / trials, trials, Z95)


def clustered_wilson(by_session: Collection[tuple[int, int]]) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of people who are clustered in sessions, as fractions of 1.

    by_session: (successes, trials) of at least two sessions, one trial or more in each. Wilson's formula with t of S-1
    degrees for z, and with as many trials as would vary as much if nobody were alike: p(1-p)/V, never more than there
    are. V as in clustered_interval, of values 0 and 1. Source: Korn and Graubard 1998, Survey Methodology 24(2).
    """
    sessions, trials = len(by_session), sum(of for _, of in by_session)
    share = sum(count for count, _ in by_session) / trials
    squares = math.fsum((count - share * of) ** 2 for count, of in by_session)
    error = sessions / (sessions - 1) * squares / trials**2
    worth = min(trials, share * (1 - share) / error) if error else trials
    return _score_interval(share, worth, t_quantile(0.975, sessions - 1))


def _score_interval(share: float, trials: float, z: float) -> tuple[float, float]:
    z2 = z * z
    centre = share + z2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    low, high = (centre - half) / (1 + z2 / trials), (centre + half) / (1 + z2 / trials)
    return (low if share else 0.0), (high if share < 1 else 1.0)  # exact at both ends


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p of McNemar's test: wrong→right against right→wrong.

    >>> mcnemar(3, 3)
    1.0
    """
    changed, fewer = gained + lost, min(gained, lost)
    if changed > MOST_EXACT:
        return min(1.0, 2 * _lower_tail(changed, fewer))
    tail = sum(math.comb(changed, k) for k in range(fewer + 1))
    return min(1.0, tail / 2 ** (changed - 1)) if changed else 1.0


def _lower_tail(trials: int, most: int) -> float:
    """Chance of at most so many heads in throws of a coin, to ten digits: each term from the one above it."""
    term = total = 1.0
    for heads in range(most, 0, -1):
        term *= heads / (trials - heads + 1)
        total += term
        if term < total * 1e-17:
            break
    first = math.lgamma(trials + 1) - math.lgamma(most + 1) - math.lgamma(trials - most + 1)
    return math.exp(first - trials * math.log(2)) * total


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjustment for testing several hypotheses, in the order given."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t, for 0.5 ≤ probability < 1; halves the bracket until floats cannot tell."""
    low, high = 0.0, 1.0
    while _t_upper_tail(high, freedom) > 1 - probability:
        high *= 2
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _t_upper_tail(middle, freedom) > 1 - probability else (low, middle)
    return high


def _t_upper_tail(t: float, freedom: float) -> float:
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b), 0 ≤ x ≤ 1. Source: DLMF 8.17.22, evaluated by Lentz's method."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on this side only
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _beta_fraction(x, a, b))


def _beta_fraction(x: float, a: float, b: float) -> float:
    value, numerator, denominator = 1.0, 1.0, 0.0
    for step in range(1, 1000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        numerator, denominator = 1 + term / numerator, 1 / (1 + term * denominator)
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-15:
            break
    return value
