"""Rows of a survey sheet, however they came, → one FormVersion.

Fed by xlsform.py (rows of a workbook) and by collector/kobo/content.py (the server's `content`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collector.form.definition import (
    FURTHER,
    KIND_OF_TYPE,
    SETTINGS,
    Choice,
    FormVersion,
    Group,
    Kind,
    Labels,
    Question,
    Repeat,
)

OTHER = Choice("other", {"": "Other"})
TRUE_WORDS = frozenset({"yes", "true", "true()", "1"})
FALSE_WORDS = frozenset({"no", "false", "false()", "0"})


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One row of the survey sheet with its cells named by XLSForm's columns.

    type: the first word of the type cell, lower case, with "_" for the spaces of begin and end: "begin_group".
    list_name: the second word: the choice list or the media file.
    value_type: what a calculation's answers are, as an XLSForm type: "integer", "decimal"; a column of our own, which
        converters and servers pass over.
    """

    type: str
    name: str = ""
    list_name: str = ""
    label: Labels = field(default_factory=dict)
    hint: Labels = field(default_factory=dict)
    required: str = ""
    relevant: str = ""
    constraint: str = ""
    constraint_message: Labels = field(default_factory=dict)
    calculation: str = ""
    choice_filter: str = ""
    pii: str = ""
    value_type: str = ""
    renamed_from: str = ""
    required_message: Labels = field(default_factory=dict)
    repeat_count: str = ""
    further: Mapping[str, str] = field(default_factory=dict)
    row: int = 0


@dataclass
class _Place:
    """Where the reading stands: names of the open groups and repeats, and the innermost repeat."""

    names: list[str] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)

    def path(self, name: str) -> str:
        return "/".join([*self.names, name])

    @property
    def repeat(self) -> str:
        return next((path for path in reversed(self.repeats) if path), "")


def assemble(
    rows: Iterable[SurveyRow],
    choices: Mapping[str, tuple[Choice, ...]],
    *,
    title: str,
    form_id: str,
    version: str,
    languages: tuple[str, ...],
    settings: Mapping[str, str],
) -> FormVersion:
    """Build a form version; rows of unknown type become text questions, since their answers are kept all the same."""
    place = _Place()
    questions: list[Question] = []
    repeats: list[Repeat] = []
    groups: list[Group] = []
    for row in rows:
        if row.type.startswith("begin_"):
            path = place.path(row.name)
            groups.append(Group(path, row.label, row.relevant, row.row))
            if row.type == "begin_repeat":
                repeats.append(
                    Repeat(row.name, path, place.repeat, row.label, row.row, row.repeat_count, row.renamed_from)
                )
            place.names.append(row.name)
            place.repeats.append(path if row.type == "begin_repeat" else "")
        elif row.type.startswith("end_"):
            del place.names[-1:], place.repeats[-1:]
        elif row.name or row.type == "audit":
            questions.append(_question(row, place))
    return FormVersion(
        title=title,
        form_id=form_id,
        version=version,
        languages=languages or ("",),
        questions=tuple(questions),
        repeats=tuple(repeats),
        choices=dict(choices),
        groups=tuple(groups),
        settings={name: text for name in SETTINGS if (text := settings.get(name, ""))},
    )


def with_other(choices: Mapping[str, tuple[Choice, ...]], lists: Iterable[str]) -> Mapping[str, tuple[Choice, ...]]:
    """The lists with the choice `other`, where a question of type "… or_other" offers it with every list it uses."""
    asked = set(lists)
    return {
        name: (*listed, OTHER) if name in asked and all(each.name != OTHER.name for each in listed) else listed
        for name, listed in choices.items()
    }


def other_row(row: SurveyRow) -> SurveyRow:
    """The text question that stands below a question of type "… or_other"."""
    return SurveyRow(type="text", name=f"{row.name}_other", label={"": "Specify other."}, row=row.row)


def _question(row: SurveyRow, place: _Place) -> Question:
    # The server's data calls the audit file meta/audit, wherever its row stands (kobo/api.md §2.3)
    path = "meta/audit" if row.type == "audit" else place.path(row.name)
    return Question(
        name=row.name or row.type,
        path=path,
        type=row.type,
        kind=KIND_OF_TYPE.get((row.value_type or row.type).lower(), Kind.TEXT),
        repeat=place.repeat,
        labels=row.label,
        hints=row.hint,
        list_name=row.list_name,
        required=row.required,
        relevant=row.relevant,
        constraint=row.constraint,
        constraint_messages=row.constraint_message,
        calculation=row.calculation,
        choice_filter=row.choice_filter,
        is_pii=row.pii.strip().lower() in TRUE_WORDS,
        row=row.row,
        renamed_from=row.renamed_from,
        required_messages=row.required_message,
        further=_further(row.further),
    )


def _further(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells of FURTHER that say something; "TRUE" and "yes" are one word."""
    said = {FURTHER[name]: text for name, text in cells.items() if name in FURTHER}
    if said.get("read_only", "").lower() in TRUE_WORDS | FALSE_WORDS:
        said["read_only"] = "yes" if said["read_only"].lower() in TRUE_WORDS else ""
    return {name: text for name, text in said.items() if text}
