"""Sheet Quarantine: submissions and single answers that are kept but counted nowhere, why in words, and what to do."""

from __future__ import annotations

import re

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.records import QuarantinedFinding
from collector.workbook import look
from collector.workbook.cells import Value, local
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

REMEDIES = {  # code of a finding → its remedy in the glossary
    **dict.fromkeys(
        ("type", "geo", "required", "constraint", "choice_duplicate", "rank_incomplete", "range"), "answer"
    ),
    **dict.fromkeys(("answer_in_irrelevant", "repeat_count", "calculate", "readonly_changed"), "answer"),
    "choice": "choice",
    "choice_not_offered": "answer",
    **dict.fromkeys(("unknown_version", "form_version", "unknown_field", "structure"), "version"),
    "duplicate_identity": "duplicate_identity",
    **dict.fromkeys(("attachment_missing", "encrypted_incomplete"), "attachment_missing"),
    **dict.fromkeys(("encrypted_without_key", "encrypted_for_another_key"), "key"),
    "encrypted_damaged": "damaged",
}
KEPT_OUT = {"submission": "kept_out.submission", "answer": "kept_out.answer", "": "kept_out.nothing"}
REPEAT_INDEX = re.compile(r"\[\d+\]")


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblQuarantine."""
    rows = [_row(finding, night, labels, words) for finding in night.quarantined]
    data_sheet(
        sheet, night, words, "quarantine", columns(night, words), rows, notes=[words("quarantine.note")], frozen=2
    )


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, "quarantine.form", widest=30),
        column(words, "quarantine.submission", "0", is_bold=True),
        column(words, "quarantine.submitted_at", look.MOMENT, zone=night.programme.time_zone),
        column(words, "quarantine.code", widest=26),
        column(words, "quarantine.keeps_out", widest=22),
        column(words, "quarantine.question", widest=44),
        column(words, "quarantine.path", widest=26, script="code"),
        column(words, "quarantine.sheet_row", "0"),
        column(words, "quarantine.message", widest=60),
    ]


def _row(finding: QuarantinedFinding, night: Night, labels: Labels, words: Words) -> list[Value]:
    return [
        labels.form(finding.form),
        finding.submission_id,
        local(finding.submitted_at, night.programme.time_zone),
        reason(finding, words),
        words(KEPT_OUT[finding.keeps_out]),
        labels.question(finding.form, REPEAT_INDEX.sub("", finding.path)),
        finding.path,
        finding.sheet_row,
        remedy(finding, words),
    ]


def reason(finding: QuarantinedFinding, words: Words) -> str:
    """The code of a finding in words."""
    return words.known(f"code.{finding.code}", words.english(finding.code.replace("_", " ").capitalize()))


def remedy(finding: QuarantinedFinding, words: Words) -> str:
    """What a finding means and what to do; judging says it in English, and the glossary has it for known codes."""
    if words.language == "en":
        return finding.message[:1].upper() + finding.message[1:]
    return words(f"remedy.{REMEDIES.get(finding.code, 'other')}")
