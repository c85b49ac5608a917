"""Small tables on a dashboard: the numbers behind a chart, in sight."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.worksheet import Worksheet

from collector.workbook import look
from collector.workbook.cells import Value, put


def write_block(
    sheet: Worksheet,
    top: int,
    left: int,
    headings: Sequence[str],
    formats: Sequence[str],
    rows: Sequence[Sequence[Value]],
    *,
    total: Sequence[Value] = (),
) -> int:
    """Headings, rows and, below a rule, a total; formats by column, "" for text. Returns the last row used."""
    for column, (heading, form) in enumerate(zip(headings, formats, strict=True), start=left):
        look.heading_cell(sheet, top, column, heading, align=_align(form, is_first=column == left))
    sheet.row_dimensions[top].height = 29
    row = top
    for row, values in enumerate(rows, start=top + 1):
        _row(sheet, row, left, values, formats, is_total=False)
    if total:
        row += 1
        _row(sheet, row, left, total, formats, is_total=True)
    return row


def _row(
    sheet: Worksheet, row: int, left: int, values: Sequence[Value], formats: Sequence[str], *, is_total: bool
) -> None:
    for column, (value, form) in enumerate(zip(values, formats, strict=True), start=left):
        cell = put(sheet, row, column, value)
        cell.font = look.font(10, bold=is_total)
        cell.number_format = form or "@"
        align = _align(form, is_first=column == left)
        cell.alignment = Alignment(horizontal=align, vertical="center", indent=1 if align == "left" else 0)
        cell.border = Border(top=look.RULE) if is_total else Border(bottom=look.HAIRLINE)


def _align(number_format: str, *, is_first: bool) -> str:
    return "left" if is_first or not number_format else "right"
