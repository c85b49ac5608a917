"""On Summary: each indicator this week, this month, this round and in all, beside its target. For monthly reports."""

from __future__ import annotations

from typing import Any

from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.periods import indicators_of, periods
from collector.indicators.results import Indicator
from collector.workbook import look
from collector.workbook.cells import Value, put, style_of
from collector.workbook.night import Night
from collector.workbook.sheets.blocks import write_block
from collector.workbook.sheets.indicators import status_of
from collector.workbook.texts import Words

FORMATS = {"share": look.SHARE, "count": look.WHOLE, "ratio": look.RATIO, "points": look.POINTS}
NAME_WIDTH = 24
PERIODS = ("week", "month", "round")


def write_periods(sheet: Worksheet, top: int, left: int, right: int, last: int, night: Night, words: Words) -> None:
    """From row `top`: numbers at column `left`, status at column `right`; `last`: the column where the rule ends."""
    found = {period: indicators_of(night.evidence, period) for period in periods(night.programme, night.today)}
    named = {period.name: {_key(one): one for one in told} for period, told in found.items()}
    told = [one for one in night.indicators if one.unit in FORMATS]
    look.section(sheet, top, left, words("summary.periods"), last_column=last)
    days = "; ".join(
        words(f"summary.of_{period.name}", first=period.starts_on, last=period.ends_on) for period in found
    )
    put(sheet, top + 1, left, days).font = look.font(9, color=look.GREY)
    headings = ["indicators.name", *(f"summary.col_{name}" for name in (*PERIODS, "campaign", "target", "of_target"))]
    rows = [_row(one, named, night, words) for one in told]
    write_block(sheet, top + 3, left, [words(key) for key in headings], ["", *["0"] * 6], rows)
    status = [[status_of(_scaled(one), _target(one, night), words)] for one in told]
    write_block(sheet, top + 3, right, [words("indicators.status")], [""], status)
    for row, one in enumerate(told, start=top + 4):
        _dress(sheet, row, left, one)


def _row(one: Indicator, named: dict[str, dict[tuple[str, str], Indicator]], night: Night, words: Words) -> list[Value]:
    target = _target(one, night)
    scale = 100 if one.unit == "share" else 1
    name = f"{one.id} · {words(f'indicator.{one.id}')}{f' · {words.item_set(one.item_set)}' if one.item_set else ''}"
    then = [named.get(period, {}).get(_key(one)) for period in PERIODS]
    reached = one.value * scale / target if one.value is not None and target else None
    return [
        name,
        *(each.value if each else None for each in then),
        one.value,
        target / scale if target is not None else None,
        reached,
    ]


def _dress(sheet: Worksheet, row: int, left: int, one: Indicator) -> None:
    """Numbers in the unit of their indicator, and its name on as many lines as it takes."""
    name = sheet.cell(row, left)
    name.alignment = Alignment(horizontal="left", vertical="center", indent=1, wrap_text=True)
    look.fit_row(sheet, row, look.lines(str(name.value), NAME_WIDTH))
    for column in range(left + 1, left + 7):
        cell: Any = sheet.cell(row, column)
        cell._style = style_of(cell)
        cell.number_format = look.SHARE if column == left + 6 else FORMATS[one.unit]


def _key(one: Indicator) -> tuple[str, str]:
    return one.id, one.item_set


def _target(one: Indicator, night: Night) -> float | None:
    target = night.programme.targets.get(one.id)
    return target.target if target else None


def _scaled(one: Indicator) -> float | None:
    return one.value * 100 if one.unit == "share" and one.value is not None else one.value
