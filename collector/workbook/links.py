"""From a number to its rows: hyperlinks from indicators, issues and breakdowns to the rows that they are made of.

Added by book.py when all sheets stand, because a link names cells of sheets that are written later. A link goes to the
one row that it is about, else to all rows of the table; where it has none, to its sheet, which says why. An indicator
whose tables are not in this edition leads to the line of the cover that says what the edition leaves out.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

from collector.workbook import look
from collector.workbook.aside import Stream, StreamedBook
from collector.workbook.cells import style_of
from collector.workbook.sheets.dictionary import TABLES
from collector.workbook.texts import Words, glossary

ROWS_OF: Mapping[str, tuple[str, ...]] = {  # indicator → the tables that hold its rows, the nearest first
    **dict.fromkeys(("I01", "I09"), ("tblSessions", "tblCoverage")),
    "I02": ("tblSessions", "tblReach"),
    **dict.fromkeys(("I03", "I04", "I06", "I07"), ("tblRegister", "tblReach")),
    "I05": ("tblReach",),
    "I08": ("tblCoverage",),
    "I10": ("tblFeedback",),
    "I11": ("tblPairing", "tblKnowledge"),
    **dict.fromkeys(("I12", "I13", "I14"), ("tblKnowledge",)),
    **dict.fromkeys(("I15", "I16", "I17"), ("tblItems",)),
    "I18": ("tblKnowledgeKept", "tblKnowledge"),
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
ID, VALUE, NUMERATOR, DENOMINATOR = 1, 4, 6, 7


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
        column = (self.sheet.cell(row, self.left) for row in range(self.first, self.last + 1))
        return {cell.value: cell.row for cell in column}

    def among(self, wanted: Container[object]) -> dict[object, int]:
        """The rows of some names."""
        if self.stream is None:
            return {name: row for name, row in self.names.items() if name in wanted}
        return {name: row for row, name in enumerate(self.stream.names, start=self.first) if name in wanted}

    def place(self, name: object = None) -> str:
        """Where to go: the row of a name, or all rows."""
        row = None if name is None else self.names.get(name)
        return self.rows(row, row) if row else self.rows(self.first, self.last)

    def rows(self, first: int, last: int) -> str:
        """Where some rows are."""
        letters = get_column_letter(self.left), get_column_letter(self.right)
        return f"'{self.sheet.title}'!{letters[0]}{first}:{letters[1]}{last}"


def add_links(book: StreamedBook, words: Words) -> None:
    """Add every link that the tables of the workbook allow. words: those of its sheets."""
    sheets: Sequence[Any] = book.worksheets
    streams = {stream.sheet: stream for stream in book.streams}
    tables = {
        table.name: _rows(sheet, table.ref, streams.get(sheet.title))
        for sheet in sheets
        for table in sheet.tables.values()
    }
    if "tblIndicators" in tables and not tables["tblIndicators"].stream:
        _from_indicators(book, tables, words)
        _from_summary(book[words.sheet("Summary")], tables["tblIndicators"], words)
    for name, (column, target) in BY_NAME.items():
        if name in tables and target in tables and not tables[name].stream:
            _from_names(tables[name], column, tables[target])
    _from_reach(tables)


def _rows(sheet: Any, reference: str, stream: Stream | None) -> _Rows:
    left, top, right, bottom = range_boundaries(reference)
    return _Rows(sheet, left or 1, (top or 0) + 1, right or 1, bottom or 1, stream)


def _from_indicators(book: StreamedBook, tables: Mapping[str, _Rows], words: Words) -> None:
    own = tables["tblIndicators"]
    for row in range(own.first, own.last + 1):
        place = _rows_of(own, row, book, tables, words)
        for column in (ID, VALUE, NUMERATOR, DENOMINATOR):
            if own.sheet.cell(row, column).value is not None:
                _link(own.sheet.cell(row, column), place)


def _rows_of(own: _Rows, row: int, book: StreamedBook, tables: Mapping[str, _Rows], words: Words) -> str:
    """Where the indicator of a row has its rows."""
    indicator = str(own.sheet.cell(row, ID).value)
    wanted = ROWS_OF[indicator]
    for target in (tables[name] for name in wanted if name in tables):
        called = ITEM_OF.get(indicator) or (own.sheet.cell(row, 3).value,)
        return target.place(None if target.stream else next((name for name in called if name in target.names), None))
    for title in (words.sheet(TABLES[name][0]) for name in wanted):
        if title in book.sheetnames:
            return f"'{title}'!A1"
    cover: Any = book[words.sheet("ReadMe")]
    (line,) = (cell.row for column in cover.iter_cols() for cell in column if cell.value == words("readme.edition"))
    return f"'{cover.title}'!B{line}:C{line}"


def _from_summary(summary: Any, indicators: _Rows, words: Words) -> None:
    """From what Summary says of an indicator in all, or from its status, to the indicator's row on Indicators.

    Not from its name: LibreOffice does not wrap the text of a link.
    """
    sheet, rows = indicators.sheet, range(indicators.first, indicators.last + 1)
    parts = {row: [str(sheet.cell(row, column).value or "") for column in range(1, 4)] for row in rows}
    named = {" · ".join(filter(None, told)): row for row, told in parts.items()}
    cells = [cell for row in summary.iter_rows() for cell in row if cell.value is not None]
    headings = [words("summary.col_campaign"), words("indicators.status")]
    columns = [cell.column for heading in headings for cell in cells if cell.value == heading]
    for cell in (cell for cell in cells if cell.value in named):
        told = next(summary.cell(cell.row, each) for each in columns if summary.cell(cell.row, each).value is not None)
        _link(told, f"'{sheet.title}'!A{named[cell.value]}")


def _from_names(own: _Rows, column: int, target: _Rows) -> None:
    cells = [own.sheet.cell(row, column) for row in range(own.first, own.last + 1)]
    rows = target.among({cell.value for cell in cells})
    for cell in cells:
        if row := rows.get(cell.value):
            _link(cell, target.rows(row, row))


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
