"""Sheet Dictionary: the codebook. Questions and choices of all form versions in all languages, and all columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.definition import FormVersion, Kind, Question
from collector.form.definition import Labels as Texts
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import SHARED_SHEETS, Night
from collector.workbook.sheets import (
    changes,
    cleaning_log,
    coverage,
    enumerators,
    feedback,
    indicators,
    items,
    knowledge,
    pairing,
    periods,
    quarantine,
    reach,
    register,
    sessions,
    todo,
)
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import LANGUAGES, RIGHT_TO_LEFT, Words

TABLES: Mapping[
    str, tuple[str, Callable[[Night, Words], Sequence[Column]]]
] = {  # table, "" for a block of cells that is none → its sheet, its columns
    "": ("Summary", periods.columns),
    "tblToDo": ("ToDo", todo.columns),
    "tblChanges": ("Changes", lambda night, words: changes.columns(night, words)[0]),
    "tblChangesRecords": ("Changes", lambda night, words: changes.columns(night, words)[1]),
    "tblIndicators": ("Indicators", indicators.columns),
    "tblReach": ("Reach", reach.columns),
    "tblCoverage": ("Coverage", coverage.columns),
    "tblKnowledge": ("Knowledge", lambda night, words: knowledge.columns(night, words)[0]),
    "tblKnowledgeTests": ("Knowledge", lambda night, words: knowledge.columns(night, words)[1]),
    "tblKnowledgeSlices": ("Knowledge", lambda night, words: knowledge.columns(night, words)[2]),
    "tblKnowledgeKept": ("Knowledge", lambda night, words: knowledge.columns(night, words)[3]),
    "tblItems": ("Items", lambda night, words: items.columns(night, words)[0]),
    "tblItemsAnswers": ("Items", lambda night, words: items.columns(night, words)[1]),
    "tblItemsLanguages": ("Items", items.columns_by_language),
    "tblPairing": ("Pairing", pairing.columns),
    "tblFeedback": ("Feedback", feedback.columns),
    "tblEnumerators": ("Enumerators", enumerators.columns),
    "tblSessions": ("Sessions", sessions.columns),
    "tblRegister": ("Register", register.columns),
    "tblQuarantine": ("Quarantine", quarantine.columns),
    "tblCleaningLog": ("CleaningLog", cleaning_log.columns),
}
INTERNAL = frozenset({"tblItemsLanguages", "tblKnowledgeKept", "tblKnowledgeSlices"})
"""Tables that the shared edition of a sheet does not have."""
Entry = tuple[str, str, str, str, tuple[str, ...], str]
"""Path, entry ("question" or "choice"), type, code, labels by language, hint."""


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblDictionary: versions, questions each followed by its choices, then the columns of the sheets."""
    names = list(night.programme.languages.values())
    rows = [row for form in night.versions for row in _of_form(form, night, names, labels, words)]
    if rows:
        rows += _of_workbook(night, words)
    notes = [words("dictionary.note")]
    data_sheet(sheet, night, words, "dictionary", columns(night, words), rows, notes=notes, frozen=2)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table; the languages have the names that the forms give them."""
    return [
        column(words, "dictionary.form", widest=26),
        column(words, "dictionary.question", widest=28, is_bold=True),
        column(words, "dictionary.entry", widest=12),
        column(words, "dictionary.type", widest=22, script="code"),
        column(words, "dictionary.code", widest=18, script="code"),
        *(
            Column(name, widest=40, script="arabic" if code in RIGHT_TO_LEFT else "latin")
            for code, name in night.programme.languages.items()
        ),
        column(words, "dictionary.versions", widest=12),
        column(words, "dictionary.meaning", widest=48),
    ]


def _of_form(form: str, night: Night, names: Sequence[str], labels: Labels, words: Words) -> Iterator[list[Value]]:
    versions = night.history.get(form) or (night.versions[form],)
    title = labels.form(form)
    for number, version in enumerate(versions, start=1):
        blank = [""] * len(names)
        yield [
            title,
            version.version,
            words("dictionary.is_version"),
            "",
            str(number),
            *blank,
            words.shaped(str(number)),
            "",
        ]
    found: dict[Entry, list[int]] = {}
    for number in range(len(versions), 0, -1):  # the newest first: its order is the form's
        for entry in _entries(versions[number - 1], names, labels):
            found.setdefault(entry, []).append(number)
    for (path, kind, type_name, code, told, hint), numbers in found.items():
        named = words("dictionary.is_question" if kind == "question" else "dictionary.is_choice")
        yield [title, path, named, type_name, code, *told, _numbers(numbers, len(versions), words), hint]


def _entries(version: FormVersion, names: Sequence[str], labels: Labels) -> Iterator[Entry]:
    for question in version.questions:
        if question.kind is not Kind.NOTE:
            yield from _of_question(version, question, names, labels)


def _of_question(version: FormVersion, question: Question, names: Sequence[str], labels: Labels) -> Iterator[Entry]:
    kind = f"{question.type} {question.list_name}".strip()
    yield question.path, "question", kind, "", _texts(question.labels, names), labels.text(question.hints)
    if question.is_from_file:
        return  # a media file is data that comes and goes, not a part of the form
    for choice in version.choices_of(question) or ():
        yield question.path, "choice", kind, choice.name, _texts(choice.labels, names), ""


def _of_workbook(night: Night, words: Words) -> Iterator[list[Value]]:
    """A row for each column of each table: its sheet, format and table, its name in each language, what it means."""
    languages = [Words(code) for code in night.programme.languages if code in LANGUAGES]
    others = [""] * (len(night.programme.languages) - len(languages))
    for table, (name, columns_of) in TABLES.items():
        if night.is_shared and (name not in SHARED_SHEETS or table in INTERNAL):
            continue
        in_languages = zip(*(columns_of(night, each) for each in languages), strict=True)
        for own, headings in zip(columns_of(night, words), in_languages, strict=True):
            where = words("dictionary.workbook"), words.sheet(name), words("dictionary.is_column"), _format(own, words)
            told = [heading.heading for heading in headings]
            yield [*where, table, *told, *others, words("dictionary.all"), meaning(own.key, words)]


def meaning(key: str, words: Words) -> str:
    """What a column holds: told for the column itself, or for every column of its name."""
    return words.known(f"meaning.{key}", words.known(f"meaning.{key.rsplit('.', 1)[-1]}", ""))


def _numbers(numbers: Iterable[int], of: int, words: Words) -> str:
    listed = sorted(numbers)
    return words("dictionary.all") if len(listed) == of else words.shaped(", ".join(map(str, listed)))


def _format(own: Column, words: Words) -> str:
    if own.number_format in look.TIMES:
        return words("format.date")
    if not own.number_format:
        return words("format.text")
    return words("format.share" if own.number_format.endswith("%") else "format.number")


def _texts(labels: Texts, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in names)
