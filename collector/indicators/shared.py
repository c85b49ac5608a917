"""The numbers of the shared edition: what may leave the programme. Built on disclosure.py; read by sheets and mails.

Source: domain README §4.3: no count of 1 to 10 people, no share or mean of fewer than 30, nothing about one session,
and nothing that the editions before (told.py) make out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collector.indicators.breakdowns import Breakdown
from collector.indicators.disclosure import (
    FEWEST,
    FEWEST_FOR_SHARES,
    Cell,
    Margined,
    Need,
    hidden_cells,
    is_small,
    small_steps,
    with_margins,
)
from collector.indicators.learning import ItemChange, Learning, Share
from collector.indicators.periods import Period
from collector.indicators.results import Indicator
from collector.indicators.told import FEWEST_SESSIONS, Told, are_counts_far, is_mean_far

COLUMNS = ("women", "men", "unsaid", "high")
IN_ALL = ("high", "high")
"""Of a table that has people alone, not by sex: the count, and as the total of its row the same again."""
OF_PEOPLE = frozenset({"I03", "I04", "I05", "I06", "I10", "I11", "I14", "I16", "I17"})
"""Indicators whose counts are people, or answers of theirs."""
OF_SCORES = frozenset({"I12", "I13", "I14"})
NEVER = frozenset({"I18"})
"""Told in the internal edition alone: nothing protects it from what the editions before told."""

Hidden = Mapping[Breakdown, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is to be published, before anything is hidden. month: "2026-07"."""

    month: str
    indicators: Sequence[Indicator]
    breakdowns: Sequence[Breakdown]
    learning: Sequence[Learning]
    items: Sequence[ItemChange]


@dataclass(frozen=True, slots=True)
class Published:
    """What is published. hidden: columns of each row of Reach; a breakdown without rows in it is left out.

    contacts: the breakdowns whose contacts are told. periods: see shared_periods.py.
    """

    indicators: tuple[Indicator, ...]
    hidden: Hidden
    contacts: frozenset[str]
    learning: tuple[Learning, ...]
    items: tuple[ItemChange, ...]
    told: Told
    periods: Mapping[Period, tuple[Indicator, ...]] = field(default_factory=dict)


def published(found: Numbers, earlier: Sequence[Told] = ()) -> Published:
    """The numbers without what would single somebody out, alone or beside the editions before."""
    hidden = hidden_counts(found.breakdowns, earlier)
    contacts = frozenset(_with_contacts(found.breakdowns, earlier))
    sets = learning(found.learning, earlier)
    asked = items(found.items, earlier)
    scored = {one.item_set for one in sets}
    shown = indicators(found.indicators, earlier, hidden, contacts, scored)
    told = _told_of(found, hidden, contacts, shown, sets, asked)
    return Published(shown, hidden, contacts, sets, asked, told)


