"""Which cells of a published table are hidden, so that nobody can work out a count of 1 to 10 people.

Used by the shared edition of the workbook. Source: domain README §4.3: k = 11, and complementary suppression. A table
with its margins is a circulation: each cell an arc between its row and its column, the margins running back. What a
reader can work out about a hidden cell is how far its flow can be turned up or down while all published cells stay.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Need:
    """What a reader must not work out of a table. ranges: by cell, a low and a high count that must both stay possible.

    least: by cell, the lowest count that he knows a hidden cell can have; 1 where nothing stands, for nobody hides 0.
    """

    ranges: Mapping[Cell, tuple[int, int]]
    least: Mapping[Cell, int] = field(default_factory=dict)

    def least_of(self, cell: Cell) -> int:
        return self.least.get(cell, 1)


def small_counts(table: Margined) -> Need:
    """No count of 1 to 10 may be told from any other of them."""
    return Need({cell: (1, FEWEST - 1) for cell in table.cells if is_small(table.count(cell))})


def small_steps(table: Margined, earlier: Mapping[Cell, int], published: Container[Cell]) -> Need:
    """No count that moved by 1 to 10 since an earlier table may be told from one that moved by any other of them.

    earlier: the counts then; published: those that could be read. Who has both tables knows that hardly anybody leaves
    a register, so a hidden count starts where it was, even where it was hidden then: margins may have given much of it
    away. One that fell is hidden as if nobody knew.
    """
    ranges, least = {}, {}
    for cell in table.cells:
        now = table.count(cell)
        least[cell] = min(1, now)
        if cell in earlier:
            before = earlier[cell]
            least[cell] = max(least[cell], before) if before <= now else least[cell]
            if is_small(abs(now - before)) and cell in published:
                ranges[cell] = (before + 1, before + FEWEST - 1) if now > before else (before - FEWEST + 1, before - 1)
    return Need(ranges, least)


def hidden_cells(
    table: Margined, *, needs: Sequence[Need] = (), also: Iterable[Cell] = (), kept: Iterable[Cell] = ()
) -> frozenset[Cell] | None:
    """The cells to hide; None where the table cannot be published without hiding one of `kept`.

    needs: beside that of small counts. also: hidden whatever they count. What a need names is hidden; then, while one
    could still be worked out, the smallest other cell, totals last, of a row or column with a hidden one.
    """
    needs = (small_counts(table), *needs)
    named = {cell for need in needs for cell in need.ranges}
    hidden, stay = named | set(also), set(kept)
    if named & (stay - set(also)):
        return None
    for need in needs:
        for cell in need.ranges:
            while not is_protected(table, hidden, cell, need):  # once it is, hiding more leaves it so
                more = _beside(table, hidden, stay)
                if not more:
                    return None
                hidden.add(min(more, key=lambda one: (table.is_total(one), table.count(one), one)))
    return frozenset(hidden)


def _beside(table: Margined, hidden: set[Cell], stay: set[Cell]) -> list[Cell]:
    rows, columns = {cell[0] for cell in hidden}, {cell[1] for cell in hidden}
    free = [cell for cell in table.cells if cell not in hidden | stay and table.count(cell)]
    return [cell for cell in free if cell[0] in rows or cell[1] in columns]


def is_protected(table: Margined, hidden: Iterable[Cell], cell: Cell, need: Need) -> bool:
    """Whether both ends of what must stay possible for a hidden cell are.

    Of a total everybody knows that it is no less than the hidden counts it adds up: it starts there.
    """
    concealed, (lowest, highest) = set(hidden), need.ranges[cell]
    parts = sum(need.least_of(part) for part in table.added_up_in(cell) if part in concealed)
    low, high = possible_range(table, concealed, cell, need)
    return low <= max(lowest, need.least_of(cell), parts) and high >= highest


def possible_range(table: Margined, hidden: Iterable[Cell], cell: Cell, need: Need | None = None) -> tuple[int, int]:
    """The lowest and highest count of a hidden cell that fits all published ones, and what is known of hidden ones.

    The highest is 10**9 or more where nothing bounds it.
    """
    known = need or Need({})

    def room_of(one: Cell) -> int:
        return max(0, table.count(one) - known.least_of(one))

    others = [(table.arc(other), room_of(other)) for other in set(hidden) if other != cell]
    start, end = table.arc(cell)
    count = table.count(cell)
    return count - min(room_of(cell), _flow(others, start, end)), count + _flow(others, end, start)


def _flow(arcs: Sequence[tuple[Arc, int]], source: str, sink: str) -> int:
    """How much more can run from source to sink. arcs: with how much less each can hold; each takes any amount more."""
    room: dict[Arc, int] = {}
    for (start, end), less in arcs:
        room[start, end] = room.get((start, end), 0) + BOUNDLESS
        room[end, start] = room.get((end, start), 0) + less
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
