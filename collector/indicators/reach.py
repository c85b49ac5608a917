"""Who came: contacts, participants as a range, sessions held against plan. Pure functions over campaign.py's sessions.

Source: domain README §1.2, indicators I01 to I04. Contacts add up; participants never do: recompute for every slice.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from collector.form.programme import Codes
from collector.form.records import RegisterRow
from collector.indicators.campaign import Session


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


class Participants(tuple[Person, ...]):
    """Distinct people, in the order of their first visit. People of whom the same is known are one object.

    sessions: of their first visits.
    """

    sessions: Sequence[str]

    def in_bands(self, band: Callable[[str | None], str | None]) -> Participants:
        """The same people, their age groups put together."""
        banded = {person: replace(person, age_group=band(person.age_group)) for person in set(self)}
        found = Participants(banded[person] for person in self)
        found.sessions = self.sessions
        return found


def participants(sessions: Iterable[Session], codes: Codes) -> Participants:
    """Distinct people of held sessions, in the order of their first visit."""
    held = sorted((s for s in sessions if s.is_held), key=lambda s: (s.day or date.max, s.name))
    often = _twice(row.person_key for session in held for row in session.rows)
    known: dict[Person, Person] = {}
    people: list[Person | None] = []
    names: list[str] = []
    places: dict[str, int] = {}
    visits: dict[str, list[tuple[Session, RegisterRow]]] = defaultdict(list)
    for session in held:
        for row in session.rows:
            key = row.person_key
            if key is not None and hash(key) in often:
                visits[key].append((session, row))
                if places.setdefault(key, len(people)) < len(people):
                    continue
                people.append(None)
            else:
                person = _person([(session, row)], codes)
                people.append(known.setdefault(person, person))
            names.append(session.name)
    for key, of_person in visits.items():
        people[places[key]] = _person(of_person, codes)
    found = Participants(person for person in people if person)
    found.sessions = names
    return found


def _twice(keys: Iterable[str | None]) -> frozenset[int]:
    """Hashes of the keys that come twice or more, and perhaps of others: a million numbers instead of as many texts."""
    hashes = sorted(array("q", (hash(key) for key in keys if key is not None)))
    return frozenset(one for one, other in pairwise(hashes) if one == other)


@cache
def _the_set(values: frozenset[str]) -> frozenset[str]:
    return values


def _set(values: Iterable[str]) -> frozenset[str]:
    """A set that is one object wherever it is the same."""
    return _the_set(frozenset(values))


def _person(visits: Sequence[tuple[Session, RegisterRow]], codes: Codes) -> Person:
    rows = [row for _, row in visits]
    return Person(
        sex=next((row.sex for row in rows if row.sex), None),
        age_group=next((row.age_group for row in rows if row.age_group), None),
        is_unlinked=rows[0].earlier in codes.earlier,
        governorates=_set(session.governorate or "" for session, _ in visits),
        audiences=_set(session.audience or "" for session, _ in visits),
        rounds=_set(session.round or "" for session, _ in visits),
        months=_set(session.month for session, _ in visits),
        displacement=next((row.displacement for row in rows if row.displacement), None),
        org_type=next((row.org_type for row in rows if row.org_type), None),
    )


def count(people: Iterable[Person], codes: Codes) -> People:
    """I03: high = distinct cards; low = high less those who say they came before but cannot be linked."""
    listed = list(people)
    women = sum(1 for person in listed if person.sex == codes.female)
    men = sum(1 for person in listed if person.sex == codes.male)
    low = sum(1 for person in listed if not person.is_unlinked)
    return People(women, men, len(listed) - women - men, low)


def by(people: Iterable[Person], values: Callable[[Person], Iterable[str]], codes: Codes) -> dict[str, People]:
    """Count the people of each value; who has two values counts in each, so slices may add to more than the total."""
    slices: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        for value in values(person):
            slices[value].append(person)
    return {value: count(of_slice, codes) for value, of_slice in slices.items()}


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
