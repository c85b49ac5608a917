"""How well the items of a set measure one thing: alpha (KR-20) and each item against the rest. Called by learning.py.

Source: domain README §1.4: alpha below 0.5 or an item below 0.10 says: revise the item, check it by language.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import itemgetter
from statistics import correlation
from typing import Any

from collector.indicators.statistics import deviation

LEAST_ALPHA, LEAST_ITEM_REST = 0.50, 0.10

Row = tuple[float, ...]
"""A person's credits, an item after the other; nobody has a gap."""
Answers = Iterable[Sequence[float]] | Mapping[Row, int]
"""A row for each person, or how many people gave each row: of right and wrong, many people give few different ones."""


def alpha(answers: Answers) -> float | None:
    """Cronbach's alpha; for items right or wrong it is KR-20. None for fewer than two people or items, or no spread."""
    rows = _counted(answers)
    items = len(next(iter(rows), ()))
    if rows.total() < 2 or items < 2:
        return None
    total = deviation(_Column(rows, math.fsum)) ** 2
    within = math.fsum(deviation(_Column(rows, itemgetter(place))) ** 2 for place in range(items))
    return items / (items - 1) * (1 - within / total) if total else None


def item_rest(answers: Answers) -> list[float | None]:
    """Correlation of each item with the sum of the others; None where one of the two does not vary."""
    rows = _counted(answers)
    return [_with_rest(rows, place) for place in range(len(next(iter(rows))))] if rows.total() > 1 else []


def _with_rest(rows: Counter[Row], place: int) -> float | None:
    item: Any = _Column(rows, itemgetter(place))
    rest: Any = _Column(rows, lambda row: math.fsum(row) - row[place])
    return correlation(item, rest) if len(set(item)) > 1 and len(set(rest)) > 1 else None


def _counted(answers: Answers) -> Counter[Row]:
    return Counter(answers if isinstance(answers, Mapping) else map(tuple, answers))


class _Column(Collection[float]):
    """A number for each person, made when it is read."""

    def __init__(self, rows: Counter[Row], value: Callable[[Row], float]) -> None:
        self.values = [(value(row), people) for row, people in rows.items()]

    def __len__(self) -> int:
        return sum(people for _, people in self.values)

    def __iter__(self) -> Iterator[float]:
        return chain.from_iterable(repeat(value, people) for value, people in self.values)

    def __contains__(self, value: object) -> bool:
        return any(value == told for told, _ in self.values)
