"""Sheet Items: each knowledge item before and after, with its test, its topic and how it fits the other items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.languages import is_apart, language_of, right_after
from collector.indicators.learning import FEWEST_FOR_TESTS, FEWEST_PAIRS, ItemChange, Share, rest_of_items
from collector.indicators.reliability import LEAST_ITEM_REST
from collector.workbook import charts, look
from collector.workbook.cells import Value
from collector.workbook.charts import Block, Chart, Place
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import back_to_contents, footer
from collector.workbook.table import Column, column, freeze, write_table
from collector.workbook.texts import Words

WIDTHS = [9, 52, *[11] * 9, 44]
TOP, CHART_ROWS = 5, 19
LEFT, RIGHT = 1, 8  # first and last column of the chart
LOST_ALARM = 0.10
WEAKEST = 3
CHANGES = {
    "item": "",
    "question": "",
    "pairs": look.WHOLE,
    "right_before": look.SHARE,
    "right_after": look.SHARE,
    "points": look.CHANGE,
    "gained": look.WHOLE,
    "lost": look.WHOLE,
    "gained_share": look.SHARE,
    "lost_share": look.SHARE,
    "p": look.P_VALUE,
    "flag": "",
}
ANSWERS = {
    "item": "",
    "question": "",
    "pairs": look.WHOLE,
    "right_n_before": look.WHOLE,
    "right_n_after": look.WHOLE,
    "dont_know_before": look.SHARE,
    "dont_know_after": look.SHARE,
}

Rests = Sequence[Mapping[str, float | None]]
"""Item-rest correlations by item, one mapping an item set."""
Spoken = Mapping[str, Mapping[str, Share]]
"""Who was right after, by item and language."""


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """Three tables, tblItems, tblItemsAnswers and tblItemsLanguages, and the chart of the first below."""
    look.sheet_title(sheet, words("items.title"), [words("items.note")])
    back_to_contents(sheet, words, row=3)
    look.widths(sheet, WIDTHS)
    look.page(sheet, footer=footer(night, words))
    freeze(sheet, TOP, 1)
    rests = [rest_of_items(night.linked, night.programme, item_set) for item_set in night.programme.item_sets]
    told = night.published.items if night.is_shared else night.items
    spoken = _spoken(night)
    changes, answers = columns(night, words)
    empty = words("knowledge.empty")
    rows = [_changes(change, night, labels, words, rests, spoken) for change in told]
    last = write_table(sheet, "tblItems", changes, rows, top=TOP, why_empty=empty, fits=False, has_filter=False)
    if not told:
        return
    top = last + 3
    look.section(sheet, top - 1, 1, words("items.answers"), last_column=len(answers))
    more = [_answers(change, night, labels, rests) for change in told]
    below = write_table(sheet, "tblItemsAnswers", answers, more, top=top, why_empty=empty, fits=False, has_filter=False)
    if not night.is_shared:
        below = _by_language(sheet, night, labels, words, spoken, below + 3)
    _chart(sheet, told, words, TOP, below + 2)


def _by_language(sheet: Worksheet, night: Night, labels: Labels, words: Words, spoken: Spoken, top: int) -> int:
    """The third table, tblItemsLanguages."""
    own, form = columns_by_language(night, words), night.programme.survey_form("before")[0]
    look.section(sheet, top - 1, 1, words("items.languages"), last_column=len(own))
    rows: list[list[Value]] = []
    for item, shares in spoken.items():
        if shares:
            row: list[Value] = [item, labels.question(form, night.programme.items[item].question)]
            for code in night.programme.languages:
                share = shares.get(code)
                row += [share.of, share.value] if share else [None, None]
            rows.append(row)
    empty = words("items.one_language")
    return write_table(sheet, "tblItemsLanguages", own, rows, top=top, why_empty=empty, fits=False, has_filter=False)


def columns(night: Night, words: Words) -> tuple[list[Column], list[Column]]:
    """Those of the changes, and those of the answers and the teaching."""

    def made(formats: Mapping[str, str]) -> list[Column]:
        return [
            column(words, f"knowledge.{name}", form, script="code" if name == "item" else "", is_bold=name == "item")
            for name, form in formats.items()
        ]

    item_sets = [words.item_set(item_set) for item_set in night.programme.item_sets]
    rests = [column(words, "items.rest", look.RATIO, item_set=item_set) for item_set in item_sets]
    taught = [column(words, "items.module", script="code"), column(words, "items.taught", look.SHARE)]
    return made(CHANGES), [*made(ANSWERS), *taught, *rests]


def columns_by_language(night: Night, words: Words) -> list[Column]:
    """Those of the third table: pairs and share right after, language by language."""
    told = [column(words, "knowledge.item", script="code", is_bold=True), column(words, "knowledge.question")]
    for code in night.programme.languages:
        told.append(column(words, "items.pairs_in", look.WHOLE, language=code))
        told.append(column(words, "items.after_in", look.SHARE, language=code))
    return told


def _spoken(night: Night) -> Spoken:
    """Share right after, by item and language; not in the shared edition, which counts no such part of the people."""
    if night.is_shared:
        return {}
    found = right_after(night.linked, language_of(night.sessions))
    return {item: found.get(item, {}) for item in night.programme.items}


def _named(change: ItemChange, night: Night, labels: Labels) -> list[Value]:
    form = night.programme.survey_form("before")[0]
    return [change.item, labels.question(form, night.programme.items[change.item].question), change.pairs]


def _changes(
    change: ItemChange, night: Night, labels: Labels, words: Words, rests: Rests, spoken: Spoken
) -> list[Value]:
    if change.pairs < FEWEST_PAIRS:
        return [*_named(change, night, labels), *[None] * 8, words("knowledge.hidden")]
    before, after = change.right_before / change.pairs, change.right_after / change.pairs
    return [
        *_named(change, night, labels),
        before,
        after,
        100 * (after - before),
        change.gained,
        change.lost,
        change.gained_share,
        change.lost_share,
        change.p,
        "; ".join(_flags(change, night.items, words, rests, spoken)),
    ]


def _answers(change: ItemChange, night: Night, labels: Labels, rests: Rests) -> list[Value]:
    if change.pairs < FEWEST_PAIRS:
        return [*_named(change, night, labels), *[None] * (6 + len(rests))]
    module = night.programme.items[change.item].module
    return [
        *_named(change, night, labels),
        change.right_before,
        change.right_after,
        change.dont_know_before / change.pairs,
        change.dont_know_after / change.pairs,
        module,
        _taught(module, night),
        *(rest.get(change.item) for rest in rests),
    ]


def _flags(
    change: ItemChange, items: Sequence[ItemChange], words: Words, rests: Rests, spoken: Spoken
) -> Iterator[str]:
    if change.pairs < FEWEST_FOR_TESTS:
        yield words("knowledge.few")
        return
    ranked = sorted((i for i in items if i.pairs >= FEWEST_FOR_TESTS), key=lambda i: i.right_after / i.pairs)
    if change in ranked[:WEAKEST]:
        yield words("knowledge.weakest")
    if (change.lost_share or 0) > LOST_ALARM:
        yield words("knowledge.losses")
    if any((rest.get(change.item) or 1) < LEAST_ITEM_REST for rest in rests):
        yield words("items.rest_low")
    if is_apart(spoken.get(change.item, {})):
        yield words("items.apart")


def _taught(module: str, night: Night) -> float | None:
    """Share of held sessions that covered a topic."""
    told = [session.report.modules for session in night.sessions if session.is_held and session.report]
    return sum(module in modules for modules in told) / len(told) if told and module else None


def _chart(sheet: Worksheet, items: Sequence[ItemChange], words: Words, top: int, chart_top: int) -> None:
    told = [change for change in items if change.pairs >= FEWEST_PAIRS]
    if not told:
        return
    facts = "; ".join(
        words(
            "knowledge.alt_item",
            item=change.item,
            before=change.right_before / change.pairs,
            after=change.right_after / change.pairs,
        )
        for change in told
    )
    says = Chart(
        words("knowledge.chart_items"),
        words("knowledge.alt_items", facts=facts),
        (look.BEFORE, look.AFTER),
        values=words("knowledge.share_axis"),
        number_format=look.SHARE,
        highest=1,
    )
    block = Block(sheet, top, top + len(items), 1, 4, 5)
    charts.bars(block, Place(LEFT, chart_top, RIGHT, chart_top + CHART_ROWS - 1), says)