def hidden_counts(found: Sequence[Breakdown], earlier: Sequence[Told] = ()) -> Hidden:
    """The columns to hide of each row; a breakdown that cannot be protected is left out.

    The campaign's row is protected first and then taken as known in every breakdown, so that no breakdown gives away
    what another hides. So is a governorate's in that of its districts, of which none is told where it is hidden. Where
    people count in two values, the totals are those of the values.
    """
    by_name: dict[str, list[Breakdown]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    campaign = by_name.pop("campaign", [])
    if not campaign:
        return {}
    whole = table_of(campaign)
    hidden = hidden_cells(whole, needs=_needs(campaign, whole, campaign[0], earlier, COLUMNS))
    if hidden is None:
        return {}
    in_total = frozenset(column for row, column in hidden if row == 0)
    told = {campaign[0]: _named(in_total)}
    districts = by_name.pop("districts", [])
    for rows in by_name.values():
        told |= _of_breakdown(rows, campaign[0], in_total, earlier)
    for governorate in by_name.get("governorates", []):
        own = [one for one in districts if one.value.split(" ", 1)[0] == governorate.value]
        is_known = "high" not in told.get(governorate, IN_ALL)
        shown = _of_breakdown(own, governorate, frozenset(), earlier, IN_ALL) if is_known else {}
        told |= shown or {one: frozenset(IN_ALL) for one in own}
    return told


def table_of(rows: Iterable[Breakdown], columns: Sequence[str] = COLUMNS) -> Margined:
    """A breakdown with its margins. columns: counts of people, the last the total of the others."""
    return with_margins([[getattr(one.people, name) for name in columns[:-1]] for one in rows])


def _of_breakdown(
    rows: Sequence[Breakdown],
    whole: Breakdown,
    in_total: frozenset[int],
    earlier: Sequence[Told],
    columns: Sequence[str] = COLUMNS,
) -> dict[Breakdown, frozenset[str]]:
    """The columns to hide in the rows of a breakdown of `whole`, of which the columns `in_total` are hidden."""
    table, last = table_of(rows, columns), len(rows)
    totals = {(last, column) for column in range(len(columns))}
    known = {cell for cell in totals if cell[1] not in in_total}
    needs = _needs(rows, table, whole, earlier, columns)
    hidden = hidden_cells(table, needs=needs, also=totals - known, kept=known)
    if hidden is None:
        return {}
    return {one: frozenset(columns[column] for row, column in hidden if row == place) for place, one in enumerate(rows)}


def _needs(
    rows: Sequence[Breakdown], table: Margined, whole: Breakdown, earlier: Sequence[Told], columns: Sequence[str]
) -> list[Need]:
    """What a breakdown must not tell: about the only session of a value, and of what came since each edition."""
    needs = [_about_one_session(rows, table, Need({}), Told(""), columns)]
    for before in earlier:
        then = _then(rows, table, whole, before, columns)
        steps = small_steps(table, then, _read_then(rows, whole, before, columns))
        needs += [steps, _about_one_session(rows, table, steps, before, columns)]
    return needs


def _then(
    rows: Sequence[Breakdown], table: Margined, whole: Breakdown, before: Told, columns: Sequence[str]
) -> dict[Cell, int]:
    """The cells of a breakdown as an edition had them; a value that was not there had nobody.

    The totals are what those of `whole` were, and as many more as the rows add up to more than it.
    """
    then = {
        (place, column): before.people.get(key_of(one), {}).get(name, 0)
        for place, one in enumerate(rows)
        for column, name in enumerate(columns)
    }
    for column, name in enumerate(columns):
        twice = table.count((len(rows), column)) - getattr(whole.people, name)
        then[len(rows), column] = before.people.get(key_of(whole), {}).get(name, 0) + twice
    return then


def _read_then(rows: Sequence[Breakdown], whole: Breakdown, before: Told, columns: Sequence[str]) -> set[Cell]:
    """The cells of a breakdown that could be read in an edition; a value that was not there was seen not to be."""
    is_left_out = all(set(columns) <= set(before.hidden.get(key_of(one), columns)) for one in rows)
    keys = [*(key_of(one) for one in rows), key_of(whole)]
    return {
        (place, column)
        for place, key in enumerate(keys)
        for column, name in enumerate(columns)
        if name not in before.hidden.get(key, columns if is_left_out else ())
    }


def _about_one_session(
    rows: Sequence[Breakdown], table: Margined, basis: Need, before: Told, columns: Sequence[str]
) -> Need:
    """The counts of values to which one session came since `before`: they are those of that session."""
    ranges = {}
    for place, one in enumerate(rows):
        if one.sessions is None or abs(one.sessions - before.sessions.get(key_of(one), 0)) != FEWEST_SESSIONS - 1:
            continue
        for cell in ((place, column) for column in range(len(columns))):
            least, count = basis.least_of(cell), table.count(cell)
            if count and count != before.people.get(key_of(one), {}).get(columns[cell[1]], 0):
                ranges[cell] = (max(least, count - FEWEST + 1), count + FEWEST - 1)
    return Need(ranges, basis.least)


def _with_contacts(found: Sequence[Breakdown], earlier: Sequence[Told]) -> Iterator[str]:
    """The breakdowns in which no value's contacts are few, of one session, or hardly other than before."""
    for name in dict.fromkeys(one.name for one in found if one.contacts is not None):
        rows = [one for one in found if one.name == name and one.contacts]
        if rows and not any(_is_near(one, before) for one in rows for before in (Told(""), *earlier)):
            yield name


def _is_near(one: Breakdown, before: Told) -> bool:
    key, contacts = key_of(one), one.contacts or 0
    if before.month and key not in before.contacts:
        return False
    moved = abs(contacts - before.contacts.get(key, 0))
    sessions = abs((one.sessions or 0) - before.sessions.get(key, 0))
    return is_small(moved) or (moved > 0 and sessions == FEWEST_SESSIONS - 1)


def indicators(
    found: Iterable[Indicator],
    earlier: Sequence[Told],
    hidden: Hidden,
    contacts: frozenset[str],
    scored: set[str],
) -> tuple[Indicator, ...]:
    """The indicators without small bases, without counts of 1 to 10 people on either side of a share, and without what
    gives away a count that Reach hides. scored: the item sets whose scores are told.
    """
    return tuple(
        _hide(one) if _is_telling(one, earlier, hidden, contacts) or _is_untold(one, scored) else one
        for one in map(_without_follow_up, found)
    )


def _without_follow_up(one: Indicator) -> Indicator:
    return Indicator(one.id, one.unit, notes=("see_internal",)) if one.id in NEVER and one.facts else one


def _is_untold(one: Indicator, scored: set[str]) -> bool:
    return one.id in OF_SCORES and one.item_set not in scored


def _is_telling(one: Indicator, earlier: Sequence[Told], hidden: Hidden, contacts: frozenset[str]) -> bool:
    if one.id == "I02":
        return "campaign" not in contacts
    if one.id not in OF_PEOPLE:
        return False
    sides = sides_of(one)
    if (one.id != "I10" and any(map(is_small, sides))) or (one.id != "I03" and sum(sides) < FEWEST_FOR_SHARES):
        return True
    return not are_counts_far(f"{one.id}/{one.item_set}", sides, earlier) or _tells_what_is_hidden(one, hidden)


def _tells_what_is_hidden(one: Indicator, hidden: Hidden) -> bool:
    """Whether an indicator's counts are sums of counts of Reach, one of which is hidden there."""
    campaign = next((row for row in hidden if row.name == "campaign"), None)
    if campaign is None:
        return one.id in {"I03", "I04", "I06"}
    if one.id == "I03":
        return "high" in hidden[campaign]
    if one.id == "I04":
        return bool(hidden[campaign])
    if one.id == "I06":
        of_kind = [columns for row, columns in hidden.items() if row.name == "displacement"]
        unsaid = campaign.people.high - int(one.denominator or 0)
        return is_small(unsaid) or any("high" in columns for columns in of_kind)
    return False


def sides_of(one: Indicator) -> tuple[int, ...]:
    """How many people are on each side of a share; of I03, the low count and what the high one has more.

    Of I10, all answers: who is not content is told even where they are few.
    """
    if one.id == "I03":
        return int(one.low or 0), int((one.high or 0) - (one.low or 0))
    if one.id == "I10":
        return (int(one.denominator or 0),)
    counted, of = int(one.numerator or 0), int(one.denominator or 0)
    return counted, of - counted


def _hide(one: Indicator) -> Indicator:
    notes, facts = ("small", *one.notes), {**one.facts, "fewest": FEWEST_FOR_SHARES}
    return Indicator(one.id, one.unit, item_set=one.item_set, notes=notes, facts=facts)


def learning(found: Iterable[Learning], earlier: Sequence[Told] = ()) -> tuple[Learning, ...]:
    """Item sets with thirty pairs or more of two sessions, without small counts and without anything about single
    sessions; none whose means moved by fewer since an edition before.
    """
    return tuple(
        replace(
            one,
            expected=0 if is_small(one.expected - one.matched) else one.expected,
            session_means=None,
            unpaired_before=None,
            worse=_share(one, "worse", earlier),
            passed_before=_share(one, "passed_before", earlier),
            passed_after=_share(one, "passed_after", earlier),
            ranks=None if one.ranks and is_small(one.ranks.equal) else one.ranks,
        )
        for one in found
        if one.pairs >= FEWEST_FOR_SHARES and one.sessions >= FEWEST_SESSIONS
        if is_mean_far(one.item_set, means_of(one), earlier)
    )


def means_of(one: Learning) -> tuple[float, float, int, int]:
    """Means before and after, and what they are of; 0 where they are not reported."""
    return one.before or 0.0, one.after or 0.0, one.pairs, one.sessions


def items(found: Iterable[ItemChange], earlier: Sequence[Told] = ()) -> tuple[ItemChange, ...]:
    """Items whose four answers, before and after, are each given by nobody or by eleven people or more."""
    return tuple(
        one
        for one in found
        if one.pairs >= FEWEST_FOR_SHARES and not any(map(is_small, cells_of(one)))
        if are_counts_far(f"items/{one.item}", cells_of(one), earlier)
    )


def cells_of(one: ItemChange) -> tuple[int, ...]:
    """The people behind an item's numbers: right twice, gained, lost, wrong twice; "I do not know" before and after."""
    both_right = one.right_before - one.lost
    both_wrong = one.pairs - both_right - one.gained - one.lost
    return both_right, one.gained, one.lost, both_wrong, one.dont_know_before, one.dont_know_after


def _share(of: Learning, name: str, earlier: Sequence[Told]) -> Share | None:
    share: Share | None = getattr(of, name)
    if share is None or is_small(share.count) or is_small(share.of - share.count):
        return None
    sides = share.count, share.of - share.count
    return share if are_counts_far(f"{name}/{of.item_set}", sides, earlier) else None


def _told_of(
    found: Numbers,
    hidden: Hidden,
    contacts: frozenset[str],
    shown: Sequence[Indicator],
    sets: Sequence[Learning],
    asked: Sequence[ItemChange],
) -> Told:
    shares = {
        f"{name}/{one.item_set}": (share.count, share.of - share.count)
        for one in sets
        for name in ("worse", "passed_before", "passed_after")
        if (share := getattr(one, name))
    }
    return Told(
        found.month,
        sessions={key_of(one): one.sessions for one in found.breakdowns if one.sessions is not None},
        contacts={key_of(one): one.contacts or 0 for one in found.breakdowns if one.name in contacts},
        people={key_of(one): {name: getattr(one.people, name) for name in COLUMNS} for one in found.breakdowns},
        hidden={key_of(one): tuple(sorted(hidden.get(one, COLUMNS))) for one in found.breakdowns},
        counts=shares
        | {f"{one.id}/{one.item_set}": sides_of(one) for one in shown if one.id in OF_PEOPLE and _has_counts(one)}
        | {f"items/{one.item}": cells_of(one) for one in asked},
        means={one.item_set: means_of(one) for one in sets},
    )


def _has_counts(one: Indicator) -> bool:
    return one.denominator is not None or (one.id == "I03" and one.value is not None)


def key_of(one: Breakdown) -> str:
    """What a row of Reach is called among the told numbers."""
    return f"{one.name}/{one.value}"


def _named(columns: Iterable[int]) -> frozenset[str]:
    return frozenset(COLUMNS[column] for column in columns)
