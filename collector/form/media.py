"""A media file of a form, such as a session plan → its choice list.

Used by xlsform.py for the files beside a workbook, and by collector/kobo/content.py for those on the server.
Source: XLSForm, "Multiple choice from file": columns name and label, further ones for choice filters.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO

from collector.errors import FormMistake
from collector.form.definition import Choice


def read_choices(data: bytes, *, file: str) -> tuple[Choice, ...]:
    """Read a CSV file, UTF-8 with or without BOM, parted by ";" where its headings have one, as KoboCollect reads it.

    Rows without a name are left out. A column "label::English (en)" is a label in that language. Raises FormMistake
    with `file` as its sheet.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FormMistake(
            "it is not UTF-8 text", remedy="save it as 'CSV UTF-8' in Excel.", sheet=file, row=line
        ) from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")
    if "name" not in (rows.fieldnames or ()):
        raise FormMistake("it has no column 'name'", remedy="add it: it is what a choice is stored as.", sheet=file)
    try:
        return tuple(_choice(row) for row in rows if row["name"].strip())
    except csv.Error as error:
        raise FormMistake(
            f"it is not CSV ({error})", remedy="save it again.", sheet=file, row=rows.line_num + 1
        ) from None


def _choice(row: Mapping[str, str]) -> Choice:
    cells = {name: text.strip() for name, text in row.items() if name}
    labels = {name.partition("::")[2].strip(): text for name, text in cells.items() if _is_label(name) and text}
    columns = {name: text for name, text in cells.items() if name != "name" and not _is_label(name)}
    return Choice(cells["name"], labels, columns)


def _is_label(name: str) -> bool:
    return name == "label" or name.startswith("label::")
