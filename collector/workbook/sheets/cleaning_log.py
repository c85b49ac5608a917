"""Sheet CleaningLog: every change of a submission after it first came: who, when, old and new. Never a card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.history import Change, Revised
from collector.workbook import look
from collector.workbook.cells import Value, local
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, Script, column
from collector.workbook.texts import Words

COLUMNS = (
    ("form", ""),
    ("submission", "0"),
    ("number", look.WHOLE),
    ("kind", ""),
    ("question", ""),
    ("path", ""),
    ("old", ""),
    ("new", ""),
    ("who", ""),
    ("at", look.MOMENT),
    ("seen", look.MOMENT),
    ("run", look.WHOLE),
)
SCRIPTS: dict[str, Script] = {"path": "code", "who": "code"}
WIDEST = {"question": 40, "path": 26, "old": 30, "new": 30}
NOTHING: Change = ("", None, None)
REPEAT_INDEX = re.compile(r"\[[\d.]+\]")
OF_THE_SERVER = {"_validation_status": "cleaning_log.status", "_attachments": "cleaning_log.files"}


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblCleaningLog: a row for each answer that changed, one for a change that touched none."""
    rows = [row for change in night.revised for row in _rows(change, night, labels, words)]
    kinds = Counter(change.kind for change in night.revised)
    other = kinds.total() - kinds["edited"] - kinds["deleted"]
    notes = [words("cleaning_log.note", edited=kinds["edited"], deleted=kinds["deleted"], other=other)]
    data_sheet(sheet, night, words, "cleaning_log", columns(night, words), rows, notes=notes, frozen=2)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    zone = night.programme.time_zone
    return [
        column(
            words,
            f"cleaning_log.{name}",
            form,
            WIDEST.get(name, 22),
            SCRIPTS.get(name, ""),
            is_bold=name == "submission",
            zone=zone,
        )
        for name, form in COLUMNS
    ]


def _rows(change: Revised, night: Night, labels: Labels, words: Words) -> Iterator[list[Value]]:
    zone = night.programme.time_zone
    for path, old, new in change.changes or (NOTHING,):
        question = REPEAT_INDEX.sub("", path)
        told = words(OF_THE_SERVER[path]) if path in OF_THE_SERVER else labels.question(change.form, question)
        yield [
            labels.form(change.form),
            change.submission_id,
            change.number,
            words(f"kind.{change.kind}"),
            told,
            path,
            *(_value(change.form, question, value, night, labels, words) for value in (old, new)),
            change.by or "",
            local(change.at, zone) if change.at else None,
            local(change.seen_at, zone),
            change.run,
        ]


def _value(form: str, path: str, value: str | None, night: Night, labels: Labels, words: Words) -> str:
    """A value by its label; a card stands there as its pseudonym, which is nobody's business."""
    if value is None:
        return ""
    if path in night.programme.card_paths(form):
        return words("cleaning_log.card")
    return words.shaped(labels.choice(form, path, value))
