"""The tiles on top of Summary: a label, one number, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openpyxl.styles import Alignment, Border, Side
from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators import reach
from collector.indicators.learning import Learning
from collector.indicators.results import Indicator
from collector.workbook import look
from collector.workbook.cells import Value, put
from collector.workbook.night import Night
from collector.workbook.texts import Words


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile. color: of its edge; means reached, missed, or nothing."""

    label: str
    value: Value
    number_format: str
    basis: str
    color: str = look.ACCENT


def write_tiles(sheet: Worksheet, top: int, tiles: Sequence[Tile], spans: Sequence[tuple[int, int]]) -> None:
    """Three rows from `top`; spans: first and last column of each tile."""
    for row, height in ((top, 18), (top + 1, 34), (top + 2, 28)):
        sheet.row_dimensions[row].height = height
    for tile, (first, last) in zip(tiles, spans, strict=False):
        texts: list[tuple[Value, float, bool, str]] = [
            (tile.label, 9, False, look.GREY),
            (tile.value, 20, True, look.INK),
            (tile.basis, 8, False, look.GREY),
        ]
        for row, (value, size, bold, color) in enumerate(texts, start=top):
            edge = Border(top=Side(style="thick", color=tile.color)) if row == top else Border()
            for column in range(first, last + 1):
                sheet.cell(row, column).fill = look.fill(look.MIST)
                sheet.cell(row, column).border = edge
            cell = put(sheet, row, first, value)
            cell.font = look.font(size, bold=bold, color=color)
            vertical = "top" if row == top + 2 else "center"
            cell.alignment = Alignment(horizontal="left", vertical=vertical, indent=1, wrap_text=row == top + 2)
            sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
        sheet.cell(top + 1, first).number_format = tile.number_format


def tiles_of(night: Night, words: Words) -> list[Tile]:
    """Reach, then one tile for each item set: scores of two sets are never pooled."""
    if not night.is_shared:
        return [*_reach(night, words), *(_change(night, learned, words) for learned in night.learning)]
    told = {learned.item_set: learned for learned in night.published.learning}
    empty = (Learning(item_set, 0, 0, 0, 0) for item_set in night.programme.item_sets)
    return [*_reach(night, words), *(_change(night, told.get(each.item_set, each), words) for each in empty)]


def _reach(night: Night, words: Words) -> Iterator[Tile]:
    told = {one.id: one for one in night.shown}
    people, contacts, women = (told[id] for id in ("I03", "I02", "I04"))
    is_range = (people.low or 0) < (people.high or 0)
    to = f'{look.WHOLE}" {words("summary.to", high=int(people.high or 0))}"'
    yield _told(people, words("summary.participants"), words("summary.participants_sub"), words, to if is_range else "")
    yield _told(contacts, words("summary.contacts"), words("summary.contacts_sub"), words)
    yield _held(night, words)
    if women.value is None:
        reason = words("summary.too_few" if night.is_shared else "summary.no_women")
        yield Tile(words("summary.women"), words("summary.no_number"), "@", reason)
    else:
        sub = words("summary.women_sub", women=women.numerator, said=women.denominator)
        yield Tile(words("summary.women"), women.value, look.SHARE, sub)


def _told(one: Indicator, label: str, basis: str, words: Words, number_format: str = "") -> Tile:
    """A count, or that it may not be told."""
    if one.value is None:
        return Tile(label, words("summary.no_number"), "@", words("summary.too_few"))
    return Tile(label, one.value, number_format or look.WHOLE, basis)


def _held(night: Night, words: Words) -> Tile:
    progress = reach.progress(night.sessions, night.today)
    color = look.ACCENT
    basis = words("summary.held_none", today=night.today)
    if progress.due:
        share = progress.held / progress.due
        basis = words("summary.held_sub", share=share, today=night.today)
        target = night.programme.targets.get("I01")
        if target and target.target is not None:
            is_reached = 100 * share >= target.target
            basis += words("summary.target_reached" if is_reached else "summary.target_missed", target=target.target)
            color = look.GOOD if is_reached else look.WARN
    of_planned = f'{look.WHOLE}" {words("summary.of", planned=progress.planned)}"'
    return Tile(words("summary.held"), progress.held, of_planned, basis, color)


def _change(night: Night, learned: Learning, words: Words) -> Tile:
    label = words("summary.change", item_set=words.item_set(learned.item_set))
    if learned.change is None or learned.before is None or learned.after is None:
        reason = words("summary.too_few")
        if learned.flags:
            reason = words(f"flag.{learned.flags[0]}", pairing=learned.pairing or 0)
        return Tile(label, words("summary.no_number"), "@", reason, look.WARN)
    interval = ""
    if learned.interval:
        low, high = learned.interval
        interval = words("summary.interval", low=low, high=high)
    basis = words(
        "summary.change_sub", before=learned.before, after=learned.after, pairs=learned.pairs, interval=interval
    )
    plus = "" if words.is_rtl else "+"  # which would stand at the wrong end
    form = f'{plus}0.0" {words("summary.points")}";-0.0" {words("summary.points")}"'
    return Tile(label, learned.change, form, basis)
