"""Small XLSForms made on the fly, for tests that need a workbook but not one of ours."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook

Row = Sequence[str]

SURVEY: Sequence[Row] = (
    ("type", "name", "label::English (en)", "label::العربية (ar)", "constraint"),
    ("select_one yesno", "consent", "Do you agree?", "هل توافق؟", ""),
    ("select_one_from_file venues.csv", "venue", "Venue", "المكان", ""),
    ("begin_repeat", "register", "Register", "السجل", ""),
    ("integer", "card", "Card", "البطاقة", ". mod 97 = 1"),
    ("end_repeat", "", "", "", ""),
)
CHOICES: Sequence[Row] = (
    ("list_name", "name", "label::English (en)", "label::العربية (ar)"),
    ("yesno", "yes", "Yes", "نعم"),
    ("yesno", "no", "No", "لا"),
)


def workbook(
    survey: Sequence[Row] = SURVEY, choices: Sequence[Row] = CHOICES, *, title: str = "Title in the sheet"
) -> bytes:
    """An .xlsx with these rows, header first."""
    book = Workbook()
    for name, rows in (("survey", survey), ("choices", choices), ("settings", (("form_title",), (title,)))):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    del book["Sheet"]
    file = BytesIO()
    book.save(file)
    book.close()
    return file.getvalue()
