"""Sheet Quarantine: submissions that are kept but counted nowhere, each reason in words, and what to do."""

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

OF_AN_ANSWER = frozenset(
    {
        "not_an_integer",
        "number_too_large",
        "not_a_decimal",
        "not_a_date",
        "not_a_time",
        "not_a_datetime",
        "datetime_without_zone",
        "not_a_geopoint",
        "not_text",
        "not_a_repeat",
        "control_character",
    }
)
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
    if finding.code in OF_AN_ANSWER:
        return words("remedy.answer")
    return words.known(f"remedy.{finding.code}", words("remedy.other"))
