"""A linear programme, solved by the simplex method: the oracle of what a reader of published tables can work out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

ALMOST_NOTHING = 1e-9


@dataclass(frozen=True)
class Sum:
    """A number, and unknown ones times their factors. Unknown ones are 0 or more."""

    number: float = 0.0
    unknown: Mapping[object, float] = field(default_factory=dict)

    def __add__(self, other: Sum) -> Sum:
        factors = dict(self.unknown)
        for name, factor in other.unknown.items():
            factors[name] = factors.get(name, 0.0) + factor
        return Sum(self.number + other.number, factors)

    def __neg__(self) -> Sum:
        return Sum(-self.number, {name: -factor for name, factor in self.unknown.items()})

    def __sub__(self, other: Sum) -> Sum:
        return self + -other


def unknown(name: object, least: float = 0.0) -> Sum:
    """An unknown number, `least` or more."""
    return Sum(least, {name: 1.0})


def total(parts: Iterable[Sum]) -> Sum:
    return sum(parts, Sum())


class Programme:
    """Equations, each a sum that is nothing. Raises ValueError where no numbers fit all of them."""

    def __init__(self, equations: Sequence[Sum]) -> None:
        self.names = sorted({name for each in equations for name in each.unknown}, key=repr)
        places = {name: place for place, name in enumerate(self.names)}
        rows = []
        for each in equations:
            sign = -1.0 if each.number > 0 else 1.0
            row = [0.0] * len(self.names)
            for name, factor in each.unknown.items():
                row[places[name]] = sign * factor
            rows.append((row, -sign * each.number))
        self._start(rows)

    def _start(self, rows: Sequence[tuple[list[float], float]]) -> None:
        """A first solution: what is missing in each equation is made up, and then brought to nothing."""
        count, made_up = len(self.names), len(rows)
        self.table = [
            [*row, *(float(place == other) for other in range(made_up)), right]
            for place, (row, right) in enumerate(rows)
        ]
        self.basis = [count + place for place in range(made_up)]
        missing = [-sum(row[column] for row in self.table) for column in range(count)]
        cost = [*missing, *[0.0] * made_up, -sum(row[-1] for row in self.table)]
        _minimise(self.table, self.basis, cost, count)
        if abs(cost[-1]) > 1e-6:
            raise ValueError("no numbers fit")
        for row, own in enumerate(self.basis):
            if own >= count:
                column = next((c for c in range(count) if abs(self.table[row][c]) > 1e-7), None)
                if column is not None:
                    _pivot(self.table, self.basis, [], row, column)
        kept = [row for row, own in enumerate(self.basis) if own < count]
        self.table = [[*self.table[row][:count], self.table[row][-1]] for row in kept]
        self.basis = [self.basis[row] for row in kept]

    def range_of(self, wanted: Sum) -> tuple[float, float]:
        """The lowest and the highest value of a sum over all numbers that fit."""
        return -self._highest(-wanted), self._highest(wanted)

    def _highest(self, wanted: Sum) -> float:
        if any(factor > 0 for name, factor in wanted.unknown.items() if name not in self.names):
            return inf
        table, basis = [list(row) for row in self.table], list(self.basis)
        cost = [-wanted.unknown.get(name, 0.0) for name in self.names] + [0.0]
        for row, own in zip(table, basis, strict=True):
            if factor := cost[own]:
                cost = [each - factor * other for each, other in zip(cost, row, strict=True)]
        return wanted.number + (cost[-1] if _minimise(table, basis, cost, len(self.names)) else inf)


def _minimise(table: list[list[float]], basis: list[int], cost: list[float], columns: int) -> bool:
    """Bland's rule, which cannot run in circles. False where there is no end."""
    while True:
        column = next((place for place in range(columns) if cost[place] < -ALMOST_NOTHING), None)
        if column is None:
            return True
        steps = [
            (row[-1] / row[column], basis[place], place)
            for place, row in enumerate(table)
            if row[column] > ALMOST_NOTHING
        ]
        if not steps:
            return False
        _pivot(table, basis, cost, min(steps)[2], column)


def _pivot(table: list[list[float]], basis: list[int], cost: list[float], row: int, column: int) -> None:
    factor = table[row][column]
    table[row] = pivot = [each / factor for each in table[row]]
    for place, other in enumerate(table):
        if place != row and (factor := other[column]):
            table[place] = [each - factor * own for each, own in zip(other, pivot, strict=True)]
    if cost and (factor := cost[column]):
        cost[:] = [each - factor * own for each, own in zip(cost, pivot, strict=True)]
    basis[row] = column
