"""Long tables: their rows are written as a stream, into the workbook or into a data workbook beside it.

A sheet writes its table as ever (table.py). In the workbook itself the rows of a long table are streamed (stream.py),
and a very long one becomes a note that says where they are; in the data workbook the same sheet is written again, with
the same look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from openpyxl import Workbook

from collector.workbook.cells import Value

MOST_ROWS = 1_048_576
"""Of a sheet. Source: Microsoft, Excel specifications and limits."""
MOST_HERE = 100_000
"""Rows from which a table goes to the data workbook: Excel opens more of them slowly."""
MOST_HELD = 2_000
"""Rows from which a table of the workbook is streamed into it: openpyxl holds every cell, half a kilobyte each."""
SAMPLE = 2_000
"""Rows by whose content the columns of a streamed table get their widths."""

Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows made while they are read, again at each reading, for tables that may be too long to hold.

    names: what stands first in each row, where that is to be had without the rest.
    """

    count: int
    read: Callable[[], Iterable[Row]]
    names: Callable[[], Iterable[Value]] | None = None

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        return iter(self.read())


@dataclass(frozen=True, slots=True)
class StreamColumn:
    """A column of a stream. letter: of the sheet. style, quoted: indices of cell formats, the second for text that
    starts like a formula. width: in characters, less where letters are wide; is_bold with it says when text wraps.
    """

    letter: str
    style: int
    quoted: int
    width: float
    is_bold: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows that are still to be written into a sheet. top: its first row, from 1; rows: exactly `count`."""

    sheet: str
    top: int
    columns: Sequence[StreamColumn]
    rows: Iterable[Row]
    count: int

    @property
    def names(self) -> Iterable[Value]:
        """What stands first in each row."""
        if isinstance(self.rows, Rows) and self.rows.names:
            return self.rows.names()
        return (row[0] for row in self.rows)


class StreamedBook(Workbook):
    """A workbook without the rows of its long tables, which are still to be written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.remove(self.worksheets[0])
        self.streams: list[Stream] = []

    @property
    def streams_of_parts(self) -> dict[str, Stream]:
        """The streams by the part that is their sheet: "xl/worksheets/sheet1.xml"."""
        names = {
            sheet.title: f"xl/worksheets/sheet{number}.xml" for number, sheet in enumerate(self.worksheets, start=1)
        }
        return {names[stream.sheet]: stream for stream in self.streams}


class MainBook(StreamedBook):
    """The workbook itself. aside: the sheets whose rows are in the data workbook instead; say_where: puts it in words,
    given the number of rows.
    """

    def __init__(self, say_where: Callable[[int], str], most_here: int = MOST_HERE) -> None:
        super().__init__()
        self.say_where, self.most_here = say_where, most_here
        self.aside: list[str] = []


class DataBook(StreamedBook):
    """The data workbook. part: which stretch of a long table is being written, from 0."""

    def __init__(self) -> None:
        super().__init__()
        self.part = 0
        self.has_more = False

    def stretch(self, rows: Sequence[Row] | Rows, room: int) -> Rows:
        """The rows that go on the present sheet, which has room for so many; has_more: there is another."""
        start = self.part * room
        count = min(room, len(rows) - start)
        self.has_more = start + count < len(rows)
        return Rows(count, lambda: islice(rows, start, start + count))
