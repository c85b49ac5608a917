"""Who came: contacts, participants as a range, sessions held against plan. Pure functions over campaign.py's sessions.

Source: domain README §1.2, indicators I01 to I04. Contacts add up; participants never do: recompute for every slice.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import chain, repeat
from itertools import count as count_from
from typing import overload

from collector.form.programme import Codes
from collector.form.spool import Spool
from collector.indicators.campaign import Session

NOBODY_NEW = 2**32 - 1
"""Stands for a visit of somebody who was there before."""


@dataclass(frozen=True, slots=True)
class Person:
    """A distinct card of the registers, with the details of the first visit that gave them.

    is_unlinked: at the first visit the person said that they came before (or was not sure): perhaps counted twice.
    governorates, audiences, rounds, months ("2026-07"): of the sessions visited; "" where unknown.
    """

    sex: str | None
    age_group: str | None
    is_unlinked: bool
    governorates: frozenset[str]
    audiences: frozenset[str]
    rounds: frozenset[str]
    months: frozenset[str]
    displacement: str | None = None
    org_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Visit:
    """A row of a register: whose, the how manieth of the campaign, and the place of its session among those held."""

    person: str
    place: int
    session: int
    sex: str | None
    age_group: str | None
    earlier: str | None
    displacement: str | None
    org_type: str | None


@dataclass(frozen=True, slots=True)
class People:
    """Distinct people of a slice: `low` to `high`, and the high count by sex; unsaid: no answer, or details refused."""

    women: int
    men: int
    unsaid: int
    low: int

    @property
    def high(self) -> int:
        return self.women + self.men + self.unsaid


@dataclass(frozen=True, slots=True)
class Progress:
    """Sessions held among those due: planned for the day of the report or before it."""

    held: int
    due: int
    planned: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A week from Sunday, or a month: sessions planned and held in it and up to its end, and its contacts."""

    starts_on: date
    planned: int
    held: int
    contacts: int
    planned_so_far: int
    held_so_far: int


def contacts(sessions: Iterable[Session]) -> int:
    """I02: people in the room, summed over held sessions."""
    return sum(session.contacts for session in sessions)


def progress(sessions: Sequence[Session], today: date) -> Progress:
    """I01: planned sessions that were held, against those planned up to `today`; postponed ones stay in the plan."""
    planned = [session.planned for session in sessions if session.planned]
    held = [session for session in sessions if session.planned and session.is_held and (session.day or today) <= today]
    due = sum(1 for plan in planned if plan.planned_on and plan.planned_on <= today)
    return Progress(len(held), due, len(planned))


