"""Values → cells that Excel shows as what they are: no text becomes a formula, nothing is cut silently.

Used by every sheet. Source of the limits: Microsoft, Excel specifications and limits; ECMA-376 part 1, 22.9.2.19.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

LONGEST_TEXT = 32_767  # UTF-16 units in one cell
STARTS_A_FORMULA = tuple("=+-@\t\r\n")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

Style = Any  # openpyxl's StyleArray, which it does not name in public
Value = str | int | float | bool | date | datetime | time | None


def put(sheet: Worksheet, row: int, column: int, value: Value, style: Style | None = None) -> Cell:
    """Write a value: numbers as numbers, dates as dates (times without zone), text as text whatever it starts with.

    style: of another cell, as style_of gives it.
    """
    cell: Any = sheet.cell(row, column)
    if style is not None:
        cell._style = style
    cell.value = as_text(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
        if value.startswith(STARTS_A_FORMULA):  # so that it stays text when somebody edits the cell
            cell._style = copy(cell._style)
            cell.quotePrefix = True
    written: Cell = cell
    return written


def style_of(cell: Cell) -> Style:
    """The style of a cell, to be given to other cells: styling them one by one is slow."""
    styled: Any = cell
    return copy(styled._style)


def as_text(text: str) -> str:
    """Text that XML can carry and a cell can hold; what cannot be kept is marked: � for a character, … for a cut."""
    if text.isprintable() and "_x" not in text and len(text) <= LONGEST_TEXT // 2:
        return text
    clean = NOT_IN_XML.sub("�", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    clean = LOOKS_ESCAPED.sub("_x005F_", clean)  # Excel would read _x0041_ as "A"
    if len(clean) > LONGEST_TEXT // 2 and len(clean.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        kept = clean.encode("utf-16-le")[: 2 * (LONGEST_TEXT - 1)]
        return kept.decode("utf-16-le", "ignore") + "…"
    return clean


def local(moment: datetime, zone: str) -> datetime:
    """An aware time as the wall clock of a zone shows it, to the minute: Excel's times have no zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
