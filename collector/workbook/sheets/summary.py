"""Sheet Summary: what an officer reads in the morning. Tiles, four charts, on the second page their numbers, and
on the third each indicator by week, month and round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators import reach
from collector.indicators.reach import People, Person
from collector.workbook import charts, look
from collector.workbook.cells import Value, put
from collector.workbook.charts import Block, Chart, Place
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.blocks import write_block
from collector.workbook.sheets.frame import as_of, footer
from collector.workbook.sheets.periods import write_periods
from collector.workbook.sheets.tiles import tiles_of, write_tiles
from collector.workbook.texts import Words

LEFT, RIGHT, LAST = 2, 10, 16  # first columns of the two halves; each is a label and six numbers
HALF = 7
WIDTHS = [2, *[24, *[8.2] * 6], 2, *[24, *[8.2] * 6], 2]
SPANS = [(2, 2), (3, 5), (6, 8), (10, 10), (11, 13), (14, 16)]
TILES, CHARTS, CHART_ROWS, NUMBERS = 5, 9, 16, 44
PEOPLE_FORMATS = ("", look.WHOLE, look.WHOLE, look.WHOLE, look.WHOLE, look.WHOLE, look.SHARE)


@dataclass(frozen=True, slots=True)
class Slices:
    """A breakdown of the people: its texts' key, its values in order with their labels, and how to count them."""

    key: str
    heading: str
    labels: Mapping[str, str]
    values: Callable[[Person], Iterable[str]]


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """The dashboard."""
    look.page(sheet, footer=footer(night, words), scale=74)
    look.widths(sheet, WIDTHS)
    sheet.sheet_view.zoomScale = 90
    run = "–" if night.run is None else night.run
    zone = night.programme.time_zone
    subtitle = words("summary.subtitle", as_of=as_of(night, words), zone=zone, run=run)
    look.banner(sheet, night.programme.title, subtitle, first_column=LEFT, last_column=LAST)
    write_tiles(sheet, TILES, tiles_of(night, words), SPANS)
    look.section(sheet, NUMBERS - 2, LEFT, words("summary.numbers"), last_column=LAST)
    put(sheet, NUMBERS - 1, LEFT, words("summary.notes")).font = look.font(9, color=look.GREY)
    sheet.row_breaks.append(Break(id=NUMBERS - 3))
    by_age, by_governorate, by_audience = _breakdowns(night, labels, words)
    if not night.people:
        put(sheet, CHARTS, LEFT, words("summary.empty")).font = look.font(10, color=look.GREY)
    row = max(
        _people(sheet, night, words, by_age, (LEFT, NUMBERS), (LEFT, CHARTS)),
        _people(sheet, night, words, by_governorate, (RIGHT, NUMBERS), (RIGHT, CHARTS), is_horizontal=True),
    )
    lower = CHARTS + CHART_ROWS + 1
    _people(sheet, night, words, by_audience, (LEFT, row + 3), (LEFT, lower), is_horizontal=True)
    _weeks(sheet, night, words, (RIGHT, row + 3), (RIGHT, lower))
    below = sheet.max_row + 3
    sheet.row_breaks.append(Break(id=below - 1))
    write_periods(sheet, below, LEFT, RIGHT, LAST, night, words)


def _breakdowns(night: Night, labels: Labels, words: Words) -> tuple[Slices, Slices, Slices]:
    form, session_form = night.programme.session_form
    places, people = session_form.questions, session_form.people

    def named(path: str) -> dict[str, str]:
        return {code: labels.choice(form, path, code) for code in labels.choice_order(form, path)}

    bands = {key: band.label for key, band in night.programme.age_bands.items()}
    return (
        Slices(
            "by_age", words("summary.age"), bands | named(people.age_group), lambda person: [person.age_group or ""]
        ),
        Slices(
            "by_governorate",
            words("summary.governorate"),
            named(places.governorate),
            lambda person: person.governorates,
        ),
        Slices("by_audience", words("summary.audience"), named(places.audience), lambda person: person.audiences),
    )


