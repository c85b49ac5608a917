"""An XLSForm workbook → what it says (FormVersion) and the XForm that tablets fill: the one door to pyxform.

Reads with cells.py and survey_rows.py, refuses with checks.py, hands on to assemble.py. Used by jobs and sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from pyxform.constants import SUPPORTED_SHEET_NAMES
from pyxform.errors import PyXFormError
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT
from pyxform.xls2xform import convert

from collector.errors import FormMistake
from collector.form import checks
from collector.form.assemble import SurveyRow, assemble, with_other
from collector.form.cells import Row, Sheet, read_sheets
from collector.form.definition import KIND_OF_TYPE, Choice, FormVersion
from collector.form.media import columns_named, read_choices
from collector.form.survey_rows import CONTROLS, SELECTS, built_rows, choice_lists, languages_of, survey_rows, type_cell

BUILDER_TYPES = frozenset(
    [f"{edge}_{kind}" for edge in ("begin", "end") for kind in ("kobomatrix", "score", "rank")]
    + ["score__row", "rank__level"]
)
"""Rows of KoboToolbox's own form builder: its server converts them, the standard does not know them."""

KNOWN_TYPES = (
    frozenset(QUESTION_TYPE_DICT) | set(KIND_OF_TYPE) | set(CONTROLS.values()) | set(SELECTS.values()) | BUILDER_TYPES
)


