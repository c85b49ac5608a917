"""Sheet Knowledge: scores before and after, by item set, and in its slices. Change, never impact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.learning import Flag, Learning
from collector.indicators.reliability import LEAST_ALPHA
from collector.indicators.retention import Kept, kept
from collector.indicators.slices import Slice, slices
from collector.workbook import charts, look
from collector.workbook.cells import Value
from collector.workbook.charts import Block, Chart, Place
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import back_to_contents, footer
from collector.workbook.table import Column, column, freeze, write_table
from collector.workbook.texts import Words

WIDTHS = [14, 30, *[11] * 12, 36, 11]
TOP, CHART_ROWS = 5, 19
LEFT, RIGHT = 1, 11  # first and last column of the chart
SCORES = {
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
    "flag": "",
}
SLICES = {
    "set": "",
    "slice": "",
    "pairs": look.WHOLE,
    "sessions": look.WHOLE,
    "pairing": look.SHARE,
    "before": look.POINTS,
    "after": look.POINTS,
    "change": look.CHANGE,
    "low": look.CHANGE,
    "high": look.CHANGE,
    "gain": look.RATIO,
    "effect": look.RATIO,
    "passed_before": look.SHARE,
    "passed_after": look.SHARE,
    "flag": "",
    "worse": look.SHARE,
}
KEPT = {
    "set": "",
    "audience": "",
    "due": look.WHOLE,
    "answered": look.WHOLE,
    "response": look.SHARE,
    "before": look.POINTS,
    "after": look.POINTS,
    "later": look.POINTS,
    "kept": look.SHARE,
    "flag": "",
}
TESTS = {
    "set": "",
    "set_label": "",
    "gain": look.RATIO,
    "worse": look.SHARE,
    "effect": look.RATIO,
    "wilcoxon": look.P_VALUE,
    "biserial": look.RATIO,
    "equal": look.WHOLE,
    "alpha": look.RATIO,
    "unpaired": look.POINTS,
}


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """Four tables, tblKnowledge, tblKnowledgeTests, tblKnowledgeSlices and tblKnowledgeKept, and below them the chart
    of the first.
    """
    look.sheet_title(sheet, words("knowledge.title"), [words("knowledge.note")])
    back_to_contents(sheet, words, row=3)
    look.widths(sheet, WIDTHS)
    look.page(sheet, footer=footer(night, words))
    freeze(sheet, TOP, 1)
    told = [one for one in (night.published.learning if night.is_shared else night.learning) if one.pairs]
    empty = words("knowledge.empty")
    scores, tests, *_ = columns(night, words)
    rows = [_scores(learned, night, words) for learned in told]
    last = write_table(sheet, "tblKnowledge", scores, rows, top=TOP, why_empty=empty, fits=False, has_filter=False)
    if not told:
        return
    top = last + 3
    look.section(sheet, top - 1, 1, words("knowledge.tests"), last_column=len(tests))
    more = [_tests(learned, night, words) for learned in told]
    below = write_table(sheet, "tblKnowledgeTests", tests, more, top=top, why_empty=empty, fits=False, has_filter=False)
    if not night.is_shared:
        below = _slices(sheet, night, labels, words, below + 3)
        below = _kept(sheet, night, labels, words, below + 3)
    _set_chart(sheet, told, words, last, below + 2)


def _slices(sheet: Worksheet, night: Night, labels: Labels, words: Words, top: int) -> int:
    """The third table: by audience, governorate and language of the session."""
    own = columns(night, words)[2]
    look.section(sheet, top - 1, 1, words("knowledge.slices"), last_column=len(own))
    found = slices(night.linked, night.sessions, night.programme)
    rows = [_slice(one, night, labels, words) for one in found]
    return write_table(
        sheet,
        "tblKnowledgeSlices",
        own,
        rows,
        top=top,
        why_empty=words("knowledge.empty"),
        fits=False,
        has_filter=False,
    )


def _kept(sheet: Worksheet, night: Night, labels: Labels, words: Words, top: int) -> int:
    """The fourth table: what is kept at the follow-up, by item set and audience; why, where there is none."""
    own, found = columns(night, words)[3], night.follow_up
    look.section(sheet, top - 1, 1, words("indicator.I18"), last_column=len(own))
    told = [*kept(found, night.sessions, night.programme)] if found else []
    why = words("note.kept_not_due", months=found.months) if found else words("note.no_follow_up")
    rows = [_kept_row(one, night, labels, words) for one in told]
    return write_table(sheet, "tblKnowledgeKept", own, rows, top=top, why_empty=why, fits=False, has_filter=False)


def _kept_row(one: Kept, night: Night, labels: Labels, words: Words) -> list[Value]:
    form, session_form = night.programme.session_form
    path = session_form.questions.audience
    return [
        words.item_set(one.item_set),
        labels.choice(form, path, one.audience) if one.audience else words("knowledge.kept_all"),
        *(one.due, one.answered, one.response),
        *(one.before, one.after, one.later, one.kept),
        " ".join(words(f"knowledge.{caution}") for caution in one.cautions),
    ]


def _slice(one: Slice, night: Night, labels: Labels, words: Words) -> list[Value]:
    learned, effect = one.learned, one.learned.effect
    passed_before, passed_after = learned.passed_before, learned.passed_after
    cautions = [words("knowledge.few_sessions")] if one.is_small else [*_cautions(learned, words)]
    return [
        words.item_set(learned.item_set),
        _value(one, night, labels, words),
        *_means(learned),
        learned.gain,
        effect.corrected if effect else None,
        passed_before.value if passed_before else None,
        passed_after.value if passed_after else None,
        " ".join(cautions),
        learned.worse.value if learned.worse else None,
    ]


def _value(one: Slice, night: Night, labels: Labels, words: Words) -> str:
    """The value of a slice by its label, after what it is a value of."""
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    paths = {"audiences": questions.audience, "governorates": questions.governorate, "languages": questions.languages}
    return f"{words(f'slice.{one.name}')}: {labels.choice(form, paths[one.name], one.value)}"


def columns(night: Night, words: Words) -> tuple[list[Column], ...]:
    """Those of the scores, of the tests, of the slices, and of what is kept."""
    threshold, bold = night.programme.threshold, {"set", "change"}

    def made(formats: dict[str, str]) -> list[Column]:
        return [
            column(words, f"knowledge.{name}", form, is_bold=name in bold, threshold=threshold)
            for name, form in formats.items()
        ]

    return made(SCORES), made(TESTS), made(SLICES), made(KEPT)


def _named(learned: Learning, night: Night, words: Words) -> list[Value]:
    return [words.item_set(learned.item_set), night.programme.item_sets[learned.item_set].label]


def _means(learned: Learning) -> list[Value]:
    """Pairs, sessions, share paired, before, after, change and its interval."""
    counts = [learned.pairs, learned.sessions, learned.pairing]
    return [*counts, learned.before, learned.after, learned.change, *(learned.interval or (None, None))]


def _scores(learned: Learning, night: Night, words: Words) -> list[Value]:
    passed_before, passed_after = learned.passed_before, learned.passed_after
    return [
        *_named(learned, night, words),
        *_means(learned),
        passed_before.value if passed_before else None,
        passed_after.value if passed_after else None,
        *((passed_after and passed_after.interval) or (None, None)),
        " ".join(_cautions(learned, words)),
    ]


def _tests(learned: Learning, night: Night, words: Words) -> list[Value]:
    ranks = learned.ranks
    return [
        *_named(learned, night, words),
        learned.gain,
        learned.worse.value if learned.worse else None,
        learned.effect.corrected if learned.effect else None,
        *((ranks.p, ranks.rank_biserial, ranks.equal) if ranks else (None, None, None)),
        learned.alpha,
        learned.unpaired_before,
    ]


def _cautions(learned: Learning, words: Words) -> Iterator[str]:
    for flag in learned.flags:
        yield words(f"flag.{flag}", pairing=learned.pairing or 0)
    if learned.session_means:
        low, high = learned.session_means
        yield words("flag.session_means", low=low, high=high)
    if Flag.PAIRING_LOW in learned.flags and learned.unpaired_before is not None:
        yield words("flag.unpaired", unpaired=learned.unpaired_before)
    if learned.alpha is not None and learned.alpha < LEAST_ALPHA:
        yield words("flag.alpha")


def _set_chart(sheet: Worksheet, told: Sequence[Learning], words: Words, last: int, chart_top: int) -> None:
    facts = "; ".join(
        words(
            "knowledge.alt_set", item_set=words.item_set(learned.item_set), before=learned.before, after=learned.after
        )
        for learned in told
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
    block = Block(sheet, TOP, last, 1, 6, 7)
    charts.bars(block, Place(LEFT, chart_top, RIGHT, chart_top + CHART_ROWS - 1), says)