def _people(
    sheet: Worksheet,
    night: Night,
    words: Words,
    slices: Slices,
    numbers: tuple[int, int],
    chart: tuple[int, int],
    *,
    is_horizontal: bool = False,
) -> int:
    """A breakdown of people: its block at `numbers`, its chart at `chart`, both (column, row); returns the last row."""
    (left, top), title = numbers, words(f"summary.{slices.key}")
    _block_title(sheet, top, left, title)
    codes = night.programme.codes
    found = reach.by(night.people, slices.values, codes)
    order = [value for value in slices.labels if value in found]
    order += sorted(found.keys() - set(order))
    rows = [_people_row(slices.labels.get(value, value) or words("summary.unknown"), found[value]) for value in order]
    total = _people_row(words("summary.total"), reach.count(night.people, codes))
    headings = ["col_women", "col_men", "col_unsaid", "col_low", "col_high", "col_share"]
    heading_texts = [slices.heading, *(words(f"summary.{key}") for key in headings)]
    last = write_block(sheet, top + 1, left, heading_texts, PEOPLE_FORMATS, rows, total=total)
    if rows:
        facts = "; ".join(
            words("summary.alt_fact", label=row[0], women=found[value].women, men=found[value].men)
            for row, value in zip(rows, order, strict=True)
        )
        says = Chart(
            title,
            words("summary.alt_people", title=title, facts=facts),
            (look.WOMEN, look.MEN, look.UNSAID),
            values=words("summary.people_axis"),
        )
        block = Block(sheet, top + 1, top + 1 + len(rows), left, left + 1, left + 3)
        charts.bars(block, _place(*chart), says, is_horizontal=is_horizontal, is_stacked=is_horizontal)
    return last


def _people_row(label: str, people: People) -> list[Value]:
    said = people.women + people.men
    share = people.women / said if said >= 10 else None
    return [label, people.women, people.men, people.unsaid, people.low, people.high, share]


def _weeks(sheet: Worksheet, night: Night, words: Words, numbers: tuple[int, int], chart: tuple[int, int]) -> None:
    left, top = numbers
    title = words("summary.over_time")
    _block_title(sheet, top, left, title)
    weeks = reach.weeks(night.sessions)
    if not weeks:
        put(sheet, top + 1, left, words("summary.empty_plan")).font = look.font(10, color=look.GREY)
        return
    keys = (
        "week",
        "col_planned_so_far",
        "col_held_so_far",
        "col_held_share",
        "col_planned",
        "col_held",
        "col_contacts",
    )
    rows: Sequence[Sequence[Value]] = [
        [
            week.starts_on,
            week.planned_so_far,
            week.held_so_far if week.starts_on <= night.today else None,
            week.held_so_far / week.planned_so_far if week.planned_so_far and week.starts_on <= night.today else None,
            week.planned,
            week.held,
            week.contacts,
        ]
        for week in weeks
    ]
    formats = (look.DAY, look.WHOLE, look.WHOLE, look.SHARE, look.WHOLE, look.WHOLE, look.WHOLE)
    last = write_block(sheet, top + 1, left, [words(f"summary.{key}") for key in keys], formats, rows)
    says = Chart(
        title,
        words("summary.alt_weeks", held=weeks[-1].held_so_far, planned=weeks[-1].planned_so_far),
        (look.PLANNED, look.HELD),
        values=words("summary.sessions_axis"),
    )
    charts.lines(Block(sheet, top + 1, last, left, left + 1, left + 2), _place(*chart), says, dashed=[0])


def _block_title(sheet: Worksheet, row: int, column: int, text: str) -> None:
    put(sheet, row, column, text).font = look.font(11, bold=True)


def _place(left: int, top: int) -> Place:
    return Place(left, top, left + HALF - 1, top + CHART_ROWS - 1)
