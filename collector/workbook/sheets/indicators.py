"""Sheet Indicators: I01 to I20 with base, interval, baseline, target and what to know, for the logframe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.results import Indicator
from collector.workbook import look
from collector.workbook.cells import Value, style_of
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("id", ""),
    ("name", ""),
    ("item_set", ""),
    ("value", look.POINTS),
    ("unit", ""),
    ("numerator", look.WHOLE),
    ("denominator", look.WHOLE),
    ("low", look.POINTS),
    ("high", look.POINTS),
    ("period", ""),
    ("baseline", look.POINTS),
    ("target", look.POINTS),
    ("status", ""),
    ("note", ""),
)
WIDEST = {"name": 40, "note": 70}
OF_PAIRS = frozenset({"I11", "I12", "I13", "I14", "I16", "I17"})


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblIndicators; shares in percent, so that value, interval and target have one unit."""
    told = night.shown
    rows = [_row(indicator, night, words) for indicator in told]
    data_sheet(
        sheet, night, words, "indicators", columns(night, words), rows, notes=[words("indicators.note_text")], frozen=2
    )
    for place, indicator in enumerate(told, start=6):
        for number, (_, form) in enumerate(COLUMNS, start=1):
            if form == look.POINTS:
                cell: Any = sheet.cell(place, number)
                cell._style = style_of(cell)  # the cells of a column share their style
                cell.number_format = format_of(indicator.unit)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(
            words,
            f"indicators.{name}",
            form,
            WIDEST.get(name, 24),
            "code" if name == "id" else "",
            is_bold=name in {"id", "value"},
        )
        for name, form in COLUMNS
    ]


def _row(indicator: Indicator, night: Night, words: Words) -> list[Value]:
    target = night.programme.targets.get(indicator.id)
    first = min((session.day for session in night.sessions if session.is_held and session.day), default=None)
    cumulative = "indicators.cumulative_months" if night.is_shared else "indicators.cumulative"
    period = words(cumulative, first=first, last=night.today) if first else ""
    scale = 100 if indicator.unit == "share" else 1

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * scale

    return [
        indicator.id,
        words(f"indicator.{indicator.id}"),
        words.item_set(indicator.item_set),
        scaled(indicator.value),
        words(f"unit.{indicator.unit}"),
        indicator.numerator,
        indicator.denominator,
        scaled(indicator.low),
        scaled(indicator.high),
        period,
        target.baseline if target else None,
        target.target if target else None,
        status_of(scaled(indicator.value), target.target if target else None, words),
        " ".join(
            [*(note_of(key, indicator, night, words) for key in indicator.notes), *_without(indicator, night, words)]
        ),
    ]


def _without(indicator: Indicator, night: Night, words: Words) -> Iterator[str]:
    """What an indicator of pairs would be without those in which sex or age group differs, where it is told at all."""
    if night.is_shared or indicator.id not in OF_PAIRS or indicator.value is None:
        return  # there are few of them
    scale = 100 if indicator.unit == "share" else 1
    for one in night.of_exact_pairs:
        if (one.id, one.item_set) == (indicator.id, indicator.item_set) and one.value is not None:
            yield words("indicators.without", pairs=night.differing_pairs, value=one.value * scale)


def title_of(indicator: Indicator, words: Words) -> str:
    """Number, name and item set in one, as on Summary."""
    parts = indicator.id, words(f"indicator.{indicator.id}"), words.item_set(indicator.item_set)
    return " · ".join(part for part in parts if part)


def note_of(key: str, indicator: Indicator, night: Night, words: Words) -> str:
    """What a note of an indicator says."""
    if night.is_shared and key.startswith("flag."):
        return words("note.see_internal")
    if key.startswith("flag."):
        learned = next(each for each in night.learning if each.item_set == indicator.item_set)
        return words(key, pairing=learned.pairing or 0)
    return words(f"note.{key}", **indicator.facts)


def status_of(value: float | None, target: float | None, words: Words) -> str:
    """Whether a target is reached, in words; both in the unit of the target."""
    if target is None:
        return words("indicators.no_target")
    if value is None:
        return words("indicators.not_reported")
    return words("indicators.reached" if value >= target else "indicators.missed")


def format_of(unit: str) -> str:
    """The number format of a value in a unit."""
    return {"count": look.WHOLE, "ratio": look.RATIO}.get(unit, look.POINTS)
