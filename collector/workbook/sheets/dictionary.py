"""Sheet Dictionary: the codebook. Every question and choice of the newest form versions, in all their languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.definition import FormVersion, Kind, Question
from collector.form.definition import Labels as Texts
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column
from collector.workbook.texts import RIGHT_TO_LEFT, Words


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblDictionary: a row for each question, followed by a row for each of its choices."""
    languages = night.programme.languages
    columns = [
        Column(words("dictionary.form"), widest=26),
        Column(words("dictionary.question"), widest=28, is_bold=True),
        Column(words("dictionary.entry")),
        Column(words("dictionary.type"), widest=26),
        Column(words("dictionary.code"), widest=18),
        *(
            Column(name, widest=44, script="arabic" if code in RIGHT_TO_LEFT else "latin")
            for code, name in languages.items()
        ),
    ]
    rows = [
        [labels.form(form), *entry]
        for form, version in night.versions.items()
        for question in version.questions
        if question.kind is not Kind.NOTE
        for entry in _entries(version, question, list(languages.values()), words)
    ]
    if rows:
        rows += _columns_of_the_workbook(sheet, len(languages), words)
    data_sheet(sheet, night, words, "dictionary", columns, rows, notes=[words("dictionary.note")], frozen=2)


def _entries(version: FormVersion, question: Question, languages: list[str], words: Words) -> Iterator[list[Value]]:
    kind = f"{question.type} {question.list_name}".strip()
    yield [question.path, words("dictionary.is_question"), kind, "", *_texts(question.labels, languages)]
    if question.is_from_file:
        return  # a media file is data that comes and goes, not a part of the form
    for choice in version.choices_of(question) or ():
        entry = words("dictionary.is_choice")
        yield [question.path, entry, kind, choice.name, *_texts(choice.labels, languages)]


def _columns_of_the_workbook(sheet: Worksheet, languages: int, words: Words) -> Iterator[list[Value]]:
    """A row for each column of each table of the sheets before this one: its sheet, format, table and heading."""
    book: Any = sheet.parent
    for other in book.worksheets:
        for table in other.tables.values():
            heading, first, *_ = other[table.ref]
            for name, cell in zip(heading, first, strict=True):
                entry = words("dictionary.workbook"), other.title, words("dictionary.is_column"), _format(cell, words)
                yield [*entry, table.name, name.value, *[""] * (languages - 1)]


def _format(cell: Any, words: Words) -> str:
    if cell.is_date or "yy" in cell.number_format:
        return words("format.date")
    if cell.number_format == "@":
        return words("format.text")
    return words("format.share" if cell.number_format.endswith("%") else "format.number")


def _texts(labels: Texts, languages: list[str]) -> list[Value]:
    return [labels.get(name, "") for name in languages]
