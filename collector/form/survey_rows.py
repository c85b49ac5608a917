"""Rows of the survey and choices sheets → SurveyRow and Choice.

Between cells.py, which reads the rows, and assemble.py, which makes a FormVersion of them; used by xlsform.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from collector.form.assemble import SurveyRow, other_row
from collector.form.builder import HEADING, ROW, standard_rows
from collector.form.cells import TRANSLATED, Row, Sheet
from collector.form.definition import Choice, Labels

CONTROLS = {
    f"{edge}{gap}{spelling}": f"{edge}_{kind}"
    for edge in ("begin", "end")
    for gap in ("_", " ")
    for spelling, kind in {"group": "group", "repeat": "repeat", "lgroup": "repeat", "looped group": "repeat"}.items()
}
SELECTS = {
    "select_one_from_file": "select_one_from_file",
    "select one from file": "select_one_from_file",
    "select_multiple_from_file": "select_multiple_from_file",
    "select multiple from file": "select_multiple_from_file",
    "select_one_external": "select_one_external",
    "select_one": "select_one",
    "select one from": "select_one",
    "select one": "select_one",
    "select1": "select_one",
    "select_multiple": "select_multiple",
    "select multiple": "select_multiple",
    "select all that apply from": "select_multiple",
    "select all that apply": "select_multiple",
    "rank": "rank",
}
"""The spellings of a type that a list follows, the longer before the shorter. Source: the XLSForm standard, pyxform."""

OTHER_WORDS = ("or_other", "or other", "or specify other")


class TypeCell(NamedTuple):
    """A type cell taken apart: "select one yn or_other" is select_one, yn, True."""

    type: str
    list_name: str = ""
    has_other: bool = False


def type_cell(text: str) -> TypeCell:
    """Take a type cell apart, whatever its spaces and capitals; an unknown type keeps its spelling.

    >>> type_cell("Begin  Group").type, type_cell("select one  yn or_other")
    ('begin_group', TypeCell(type='select_one', list_name='yn', has_other=True))
    """
    clean = " ".join(text.split())
    if control := CONTROLS.get(clean.lower()):
        return TypeCell(control)
    spelling = next((select for select in SELECTS if f"{clean.lower()} ".startswith(f"{select} ")), None)
    if spelling is None:
        return TypeCell(clean)
    rest = clean[len(spelling) :].strip()
    other = next((words for words in OTHER_WORDS if rest.lower().endswith(f" {words}")), "")
    return TypeCell(SELECTS[spelling], rest[: len(rest) - len(other)].strip(), bool(other))


def survey_rows(rows: Iterable[Row]) -> tuple[SurveyRow, ...]:
    """The filled rows of the survey sheet, numbered; `or_other` brings the text question it stands for."""
    survey: list[SurveyRow] = []
    for number, row in enumerate(rows, start=2):
        if row:
            cell = type_cell(row.get("type", ""))
            survey.append(_survey_row(row, cell, number))
            if cell.has_other:
                survey.append(other_row(survey[-1]))
    return tuple(survey)


def built_rows(rows: Iterable[Row], choices: Iterable[Row], languages: Sequence[str]) -> tuple[SurveyRow, ...]:
    """The rows as survey_rows gives them, with those of KoboToolbox's form builder as its server deploys them."""
    spoken = languages or ("",)
    survey = [
        {**_folded(row, spoken), ROW: number, **_type_cells(type_cell(row.get("type", "")))}
        for number, row in enumerate(rows, start=2)
        if row
    ]
    listed = [_folded(row, spoken) for row in choices if row]
    built: list[SurveyRow] = []
    for row in standard_rows(survey, listed):
        if HEADING not in row:
            cell = TypeCell(row["type"], row.get("select_from_list_name", ""))
            built.append(_survey_row(_unfolded(row, spoken), cell, row.get(ROW, 0)))
            if row.get("_or_other"):
                built.append(other_row(built[-1]))
    return tuple(built)


def _type_cells(cell: TypeCell) -> dict[str, object]:
    """A type cell as the server keeps it."""
    return {"type": cell.type, "select_from_list_name": cell.list_name, "_or_other": cell.has_other}


def _folded(row: Row, languages: Sequence[str]) -> dict[str, Any]:
    """A row with each translated column as one list, parallel to the languages, as the server keeps it."""
    plain: dict[str, Any] = {
        column: text for column, text in row.items() if column.partition("::")[0] not in TRANSLATED
    }
    for column in TRANSLATED:
        if told := texts(row, column):
            plain[column] = [told.get(language) or told.get("") for language in languages]
    return plain


def _unfolded(row: Mapping[str, Any], languages: Sequence[str]) -> Row:
    cells: dict[str, str] = {}
    for column, value in row.items():
        if isinstance(value, list):
            spoken = zip(languages, value, strict=False)
            cells |= {f"{column}::{language}" if language else column: text for language, text in spoken if text}
        elif value is True:
            cells[column] = "yes"
        elif isinstance(value, str):
            cells[column] = value
    return cells


def _survey_row(row: Row, cell: TypeCell, number: int) -> SurveyRow:
    return SurveyRow(
        type=cell.type,
        name=row.get("name", ""),
        list_name=cell.list_name,
        label=texts(row, "label"),
        hint=texts(row, "hint"),
        required=row.get("required", ""),
        relevant=row.get("relevant", ""),
        constraint=row.get("constraint", ""),
        constraint_message=texts(row, "constraint_message"),
        calculation=row.get("calculation", ""),
        choice_filter=row.get("choice_filter", ""),
        pii=row.get("pii", ""),
        value_type=row.get("value_type", ""),
        renamed_from=row.get("renamed_from", ""),
        required_message=texts(row, "required_message"),
        repeat_count=row.get("repeat_count", ""),
        further=row,
        row=number,
    )


def choice_lists(rows: Iterable[Row]) -> dict[str, tuple[Choice, ...]]:
    """Choices by list name, in the order of the sheet, each with its further columns."""
    lists: dict[str, list[Choice]] = {}
    for row in rows:
        if "list_name" in row:
            further = {
                column: text
                for column, text in row.items()
                if column not in ("list_name", "name") and column.partition("::")[0] not in TRANSLATED
            }
            lists.setdefault(row["list_name"], []).append(Choice(row.get("name", ""), texts(row, "label"), further))
    return {name: tuple(choices) for name, choices in lists.items()}


def texts(row: Row, column: str) -> Labels:
    """A translated column of a row by language; "" where the heading names none.

    >>> texts({"label": "Sex", "label::العربية (ar)": "الجنس"}, "label")
    {'': 'Sex', 'العربية (ar)': 'الجنس'}
    """
    parts = ((heading.partition("::"), text) for heading, text in row.items())
    return {language: text for (base, _, language), text in parts if base == column}


def languages_of(sheets: Mapping[str, Sheet]) -> tuple[str, ...]:
    """The languages of the translated columns, in the order they come."""
    headings = [heading for name in ("survey", "choices") if name in sheets for heading in sheets[name].headings]
    return tuple(
        dict.fromkeys(
            language
            for base, colons, language in (heading.partition("::") for heading in headings)
            if colons and base in TRANSLATED
        )
    )
