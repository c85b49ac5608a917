"""What the shared edition tells of a whole month and a whole round, so that no subtraction gives anybody away.

Shown on sheet Summary. Sessions are parted by all that was told of them: this edition's month and round, those of the
editions before (told.py), and their days. Of every part each side of a share is nobody or eleven people, of thirty
people and two sessions or more; so whatever is left when one figure is taken from another is as much, or nothing.
Values are rounded, so that a share does not tell what it is of. Source: domain README §4.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from collector.indicators.campaign import Session
from collector.indicators.disclosure import FEWEST_FOR_SHARES, is_small
from collector.indicators.learning import Learning
from collector.indicators.periods import Period, evidence_of, whole_periods
from collector.indicators.results import Evidence, Indicator, indicators
from collector.indicators.shared import OF_SCORES, Published, means_of, sides_of
from collector.indicators.told import FEWEST_SESSIONS, Told, are_counts_far, is_mean_far

NO_PEOPLE = frozenset({"I01", "I08", "I09", "I20"})
"""Of sessions, districts and forms."""
OF_PEOPLE = frozenset({"I10", "I11", "I12", "I13", "I14", "I16", "I17"})
OF_MEANS = frozenset({"I12", "I13"})
DECIMALS = {"share": 2, "ratio": 2, "points": 1}
BREAKDOWN = {"month": "months", "round": "rounds"}

Key = tuple[str, str]
"""Indicator and item set."""


@dataclass(frozen=True)
class Part:
    """Sessions of which the same was told. marks: of "month/2026-06", "round/r1" and "until/2026-07-31"."""

    marks: frozenset[str]
    found: Evidence
    indicators: Mapping[Key, Indicator]

    def sides(self, key: Key) -> tuple[int, ...]:
        """People on every side of a share; of a mean all of them."""
        own = [pair.after.score for pair in self.found.linked.pairs if pair.after.item_set == key[1]]
        if key[0] in OF_MEANS:
            return (len(own),)
        if key[0] == "I14":
            passed = sum(score >= self.found.programme.threshold for score in own)
            return passed, len(own) - passed
        one = self.indicators.get(key)
        return sides_of(one) if one else ()

    def sessions(self, key: Key) -> set[str]:
        """The sessions that people of an indicator came to."""
        if key[0] in {"I10", "I11"}:
            return {survey.session or "" for survey in self.found.surveys}
        return {pair.session for pair in self.found.linked.pairs if key[1] in {"", pair.after.item_set}}


def with_periods(edition: Published, found: Evidence, earlier: Sequence[Told] = ()) -> Published:
    """The edition with what it may tell of the last whole month and round, and with that among what it told."""
    periods = whole_periods(found.programme, found.today)
    marks = [mark_of(period) for period in periods]
    before = {mark for told in earlier for mark in _marks_told(told)}
    parts = parts_of(found, {*marks, *before})
    of_mark = {mark: _part({mark}, found, [s for s in found.sessions if is_in(s, mark)]) for mark in marks}
    told = [one for one in edition.indicators if one.value is not None]
    shown = {mark: [*_of_reach(edition, period, told)] for mark, period in zip(marks, periods, strict=True)}
    for one in told:
        for mark in _safe(one, marks, parts, of_mark, earlier):
            value = of_mark[mark].indicators.get((one.id, one.item_set))
            if value and value.value is not None:
                rounded = round(value.value, DECIMALS[one.unit])
                shown[mark].append(Indicator(one.id, one.unit, rounded, item_set=one.item_set))
    counts, means = _told(shown, of_mark)
    return replace(
        edition,
        periods={period: tuple(shown[mark]) for mark, period in zip(marks, periods, strict=True)},
        told=replace(
            edition.told,
            counts={**edition.told.counts, **counts},
            means={**edition.told.means, **means},
            until=found.today.isoformat(),
        ),
    )


def mark_of(period: Period) -> str:
    return f"{period.name}/{period.value}"


def is_in(session: Session, mark: str) -> bool:
    """Whether a session is in a month, in a round, or held until a day."""
    kind, value = mark.split("/", 1)
    if kind == "until":
        return session.day is not None and session.day.isoformat() <= value
    return value == (session.month if kind == "month" else session.round or "")


def parts_of(found: Evidence, marks: Iterable[str]) -> list[Part]:
    """All sessions, parted."""
    listed = sorted(marks)
    sessions: dict[frozenset[str], list[Session]] = defaultdict(list)
    for session in found.sessions:
        sessions[frozenset(mark for mark in listed if is_in(session, mark))].append(session)
    return [_part(part, found, own) for part, own in sessions.items()]


def _part(marks: Iterable[str], found: Evidence, sessions: Sequence[Session]) -> Part:
    own = evidence_of(found, sessions)
    return Part(frozenset(marks), own, {(one.id, one.item_set): one for one in indicators(own)})


def _marks_told(told: Told, key: Key | None = None) -> Iterator[str]:
    """The marks of which an edition told an indicator, or any."""
    is_mean = key is not None and key[0] in OF_MEANS
    if told.until and (key is None or (key[1] in told.means if is_mean else "/".join(key) in told.counts)):
        yield f"until/{told.until}"
    start = f"{'/'.join(key)}/" if key else ""
    for name in told.counts:
        if name.startswith(start) and name.count("/") == len(("indicator", "set", "month", "value")) - 1:
            yield name.split("/", 2)[2]


def _safe(
    one: Indicator, marks: Sequence[str], parts: Sequence[Part], of_mark: Mapping[str, Part], earlier: Sequence[Told]
) -> Iterable[str]:
    """The most of the marks for which an indicator can be told."""
    key = one.id, one.item_set
    if one.id in NO_PEOPLE:
        return marks if one.id != "I20" else [mark for mark in marks if _is_base(of_mark[mark].indicators.get(key))]
    if one.id not in OF_PEOPLE:
        return ()
    before = {mark for told in earlier for mark in _marks_told(told, key)}
    again = [mark for mark in marks if _is_far(key, mark, of_mark[mark], earlier)]
    for count in range(len(again), 0, -1):
        for some in combinations(again, count):
            if _is_apart(one, parts, {*some, *before}):
                return some
    return ()


def _is_base(one: Indicator | None) -> bool:
    return one is not None and (one.denominator or 0) >= FEWEST_FOR_SHARES


def _is_far(key: Key, mark: str, part: Part, earlier: Sequence[Told]) -> bool:
    """Whether a figure that was told of the same month or round before stands, or has moved by enough."""
    if key[0] in OF_MEANS:
        learned = _learned(part, key[1])
        return learned is not None and is_mean_far(f"{key[1]}/{mark}", means_of(learned), earlier)
    return are_counts_far(f"{'/'.join(key)}/{mark}", part.sides(key), earlier)


def _is_apart(one: Indicator, parts: Sequence[Part], marks: set[str]) -> bool:
    """Whether no part that these marks leave has few people on a side, few in all, or those of one session."""
    key = one.id, one.item_set
    whole = (int(one.denominator or 0),) if one.id in OF_MEANS else sides_of(one)
    sides: dict[frozenset[str], list[int]] = defaultdict(lambda: [0] * len(whole))
    sessions: dict[frozenset[str], set[str]] = defaultdict(set)
    rest = list(whole)  # what names no session that there is
    for part in parts:
        place = part.marks & marks
        sessions[place] |= part.sessions(key)
        for side, count in enumerate(part.sides(key)):
            sides[place][side] += count
            rest[side] -= count
    for side, count in enumerate(rest):
        sides[frozenset()][side] += count
    return all(_is_enough(counts, len(sessions[place])) for place, counts in sides.items())


def _is_enough(sides: Sequence[int], sessions: int) -> bool:
    people = sum(sides)
    return not people or (
        people >= FEWEST_FOR_SHARES and sessions >= FEWEST_SESSIONS and not any(is_small(side) for side in sides)
    )


def _of_reach(edition: Published, period: Period, told: Sequence[Indicator]) -> Iterator[Indicator]:
    """What sheet Reach tells of the period: contacts, and the share of women."""
    ids = {one.id for one in told}
    for row, hidden in edition.hidden.items():
        if (row.name, row.value) != (BREAKDOWN[period.name], period.value):
            continue
        if "I02" in ids and row.name in edition.contacts and row.contacts is not None:
            yield Indicator("I02", "count", row.contacts)
        said = row.people.women + row.people.men
        if "I04" in ids and not hidden & {"women", "men"} and said >= FEWEST_FOR_SHARES:
            yield Indicator("I04", "share", row.people.women / said)


def _told(
    shown: Mapping[str, Sequence[Indicator]], of_mark: Mapping[str, Part]
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[float, float, int, int]]]:
    """The counts and the means of all that is shown by month and round."""
    counts, means = {}, {}
    for mark, told in shown.items():
        for one in (one for one in told if one.id in OF_PEOPLE):
            counts[f"{one.id}/{one.item_set}/{mark}"] = of_mark[mark].sides((one.id, one.item_set))
            learned = _learned(of_mark[mark], one.item_set) if one.id in OF_SCORES else None
            if learned:
                means[f"{one.item_set}/{mark}"] = means_of(learned)
    return counts, means


def _learned(part: Part, item_set: str) -> Learning | None:
    return next((one for one in part.found.learning if one.item_set == item_set), None)
