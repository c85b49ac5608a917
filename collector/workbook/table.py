"""Rows → an Excel table: typed cells, a stable name, frozen heading, filters, widths that fit. [door: openpyxl]"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Literal

from openpyxl.styles import Alignment, Border
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from collector.errors import ExportError
from collector.workbook import aside, look
from collector.workbook.aside import (
    MOST_ROWS,
    SAMPLE,
    DataBook,
    MainBook,
    Row,
    Rows,
    Stream,
    StreamColumn,
    StreamedBook,
)
from collector.workbook.cells import Style, Value, put, style_of
from collector.workbook.texts import Words

Script = Literal["", "code", "latin", "arabic"]

NARROWEST, WIDEST = 8, 46
FROM_LEFT, FROM_RIGHT = 1, 2  # reading orders
FILTER_BUTTON = 3  # characters that Excel's button covers
ARABIC_ROOM = 0.8  # of the letters that fit, in the larger size


@dataclass(frozen=True, slots=True)
class Column:
    """One column. number_format "": text. widest: characters from which text wraps.

    script: "" for text in the workbook's language; "code" for names such as ERB-01 and paths, which run from the left
    wherever they stand; "latin", "arabic" for text of one language in any workbook. key: id of the heading's text.
    """

    heading: str
    number_format: str = ""
    widest: float = WIDEST
    script: Script = ""
    is_bold: bool = False
    key: str = ""

    @property
    def align(self) -> str:
        if self.number_format in look.TIMES:
            return "center"
        return "right" if self.number_format else "left"


def column(
    words: Words,
    key: str,
    number_format: str = "",
    widest: float = WIDEST,
    script: Script = "",
    *,
    is_bold: bool = False,
    **facts: object,
) -> Column:
    """A column whose heading is the text of a key, by which the Dictionary explains it."""
    return Column(words(key, **facts), number_format, widest, script, is_bold, key)


def write_table(
    sheet: Worksheet,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row] | Rows,
    *,
    top: int,
    why_empty: str,
    fits: bool = True,
    has_filter: bool = True,
    is_typed_in: bool = False,
) -> int:
    """Write heading and rows from row `top` of column A on; returns the last row that the table has.

    name: of the Excel table, unique in the workbook. why_empty: said instead of rows where there are none; the sheet
    then has no Excel table, which must have a row. fits: set the widths of the columns to the content.
    A long table is streamed into the workbook, and one too long for it is set aside, for the data workbook (aside.py);
    one that does not set the widths shares its sheet with others, and stays. is_typed_in: people type in its cells,
    which are then held one by one.
    """
    book = sheet.parent
    if isinstance(book, DataBook):
        rows = book.stretch(rows, MOST_ROWS - top)
        name = f"{name}{book.part + 1}" if book.part else name
    elif top + len(rows) > MOST_ROWS and not isinstance(book, MainBook):
        raise ExportError(f"sheet '{sheet.title}': {len(rows):,} rows do not fit on an Excel sheet ({MOST_ROWS:,}).")
    is_aside = isinstance(book, MainBook) and fits and len(rows) > book.most_here
    is_streamed = isinstance(book, DataBook) or (
        isinstance(book, MainBook) and fits and not is_typed_in and len(rows) > aside.MOST_HELD
    )
    sample = list(islice(rows, SAMPLE)) if is_aside or is_streamed else list(rows)
    for number, column in enumerate(columns, start=1):
        look.heading_cell(sheet, top, number, column.heading, align=column.align, has_filter=has_filter)
    if fits:
        look.widths(sheet, [_width(column, [row[place] for row in sample]) for place, column in enumerate(columns)])
    drawn = [sheet.column_dimensions[get_column_letter(number)].width for number in range(1, len(columns) + 1)]
    button = FILTER_BUTTON if has_filter else 0
    headings = zip(columns, drawn, strict=True)
    look.fit_row(sheet, top, max(look.lines(column.heading, width - button, bold=True) for column, width in headings))
    if not rows:
        put(sheet, top + 1, 1, why_empty).font = look.font(10, color=look.GREY)
        return top + 1
    if is_aside and isinstance(book, MainBook):
        book.aside.append(sheet.title)
        put(sheet, top + 1, 1, book.say_where(len(rows))).font = look.font(10)
        return min(top + len(rows), MOST_ROWS)
    styles = [_style(sheet, top + 1, number, column) for number, column in enumerate(columns, start=1)]
    if isinstance(book, StreamedBook) and is_streamed:
        rooms = [width * _room(column) for column, width in zip(columns, drawn, strict=True)]
        book.streams.append(_stream(sheet, top + 1, columns, rooms, rows))
    else:
        for place, row in enumerate(sample, start=top + 1):
            for number, (value, style) in enumerate(zip(row, styles, strict=True), start=1):
                put(sheet, place, number, value, style)
            look.fit_row(sheet, place, _tallest(row, columns, drawn))
    last = top + len(rows)
    table = _excel_table(name, [column.heading for column in columns], top, last)
    if not has_filter:
        table.autoFilter = None
    sheet.add_table(table)
    return last


def _stream(
    sheet: Worksheet, top: int, columns: Sequence[Column], rooms: Sequence[float], rows: Sequence[Row] | Rows
) -> Stream:
    """The rows as they will be written into the sheet's XML; the styled cells of its first row are taken out again."""
    made = []
    for number, (column, room) in enumerate(zip(columns, rooms, strict=True), start=1):
        cell: Any = sheet.cell(top, number)
        plain = cell.style_id
        cell._style = copy(cell._style)
        cell.quotePrefix = True
        made.append(StreamColumn(get_column_letter(number), plain, cell.style_id, room, column.is_bold))
        cells: Any = sheet
        del cells._cells[top, number]
    return Stream(sheet.title, top, made, rows, len(rows))


