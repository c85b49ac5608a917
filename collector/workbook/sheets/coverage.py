"""Sheet Coverage: sessions planned and held by district, and how long ago the last one was."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.coverage import District, districts
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column
from collector.workbook.texts import Words

COLUMNS = (
    ("governorate", ""),
    ("district", ""),
    ("code", ""),
    ("planned", look.WHOLE),
    ("held", look.WHOLE),
    ("contacts", look.WHOLE),
    ("cards", look.WHOLE),
    ("last_on", look.DAY),
    ("days", look.WHOLE),
    ("remark", ""),
)


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblCoverage."""
    rows = [_row(district, night, labels, words) for district in districts(night.sessions)]
    columns = [
        Column(words(f"coverage.{name}"), form, script="code" if name == "code" else "", is_bold=name == "district")
        for name, form in COLUMNS
    ]
    data_sheet(sheet, night, words, "coverage", columns, rows, notes=[words("coverage.note")], frozen=2)


def _row(found: District, night: Night, labels: Labels, words: Words) -> list[Value]:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    return [
        labels.choice(form, questions.governorate, found.governorate) or words("summary.unknown"),
        labels.choice(form, questions.district, found.district) or words("summary.unknown"),
        found.district,
        found.planned,
        found.held,
        found.contacts,
        found.cards,
        found.last_on,
        (night.today - found.last_on).days if found.last_on else None,
        words("coverage.none_held") if not found.held else "",
    ]
