"""Sheet Reach: contacts and participants by every breakdown, one row a value, for donor tables."""

from __future__ import annotations

from dataclasses import replace

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.breakdowns import Breakdown, crosses
from collector.indicators.disclosure import FEWEST_FOR_SHARES
from collector.indicators.learning import FEWEST_PAIRS
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("breakdown", ""),
    ("value", ""),
    ("contacts", look.WHOLE),
    ("low", look.WHOLE),
    ("high", look.WHOLE),
    ("women", look.WHOLE),
    ("men", look.WHOLE),
    ("unsaid", look.WHOLE),
    ("share", look.SHARE),
)

FEWEST_CROSSED = 5


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblReach."""
    found = night.breakdowns
    if night.is_shared:
        hidden = night.published.hidden
        rows = [shared_row(one, hidden[one], night, labels, words) for one in found if one in hidden]
        left_out = dict.fromkeys(one.name for one in found if one not in hidden)
        rows += [[words(f"breakdown.{name}"), words("reach.left_out"), *[None] * 7] for name in left_out]
    else:
        rows = [_row(breakdown, night, labels, words) for breakdown in found]
        crossed = crosses(night.sessions, night.programme.codes) if night.people else ()
        rows += [_crossed_row(breakdown, night, labels, words) for breakdown in crossed]
    rows += [_disability(night, words)] if night.people else []
    data_sheet(sheet, night, words, "reach", columns(night, words), rows, notes=[words("reach.note")], frozen=2)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [column(words, f"reach.{name}", form, is_bold=name == "value") for name, form in COLUMNS]


def _row(breakdown: Breakdown, night: Night, labels: Labels, words: Words) -> list[Value]:
    people = breakdown.people
    said = people.women + people.men
    return [
        words(f"breakdown.{breakdown.name}"),
        _label(breakdown, night, labels, words),
        breakdown.contacts,
        people.low,
        people.high,
        people.women,
        people.men,
        people.unsaid,
        people.women / said if said >= FEWEST_PAIRS else None,
    ]


def _crossed_row(breakdown: Breakdown, night: Night, labels: Labels, words: Words) -> list[Value]:
    """Of three variables: one to four people are not told apart, nor what would give them away."""
    name, value, contacts, low, high, women, men, unsaid, part = _row(breakdown, night, labels, words)
    people, few = breakdown.people, words("hidden_few")
    if is_few(people.high):
        return [name, value, few, few, few, few, few, few, None]
    if is_few(people.women) or is_few(people.men):
        women, men, unsaid, part = *[words("hidden")] * 3, None
    elif is_few(people.unsaid):
        unsaid, low, high = few, *[words("hidden")] * 2  # the total less women and men would tell it
    return [name, value, contacts, low, high, women, men, unsaid, part]


def is_few(people: int) -> bool:
    """Whether so few people are hidden in a breakdown of more than two variables. Source: domain README §4.3."""
    return 0 < people < FEWEST_CROSSED


def _disability(night: Night, words: Words) -> list[Value]:
    """I05 for the campaign as a whole, where it may be told."""
    told = next((one for one in night.shown if one.id == "I05"), None)
    name = words("breakdown.disability")
    if told is None or told.value is None:
        return [name, words("reach.disability_hidden"), *[None] * 7]
    said = words("reach.disability", part=told.value, of=told.denominator)
    return [name, said, None, None, told.numerator, *[None] * 4]


def shared_row(breakdown: Breakdown, hidden: frozenset[str], night: Night, labels: Labels, words: Words) -> list[Value]:
    """A row of the shared edition: the low count only for the campaign, and where the indicators tell it."""
    name, value, contacts, low, high, women, men, unsaid, part = _row(breakdown, night, labels, words)
    if breakdown.contacts and breakdown.name not in night.published.contacts:
        contacts = words("hidden")
    is_low_told = any(one.id == "I03" and one.value is not None for one in night.published.indicators)
    if breakdown.name != "campaign" or not is_low_told:
        low = None
    if hidden & {"women", "men"} or breakdown.people.women + breakdown.people.men < FEWEST_FOR_SHARES:
        part = None
    counts = {"high": high, "women": women, "men": men, "unsaid": unsaid}
    told = {key: words("hidden") if key in hidden else count for key, count in counts.items()}
    return [name, value, contacts, low, told["high"], told["women"], told["men"], told["unsaid"], part]


def _label(breakdown: Breakdown, night: Night, labels: Labels, words: Words) -> str:
    if breakdown.name in {"campaign", "months"}:
        month = breakdown.value.replace("-", "/") if words.is_rtl else breakdown.value
        return words.shaped(month) or words("summary.total")
    if breakdown.name == "governorates_audiences":
        parts = zip(("governorates", "audiences"), breakdown.value.split(" ", 1), strict=True)
        return " · ".join(
            _label(replace(breakdown, name=name, value=value), night, labels, words) for name, value in parts
        )
    if breakdown.name == "age_group" and breakdown.value in night.programme.age_bands:
        return night.programme.age_bands[breakdown.value].label
    form, session_form = night.programme.session_form
    questions, people = session_form.questions, session_form.people
    path = {
        "audiences": questions.audience,
        "governorates": questions.governorate,
        "rounds": questions.round,
    }.get(breakdown.name) or getattr(people, breakdown.name)
    return labels.choice(form, path, breakdown.value) or words("reach.unknown")
