"""Read back what a person typed beside the issues of sheet ToDo, from a workbook saved by any program. [door: openpyxl]

Called by jobs/decide.py. The sheet may be renamed, sorted, filtered, cut, or in any of our languages: rows are known by
the headings of their columns and by the name of their issue. What cannot be read is told by its cell; never its text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree
from openpyxl import load_workbook

from collector.quality.decisions import DECISIONS, NOTES, Typed
from collector.workbook import look
from collector.workbook.texts import LANGUAGES, glossary

TERMS, CREATOR = "{http://purl.org/dc/terms/}", "{http://purl.org/dc/elements/1.1/}creator"
LARGEST = 64_000_000  # bytes: ours are a hundredth of it
HEADING_ROWS = 50
ISSUE = re.compile(r"^(.+) #([0-9a-f]{6})$")
SAME_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ه": "ە", "ة": "ە", "أ": "ا", "إ": "ا", "آ": "ا"})
"""Letters that keyboards of the two languages write differently, and people read alike."""


def named(issue: str, state: str) -> str:
    """An issue with the state of its records, as column "Issue" has it and as it is read back."""
    return f"{issue} #{state}"


def is_typed_in(path: Path) -> bool:
    """Whether a workbook was saved after we wrote it: a program that saves stamps the time, we stamp both alike."""
    created, modified = _stamps(path)
    return created is None or created != modified


def _stamps(file: Path | BytesIO) -> tuple[str | None, str | None]:
    """When a workbook of ours was written, and when it was saved last; nothing of another."""
    try:
        with ZipFile(file) as packed:
            core = etree.fromstring(packed.read("docProps/core.xml"))
    except (BadZipFile, KeyError, etree.XMLSyntaxError, OSError, ValueError):
        return None, None
    if core.findtext(CREATOR) != look.CREATOR:
        return None, None
    return core.findtext(f"{TERMS}created"), core.findtext(f"{TERMS}modified")


def _written_at(content: bytes) -> datetime | None:
    """When we wrote a workbook that somebody saved; None where it does not say so any more."""
    created, _ = _stamps(BytesIO(content))
    try:
        moment = datetime.fromisoformat(created) if created else None
    except ValueError:
        return None
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_typed(content: bytes, file: str) -> list[Typed]:
    """The rows with something typed in them or nothing where a decision may have been, and what cannot be read; a Typed
    without a cell is about the file.
    """
    if len(content) > LARGEST:
        return [Typed(file, "", reason="file")]
    try:
        book = load_workbook(BytesIO(content), read_only=True)
        found = [typed for sheet in book.worksheets for typed in _of_sheet(file, sheet, _written_at(content))]
    except Exception:  # whatever a person's file makes of a parser must not end the night
        return [Typed(file, "", reason="file")]
    return [typed for typed in found if typed] if found else [Typed(file, "", reason="no_columns")]


def _of_sheet(file: str, sheet: Any, written_at: datetime | None) -> Iterator[Typed | None]:
    """What is typed on a sheet, after a None that says that it has the columns."""
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    rows = sheet.iter_rows(values_only=True)
    head = list(islice(rows, HEADING_ROWS))
    if place := _columns(head):
        top, columns = place
        yield None
        for typed in _typed(file, sheet.title, chain(head[top + 1 :], rows), top + 2, columns):
            if typed.decision or typed.reason:
                yield typed
            elif written_at:
                yield replace(typed, shown_at=written_at)


def _columns(rows: Sequence[Sequence[object]]) -> tuple[int, Mapping[str, int]] | None:
    """Row and columns of the headings, from 0; decision and issue must be there."""
    names = ("issue", "decision", "reason")
    headings = {_plain(text): name for name in names for text in glossary()[f"todo.{name}"].values()}
    for top, row in enumerate(rows):
        columns = {headings[text]: place for place, value in enumerate(row) if (text := _plain(value)) in headings}
        if {"issue", "decision"} <= columns.keys():
            return top, columns
    return None


def _typed(
    file: str, title: str, rows: Iterable[Sequence[object]], first: int, columns: Mapping[str, int]
) -> Iterator[Typed]:
    decisions, notes = _codes("decision", DECISIONS), _codes("note_of", NOTES)
    for number, row in enumerate(rows, start=first):
        told = {name: _plain(row[place]) if place < len(row) else "" for name, place in columns.items()}
        cells = {name: f"{title}!{_letter(place)}{number}" for name, place in columns.items()}
        issue = row[columns["issue"]] if columns["issue"] < len(row) else None
        known = ISSUE.match(str(issue or "").strip())
        if not told["decision"] and not told.get("reason"):
            if known:
                yield Typed(file, cells["decision"], known[1], known[2])
            continue
        decision, note = decisions.get(told["decision"], ""), notes.get(told.get("reason", ""), "")
        if not decision:
            yield Typed(file, cells["decision"], reason="no_decision" if not told["decision"] else "not_listed")
        elif not known:
            yield Typed(file, cells["issue"], reason="no_issue")
        else:
            yield Typed(file, cells["decision"], known[1], known[2], decision, note)
        if told.get("reason") and not note:
            yield Typed(file, cells["reason"], reason="not_listed")


def _codes(family: str, codes: Sequence[str]) -> dict[str, str]:
    """Every way to write a code: its text in each language, and itself."""
    texts = {_plain(glossary()[f"{family}.{code}"][language]): code for code in codes for language in LANGUAGES}
    return texts | {_plain(code): code for code in codes}


def _plain(value: object) -> str:
    """Text as it is compared: one form of each letter, no marks of direction, single blanks, lower case."""
    text = unicodedata.normalize("NFKC", str(value)) if value is not None else ""
    kept = "".join(sign for sign in text if unicodedata.category(sign) not in {"Cf", "Mn"})
    return " ".join(kept.translate(SAME_LETTERS).casefold().split())


def _letter(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