def _room(column: Column) -> float:
    """How much of a column's width its letters can use: Arabic ones need more than Latin ones."""
    return ARABIC_ROOM if column.script == "arabic" else 1


def _tallest(row: Sequence[Value], columns: Sequence[Column], widths: Sequence[float]) -> int:
    """Lines of the longest text of a row; Arabic letters need more room than Latin ones."""
    texts = zip(row, columns, widths, strict=True)
    return max(
        (
            look.lines(value, width * _room(column), bold=column.is_bold)
            for value, column, width in texts
            if isinstance(value, str)
        ),
        default=1,
    )


def freeze(sheet: Worksheet, heading_row: int, columns: int = 1) -> None:
    """Keep the heading row and the first columns in sight."""
    sheet.freeze_panes = f"{get_column_letter(columns + 1)}{heading_row + 1}"


def _excel_table(name: str, headings: Sequence[str], top: int, last: int) -> Any:
    if len(set(headings)) < len(headings):
        raise ValueError(f"table {name}: two columns have the same heading")  # Excel would offer to repair the file
    table: Any = Table(displayName=name, ref=f"A{top}:{get_column_letter(len(headings))}{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    table._initialise_columns()
    for column, heading in zip(table.tableColumns, headings, strict=True):
        column.name = heading
    return table


def _style(sheet: Worksheet, row: int, number: int, column: Column) -> Style:
    """The style of a column's cells, made once on its first cell."""
    cell = put(sheet, row, number, None)
    is_arabic = column.script == "arabic"
    side, order = _side(column, is_rtl=bool(sheet.sheet_view.rightToLeft))
    cell.font = look.font(11 if is_arabic else 10, name=look.ARABIC if is_arabic else look.LATIN, bold=column.is_bold)
    cell.border = Border(bottom=look.HAIRLINE)
    cell.number_format = column.number_format or "@"
    cell.alignment = Alignment(
        horizontal=side,
        vertical="center",
        wrap_text=not column.number_format,
        indent=1 if column.align == "left" else 0,
        readingOrder=order,
    )
    return style_of(cell)


def _side(column: Column, *, is_rtl: bool) -> tuple[str, int]:
    """Where text stands and from where it reads; a reading order says that script.py has nothing to turn."""
    if column.script == "arabic":
        return "right", FROM_RIGHT
    if column.script == "latin":
        return "left", FROM_LEFT
    if column.script == "code":
        return "right" if is_rtl else "left", FROM_LEFT
    return column.align, 0


def _width(column: Column, values: Sequence[Value]) -> float:
    longest = max((_length(value, column) for value in values), default=0)
    word = max(map(len, column.heading.split()), default=0)  # a heading wraps between words
    return max(NARROWEST, min(longest + 2, column.widest), word + 5, len(column.heading) / 3 + 4)


def _length(value: Value, column: Column) -> int:
    if isinstance(value, str):
        return max(map(len, value.split("\n")))
    if isinstance(value, date | datetime | time):
        return len(column.number_format)
    if isinstance(value, int | float):
        return len(f"{value:,.0f}") + (len(column.number_format) - 1 if "0.0" in column.number_format else 1)
    return 0
