"""Mistakes of an XLSForm, found before a server sees it: each a FormMistake with sheet, row, column and remedy.

Called by xlsform.py with what survey_rows.py made of the sheets. The converter and the server find most of these too,
later and in words for programmers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import NoReturn

from collector.errors import FormMistake
from collector.form.assemble import TRUE_WORDS, SurveyRow
from collector.form.cells import Row
from collector.form.definition import Choice
from collector.form.survey_rows import texts

NAME = re.compile(r"[^\W\d][\w.-]*")
EXCEL_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
EXCEL_TIME = re.compile(r"\d\d:\d\d:\d\d")
AS_TEXT = "format the cell as Text in Excel, then type the name again."
"""How a cell reads that Excel took for a date or a time while somebody typed a name."""
REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^}]*?)\s*\}")
LABELLED = frozenset(
    {"text", "integer", "int", "decimal", "range", "date", "time", "dateTime", "datetime", "note", "acknowledge"}
    | {"select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file", "rank", "trigger"}
    | {"geopoint", "geotrace", "geoshape", "barcode", "image", "photo", "audio", "video", "file"}
)
"""Types that the tablet shows, so that they need a label."""
SPOKEN = ("label", "hint", "guidance_hint", "constraint_message", "required_message")


def survey_mistakes(
    rows: Sequence[SurveyRow],
    sheet: Sequence[Row],
    choices: Mapping[str, tuple[Choice, ...]],
    languages: Sequence[str],
    known_types: Collection[str],
) -> Iterator[FormMistake]:
    """Every mistake of the survey sheet, row by row; of several in one row, those that do not follow from another."""
    names = {row.name for row in rows if row.name}
    place = _Place()
    for row in rows:
        cells = sheet[row.row - 2]
        yield from _caught(
            partial(_check_type, row, known_types),
            partial(_check_name, row),
            partial(place.step, row),
            partial(_check_list, row, choices),
            partial(_check_question, row, cells, languages),
            partial(_check_languages, cells, languages, "survey", row.row),
            partial(check_references, cells, names, "survey", row.row),
        )
    yield from _caught(place.finish)


def choice_mistakes(
    sheet: Sequence[Row], languages: Sequence[str], *, duplicates_allowed: bool = False
) -> Iterator[FormMistake]:
    """Every mistake of the choices sheet, one a row at most but for its languages."""
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(sheet, start=2):
        if row:
            yield from _caught(
                partial(_check_choice, row, number, languages, seen, duplicates_allowed=duplicates_allowed),
                partial(_check_languages, row, languages, "choices", number),
            )


def reference_mistakes(settings: Row, names: Collection[str]) -> Iterator[FormMistake]:
    """A ${name} in the settings that no question has."""
    yield from _caught(partial(check_references, settings, names, "settings", 2))


def _caught(*checks: Callable[[], None]) -> Iterator[FormMistake]:
    for check in checks:
        try:
            check()
        except FormMistake as mistake:
            yield mistake


def _check_question(row: SurveyRow, cells: Row, languages: Sequence[str]) -> None:
    if row.type in LABELLED and not (row.label or row.hint or row.calculation):
        _refuse_unlabelled(f"'{row.name}'", languages, row.row, "survey")
    if row.type == "calculate" and not row.calculation and not cells.get("default"):
        _refuse("this calculation is empty", "write its formula, or delete the row.", row.row, "calculation")


def _check_choice(
    row: Row, number: int, languages: Sequence[str], seen: set[tuple[str, str]], *, duplicates_allowed: bool
) -> None:
    for column in ("list_name", "name"):
        if not row.get(column):
            _refuse("this choice has none", "fill the cell, or delete the row.", number, column, "choices")
    name = row["name"]
    if EXCEL_DATE.fullmatch(name):
        _refuse(f"Excel has made a date of this choice's name: '{name}'", AS_TEXT, number, "name", "choices")
    if " " in name:
        problem = f"choice name '{name}' has a space, which parts the answers of a select_multiple"
        _refuse(problem, f"write '{name.replace(' ', '_')}'.", number, "name", "choices")
    is_known = (row["list_name"], name) in seen
    seen.add((row["list_name"], name))
    if is_known and not duplicates_allowed:
        problem = f"choice '{name}' stands twice in list '{row['list_name']}'"
        _refuse(problem, "rename or delete one of the two.", number, "name", "choices")
    if not texts(row, "label"):
        _refuse_unlabelled(f"choice '{name}'", languages, number, "choices")


def check_references(row: Row, names: Collection[str], sheet: str, number: int) -> None:
    """Raise FormMistake for a ${name} in any cell of a row that no question has."""
    for column, text in row.items():
        for name in REFERENCE.findall(text):
            if name not in names:
                _refuse(
                    f"${{{name}}} refers to no question",
                    _did_you_mean(name, names, "write the name of a question of this form.", form="${{{}}}"),
                    number,
                    column,
                    sheet,
                )


def duplicates_allowed(settings: Mapping[str, str]) -> bool:
    """Whether the author asked for choices that share a name."""
    return settings.get("allow_choice_duplicates", "").lower() in TRUE_WORDS


@dataclass
class _Place:
    """The groups and repeats that are open, innermost last, and the names already used in each."""

    open: list[SurveyRow] = field(default_factory=list)
    used: list[dict[str, int]] = field(default_factory=lambda: [{}])

    def step(self, row: SurveyRow) -> None:
        if row.type.startswith("end_"):
            self._close(row)
            return
        if row.name:
            first = self.used[-1].setdefault(row.name, row.row)
            if first != row.row:
                where = "in this group" if self.open else "in the form"
                _refuse(
                    f"the name '{row.name}' stands twice {where}, first in row {first}",
                    "give one of the two another name.",
                    row.row,
                    "name",
                )
        if row.type.startswith("begin_"):
            self.open.append(row)
            self.used.append({})

    def _close(self, row: SurveyRow) -> None:
        kind = row.type.removeprefix("end_")
        if not self.open:
            _refuse(
                f"this ends a {kind} that never began", f"delete the row, or add 'begin_{kind}' above.", row.row, "type"
            )
        begin = self.open.pop()
        self.used.pop()
        if begin.type != f"begin_{kind}":
            began = begin.type.removeprefix("begin_")
            _refuse(
                f"this ends a {kind}, but the open one is the {began} '{begin.name}' of row {begin.row}",
                f"write 'end_{began}'.",
                row.row,
                "type",
            )

    def finish(self) -> None:
        if self.open:
            begin = self.open[-1]
            kind = begin.type.removeprefix("begin_")
            _refuse(f"the {kind} '{begin.name}' is never ended", f"add 'end_{kind}' below it.", begin.row, "type")


def _check_type(row: SurveyRow, known: Collection[str]) -> None:
    if not row.type:
        _refuse("this row has no type", "choose one such as 'text', or delete the row.", row.row, "type")
    if row.type not in known:
        remedy = _did_you_mean(row.type, known, "see the question types on xlsform.org.")
        _refuse(f"unknown question type '{row.type}'", remedy, row.row, "type")


def _check_name(row: SurveyRow) -> None:
    if row.type.startswith("end_") or (not row.name and row.type in ("note", "audit")):
        return
    if not row.name:
        what = row.type.removeprefix("begin_") if row.type.startswith("begin_") else "question"
        _refuse(f"this {what} has no name", "give it one: a letter, then letters, digits or _.", row.row, "name")
    if EXCEL_DATE.fullmatch(row.name) or EXCEL_TIME.fullmatch(row.name):
        _refuse(f"Excel has made a date or a time of this name: '{row.name}'", AS_TEXT, row.row, "name")
    if not NAME.fullmatch(row.name):
        better = re.sub(r"[^\w.-]+", "_", row.name).lstrip("-.0123456789") or f"q{row.name}"
        _refuse(
            f"the name '{row.name}' is not allowed: only letters, digits, '_', '-' and '.', beginning with a letter",
            f"write '{better}'.",
            row.row,
            "name",
        )


def _check_list(row: SurveyRow, choices: Mapping[str, tuple[Choice, ...]]) -> None:
    if not row.type.startswith("select_") and row.type != "rank":
        return
    if row.type.endswith("_from_file"):
        if "." not in row.list_name:
            _refuse(f"'{row.type}' wants a file", f"write '{row.type} plan.csv'.", row.row, "type")
    elif not row.list_name:
        remedy = f"write its choice list after it: '{row.type} {next(iter(choices), 'yn')}'."
        _refuse(f"'{row.type}' has no choice list", remedy, row.row, "type")
    elif "${" not in row.list_name and row.type != "select_one_external" and row.list_name not in choices:
        remedy = _did_you_mean(row.list_name, choices, "add it to the choices sheet.")
        _refuse(f"choice list '{row.list_name}' is not in the choices sheet", remedy, row.row, "type")


def _refuse_unlabelled(what: str, languages: Sequence[str], number: int, sheet: str) -> NoReturn:
    column = f"label::{languages[0]}" if languages else "label"
    _refuse(f"{what} has no label", "write what the tablet shall show.", number, column, sheet)


def _check_languages(row: Row, languages: Sequence[str], sheet: str, number: int) -> None:
    """A text in one language must be in all of them, since a tablet shows '-' in the others."""
    for column in SPOKEN:
        spoken = texts(row, column)
        missing = next((language for language in languages if language not in spoken), None)
        if spoken and missing and "" not in spoken:
            _refuse(
                f"the {column.replace('_', ' ')} of '{row.get('name', '')}' is missing in this language",
                "translate it.",
                number,
                f"{column}::{missing}",
                sheet,
            )


def _did_you_mean(wrong: str, known: Iterable[str], otherwise: str, *, form: str = "{}") -> str:
    near = get_close_matches(wrong, list(known), n=1)
    return f"did you mean '{form.format(near[0])}'?" if near else otherwise


def _refuse(problem: str, remedy: str, row: int, column: str, sheet: str = "survey") -> NoReturn:
    raise FormMistake(problem, remedy=remedy, sheet=sheet, row=row, column=column)
