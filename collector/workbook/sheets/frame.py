"""What all data sheets share: title, notes, a way back to the contents, footer and print set-up."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from collector.workbook import look
from collector.workbook.aside import Row, Rows
from collector.workbook.cells import local, put
from collector.workbook.night import Night
from collector.workbook.table import Column, freeze, write_table
from collector.workbook.texts import Words


def data_sheet(
    sheet: Worksheet,
    night: Night,
    words: Words,
    key: str,
    columns: Sequence[Column],
    rows: Sequence[Row] | Rows,
    *,
    notes: Sequence[str],
    frozen: int = 1,
    pages_wide: int = 1,
    is_typed_in: bool = False,
) -> int:
    """Title, one or two notes, one table under them; returns its last row. key: of the texts, names the table.

    The table has one name in all languages. pages_wide: in print; the frozen columns are then on every page.
    """
    look.sheet_title(sheet, words(f"{key}.title"), notes)
    top = 4 + len(notes)
    back_to_contents(sheet, words, row=2 + len(notes))
    empty, name = words(f"{key}.empty"), table_name(key)
    last = write_table(sheet, name, columns, rows, top=top, why_empty=empty, is_typed_in=is_typed_in)
    freeze(sheet, top, frozen)
    left = f"A:{get_column_letter(frozen)}" if pages_wide > 1 and frozen else ""
    look.page(sheet, footer=footer(night, words), heading_row=top, pages_wide=pages_wide, left_columns=left)
    return last


def back_to_contents(sheet: Worksheet, words: Words, *, row: int) -> None:
    cell = put(sheet, row, 1, words("contents"))
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{words.sheet('ReadMe')}'!A1", display=words("contents"))
    cell.font = look.font(9, color=look.ACCENT, underline=True)


def footer(night: Night, words: Words) -> str:
    return words("footer", title=night.programme.title, as_of=as_of(night, words), zone=night.programme.time_zone)


def table_name(key: str) -> str:
    """
    >>> table_name("sessions"), table_name("cleaning_log"), table_name("todo")
    ('tblSessions', 'tblCleaningLog', 'tblToDo')
    """
    return f"tbl{'ToDo' if key == 'todo' else key.title().replace('_', '')}"


def as_of(night: Night, words: Words) -> str:
    counted = night.data_as_of
    return words("as_of", moment=local(counted, night.programme.time_zone)) if counted else words("never")
