"""Small forms for tests: a survey as rows of text → its XForm, converted once each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from collector.form.xform.model import FormModel
from collector.form.xform.read import read_xform
from collector.form.xlsform import to_xform

Cells = tuple[tuple[str, str], ...]


def rows_of(table: str) -> tuple[Cells, ...]:
    """Rows of a table written with "|": headings in the first line, empty cells left out.

    >>> rows_of("type | name\\n text | a")
    ((('type', 'text'), ('name', 'a')),)
    """
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return tuple(tuple((h, c) for h, c in zip(lines[0], line, strict=False) if c) for line in lines[1:])


@cache
def xform_of(survey: str, choices: str = "", settings: str = "") -> str:
    """The XForm of sheets written as tables; label and form id are given where they are left out."""
    sheets = {"survey": rows_of(survey), "choices": rows_of(choices) if choices else ()}
    book = {name: [_labelled(dict(row)) for row in rows] for name, rows in sheets.items() if rows}
    book["settings"] = [dict(rows_of(settings)[0])] if settings else [{}]
    return to_xform(book, form_id="trial", version="1")


def model_of(survey: str, choices: str = "", media: Mapping[str, bytes] | None = None) -> FormModel:
    """The form of such tables, read."""
    return read_xform(xform_of(survey, choices), media)


def _labelled(row: dict[str, str]) -> dict[str, str]:
    is_labelled = any(heading.startswith("label") for heading in row) or row.get("type", "").startswith("end")
    return row if is_labelled else row | {"label": row.get("name", "")}
