"""On Summary: each indicator this week, this month, this round and in all, beside its target. For monthly reports.

In the shared edition the last whole month and the last whole round, as far as indicators/shared_periods.py tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openpyxl.styles import Alignment, Border
from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.periods import Period, indicators_of, periods
from collector.indicators.results import Indicator
from collector.workbook import look
from collector.workbook.cells import Value, local, put, style_of
from collector.workbook.night import Night
from collector.workbook.sheets.blocks import write_block
from collector.workbook.sheets.indicators import note_of, status_of, title_of
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

FORMATS = {"share": look.SHARE, "count": look.WHOLE, "ratio": look.RATIO, "points": look.POINTS, "list": "0"}
NAME_WIDTH = 27  # of the column's 24: a size of letters that are mostly small
INTERNAL, SHARED = ("week", "month", "round"), ("whole_month", "whole_round")
NOT_NUMBERS = frozenset({"name", "status", "note"})
ON_INDICATORS = frozenset(  # notes that are always the same: they stand on sheet Indicators alone
    {"range", "weakest", "unsaid", "washington", "self_declared", "types", "self_reported", "courtesy", "change_only"}
    | {"quarantine_only", "clocks", "few_sessions"}
)

Told = Mapping[Period, Mapping[tuple[str, str], Indicator]]
"""By period, the indicators by id and item set."""


def write_periods(sheet: Worksheet, top: int, left: int, right: int, last: int, night: Night, words: Words) -> None:
    """From row `top`: numbers at column `left`, status and note at column `right`, as far as column `last`."""
    found = _found(night)
    look.section(
        sheet, top, left, words("summary.periods_shared" if night.is_shared else "summary.periods"), last_column=last
    )
    put(sheet, top + 1, left, _days(found, night, words)).font = look.font(9, color=look.GREY)
    own = columns(night, words)
    numbers, sayings = own[:-2], own[-2:]
    rows = [_row(one, found, night, words) for one in night.shown]
    formats = ["", *["0"] * (len(numbers) - 1)]
    write_block(sheet, top + 2, left, [each.heading for each in numbers], formats, rows)
    said = [[_status(one, night, words), _note(one, found, night, words)] for one in night.shown]
    write_block(sheet, top + 2, right, [each.heading for each in sayings], ["", ""], said)
    for row, one in enumerate(night.shown, start=top + 3):
        _dress(sheet, row, left, left + len(numbers) - 1, one)
        for place in range(right + 2, last + 1):  # over which the note runs
            sheet.cell(row, place).border = Border(bottom=look.HAIRLINE)
    for place in range(right + 2, last + 1):
        look.heading_cell(sheet, top + 2, place, "")


def columns(night: Night, words: Words) -> list[Column]:
    """Those of the block: the name, periods, the campaign, target and how far, status and note."""
    names = ("name", *(SHARED if night.is_shared else INTERNAL), "campaign", "target", "of_target", "status", "note")
    keys = {"name": "indicators.name", "status": "indicators.status"}
    return [column(words, keys.get(name, f"summary.col_{name}"), "" if name in NOT_NUMBERS else "0") for name in names]


def _found(night: Night) -> Told:
    own = (
        night.published.periods
        if night.is_shared
        else {period: indicators_of(night.evidence, period) for period in periods(night.programme, night.today)}
    )
    return {period: {(one.id, one.item_set): one for one in told} for period, told in own.items()}


def _days(found: Told, night: Night, words: Words) -> str:
    if not night.is_shared:
        return "; ".join(
            words(f"summary.of_{period.name}", first=period.starts_on, last=period.ends_on) for period in found
        )
    named = {period.name: period for period in found}
    own = named.get("round")
    label = night.programme.rounds[own.value].label if own else words("summary.no_round")
    return words("summary.of_whole", month=named["month"].starts_on, round=label)


def _row(one: Indicator, found: Told, night: Night, words: Words) -> list[Value]:
    target = _target(one, night)
    scale = 100 if one.unit == "share" else 1
    named = {period.name: told.get((one.id, one.item_set)) for period, told in found.items()}
    then = [named.get(name.removeprefix("whole_")) for name in (SHARED if night.is_shared else INTERNAL)]
    reached = one.value * scale / target if one.value is not None and target else None
    return [
        title_of(one, words),
        *(each.value if each else None for each in then),
        one.value,
        target / scale if target is not None else None,
        reached,
    ]


def _status(one: Indicator, night: Night, words: Words) -> str:
    scaled = one.value * 100 if one.unit == "share" and one.value is not None else one.value
    return status_of(scaled, _target(one, night), words)


def _note(one: Indicator, found: Told, night: Night, words: Words) -> str:
    """Why there is no number, or what to know before quoting it, in a few words; the rest stands on Indicators."""
    said = [note_of(key, one, night, words) for key in one.notes if key not in ON_INDICATORS]
    if one.facts.get("items"):
        said.append(words("summary.weakest", items=one.facts["items"]))
    if one.value is None and not said:
        said.append(words("summary.nothing_yet"))
    if one.id == "I03" and one.value is not None:
        said.append(words("summary.high_end", high=one.high or 0))
    told = [period.get((one.id, one.item_set)) for period in found.values()]
    if one.value is not None and not any(each and each.value is not None for each in told):
        said.append(words("summary.campaign_alone"))
    as_of = night.data_as_of and local(night.data_as_of, night.programme.time_zone).date()
    if one.value is not None and as_of and as_of < night.today:
        said.append(words("summary.as_of_day", day=as_of))
    return " ".join(said)


def _dress(sheet: Worksheet, row: int, left: int, last: int, one: Indicator) -> None:
    """Numbers in the unit of their indicator, and its name on as many lines as it takes."""
    name = sheet.cell(row, left)
    name.alignment = Alignment(horizontal="left", vertical="center", indent=1, wrap_text=True)
    look.fit_row(sheet, row, look.lines(str(name.value), NAME_WIDTH))
    for place in range(left + 1, last + 1):
        cell: Any = sheet.cell(row, place)
        cell._style = style_of(cell)
        cell.number_format = look.SHARE if place == last else FORMATS[one.unit]


def _target(one: Indicator, night: Night) -> float | None:
    target = night.programme.targets.get(one.id)
    return target.target if target else None
