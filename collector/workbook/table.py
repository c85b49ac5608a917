"""Rows → an Excel table: typed cells, a stable name, frozen heading, filters, widths that fit. [door: openpyxl]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil
from typing import Any

from openpyxl.styles import Alignment, Border
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from collector.errors import ExportError
from collector.workbook import look
from collector.workbook.cells import Style, Value, put, style_of

MOST_ROWS = 1_048_576
NARROWEST, WIDEST = 7, 46
MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column. number_format "": text. widest: characters from which text wraps. is_rtl: Arabic or Sorani."""

    heading: str
    number_format: str = ""
    widest: float = WIDEST
    is_rtl: bool = False
    is_bold: bool = False


def write_table(
    sheet: Worksheet,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value]],
    *,
    top: int,
    why_empty: str,
    fits: bool = True,
) -> int:
    """Write heading and rows from row `top` of column A on; returns the last row used.

    name: of the Excel table, unique in the workbook. why_empty: said instead of rows where there are none; the sheet
    then has no Excel table, which must have a row. fits: set the widths of the columns to the content.
    """
    if top + len(rows) > MOST_ROWS:
        raise ExportError(
            f"sheet '{sheet.title}': {len(rows):,} rows do not fit on an Excel sheet ({MOST_ROWS:,}); "
            "read this table from the reporting database instead."
        )
    for number, column in enumerate(columns, start=1):
        look.heading_cell(sheet, top, number, column.heading, is_number=bool(column.number_format))
    if fits:
        look.widths(sheet, [_width(column, [row[place] for row in rows]) for place, column in enumerate(columns)])
    _fit_heading(sheet, columns, top)
    if not rows:
        put(sheet, top + 1, 1, why_empty).font = look.font(10, color=look.GREY)
        return top + 1
    styles = [_style(sheet, top + 1, number, column) for number, column in enumerate(columns, start=1)]
    for place, row in enumerate(rows, start=top + 1):
        for number, (value, style) in enumerate(zip(row, styles, strict=True), start=1):
            put(sheet, place, number, value, style)
        _fit_row(sheet, place, columns, row)
    last = top + len(rows)
    _add_excel_table(sheet, name, [column.heading for column in columns], top, last)
    return last


def freeze(sheet: Worksheet, heading_row: int, columns: int = 1) -> None:
    """Keep the heading row and the first columns in sight."""
    sheet.freeze_panes = f"{get_column_letter(columns + 1)}{heading_row + 1}"


def _add_excel_table(sheet: Worksheet, name: str, headings: Sequence[str], top: int, last: int) -> None:
    if len(set(headings)) < len(headings):
        raise ValueError(f"table {name}: two columns have the same heading")  # Excel would offer to repair the file
    table: Any = Table(displayName=name, ref=f"A{top}:{get_column_letter(len(headings))}{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    table._initialise_columns()
    for column, heading in zip(table.tableColumns, headings, strict=True):
        column.name = heading
    sheet.add_table(table)


def _style(sheet: Worksheet, row: int, number: int, column: Column) -> Style:
    """The style of a column's cells, made once on its first cell."""
    cell = put(sheet, row, number, None)
    cell.font = look.font(10, name=look.ARABIC if column.is_rtl else look.LATIN, bold=column.is_bold)
    cell.border = Border(bottom=look.HAIRLINE)
    cell.number_format = column.number_format or "@"
    cell.alignment = Alignment(
        horizontal="right" if column.number_format or column.is_rtl else "left",
        vertical="top",
        wrap_text=not column.number_format,
        readingOrder=2 if column.is_rtl else 0,
    )
    return style_of(cell)


def _width(column: Column, values: Sequence[Value]) -> float:
    longest = max((_length(value, column) for value in values), default=0)
    words = max(map(len, column.heading.split()), default=0) + 2  # a heading wraps between words; room for the filter
    return max(NARROWEST, min(max(longest + 2, words + 1, len(column.heading) / 2 + 3), column.widest))


def _length(value: Value, column: Column) -> int:
    if isinstance(value, str):
        return max(map(len, value.split("\n")))
    if isinstance(value, date | datetime | time):
        return len(column.number_format)
    if isinstance(value, int | float):
        return len(f"{value:,.0f}") + (len(column.number_format) - 1 if "0.0" in column.number_format else 1)
    return 0


def lines(text: str, width: float) -> int:
    """Lines that text takes in a column of a width, both in characters of the normal font."""
    return sum(max(1, ceil(len(part) * 1.08 / max(width - 1, 1))) for part in text.split("\n"))


def _fit_row(sheet: Worksheet, row: int, columns: Sequence[Column], values: Sequence[Value]) -> None:
    """Give a row the height its wrapped text needs: Excel does it on opening, other programs do not."""
    tallest = 1
    for number, value in enumerate(values, start=1):
        if isinstance(value, str) and len(value) > NARROWEST:
            width = sheet.column_dimensions[get_column_letter(number)].width
            tallest = max(tallest, lines(value, width))
    if tallest > 1:
        sheet.row_dimensions[row].height = 13.5 * min(tallest, MOST_LINES * 4) + 2


def _fit_heading(sheet: Worksheet, columns: Sequence[Column], row: int) -> None:
    tallest = max(
        lines(column.heading, sheet.column_dimensions[get_column_letter(number)].width - 2)
        for number, column in enumerate(columns, start=1)
    )
    sheet.row_dimensions[row].height = 14 * tallest + 6
