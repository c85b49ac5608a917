"""Sheet Coverage: sessions planned and held by district, and how long ago the last one was."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.coverage import District, districts
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("governorate", ""),
    ("district", ""),
    ("code", ""),
    ("pcode", ""),
    ("under", ""),
    ("parent", ""),
    ("planned", look.WHOLE),
    ("held", look.WHOLE),
    ("contacts", look.WHOLE),
    ("cards", look.WHOLE),
    ("last_on", look.DAY),
    ("days", look.WHOLE),
    ("remark", ""),
)
CODES = frozenset({"code", "pcode", "under", "parent"})


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblCoverage."""
    rows = [_row(district, night, labels, words) for district in districts(night.sessions)]
    data_sheet(sheet, night, words, "coverage", columns(night, words), rows, notes=[words("coverage.note")], frozen=2)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"coverage.{name}", form, script="code" if name in CODES else "", is_bold=name == "district")
        for name, form in COLUMNS
    ]


def _row(found: District, night: Night, labels: Labels, words: Words) -> list[Value]:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    place = night.places.get(found.district)
    remarks = [words("coverage.none_held")] if not found.held else []
    remarks += [words("coverage.to_confirm")] if place and place.is_to_confirm else []
    return [
        labels.choice(form, questions.governorate, found.governorate) or words("summary.unknown"),
        labels.choice(form, questions.district, found.district) or words("summary.unknown"),
        found.district,
        place.pcode if place else "",
        place.reported_under if place else "",
        place.parent if place else "",
        found.planned,
        found.held,
        found.contacts,
        found.cards,
        found.last_on,
        (night.today - found.last_on).days if found.last_on else None,
        "; ".join(remarks),
    ]
