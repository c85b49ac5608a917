"""Sheet Knowledge: scores before and after, by item set and by item. Change, never impact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.learning import FEWEST_FOR_TESTS, FEWEST_PAIRS, Flag, ItemChange, Learning
from collector.workbook import charts, look
from collector.workbook.cells import Value, put
from collector.workbook.charts import Block, Chart, Place
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import back_to_contents, footer
from collector.workbook.table import Column, freeze, write_table
from collector.workbook.texts import Words

WIDTHS = [14, 60, 9, 11, 11, 10, 10, 11, 11, 11, 11, 11, 12, 12, 11, 44]
SETS, CHART_ROWS = 6, 19
LEFT_CHART, RIGHT_CHART = (1, 5), (7, 16)  # first and last column
LOST_ALARM = 0.10
WEAKEST = 3
FEW = (Flag.TOO_SMALL, Flag.PAIRING_TOO_LOW)


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """Two tables, tblKnowledge and tblItems, with a chart of each between them."""
    look.sheet_title(sheet, words("knowledge.title"), [words("knowledge.note")])
    back_to_contents(sheet, words, row=3)
    look.widths(sheet, WIDTHS)
    look.page(sheet, footer=footer(night, words))
    freeze(sheet, 4, 1)
    _heading(sheet, SETS - 1, words("knowledge.sets"))
    sets = [_set_row(learned, night, words) for learned in night.learning if learned.pairs]
    empty = words("knowledge.empty")
    last = write_table(
        sheet, "tblKnowledge", _set_columns(night, words), sets, top=SETS, why_empty=empty, fits=False, has_filter=False
    )
    if not night.items:
        return
    chart_top = last + 2
    items = chart_top + CHART_ROWS + 2
    _heading(sheet, items - 1, words("knowledge.items"))
    rows = [_item_row(change, night, labels, words) for change in night.items]
    write_table(sheet, "tblItems", _item_columns(words), rows, top=items, why_empty=empty, fits=False, has_filter=False)
    _item_chart(sheet, night, words, items, chart_top)
    _set_chart(sheet, night, words, last, chart_top)


def _set_columns(night: Night, words: Words) -> list[Column]:
    formats = {
        "set": "",
        "set_label": "",
        "pairs": look.WHOLE,
        "sessions": look.WHOLE,
        "pairing": look.SHARE,
        "before": look.POINTS,
        "after": look.POINTS,
        "change": look.CHANGE,
        "low": look.CHANGE,
        "high": look.CHANGE,
        "passed_before": look.SHARE,
        "passed_after": look.SHARE,
        "passed_low": look.SHARE,
        "passed_high": look.SHARE,
        "gain": look.RATIO,
        "flag": "",
    }
    threshold = night.programme.threshold
    bold = {"set", "change"}
    return [
        Column(words(f"knowledge.{name}", threshold=threshold), form, is_bold=name in bold)
        for name, form in formats.items()
    ]


def _set_row(learned: Learning, night: Night, words: Words) -> list[Value]:
    low, high = learned.interval or (None, None)
    passed_before, passed_after = learned.passed_before, learned.passed_after
    passed_low, passed_high = passed_after.interval if passed_after else (None, None)
    return [
        learned.item_set,
        night.programme.item_sets[learned.item_set].label,
        learned.pairs,
        learned.sessions,
        learned.pairing,
        learned.before,
        learned.after,
        learned.change,
        low,
        high,
        passed_before.value if passed_before else None,
        passed_after.value if passed_after else None,
        passed_low,
        passed_high,
        learned.gain,
        " ".join(_cautions(learned, words)),
    ]


def _cautions(learned: Learning, words: Words) -> Iterator[str]:
    for flag in learned.flags:
        yield words(f"flag.{flag}", pairing=learned.pairing or 0)
    if learned.session_means:
        low, high = learned.session_means
        yield words("flag.session_means", low=low, high=high)
    if Flag.PAIRING_LOW in learned.flags and learned.unpaired_before is not None:
        yield words("flag.unpaired", unpaired=learned.unpaired_before)


def _item_columns(words: Words) -> list[Column]:
    formats = {
        "item": "",
        "question": "",
        "pairs": look.WHOLE,
        "right_n_before": look.WHOLE,
        "right_n_after": look.WHOLE,
        "right_before": look.SHARE,
        "right_after": look.SHARE,
        "points": look.CHANGE,
        "gained": look.WHOLE,
        "lost": look.WHOLE,
        "gained_share": look.SHARE,
        "lost_share": look.SHARE,
        "dont_know_before": look.SHARE,
        "dont_know_after": look.SHARE,
        "p": look.P_VALUE,
        "flag": "",
    }
    return [Column(words(f"knowledge.{name}"), form, is_bold=name == "item") for name, form in formats.items()]


def _item_row(change: ItemChange, night: Night, labels: Labels, words: Words) -> list[Value]:
    item = night.programme.items[change.item]
    form = night.programme.survey_form("before")[0]
    question = labels.question(form, item.question)
    if change.pairs < FEWEST_PAIRS:
        return [change.item, question, change.pairs, *[None] * 12, words("knowledge.hidden")]
    before, after = change.right_before / change.pairs, change.right_after / change.pairs
    return [
        change.item,
        question,
        change.pairs,
        change.right_before,
        change.right_after,
        before,
        after,
        100 * (after - before),
        change.gained,
        change.lost,
        change.gained / (change.pairs - change.right_before) if change.pairs > change.right_before else None,
        change.lost / change.right_before if change.right_before else None,
        change.dont_know_before / change.pairs,
        change.dont_know_after / change.pairs,
        change.p,
        "; ".join(_item_flags(change, night.items, words)),
    ]


def _item_flags(change: ItemChange, items: Sequence[ItemChange], words: Words) -> Iterator[str]:
    if change.pairs < FEWEST_FOR_TESTS:
        yield words("knowledge.few")
        return
    ranked = sorted((i for i in items if i.pairs >= FEWEST_FOR_TESTS), key=lambda i: i.right_after / i.pairs)
    if change in ranked[:WEAKEST]:
        yield words("knowledge.weakest")
    if change.right_before and change.lost / change.right_before > LOST_ALARM:
        yield words("knowledge.losses")


def _item_chart(sheet: Worksheet, night: Night, words: Words, top: int, chart_top: int) -> None:
    told = [change for change in night.items if change.pairs >= FEWEST_PAIRS]
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
    block = Block(sheet, top, top + len(night.items), 1, 6, 7)
    charts.bars(block, Place(LEFT_CHART[0], chart_top, LEFT_CHART[1], chart_top + CHART_ROWS - 1), says)


def _set_chart(sheet: Worksheet, night: Night, words: Words, last: int, chart_top: int) -> None:
    facts = "; ".join(
        words("knowledge.alt_set", item_set=learned.item_set, before=learned.before, after=learned.after)
        for learned in night.learning
        if learned.before is not None and learned.after is not None
    )
    if not facts:
        return
    says = Chart(
        words("knowledge.chart_sets"),
        words("knowledge.alt_sets", facts=facts),
        (look.BEFORE, look.AFTER),
        values=words("knowledge.score_axis"),
        number_format="0",
        highest=100,
    )
    block = Block(sheet, SETS, last, 1, 6, 7)
    charts.bars(block, Place(RIGHT_CHART[0], chart_top, RIGHT_CHART[1], chart_top + CHART_ROWS - 1), says)


def _heading(sheet: Worksheet, row: int, text: str) -> None:
    put(sheet, row, 1, text).font = look.font(12, bold=True)
    sheet.row_dimensions[row].height = 20
