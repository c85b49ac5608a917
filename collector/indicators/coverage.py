"""Where sessions were: planned and held by district, how many came, and how long ago. Shown on sheet Coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from collector.form.programme import Codes
from collector.form.spool import distinct
from collector.indicators import reach
from collector.indicators.breakdowns import Breakdown
from collector.indicators.campaign import Session


@dataclass(frozen=True, slots=True)
class District:
    """One district. cards: distinct cards of its registers; last_on: day of its last held session."""

    governorate: str
    district: str
    planned: int
    held: int
    contacts: int
    cards: int
    last_on: date | None


def districts(sessions: Iterable[Session]) -> tuple[District, ...]:
    """Every district of the plan or of a held session, by governorate and district; "" where unknown."""
    places: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        if session.planned or session.is_held:
            places[session.governorate or "", session.district or ""].append(session)
    return tuple(_district(*place, places[place]) for place in sorted(places))


def people_of_districts(sessions: Iterable[Session], codes: Codes) -> tuple[Breakdown, ...]:
    """The people of each district with a held session; value: its governorate and it, a blank between."""
    places: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        if session.is_held:
            places[session.governorate or "", session.district or ""].append(session)
    return tuple(
        Breakdown("districts", " ".join(place), None, reach.count(reach.participants(held, codes), codes), len(held))
        for place, held in sorted(places.items())
    )


def _district(governorate: str, district: str, sessions: list[Session]) -> District:
    held = [session for session in sessions if session.is_held]
    cards = (row.person_key or f"{row.root_uuid}/{row.row}" for session in held for row in session.rows)
    return District(
        governorate,
        district,
        planned=sum(session.planned is not None for session in sessions),
        held=len(held),
        contacts=reach.contacts(held),
        cards=distinct(cards),
        last_on=max((session.day for session in held if session.day), default=None),
    )