@dataclass(frozen=True)
class Workbook:
    """An XLSForm as read, without a known mistake.

    settings: the row of the settings sheet. sheets: all of them by name, for the converter.
    """

    path: Path
    survey: tuple[SurveyRow, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    settings: Mapping[str, str]
    languages: tuple[str, ...]
    sheets: Mapping[str, Sheet]

    @property
    def form_id(self) -> str:
        """As in the settings sheet, else the file's name."""
        return self.settings.get("form_id", self.path.stem)

    @property
    def title(self) -> str:
        return self.settings.get("form_title", self.form_id)


def read_workbook(path: Path) -> Workbook:
    """Read an XLSForm; raises NotAWorkbook for what Excel would not open, FormMistake for the first mistake in it."""
    workbook, mistakes = read_with_mistakes(path)
    if mistakes:
        raise mistakes[0]
    return workbook


def read_with_mistakes(path: Path) -> tuple[Workbook, list[FormMistake]]:
    """Read an XLSForm as far as it goes, and every mistake found in its cells, in the order of the sheets.

    Raises NotAWorkbook for what Excel would not open, and FormMistake where there are no rows to look at: a sheet or
    a column is missing or stands twice.
    """
    sheets = read_sheets(path)
    _check_sheets(sheets)
    sheets["survey"] = replace(sheets["survey"], rows=tuple(map(_with_plain_type, sheets["survey"].rows)))
    listed = sheets.get("choices", Sheet()).rows
    settings = next(iter(sheets.get("settings", Sheet()).rows), {})
    survey, languages = survey_rows(sheets["survey"].rows), languages_of(sheets)
    choices = choice_lists(listed)
    mistakes = [
        *checks.survey_mistakes(survey, sheets["survey"].rows, choices, languages, KNOWN_TYPES),
        *checks.choice_mistakes(listed, languages, duplicates_allowed=checks.duplicates_allowed(settings)),
        *checks.reference_mistakes(settings, {row.name for row in survey}),
    ]
    return Workbook(path, survey, choices, settings, languages, sheets), mistakes


def form_version(workbook: Workbook, media: Mapping[str, bytes] | None = None) -> FormVersion:
    """What the form says. media: content of its media files by name, whose rows become choices; None leaves them out.

    Raises FormMistake where `media` lacks a file of the form, or one of them cannot be read.
    """
    cells = (type_cell(row.get("type", "")) for row in workbook.sheets["survey"].rows)
    choices = dict(with_other(workbook.choices, (cell.list_name for cell in cells if cell.has_other)))
    for row in workbook.survey:
        if media is not None and row.type.endswith("_from_file") and row.list_name not in choices:
            parameters = workbook.sheets["survey"].rows[row.row - 2].get("parameters", "")
            if (listed := _from_file(row, media, parameters)) is not None:
                choices[row.list_name] = listed
    survey = workbook.survey
    if any(row.type in BUILDER_TYPES for row in survey):
        choice_rows = workbook.sheets["choices"].rows if "choices" in workbook.sheets else ()
        survey = built_rows(workbook.sheets["survey"].rows, choice_rows, workbook.languages)
    return assemble(
        survey,
        choices,
        title=workbook.title,
        form_id=workbook.form_id,
        version=workbook.settings.get("version", ""),
        languages=workbook.languages,
        settings=workbook.settings,
    )


def to_xform(
    form: Workbook | Mapping[str, Sequence[Row]], *, form_id: str | None = None, version: str | None = None
) -> str:
    """The XForm of a workbook, or of sheets of rows by heading. form_id, version: in place of the settings sheet's.

    Raises FormMistake for what the converter refuses; a misspelt function passes it and fails on the tablet.
    """
    if isinstance(form, Workbook):
        form_id = form_id or form.form_id
        form = {name: sheet.rows for name, sheet in form.sheets.items()}
    book = {name: [dict(row) for row in rows] for name, rows in form.items() if name in SUPPORTED_SHEET_NAMES}
    asked = {name: text for name, text in {"form_id": form_id, "version": version}.items() if text}
    book["settings"] = [{**next(iter(book.get("settings", ())), {}), **asked}]
    headings = {f"{name}_header": [dict.fromkeys(h for row in rows for h in row)] for name, rows in book.items()}
    try:
        return str(convert(book | headings).xform)
    except PyXFormError as error:
        raise refusal(str(error)) from None


def _check_sheets(sheets: Mapping[str, Sheet]) -> None:
    survey = sheets.get("survey")
    if survey is None:
        raise FormMistake(
            "there is no sheet 'survey'", remedy=_near_sheet("survey", sheets, "add it: type, name, label.")
        )
    _check_columns("survey", survey, ("type", "name"))
    if not any(survey.rows):
        raise FormMistake("the sheet asks nothing", remedy="add a row for each question.", row=2)
    if "choices" in sheets and any(sheets["choices"].rows):
        _check_columns("choices", sheets["choices"], ("list_name", "name"))
    elif asking := next(
        (row for row in survey_rows(survey.rows) if row.type in ("select_one", "select_multiple")), None
    ):
        remedy = _near_sheet("choices", sheets, "add it: list_name, name, label.")
        raise FormMistake("there is no sheet 'choices' with its list", remedy=remedy, row=asking.row, column="type")


def _check_columns(name: str, sheet: Sheet, needed: tuple[str, ...]) -> None:
    missing = next((column for column in needed if column not in sheet.headings), None)
    if missing:
        near = get_close_matches(missing, sheet.headings, n=1)
        remedy = f"is it '{near[0]}'? rename that heading." if near else "its first row must hold the headings."
        raise FormMistake(f"there is no column '{missing}'", remedy=remedy, sheet=name, row=1)


def _near_sheet(name: str, sheets: Mapping[str, object], otherwise: str) -> str:
    near = get_close_matches(name, sheets, n=1)
    return f"is it '{near[0]}'? rename that sheet." if near else otherwise


def _with_plain_type(row: Row) -> Row:
    """The row with its type in the spelling that every converter reads."""
    if "type" not in row:
        return row
    cell = type_cell(row["type"])
    words = (cell.type, cell.list_name, "or_other" if cell.has_other else "")
    return {**row, "type": " ".join(filter(None, words))}


def _from_file(row: SurveyRow, media: Mapping[str, bytes], parameters: str) -> tuple[Choice, ...] | None:
    """The choices of a media file; None for one that is no CSV: its answers are taken as they are."""
    if row.list_name not in media:
        near = get_close_matches(row.list_name, media, n=1)
        remedy = f"there is '{near[0]}': rename it, or correct this cell." if near else "put it into forms/media."
        raise FormMistake(f"the media file '{row.list_name}' is missing", remedy=remedy, row=row.row, column="type")
    if not row.list_name.lower().endswith(".csv"):
        return None
    return read_choices(media[row.list_name], file=row.list_name, **columns_named(parameters))


def refusal(text: str) -> FormMistake:
    """The converter's message as ours: "[row : 3] On the 'choices' sheet, the 'name' value is invalid. Choice …"."""
    row = re.search(r"\[row : (\d+)\]", text)
    sheet = re.search(r"the '(\w+)' sheet|for sheet: '(\w+)'", text)
    column = re.search(r"the '([^']+)' (?:value|column)", text)
    noise = r"\[row : \d+\]|On the '\w+' sheet, the '[^']+' value is invalid\.|Learn more: \S+"
    return FormMistake(
        f"the converter refuses it: {' '.join(re.sub(noise, '', text).split()).rstrip('.')}",
        remedy="correct this cell." if column else "correct it there.",
        sheet=(sheet[1] or sheet[2]) if sheet else "survey",
        row=int(row[1]) if row else None,
        column=column[1] if column else None,
    )
