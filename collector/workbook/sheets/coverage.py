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
INTERNAL = frozenset({"contacts", "days"})
"""Columns that the shared edition does not have: a district's contacts are often those of one session."""


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblCoverage."""
    rows = [_row(district, night, labels, words) for district in districts(night.sessions)]
    notes = [words("coverage.note")]
    if night.is_shared:
        rows = [_shared_row(row, one, night, words) for row, one in zip(rows, districts(night.sessions), strict=True)]
        notes = [words("coverage.note_shared")]
    data_sheet(sheet, night, words, "coverage", columns(night, words), rows, notes=notes, frozen=2)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(
            words,
            f"coverage.{name}",
            look.MONTH if night.is_shared and name == "last_on" else form,
            script="code" if name in CODES else "",
            is_bold=name == "district",
        )
        for name, form in COLUMNS
        if not (night.is_shared and name in INTERNAL)
    ]


def _shared_row(row: list[Value], found: District, night: Night, words: Words) -> list[Value]:
    """A row of the shared edition: people where they may be told, and the month of the last session."""
    told = {name: value for (name, _), value in zip(COLUMNS, row, strict=True) if name not in INTERNAL}
    key = "districts", f"{found.governorate} {found.district}"
    is_hidden = any(hidden for one, hidden in night.published.hidden.items() if (one.name, one.value) == key)
    if found.last_on:
        told["last_on"] = found.last_on.replace(day=1)
    if is_hidden:
        told["cards"] = words("hidden")
    return list(told.values())


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
