"""How the workbook looks: colours, fonts, number formats, headings, pages. One place, so that every sheet agrees.

Colour means something and never stands alone: women and men, before and after, reached and missed; all else is ink,
grey and white. LibreOffice ignores table styles, so headings carry their own format.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from collector.workbook.cells import put

INK, GREY, FAINT, MIST, WHITE = "1F2A37", "5B6875", "D5DCE3", "F1F4F6", "FFFFFF"
WOMEN, MEN, UNSAID = "8B3A62", "2F6690", "C5CED6"
BEFORE, AFTER, PLANNED, HELD = "B4C0CA", "0F766E", "94A3B8", "0F766E"
TO_FILL = "FEF9C3"  # cells that wait for a person
GOOD, WARN, BAD, ACCENT = "15803D", "B45309", "B91C1C", "0F766E"

CREATOR = "collector"  # in the properties of the file: no person's name
LATIN, ARABIC = "Calibri", "Arial"  # come with Excel; the second has the letters and digits of Sorani
PAPER_A4 = 9
HIGHEST_ROW = 409  # points; Excel allows no more

WHOLE, SHARE, POINTS, CHANGE = "#,##0", "0%", "0.0", "+0.0;-0.0;0.0"
P_VALUE, RATIO = '[<0.0001]"< 0.0001";0.0000', "0.00"
MONTH, DAY, MOMENT = "yyyy-mm", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
TIMES = frozenset({MONTH, DAY, MOMENT})

HAIRLINE = Side(style="thin", color=FAINT)
RULE = Side(style="medium", color=INK)


def font(size: float = 10, *, bold: bool = False, color: str = INK, name: str = LATIN, underline: bool = False) -> Font:
    return Font(name=name, size=size, bold=bold, color=color, underline="single" if underline else None)


def lines(text: str, width: float, *, bold: bool = False) -> int:
    """Lines that text takes when it wraps in a column."""
    fit = letters(width, bold=bold)
    if len(text) <= fit and "\n" not in text:
        return 1
    parts = text.split("\n")
    return sum(1 if len(part) <= fit else len(textwrap.wrap(part, fit)) for part in parts)


def letters(width: float, *, bold: bool = False) -> int:
    """Letters that fit on a line of a column: most of the small font are narrower than the unit of widths."""
    return max(1, int(width * (1.12 if bold else 1.25)) - 2)


def height(lines: int) -> int:
    """Height of a row of so many lines, in points."""
    return min(13 * lines + 5, HIGHEST_ROW)


def fit_row(sheet: Worksheet, row: int, tallest: int) -> None:
    """Give a row the height of its longest text; programs other than Excel do not do it on opening."""
    if tallest > 1:
        sheet.row_dimensions[row].height = height(tallest)


def fill(color: str) -> PatternFill:
    return PatternFill("solid", start_color=color)


def widths(sheet: Worksheet, columns: Sequence[float]) -> None:
    """Set the widths of the columns from A on, in characters."""
    for number, width in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def heading_cell(
    sheet: Worksheet, row: int, column: int, text: str, *, align: str = "left", has_filter: bool = False
) -> None:
    """A cell of a table's heading row; has_filter: keep clear of the button that Excel draws at its right end."""
    cell = put(sheet, row, column, text)
    cell.font = font(10, bold=True)
    cell.fill = fill(MIST)
    cell.border = Border(bottom=RULE)
    indent = {"left": 1, "right": 2 if has_filter else 0}.get(align, 0)
    cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True, indent=indent)


def sheet_title(sheet: Worksheet, title: str, notes: Sequence[str], *, column: int = 1) -> None:
    """Title in row 1 and notes in the rows under it, running over the empty cells to their right."""
    sheet.row_dimensions[1].height = 26
    cell = put(sheet, 1, column, title)
    cell.font = font(16, bold=True)
    cell.alignment = Alignment(vertical="center")
    for row, note in enumerate(notes, start=2):
        put(sheet, row, column, note).font = font(10, color=GREY)


def section(sheet: Worksheet, row: int, column: int, text: str, *, last_column: int) -> None:
    """The heading of a part of a sheet: bold, on a rule that runs to `last_column`."""
    sheet.row_dimensions[row].height = 22
    cell = put(sheet, row, column, text)
    cell.font = font(12, bold=True)
    cell.alignment = Alignment(vertical="center")
    for number in range(column, last_column + 1):
        sheet.cell(row, number).border = Border(bottom=RULE)


def banner(sheet: Worksheet, title: str, subtitle: str, *, first_column: int, last_column: int) -> None:
    """The dark band over a cover or a dashboard: rows 2 and 3."""
    for row, height in ((1, 8), (2, 32), (3, 20), (4, 10)):
        sheet.row_dimensions[row].height = height
    for row in (2, 3):
        for column in range(first_column, last_column + 1):
            sheet.cell(row, column).fill = fill(INK)
    put(sheet, 2, first_column, title).font = font(18, bold=True, color=WHITE)
    put(sheet, 3, first_column, subtitle).font = font(10, color="CBD5E1")
    for row in (2, 3):
        sheet.cell(row, first_column).alignment = Alignment(horizontal="left", vertical="center", indent=1)


def warn_where(sheet: Worksheet, cells: str, formula: str) -> None:
    """Print the numbers of `cells` in the warning colour where a formula on the first of them is true."""
    style = DifferentialStyle(font=Font(bold=True, color=WARN))
    sheet.conditional_formatting.add(cells, Rule(type="expression", formula=[formula], dxf=style))


def page(
    sheet: Worksheet,
    *,
    footer: str,
    heading_row: int | None = None,
    pages_wide: int = 1,
    pages_high: int = 0,
    scale: int | None = None,
    left_columns: str = "",
) -> None:
    """A4 landscape, heading row and left_columns ("A:B") on every page, footer with page numbers.

    pages_wide wide and any number of pages (or pages_high) high; or at a scale in percent: Excel heeds page breaks only
    then. The page number stands where a line ends.
    """
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = PAPER_A4
    sheet.page_setup.fitToWidth = pages_wide
    sheet.page_setup.fitToHeight = pages_high
    sheet.page_setup.scale = scale
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=scale is None)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.6, 0.3
    sheet.print_options.horizontalCentered = True
    foot: Any = sheet.oddFooter
    begin, end = (foot.right, foot.left) if sheet.sheet_view.rightToLeft else (foot.left, foot.right)
    for part, text in ((begin, footer.replace("&", "&&")), (end, "&P / &N")):
        part.text, part.size, part.color = text, 8, GREY
    if heading_row:
        sheet.print_title_rows = f"{heading_row}:{heading_row}"
    if left_columns:
        sheet.print_title_cols = left_columns