class Participants(Sequence[Person]):
    """Distinct people, in the order of their first visit; of whom the same is known are one object.

    Four bytes a visit: a campaign may have a million of them.
    """

    __slots__ = ("_kinds", "_of_visits", "_visits")

    def __init__(self, kinds: Sequence[Person], of_visits: array[int], visits: array[int]) -> None:
        """of_visits: what is known of the person of each visit, as a place in `kinds`; NOBODY_NEW after the first one.

        visits: how many each session had, in their order.
        """
        self._kinds, self._of_visits, self._visits = kinds, of_visits, visits

    @property
    def sessions(self) -> Iterator[int]:
        """Of the first visits: a number for each session, by their days."""
        numbers = chain.from_iterable(repeat(number, visits) for number, visits in enumerate(self._visits))
        return (number for number, kind in zip(numbers, self._of_visits, strict=True) if kind != NOBODY_NEW)

    @property
    def counted(self) -> Iterator[tuple[Person, int]]:
        """What is known of people, and of how many."""
        return ((self._kinds[kind], count) for kind, count in Counter(self._of_visits).items() if kind != NOBODY_NEW)

    def in_bands(self, band: Callable[[str | None], str | None]) -> Participants:
        """The same people, their age groups put together."""
        banded = [replace(person, age_group=band(person.age_group)) for person in self._kinds]
        return Participants(banded, self._of_visits, self._visits)

    def __iter__(self) -> Iterator[Person]:
        return (self._kinds[kind] for kind in self._of_visits if kind != NOBODY_NEW)

    def __len__(self) -> int:
        return len(self._of_visits) - self._of_visits.count(NOBODY_NEW)

    @overload
    def __getitem__(self, place: int) -> Person: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Person, ...]: ...
    def __getitem__(self, place: int | slice) -> Person | tuple[Person, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def participants(sessions: Iterable[Session], codes: Codes) -> Participants:
    """Distinct people of held sessions, in the order of their first visit."""
    held = sorted((s for s in sessions if s.is_held), key=lambda s: (s.day or date.max, s.name))
    visits = Spool[_Visit](lambda visit: visit.person, _visits(held))
    of_visits = array("I", [NOBODY_NEW]) * sum(len(session.rows) for session in held)
    kinds: dict[Person, int] = {}
    for _, of_person in visits.groups():
        person = _person(of_person, held, codes)
        of_visits[of_person[0].place] = kinds.setdefault(person, len(kinds))
    return Participants(list(kinds), of_visits, array("L", (len(session.rows) for session in held)))


def _visits(held: Iterable[Session]) -> Iterator[_Visit]:
    place = count_from(0)
    for number, session in enumerate(held):
        for row in session.rows:
            here = next(place)
            details = row.sex, row.age_group, row.earlier, row.displacement, row.org_type
            yield _Visit(f" {here}" if row.person_key is None else row.person_key, here, number, *details)


@cache
def _the_set(values: frozenset[str]) -> frozenset[str]:
    return values


def _set(values: Iterable[str]) -> frozenset[str]:
    """A set that is one object wherever it is the same."""
    return _the_set(frozenset(values))


def _person(visits: Sequence[_Visit], held: Sequence[Session], codes: Codes) -> Person:
    sessions = [held[visit.session] for visit in visits]
    return Person(
        sex=next((visit.sex for visit in visits if visit.sex), None),
        age_group=next((visit.age_group for visit in visits if visit.age_group), None),
        is_unlinked=visits[0].earlier in codes.earlier,
        governorates=_set(session.governorate or "" for session in sessions),
        audiences=_set(session.audience or "" for session in sessions),
        rounds=_set(session.round or "" for session in sessions),
        months=_set(session.month for session in sessions),
        displacement=next((visit.displacement for visit in visits if visit.displacement), None),
        org_type=next((visit.org_type for visit in visits if visit.org_type), None),
    )


def count(people: Iterable[Person], codes: Codes) -> People:
    """I03: high = distinct cards; low = high less those who say they came before but cannot be linked."""
    return _count(_counted(people), codes)


def by(people: Iterable[Person], values: Callable[[Person], Iterable[str]], codes: Codes) -> dict[str, People]:
    """Count the people of each value; who has two values counts in each, so slices may add to more than the total."""
    slices: dict[str, list[tuple[Person, int]]] = defaultdict(list)
    for person, number in _counted(people):
        for value in values(person):
            slices[value].append((person, number))
    return {value: _count(of_slice, codes) for value, of_slice in slices.items()}


def _counted(people: Iterable[Person]) -> Iterable[tuple[Person, int]]:
    return people.counted if isinstance(people, Participants) else ((person, 1) for person in people)


def _count(counted: Iterable[tuple[Person, int]], codes: Codes) -> People:
    women = men = unsaid = low = 0
    for person, number in counted:
        women += number if person.sex == codes.female else 0
        men += number if person.sex == codes.male else 0
        unsaid += number if person.sex not in {codes.female, codes.male} else 0
        low += 0 if person.is_unlinked else number
    return People(women, men, unsaid, low)


def weeks(sessions: Iterable[Session]) -> tuple[Stretch, ...]:
    """Sessions planned and held by week, every week from the first to the last; weeks begin on Sunday, as in Iraq."""
    return _over_time(sessions, sunday, lambda start: start + timedelta(weeks=1))


def months(sessions: Iterable[Session]) -> tuple[Stretch, ...]:
    """Sessions planned and held by month, every month from the first to the last."""
    return _over_time(sessions, _first, lambda start: _first(start + timedelta(days=31)))


def _over_time(
    sessions: Iterable[Session], start_of: Callable[[date], date], after: Callable[[date], date]
) -> tuple[Stretch, ...]:
    planned: dict[date, int] = defaultdict(int)
    held: dict[date, int] = defaultdict(int)
    people: dict[date, int] = defaultdict(int)
    for session in sessions:
        if session.planned and session.planned.planned_on:
            planned[start_of(session.planned.planned_on)] += 1
        if session.is_held and session.day:
            held[start_of(session.day)] += 1
            people[start_of(session.day)] += session.contacts
    found: list[Stretch] = []
    planned_so_far = held_so_far = 0
    for start in _every(planned.keys() | held.keys(), after):
        planned_so_far, held_so_far = planned_so_far + planned[start], held_so_far + held[start]
        found.append(Stretch(start, planned[start], held[start], people[start], planned_so_far, held_so_far))
    return tuple(found)


def sunday(day: date) -> date:
    """The Sunday that begins the week of a day."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _first(day: date) -> date:
    return day.replace(day=1)


def _every(found: Iterable[date], after: Callable[[date], date]) -> Iterator[date]:
    listed = sorted(found)
    start = listed[0] if listed else date.max
    while listed and start <= listed[-1]:
        yield start
        start = after(start)
