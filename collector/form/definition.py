"""One form version: questions, groups, repeats and choice lists, as values.

Built from the rows of an XLSForm by xlsform.py, or from the server's `content` by collector/kobo/content.py;
read by answers.py, collector/form/judging, collector/reporting/layout.py and collector/workbook.
Source of the words: the XLSForm standard (xlsform.org) and the ODK XForms specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an answer is, once read; the XLSForm `type` column says which."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    GEOPOINT = "geopoint"
    GEOTRACE = "geotrace"
    GEOSHAPE = "geoshape"
    FILE = "file"
    NOTE = "note"


KIND_OF_TYPE: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "string": Kind.TEXT,
    "barcode": Kind.TEXT,
    "hidden": Kind.TEXT,
    "calculate": Kind.TEXT,
    "username": Kind.TEXT,
    "deviceid": Kind.TEXT,
    "phonenumber": Kind.TEXT,
    "email": Kind.TEXT,
    "integer": Kind.INTEGER,
    "int": Kind.INTEGER,
    "range": Kind.DECIMAL,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "today": Kind.DATE,
    "time": Kind.TIME,
    "datetime": Kind.DATETIME,
    "start": Kind.DATETIME,
    "end": Kind.DATETIME,
    "select_one": Kind.SELECT_ONE,
    "select_one_from_file": Kind.SELECT_ONE,
    "acknowledge": Kind.TEXT,
    "trigger": Kind.TEXT,
    "select_multiple": Kind.SELECT_MULTIPLE,
    "select_multiple_from_file": Kind.SELECT_MULTIPLE,
    "rank": Kind.SELECT_MULTIPLE,
    "geopoint": Kind.GEOPOINT,
    "start-geopoint": Kind.GEOPOINT,
    "geotrace": Kind.GEOTRACE,
    "geoshape": Kind.GEOSHAPE,
    "image": Kind.FILE,
    "photo": Kind.FILE,
    "audio": Kind.FILE,
    "video": Kind.FILE,
    "file": Kind.FILE,
    "background-audio": Kind.FILE,
    "audit": Kind.FILE,
    "note": Kind.NOTE,
}

FURTHER: Mapping[str, str] = {
    **{"appearance": "appearance", "default": "default", "parameters": "parameters", "trigger": "trigger"},
    **{"read_only": "read_only", "readonly": "read_only"},
}
"""Columns of the survey sheet that only change how a question is shown or filled in, and the word for each."""

SETTINGS = ("default_language", "style", "instance_name", "allow_choice_duplicates", "public_key", "submission_url")
"""What of the settings sheet changes a form on a tablet; its title, id and version are the server's own."""

Labels = Mapping[str, str]
"""Text by language name, as the sheet names it: {"English (en)": "Sex", "العربية (ar)": "الجنس"}; "" is no language."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a choice list. `columns`: every further column of the sheet or of the media file (choice filters)."""

    name: str
    labels: Labels = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the survey sheet that can hold an answer, or a note.

    path: names joined by "/", without the root, as in the server's data: "register/card".
    repeat: path of the innermost repeat around it, "" outside any.
    type: the sheet's own word ("calculate", "start", "select_one_from_file"); kind: what its answers are.
    list_name: choice list, or the media file's name for `_from_file`.
    renamed_from: names this question had before, the latest first, with blanks between; a column of our own.
    further: cells that change how it is shown or filled in (FURTHER), by column.
    row: row in the survey sheet, 0 where unknown; from the server's content it is counted without blank rows.
    """

    name: str
    path: str
    type: str
    kind: Kind
    repeat: str = ""
    labels: Labels = field(default_factory=dict)
    hints: Labels = field(default_factory=dict)
    list_name: str = ""
    required: str = ""
    relevant: str = ""
    constraint: str = ""
    constraint_messages: Labels = field(default_factory=dict)
    calculation: str = ""
    choice_filter: str = ""
    is_pii: bool = False
    row: int = 0
    renamed_from: str = ""
    required_messages: Labels = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_from_file(self) -> bool:
        return self.type.endswith("_from_file")


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeat: `path` as in the data, `parent` the path of the repeat around it or "".

    count: how many rows the form asks for, "" for as many as people add. renamed_from: as of a question.
    """

    name: str
    path: str
    parent: str = ""
    labels: Labels = field(default_factory=dict)
    row: int = 0
    count: str = ""
    renamed_from: str = ""

    @property
    def counter(self) -> str:
        """Path of the question that the converter makes of an expression in repeat_count; "" where there is none.

        Tablets send what it comes to; nobody asked for it, so it is no question of the form.
        """
        return f"{self.path}_count" if self.count else ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group or repeat: `relevant` is the condition under which all of it is asked, "" for always."""

    path: str
    labels: Labels = field(default_factory=dict)
    relevant: str = ""
    row: int = 0


@dataclass(frozen=True)
class FormVersion:
    """One deployed or deployable state of a form.

    languages: in the order of the sheet; ("",) where the form has none.
    choices: by list name, and by file name for media lists whose content is known.
    settings: cells of the settings sheet that tablets act on (SETTINGS); None, and no `further` of the questions, in
        versions stored by earlier releases.
    """

    title: str
    form_id: str
    version: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    repeats: tuple[Repeat, ...] = ()
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    settings: Mapping[str, str] | None = None

    @property
    def media_files(self) -> tuple[str, ...]:
        """File names of the lists that come as media, each once, in the order of the sheet."""
        return tuple(dict.fromkeys(question.list_name for question in self.questions if question.is_from_file))

    def question(self, path: str) -> Question | None:
        """The question at `path`, or None."""
        return next((question for question in self.questions if question.path == path), None)

    def choices_of(self, question: Question) -> tuple[Choice, ...] | None:
        """The choice list of a select question; None where it is not a select or its media file is not at hand."""
        return self.choices.get(question.list_name) if question.list_name else None
