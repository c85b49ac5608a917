"""XLSForm workbooks written on the fly, and the forms of the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

FORMS = Path(__file__).parents[2] / "forms"
MEDIA = {path.name: path.read_bytes() for path in sorted((FORMS / "media").iterdir())}
WORKBOOKS = sorted(FORMS.glob("*.xlsx"))

Rows = Sequence[Sequence[object]]


def write_workbook(folder: Path, **sheets: Rows) -> Path:
    """Write a workbook of sheets; the first row of each holds its headings."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path = folder / "form.xlsx"
    book.save(path)
    return path
