"""What the server understood of a form, compared with what was sent, or with what it understood earlier.

Used by deployment.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, zip_longest
from typing import Any

from collector.form.assemble import TRUE_WORDS
from collector.form.cells import Sheet, sheet_of, sheets_in
from collector.form.content import sheets_of
from collector.form.definition import FormVersion, Question
from collector.form.survey_rows import type_cell
from collector.kobo.content import form_version_of

OF_SERVER = frozenset({"form_title", "title", "form_id", "id_string", "version"})


def plain(content: Any) -> Any:
    """The content without the keys that the server makes up anew at each import ($kuid and the like)."""
    if isinstance(content, Mapping):
        return {name: plain(value) for name, value in content.items() if not name.startswith("$")}
    return [plain(value) for value in content] if isinstance(content, list) else content


def difference(content: Mapping[str, Any], definition: FormVersion | None) -> str:
    """The first difference between the server's content and our definition, in words; "" where there is none.

    Compared are questions (path and kind of answer) and the names of choices; without a definition, only whether
    there are questions at all: a workbook without a survey sheet is imported and deployed without complaint.
    """
    there = form_version_of(content, version="", title="")
    if not there.questions:
        return "the server read no question in it; is there a sheet named 'survey'?"
    if definition is None:
        return ""
    for ours, theirs in zip_longest(definition.questions, there.questions):
        if _signature(ours) != _signature(theirs):
            return f"instead of {_signature(ours)} the server has {_signature(theirs)}"
    for name in there.choices.keys() & definition.choices.keys():
        if [choice.name for choice in there.choices[name]] != [choice.name for choice in definition.choices[name]]:
            return f"the choices of list '{name}' are not the same"
    return ""


def is_brought_home(content: Mapping[str, Any], workbook: bytes) -> bool:
    """Whether a workbook says cell by cell what the server's content says, as one fetched from the server does."""
    there = {name: _sheet(name, rows) for name, rows in sheets_of(content).items()}
    here = sheets_in(workbook, "the workbook")
    names = {"survey", "choices", "settings"} & {*here, *there}
    return all(_cells(here.get(name, Sheet())) == _cells(there.get(name, Sheet())) for name in names)


def _sheet(name: str, rows: Iterable[Mapping[str, Any]]) -> Sheet:
    """Rows as the server keeps them, read as the cells of a workbook are."""
    kept = list(rows)
    headings = tuple(dict.fromkeys(chain.from_iterable(kept)))
    return sheet_of(name, [headings, *(tuple(row.get(heading) for heading in headings) for row in kept)])


def _cells(sheet: Sheet) -> list[dict[str, str]]:
    """The filled rows, where only the spelling differs in one; form_title, id and version are the server's own."""
    rows = (
        {column: _said(column, text) for column, text in row.items() if text and column not in OF_SERVER}
        for row in sheet.rows
    )
    return [row for row in rows if row]


def _said(column: str, text: str) -> str:
    if column == "required" and text.lower() in TRUE_WORDS:
        return "true"
    return " ".join(filter(None, map(str, type_cell(text)))) if column == "type" else text


def _signature(question: Question | None) -> str:
    return f"'{question.path}' ({question.kind})" if question else "nothing"
