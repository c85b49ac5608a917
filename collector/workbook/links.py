"""From a number to its rows: hyperlinks from indicators, issues and breakdowns to the rows that they are made of.

Added by book.py when all sheets stand, because a link names cells of sheets that are written later. A link goes to the
one row that it is about, else to all rows of the table. No table in this edition: no link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

from collector.workbook import look
from collector.workbook.aside import Stream, StreamedBook
from collector.workbook.cells import style_of
from collector.workbook.texts import glossary

ROWS_OF: Mapping[str, tuple[str, ...]] = {  # indicator → the tables that hold its rows, the nearest first
    **dict.fromkeys(("I01", "I02", "I09"), ("tblSessions", "tblReach")),
    **dict.fromkeys(("I03", "I04", "I06", "I07"), ("tblRegister", "tblReach")),
    "I05": ("tblReach",),
    "I08": ("tblCoverage",),
    "I10": ("tblFeedback",),
    "I11": ("tblPairing", "tblKnowledge"),
    **dict.fromkeys(("I12", "I13", "I14"), ("tblKnowledge",)),
    "I15": ("tblItems",),
    "I16": ("tblItems",),
    "I17": ("tblItems",),
    "I18": ("tblKnowledgeKept",),
    "I19": ("tblQuarantine",),
    "I20": ("tblEnumerators",),
}
ITEM_OF = {"I16": ("K11",), "I17": ("K12",), "I05": tuple(glossary()["breakdown.disability"].values())}
"""Indicator → what its row is called, in any language."""
BY_NAME = {  # table → the column with the name, and the table whose rows have that name first
    "tblPairing": (1, "tblSessions"),
    "tblToDo": (5, "tblSessions"),
    "tblRegister": (1, "tblSessions"),
}
VALUE, NUMERATOR, DENOMINATOR = 4, 6, 7


@dataclass(frozen=True)
class _Rows:
    """A table that stands in the workbook: its sheet, its cells, and the row of each name in its first column.

    stream: of its rows, where it is long; no link goes out from them then.
    """

    sheet: Any
    left: int
    first: int
    right: int
    last: int
    stream: Stream | None = None

    @cached_property
    def names(self) -> dict[object, int]:
        if self.stream:
            return {row[self.left - 1]: number for number, row in enumerate(self.stream.rows, start=self.first)}
        column = (self.sheet.cell(row, self.left) for row in range(self.first, self.last + 1))
        return {cell.value: cell.row for cell in column}

    def place(self, name: object = None) -> str:
        """Where to go: the row of a name, or all rows."""
        row = None if name is None else self.names.get(name)
        first, last = (row, row) if row else (self.first, self.last)
        letters = get_column_letter(self.left), get_column_letter(self.right)
        return f"'{self.sheet.title}'!{letters[0]}{first}:{letters[1]}{last}"


def add_links(book: StreamedBook) -> None:
    """Add every link that the tables of the workbook allow."""
    sheets: Sequence[Any] = book.worksheets
    streams = {stream.sheet: stream for stream in book.streams}
    tables = {
        table.name: _rows(sheet, table.ref, streams.get(sheet.title))
        for sheet in sheets
        for table in sheet.tables.values()
    }
    if "tblIndicators" in tables:
        _from_indicators(tables)
    for name, (column, target) in BY_NAME.items():
        if name in tables and target in tables and not tables[name].stream:
            _from_names(tables[name], column, tables[target])
    _from_reach(tables)


def _rows(sheet: Any, reference: str, stream: Stream | None) -> _Rows:
    left, top, right, bottom = range_boundaries(reference)
    return _Rows(sheet, left or 1, (top or 0) + 1, right or 1, bottom or 1, stream)


def _from_indicators(tables: Mapping[str, _Rows]) -> None:
    own = tables["tblIndicators"]
    for row in range(own.first, own.last + 1):
        indicator = str(own.sheet.cell(row, 1).value)
        target = next((tables[name] for name in ROWS_OF.get(indicator, ()) if name in tables), None)
        if target is None:
            continue
        called = ITEM_OF.get(indicator) or (own.sheet.cell(row, 3).value,)
        name = None if target.stream else next((name for name in called if name in target.names), None)
        for column in (VALUE, NUMERATOR, DENOMINATOR):
            if own.sheet.cell(row, column).value is not None:
                _link(own.sheet.cell(row, column), target.place(name))


def _from_names(own: _Rows, column: int, target: _Rows) -> None:
    names = target.names
    for row in range(own.first, own.last + 1):
        cell = own.sheet.cell(row, column)
        if cell.value in names:
            _link(cell, target.place(cell.value))


def _from_reach(tables: Mapping[str, _Rows]) -> None:
    """Contacts come of sessions, people of the register."""
    for name, columns in (("tblReach", {3: "tblSessions", 5: "tblRegister"}), ("tblCoverage", {8: "tblSessions"})):
        own = tables.get(name)
        for column, target in columns.items():
            if own and not own.stream and target in tables:
                cells = (own.sheet.cell(row, column) for row in range(own.first, own.last + 1))
                for cell in cells:
                    if isinstance(cell.value, int):
                        _link(cell, tables[target].place())


def _link(cell: Any, location: str) -> None:
    cell._style = style_of(cell)  # the cells of a column share their style
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=location)
    cell.font = look.font(10, bold=bool(cell.font.b), color=look.ACCENT, underline=True)
