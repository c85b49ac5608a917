"""Who came, by every breakdown that is reported: one row a value, recomputed from the people each time.

Fed by campaign.py and reach.py; shown on sheet Reach. Source: domain README §1.2: contacts add up, participants never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from collector.form.programme import Codes
from collector.indicators import reach
from collector.indicators.campaign import Session
from collector.indicators.reach import People, Person


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One value of one breakdown. contacts, sessions (held ones): None where people are told apart, not sessions."""

    name: str
    value: str
    contacts: int | None
    people: People
    sessions: int | None = None


OF_SESSIONS: dict[str, Callable[[Session], str]] = {
    "audiences": lambda session: session.audience or "",
    "governorates": lambda session: session.governorate or "",
    "rounds": lambda session: session.round or "",
    "months": lambda session: session.month,
}
OF_PEOPLE: dict[str, Callable[[Person], Iterable[str]]] = {
    "age_group": lambda person: [person.age_group or ""],
    "displacement": lambda person: [person.displacement or ""],
    "org_type": lambda person: [person.org_type or ""],
}


def breakdowns(sessions: Sequence[Session], people: Sequence[Person], codes: Codes) -> tuple[Breakdown, ...]:
    """The campaign as a whole, then each breakdown, its values in their own order."""
    held = [session for session in sessions if session.is_held]
    found = [Breakdown("campaign", "", reach.contacts(held), reach.count(people, codes), len(held))]
    for name, of_session in OF_SESSIONS.items():
        counted = reach.by(people, lambda person, name=name: getattr(person, name), codes)  # type: ignore[misc]
        for value in sorted(counted.keys() | {of_session(session) for session in held}):
            of_value = [session for session in held if of_session(session) == value]
            people_of_value = counted.get(value, People(0, 0, 0, 0))
            found.append(Breakdown(name, value, reach.contacts(of_value), people_of_value, len(of_value)))
    for name, values in OF_PEOPLE.items():
        counted = reach.by(people, values, codes)
        found += [Breakdown(name, value, None, counted[value]) for value in sorted(counted)]
    return tuple(found)


def crosses(sessions: Sequence[Session], codes: Codes) -> tuple[Breakdown, ...]:
    """Governorate by audience, each with its people by sex; value: both codes, a blank between."""
    held = [session for session in sessions if session.is_held]
    found = []
    for place in sorted({(session.governorate or "", session.audience or "") for session in held}):
        own = [session for session in held if (session.governorate or "", session.audience or "") == place]
        counted = reach.count(reach.participants(own, codes), codes)
        found.append(Breakdown("governorates_audiences", " ".join(place), reach.contacts(own), counted))
    return tuple(found)
