"""The numbers of the shared edition: what may leave the programme. Built on disclosure.py; read by the sheets.

Source: domain README §4.3: no count of 1 to 10 people, no share or mean of fewer than 30, nothing about one session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from collector.indicators.breakdowns import Breakdown
from collector.indicators.disclosure import FEWEST_FOR_SHARES, Margined, hidden_cells, is_small, with_margins
from collector.indicators.learning import ItemChange, Learning, Share
from collector.indicators.reach import People
from collector.indicators.results import Indicator

COLUMNS = ("women", "men", "unsaid", "high")
OF_PEOPLE = frozenset({"I03", "I04", "I05", "I06", "I14", "I16", "I17"})
"""Indicators whose counts are people."""


def hidden_counts(found: Sequence[Breakdown]) -> dict[Breakdown, frozenset[str]]:
    """The columns to hide of each row; a breakdown that cannot be protected is left out.

    The campaign's row is protected first and then taken as known in every breakdown, so that no breakdown gives away
    what another hides. Where people count in two values, the totals are those of the values.
    """
    by_name: dict[str, list[Breakdown]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    campaign = by_name.pop("campaign", [])
    if not campaign:
        return {}
    whole = with_margins([_counts(campaign[0].people)])
    hidden = hidden_cells(whole)
    if hidden is None:
        return {}
    in_total = frozenset(column for row, column in hidden if row == 0)
    told = {campaign[0]: _named(in_total)}
    for rows in by_name.values():
        told |= _of_breakdown(rows, in_total)
    return told


def table_of(rows: Iterable[Breakdown]) -> Margined:
    """A breakdown by sex with its margins."""
    return with_margins([_counts(one.people) for one in rows])


def _of_breakdown(rows: Sequence[Breakdown], in_total: frozenset[int]) -> dict[Breakdown, frozenset[str]]:
    table, last = table_of(rows), len(rows)
    totals = {(last, column) for column in range(len(COLUMNS))}
    known = {cell for cell in totals if cell[1] not in in_total}
    hidden = hidden_cells(table, also=totals - known, kept=known)
    if hidden is None:
        return {}
    return {one: _named(column for row, column in hidden if row == place) for place, one in enumerate(rows)}


def indicators(found: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """The indicators without small bases, and without counts of 1 to 10 people on either side of a share."""
    return tuple(_without_small(one) for one in found)


def _without_small(one: Indicator) -> Indicator:
    counted, of = int(one.numerator or 0), int(one.denominator or 0)
    is_few = one.denominator is not None and one.id in {*OF_PEOPLE, "I10", "I12", "I13"} and of < FEWEST_FOR_SHARES
    has_small = one.id in OF_PEOPLE and one.denominator is not None and (is_small(counted) or is_small(of - counted))
    is_narrow = one.id == "I03" and (is_small(int(one.value or 0)) or is_small(int((one.high or 0) - (one.low or 0))))
    if not (is_few or has_small or is_narrow):
        return one
    notes, facts = ("small", *one.notes), {**one.facts, "fewest": FEWEST_FOR_SHARES}
    return Indicator(one.id, one.unit, item_set=one.item_set, notes=notes, facts=facts)


def learning(found: Iterable[Learning]) -> tuple[Learning, ...]:
    """Item sets with thirty pairs or more, without small counts and without anything about single sessions."""
    return tuple(
        replace(
            one,
            session_means=None,
            unpaired_before=None,
            worse=_told(one.worse),
            passed_before=_told(one.passed_before),
            passed_after=_told(one.passed_after),
            ranks=None if one.ranks and is_small(one.ranks.equal) else one.ranks,
        )
        for one in found
        if one.pairs >= FEWEST_FOR_SHARES
    )


def items(found: Iterable[ItemChange]) -> tuple[ItemChange, ...]:
    """Items whose four answers, before and after, are each given by nobody or by eleven people or more."""
    return tuple(one for one in found if one.pairs >= FEWEST_FOR_SHARES and not any(map(is_small, _cells(one))))


def _cells(one: ItemChange) -> tuple[int, ...]:
    both_right = one.right_before - one.lost
    both_wrong = one.pairs - both_right - one.gained - one.lost
    return both_right, one.gained, one.lost, both_wrong, one.dont_know_before, one.dont_know_after


def _told(share: Share | None) -> Share | None:
    return None if share is None or is_small(share.count) or is_small(share.of - share.count) else share


def _counts(people: People) -> list[int]:
    return [people.women, people.men, people.unsaid]


def _named(columns: Iterable[int]) -> frozenset[str]:
    return frozenset(COLUMNS[column] for column in columns)
