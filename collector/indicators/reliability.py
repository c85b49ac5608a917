"""How well the items of a set measure one thing: alpha (KR-20) and each item against the rest. Called by learning.py.

Source: domain README §1.4: alpha below 0.5 or an item below 0.10 says: revise the item, check it by language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import correlation

from collector.indicators.statistics import deviation

LEAST_ALPHA, LEAST_ITEM_REST = 0.50, 0.10

Answers = Sequence[Sequence[float]]
"""One row a person, one column an item, each the credit earned; nobody has a gap."""


def alpha(answers: Answers) -> float | None:
    """Cronbach's alpha; for items right or wrong it is KR-20. None for fewer than two people or items, or no spread."""
    items = len(answers[0]) if answers else 0
    if len(answers) < 2 or items < 2:
        return None
    total = deviation([math.fsum(person) for person in answers]) ** 2
    within = math.fsum(deviation(column) ** 2 for column in zip(*answers, strict=True))
    return items / (items - 1) * (1 - within / total) if total else None


def item_rest(answers: Answers) -> list[float | None]:
    """Correlation of each item with the sum of the others; None where one of the two does not vary."""
    return [_with_rest(answers, place) for place in range(len(answers[0]))] if len(answers) > 1 else []


def _with_rest(answers: Answers, place: int) -> float | None:
    item = [person[place] for person in answers]
    rest = [math.fsum(person) - person[place] for person in answers]
    return correlation(item, rest) if len(set(item)) > 1 and len(set(rest)) > 1 else None
