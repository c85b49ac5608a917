"""Cells of an .xlsx file → rows of text by column heading, as XLSForm names the columns.

Read by xlsform.py. Excel's habits end here: numbers in name cells, odd spaces, invisible marks, heading spellings.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import FormMistake, NotAWorkbook

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Row = Mapping[str, str]
"""The filled cells of one row by column heading; empty for a blank row."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's column headings, and its rows below them: Excel's row n is rows[n - 2].

    unheaded: letters of columns with text and no heading, as below a heading that was merged over several columns.
    """

    headings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    unheaded: tuple[str, ...] = ()


OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that holds a workbook saved with a password. Source: [MS-OFFCRYPTO] 2.3.4.4."""

BLANK_ROWS_AT_END = 60
"""After so many blank rows a sheet has ended: the converter stops there too, and some sheets are formatted for ever."""

PICTURED = frozenset({"label", "image", "audio", "video"})
TRANSLATED = PICTURED | {"hint", "guidance_hint", "required_message", "constraint_message"}
COLUMNS: Mapping[str, frozenset[str]] = {
    "survey": TRANSLATED
    | {"type", "name", "required", "relevant", "constraint", "calculation", "choice_filter", "appearance", "trigger"}
    | {"parameters", "default", "read_only", "repeat_count", "pii", "value_type", "renamed_from"},
    "choices": PICTURED | {"list_name", "name", "renamed_from"},
    "settings": frozenset(
        {"form_title", "form_id", "version", "default_language", "instance_name", "style", "allow_choice_duplicates"}
    ),
}
"""The columns we know, by sheet; any other keeps its spelling, since choice filters and other tools name it."""

OTHER_SPELLINGS = {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "relevance": "relevant",
    "calculate": "calculation",
    "constraining_message": "constraint_message",
    "requiredmsg": "required_message",
    "readonly": "read_only",
    "count": "repeat_count",
    "set_form_title": "form_title",
    "set_form_id": "form_id",
}
"""Spellings of column headings that the XLSForm standard keeps alive."""

NAME_COLUMNS = frozenset({"type", "name", "list_name", "form_id", "version"})
"""Columns whose cells are names for machines: an invisible character around one is dropped, inside one is a mistake."""


def read_sheets(path: Path) -> dict[str, Sheet]:
    """The sheets of a workbook by their name in lower case.

    Raises NotAWorkbook for whatever Excel would not open, FormMistake for a heading that stands twice and for an
    invisible character inside a name.
    """
    return sheets_in(_content(path), str(path))


def sheets_in(content: bytes, called: str) -> dict[str, Sheet]:
    """The sheets of a workbook's bytes; `called` names it in errors. Raises what read_sheets does."""
    from openpyxl import load_workbook  # here: a pull knows a form by the server's content, and opens no workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of drop-downs and pictures, which no form needs
        try:
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            cells = {sheet.title.strip().lower(): list(_filled(sheet)) for sheet in book.worksheets}
        except Exception:  # openpyxl raises whatever it stumbles over in a damaged file
            raise NotAWorkbook(
                f"{called} is a zip file but no Excel workbook, or is damaged; open it in Excel and save it as .xlsx."
            ) from None
    return {name: sheet_of(name, rows) for name, rows in cells.items()}


def sheet_of(name: str, lines: Iterable[tuple[object, ...]]) -> Sheet:
    """Lines of cell values, the headings first, → a sheet."""
    head, *below = list(lines) or [()]
    columns = _columns(name, head)
    rows = (
        {
            column: text
            for column, value in zip(columns, line, strict=False)
            if column and (text := _text_for(value, name, row, column))
        }
        for row, line in enumerate(below, start=2)
    )
    widest = max((len(line) for line in below), default=0)
    lost = (at for at in range(widest) if not (columns[at : at + 1] or [""])[0])
    unheaded = (at for at in lost if any(text_of(value) for line in below for value in line[at : at + 1]))
    return Sheet(tuple(filter(None, columns)), tuple(rows), _letters(unheaded))


def _letters(columns: Iterable[int]) -> tuple[str, ...]:
    from openpyxl.utils import get_column_letter

    return tuple(get_column_letter(column + 1) for column in columns)


def heading(text: str, sheet: str = "survey") -> str:
    """A column heading as the standard spells it.

    >>> heading("Constraint Message : English (en)"), heading("label:کوردی (ckb)"), heading("bind::odk:length")
    ('constraint_message::English (en)', 'label::کوردی (ckb)', 'bind::odk:length')
    >>> heading("List name", "choices"), heading("Governorate", "choices")
    ('list_name', 'Governorate')
    """
    clean = " ".join(bare(text).split())
    base, colons, language = (part.strip() for part in clean.partition("::" if "::" in clean else ":"))
    known = re.sub(r"\s+", "_", base.lower())
    known = OTHER_SPELLINGS.get(known, known)
    if known not in COLUMNS.get(sheet, ()):
        return clean
    if not colons:
        return known
    return f"{known}::{language}" if known in TRANSLATED and language else clean


def text_of(value: object) -> str:
    """A cell's value as text, as the converter on the server reads it: 1.0 → "1", True → "TRUE".

    >>> text_of(5.0), text_of(2.5), text_of(True), text_of("\\u00a0yes "), text_of(None)
    ('5', '2.5', 'TRUE', 'yes', '')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float | datetime | time):
        return str(value)
    return "" if value is None else str(value).replace("\u00a0", " ").strip()


def bare(text: str) -> str:
    """Text without the spaces and the invisible characters (marks of reading direction, joiners) around it."""
    start, end = 0, len(text)
    while start < end and _is_unseen(text[start]):
        start += 1
    while end > start and _is_unseen(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotAWorkbook(f"{path} cannot be read: {error.strerror}; check the name and the folder.") from None
    if content.startswith(b"PK"):
        return content
    if not content.startswith(OLE_MAGIC):
        what = "is not an Excel workbook, whatever its name says" if content else "is empty"
        raise NotAWorkbook(f"{path} {what}; open it in Excel and save it as .xlsx.")
    if ENCRYPTED in content:
        raise NotAWorkbook(f"{path} is protected by a password; open it in Excel, remove the password, save it again.")
    raise NotAWorkbook(f"{path} is in the old Excel format (.xls); open it in Excel and save it as .xlsx.")


def _filled(sheet: Worksheet) -> Iterable[tuple[object, ...]]:
    """Rows of a sheet up to the last filled one."""
    blank: list[tuple[object, ...]] = []
    for cells in sheet.iter_rows(values_only=True):
        if any(value is not None and not str(value).isspace() and value != "" for value in cells):
            yield from blank
            yield cells
            blank = []
        elif len(blank) == BLANK_ROWS_AT_END:
            return
        else:
            blank.append(cells)


def _columns(sheet: str, cells: tuple[object, ...]) -> list[str]:
    columns = [heading(text_of(value), sheet) for value in cells]
    for column in columns:
        if column and columns.count(column) > 1:
            raise FormMistake(
                "this column stands twice", remedy="keep one of the two.", sheet=sheet, row=1, column=column
            )
    return columns


def _text_for(value: object, sheet: str, row: int, column: str) -> str:
    text = text_of(value)
    if column not in NAME_COLUMNS:
        return text
    name = bare(text)
    hidden = next((character for character in name if unicodedata.category(character) == "Cf"), None)
    if hidden:
        raise FormMistake(
            f"an invisible character ({unicodedata.name(hidden, 'unnamed')}) is inside '{name.replace(hidden, '·')}'",
            remedy="delete the cell and type the name again.",
            sheet=sheet,
            row=row,
            column=column,
        )
    return name
