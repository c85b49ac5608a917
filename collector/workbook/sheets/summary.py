"""Sheet Summary: what an officer reads in the morning. Tiles, four charts, on the second page their numbers, and
on the third each indicator by week, month and round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators import reach
from collector.indicators.reach import People, Person, Stretch
from collector.workbook import charts, look
from collector.workbook.cells import Value, put
from collector.workbook.charts import Block, Chart, Place
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.blocks import write_block
from collector.workbook.sheets.frame import as_of, footer
from collector.workbook.sheets.periods import write_periods
from collector.workbook.sheets.reach import shared_row
from collector.workbook.sheets.tiles import tiles_of, write_tiles
from collector.workbook.texts import Words

LEFT, RIGHT, LAST = 2, 10, 16  # first columns of the two halves; each is a label and six numbers
HALF, HIGH = 7, 5  # columns of a half, and where its people stand: after label, women, men, not said and low
WIDTHS = [2, *[24, *[8.2] * 6], 2, *[24, *[8.2] * 6], 2]
SPANS = [(2, 2), (3, 5), (6, 8), (10, 10), (11, 13), (14, 16)]
TILES, CHARTS, CHART_ROWS, NUMBERS = 5, 9, 16, 44
PEOPLE_FORMATS = ("", look.WHOLE, look.WHOLE, look.WHOLE, look.WHOLE, look.WHOLE, look.SHARE)


@dataclass(frozen=True, slots=True)
class Slices:
    """A breakdown of the people: its texts' key, its name on Reach, its values in order with their labels, and how to
    count them.
    """

    key: str
    breakdown: str
    heading: str
    labels: Mapping[str, str]
    values: Callable[[Person], Iterable[str]]


CAMPAIGN = Slices("total", "campaign", "", {}, lambda person: [""])


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """The dashboard."""
    look.page(sheet, footer=footer(night, words), scale=72)
    look.widths(sheet, WIDTHS)
    sheet.sheet_view.zoomScale = 90
    run = "–" if night.run is None else night.run
    zone = night.programme.time_zone
    subtitle = words("summary.subtitle", as_of=as_of(night, words), zone=zone, run=run)
    look.banner(sheet, night.programme.title, subtitle, first_column=LEFT, last_column=LAST)
    write_tiles(sheet, TILES, tiles_of(night, words), SPANS)
    look.section(sheet, NUMBERS - 2, LEFT, words("summary.numbers"), last_column=LAST)
    put(sheet, NUMBERS - 1, LEFT, words("summary.notes")).font = look.font(9, color=look.GREY)
    if night.is_shared:
        put(sheet, CHARTS - 1, LEFT, words("summary.not_drawn")).font = look.font(9, color=look.GREY)
    sheet.row_breaks.append(Break(id=NUMBERS - 3))
    by_age, by_governorate, by_audience = _breakdowns(night, labels, words)
    if not night.people:
        put(sheet, CHARTS, LEFT, words("summary.empty")).font = look.font(10, color=look.GREY)
    row = max(
        _people(sheet, night, labels, words, by_age, (LEFT, NUMBERS), (LEFT, CHARTS)),
        _people(sheet, night, labels, words, by_governorate, (RIGHT, NUMBERS), (RIGHT, CHARTS), is_horizontal=True),
    )
    lower = CHARTS + CHART_ROWS + 1
    _people(sheet, night, labels, words, by_audience, (LEFT, row + 3), (LEFT, lower), is_horizontal=True)
    _over_time(sheet, night, words, (RIGHT, row + 3), (RIGHT, lower))
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
            "by_age",
            "age_group",
            words("summary.age"),
            bands | named(people.age_group),
            lambda person: [person.age_group or ""],
        ),
        Slices(
            "by_governorate",
            "governorates",
            words("summary.governorate"),
            named(places.governorate),
            lambda person: person.governorates,
        ),
        Slices(
            "by_audience",
            "audiences",
            words("summary.audience"),
            named(places.audience),
            lambda person: person.audiences,
        ),
    )


def _people(
    sheet: Worksheet,
    night: Night,
    labels: Labels,
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
    rows = _told(night, slices, labels, words) if night.is_shared else _counted(night, slices, words)
    total = _people_row(words("summary.total"), reach.count(night.people, night.programme.codes))
    if night.is_shared:
        (total,) = _told(night, CAMPAIGN, labels, words) or [[words("reach.left_out"), *[None] * 6]]
    headings = ["col_women", "col_men", "col_unsaid", "col_low", "col_high", "col_share"]
    heading_texts = [slices.heading, *(words(f"summary.{key}") for key in headings)]
    last = write_block(sheet, top + 1, left, heading_texts, PEOPLE_FORMATS, rows, total=total)
    facts = _facts(rows, night, words)
    if facts:
        named = words("summary.people_by", by=slices.heading) if night.is_shared else title
        says = Chart(
            named,
            words("summary.alt_people", title=named, facts="; ".join(facts)),
            (look.ACCENT,) if night.is_shared else (look.WOMEN, look.MEN, look.UNSAID),
            values=words("summary.people_axis"),
        )
        columns = (left + HIGH, left + HIGH) if night.is_shared else (left + 1, left + 3)
        block = Block(sheet, top + 1, top + 1 + len(rows), left, *columns)
        charts.bars(block, _place(*chart), says, is_horizontal=is_horizontal, is_stacked=is_horizontal)
    return last


def _facts(rows: Iterable[list[Value]], night: Night, words: Words) -> list[str]:
    """What the chart of a breakdown shows, in words: by sex, in the shared edition all that is told of all."""
    if night.is_shared:
        return [words("summary.alt_high", label=row[0], high=row[HIGH]) for row in rows if isinstance(row[HIGH], int)]
    return [words("summary.alt_fact", label=row[0], women=row[1], men=row[2]) for row in rows]


def _counted(night: Night, slices: Slices, words: Words) -> list[list[Value]]:
    found = reach.by(night.people, slices.values, night.programme.codes)
    order = [value for value in slices.labels if value in found]
    order += sorted(found.keys() - set(order))
    return [_people_row(slices.labels.get(value, value) or words("summary.unknown"), found[value]) for value in order]


def _told(night: Night, slices: Slices, labels: Labels, words: Words) -> list[list[Value]]:
    """The rows as sheet Reach of the shared edition has them."""
    order = {value: place for place, value in enumerate(slices.labels)}
    found = [(one, hidden) for one, hidden in night.published.hidden.items() if one.name == slices.breakdown]
    rows = []
    for one, hidden in sorted(found, key=lambda each: order.get(each[0].value, len(order))):
        _, label, _, low, high, women, men, unsaid, part = shared_row(one, hidden, night, labels, words)
        rows.append([label, women, men, unsaid, low, high, part])
    return rows


def _people_row(label: str, people: People) -> list[Value]:
    said = people.women + people.men
    share = people.women / said if said >= 10 else None
    return [label, people.women, people.men, people.unsaid, people.low, people.high, share]


def _over_time(sheet: Worksheet, night: Night, words: Words, numbers: tuple[int, int], chart: tuple[int, int]) -> None:
    """Sessions by week; by month in the shared edition, where a week may be one session."""
    left, top = numbers
    title = words("summary.over_time")
    _block_title(sheet, top, left, title)
    found = reach.months(night.sessions) if night.is_shared else reach.weeks(night.sessions)
    if not found:
        put(sheet, top + 1, left, words("summary.empty_plan")).font = look.font(10, color=look.GREY)
        return
    keys = ("planned_so_far", "held_so_far", "held_share", "planned", "held", "contacts")
    rows = [_stretch(each, night, words) for each in found]
    form = look.MONTH if night.is_shared else look.DAY
    formats = (form, look.WHOLE, look.WHOLE, look.SHARE, look.WHOLE, look.WHOLE, look.WHOLE)
    headings = [words("summary.month" if night.is_shared else "summary.week")]
    headings += [words(f"summary.col_{key}") for key in keys]
    last = write_block(sheet, top + 1, left, headings, formats, rows)
    says = Chart(
        title,
        words("summary.alt_weeks", held=found[-1].held_so_far, planned=found[-1].planned_so_far),
        (look.PLANNED, look.HELD),
        values=words("summary.sessions_axis"),
    )
    charts.lines(Block(sheet, top + 1, last, left, left + 1, left + 2), _place(*chart), says, dashed=[0])


def _stretch(found: Stretch, night: Night, words: Words) -> list[Value]:
    is_begun = found.starts_on <= night.today
    is_told = not night.is_shared or not found.contacts or "months" in night.published.contacts
    return [
        found.starts_on,
        found.planned_so_far,
        found.held_so_far if is_begun else None,
        found.held_so_far / found.planned_so_far if found.planned_so_far and is_begun else None,
        found.planned,
        found.held,
        found.contacts if is_told else words("hidden"),
    ]


def _block_title(sheet: Worksheet, row: int, column: int, text: str) -> None:
    put(sheet, row, column, text).font = look.font(11, bold=True)


def _place(left: int, top: int) -> Place:
    return Place(left, top, left + HALF - 1, top + CHART_ROWS - 1)
