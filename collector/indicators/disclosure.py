"""Which cells of a published table are hidden, so that nobody can work out a count of 1 to 10 people.

Used by the shared edition of the workbook. Source: domain README §4.3: k = 11, and complementary suppression. A table
with its margins is a circulation: each cell an arc between its row and its column, the margins running back. What a
reader can work out about a hidden cell is how far its flow can be turned up or down while all published cells stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

FEWEST = 11
"""k: counts from 1 to one less are hidden."""
FEWEST_FOR_SHARES = 30
BOUNDLESS = 10**9

Cell = tuple[int, int]
Arc = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Margined:
    """A table of counts with its margins: the last row and the last column are the totals of the others."""

    counts: Sequence[Sequence[int]]

    @property
    def cells(self) -> Iterator[Cell]:
        return ((row, column) for row in range(len(self.counts)) for column in range(len(self.counts[0])))

    def count(self, cell: Cell) -> int:
        return self.counts[cell[0]][cell[1]]

    def is_total(self, cell: Cell) -> bool:
        return cell[0] == len(self.counts) - 1 or cell[1] == len(self.counts[0]) - 1

    def added_up_in(self, cell: Cell) -> Iterator[Cell]:
        """The cells that a total is made of; none for another cell."""
        last_row, last_column = len(self.counts) - 1, len(self.counts[0]) - 1
        if cell[1] == last_column:
            yield from ((cell[0], column) for column in range(last_column))
        elif cell[0] == last_row:
            yield from ((row, cell[1]) for row in range(last_row))

    def arc(self, cell: Cell) -> Arc:
        """From where to where a cell's count flows; a total runs against the cells that it adds up."""
        row, column = f"row {cell[0]}", f"column {cell[1]}"
        is_total = (cell[0] == len(self.counts) - 1) != (cell[1] == len(self.counts[0]) - 1)
        return (column, row) if is_total else (row, column)


def with_margins(counts: Sequence[Sequence[int]]) -> Margined:
    """A table with the totals of its rows at the right and those of its columns below."""
    rows = [[*row, sum(row)] for row in counts]
    return Margined([*rows, [sum(column) for column in zip(*rows, strict=True)]])


def is_small(count: int) -> bool:
    """Whether a count is one to ten people."""
    return 0 < count < FEWEST


def hidden_cells(table: Margined, *, also: Iterable[Cell] = (), kept: Iterable[Cell] = ()) -> frozenset[Cell] | None:
    """The cells to hide; None where the table cannot be published without hiding one of `kept`.

    also: hidden whatever they count. Small counts are hidden; then, while one could still be worked out, the smallest
    other cell, totals last, of a row or column with a hidden one.
    """
    small = {cell for cell in table.cells if is_small(table.count(cell))}
    hidden, stay = small | set(also), set(kept)
    if small & stay - set(also):
        return None
    while not all(is_protected(table, hidden, cell) for cell in small):
        rows, columns = {cell[0] for cell in hidden}, {cell[1] for cell in hidden}
        free = [cell for cell in table.cells if cell not in hidden | stay and table.count(cell)]
        more = [cell for cell in free if cell[0] in rows or cell[1] in columns]
        if not more:
            return None
        hidden.add(min(more, key=lambda cell: (table.is_total(cell), table.count(cell), cell)))
    return frozenset(hidden)


def is_protected(table: Margined, hidden: Iterable[Cell], cell: Cell) -> bool:
    """Whether a reader cannot tell a hidden cell from any count of 1 to 10.

    Of a total everybody knows that it counts one or more for each hidden cell it adds up: it starts there.
    """
    low, high = possible_range(table, hidden, cell)
    return low <= max(1, sum(other in set(hidden) for other in table.added_up_in(cell))) and high >= FEWEST - 1


def possible_range(table: Margined, hidden: Iterable[Cell], cell: Cell) -> tuple[int, int]:
    """The lowest and highest count of a hidden cell that fits all published ones; hidden cells count 1 or more.

    The highest is 10**9 or more where nothing bounds it.
    """
    others = [(table.arc(other), table.count(other)) for other in set(hidden) if other != cell]
    start, end = table.arc(cell)
    count = table.count(cell)
    return count - min(count - 1, _flow(others, start, end)), count + _flow(others, end, start)


def _flow(arcs: Sequence[tuple[Arc, int]], source: str, sink: str) -> int:
    """How much more can run from source to sink: arcs hold what runs now, may take any amount more, and keep one."""
    room: dict[Arc, int] = {}
    for (start, end), count in arcs:
        room[start, end] = room.get((start, end), 0) + BOUNDLESS
        room[end, start] = room.get((end, start), 0) + count - 1
    total = 0
    while total < BOUNDLESS and (path := _path(room, source, sink)):
        step = min(room[arc] for arc in path)
        for start, end in path:
            room[start, end] -= step
            room[end, start] = room.get((end, start), 0) + step
        total += step
    return total


def _path(room: dict[Arc, int], source: str, sink: str) -> list[Arc]:
    came: dict[str, Arc] = {}
    waiting = [source]
    for place in waiting:
        for (start, end), left in room.items():
            if start == place and left > 0 and end != source and end not in came:
                came[end] = start, end
                waiting.append(end)
    path: list[Arc] = []
    while sink in came and (not path or path[-1][0] != source):
        path.append(came[sink])
        sink = came[sink][0]
    return path
