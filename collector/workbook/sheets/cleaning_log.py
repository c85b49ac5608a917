"""Sheet CleaningLog: every change of a submission after it first came, and every decision about an issue: who, when,
old and new, why. Never a card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.history import Change, Decision, Revised
from collector.workbook import look
from collector.workbook.cells import Value, local
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, Script, column
from collector.workbook.texts import Words
from collector.workbook.typed import named

COLUMNS = (
    ("form", ""),
    ("submission", "0"),
    ("number", look.WHOLE),
    ("kind", ""),
    ("question", ""),
    ("path", ""),
    ("old", ""),
    ("new", ""),
    ("reason", ""),
    ("rule", ""),
    ("who", ""),
    ("at", look.MOMENT),
    ("seen", look.MOMENT),
    ("run", look.WHOLE),
)
SCRIPTS: dict[str, Script] = {"path": "code", "rule": "code"}
WIDEST = {"question": 40, "path": 26, "old": 30, "new": 30}
NOTHING: Change = ("", None, None)
REPEAT_INDEX = re.compile(r"\[[\d.]+\]")
OF_THE_SERVER = {"_validation_status": "cleaning_log.status", "_attachments": "cleaning_log.files"}


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblCleaningLog: a row for each answer that changed, one for a change that touched none, then a row for
    each decision.
    """
    rows = [row for change in night.revised for row in _rows(change, night, labels, words)]
    decided = [one for one in night.decisions if one.outcome != "unread"]
    rows += [_decided(one, night, labels, words) for one in decided]
    kinds = Counter(change.kind for change in night.revised)
    other = kinds.total() - kinds["edited"] - kinds["deleted"]
    notes = [words("cleaning_log.note", edited=kinds["edited"], deleted=kinds["deleted"], other=other)]
    notes += [words("cleaning_log.decisions", count=len(decided))] if decided else []
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
            "",
            "",
            change.by or "",
            local(change.at, zone) if change.at else None,
            local(change.seen_at, zone),
            change.run,
        ]


def _decided(one: Decision, night: Night, labels: Labels, words: Words) -> list[Value]:
    """A decision: old is what stood before it. Stale or gone: it was kept, and nothing was done."""
    what = words(f"decided.{one.outcome}")
    before = words(f"decision.{one.before}") if one.before else words("todo.open")
    at = local(one.at, night.programme.time_zone)
    return [
        labels.form(one.form) if one.form else "",
        one.submission_id,
        None,
        what,
        words("cleaning_log.issue"),
        named(one.issue, one.state),
        before,
        words(f"decision.{one.decision}"),
        words(f"note_of.{one.note}") if one.note else "",
        one.issue.split(" ", 1)[0],
        words(f"who.{one.decided_by}"),
        at,
        at,
        one.run,
    ]


def _value(form: str, path: str, value: str | None, night: Night, labels: Labels, words: Words) -> str:
    """A value by its label; a card stands there as its pseudonym, which is nobody's business."""
    if value is None:
        return ""
    if path in night.programme.card_paths(form):
        return words("cleaning_log.card")
    return words.shaped(labels.choice(form, path, value))
