"""The sheet of one simulated session: when it took place, who is in the register, what the enumerator writes about it.

Used by campaign.py and defects.py. Pure; times and shares are those of the campaign's specification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from math import cos, exp, log, pi, radians, sin
from random import Random

from collector.tablets.people import choose
from collector.tablets.sheets import Geopoint, Row, SessionSheet
from collector.tablets.survey_sheets import Visitor

REGISTER_TABLET = "tablet-01"
"""The enumerator's own tablet; the others go round the room."""


def held_session(
    plan: Mapping[str, str],
    venue: Mapping[str, str],
    visitors: Sequence[Visitor],
    cards: Sequence[int],
    zone: tzinfo,
    status: str,
    random: Random,
) -> SessionSheet:
    """The sheet of a session that takes place as planned.

    cards: handed out in this session, in order; status: the choice that says it took place.
    """
    starts_at = _planned_start(plan, zone) + timedelta(minutes=round(abs(random.gauss(0, 6))))
    finishes_at = starts_at + timedelta(minutes=round(min(max(random.gauss(150, 25), 95), 220)))
    rows = [_row(visitor, random) for visitor in visitors]
    sheet = _session_sheet(plan, venue, rows, starts_at, finishes_at, status, random)
    sheet.first_card, sheet.last_card = cards[0], cards[-1]
    return sheet


def session_not_held(plan: Mapping[str, str], zone: tzinfo, status: str, reason: str, random: Random) -> SessionSheet:
    """The sheet that says a planned session was postponed or cancelled."""
    starts_at = _planned_start(plan, zone)
    sheet = _session_sheet(plan, {"venue_type": ""}, [], starts_at, starts_at + timedelta(minutes=5), status, random)
    sheet.reason = reason
    return sheet


def _planned_start(plan: Mapping[str, str], zone: tzinfo) -> datetime:
    return datetime.fromisoformat(f"{plan['planned_date']}T{plan['starts']}").replace(tzinfo=zone)


def _row(visitor: Visitor, random: Random) -> Row:
    return Row(
        card=visitor.card,
        consents=not visitor.person.refuses_register,
        sex=visitor.person.sex,
        age_group=visitor.person.age_group,
        person=visitor.person,
        attendance="full" if random.random() < 0.93 else "part",
        earlier=visitor.earlier,
    )


def _session_sheet(
    plan: Mapping[str, str],
    venue: Mapping[str, str],
    rows: list[Row],
    starts_at: datetime,
    finishes_at: datetime,
    status: str,
    random: Random,
) -> SessionSheet:
    ended_at = finishes_at + timedelta(minutes=random.uniform(3, 12))
    modules = plan["modules"].split()
    return SessionSheet(
        session=plan["name"],
        device=REGISTER_TABLET,
        username=plan["enumerator"].lower(),
        language=choose({"ckb": 70, "ar": 25, "en": 5}, random),
        started_at=min(starts_at + timedelta(minutes=random.uniform(30, 45)), finishes_at),
        ended_at=ended_at,
        sent_at=ended_at + timedelta(minutes=random.uniform(10, 90)),
        plan=plan,
        reason="",
        status=status,
        day=starts_at.date(),
        starts_at=starts_at,
        finishes_at=finishes_at,
        rows=rows,
        women=sum(row.sex == "f" for row in rows),
        men=sum(row.sex == "m" for row in rows),
        first_card=0,
        last_card=0,
        venue_type=venue["venue_type"],
        location=_location(venue, random) if rows else None,
        languages=_languages(plan["governorate"], plan["audience"]),
        modules=tuple(modules if random.random() < 0.9 else modules[:-1]),
        problems=_problems(random),
        is_step_free=choose({"yes": 55, "no": 30, "ns": 15}, random),
        gave_referral_info=random.random() < 0.95,
    )


def _location(venue: Mapping[str, str], random: Random) -> Geopoint:
    """Where the tablet believes it is: the venue, off by about half the accuracy it reports."""
    is_network_fix = random.random() < 0.08
    accuracy = exp(random.uniform(log(80), log(1500))) if is_network_fix else 12 * exp(random.gauss(0, 0.7))
    return displaced(venue, abs(random.gauss(0, accuracy / 2)), accuracy, random)


def displaced(venue: Mapping[str, str], metres: float, accuracy: float, random: Random) -> Geopoint:
    """The point so many metres from the venue in a random direction."""
    bearing = random.uniform(0, 2 * pi)
    latitude = float(venue["latitude"]) + metres * cos(bearing) / 111_320
    longitude = float(venue["longitude"]) + metres * sin(bearing) / (111_320 * cos(radians(latitude)))
    return round(latitude, 6), round(longitude, 6), 0.0, round(accuracy, 1)


def _languages(governorate: str, audience: str) -> tuple[str, ...]:
    spoken = "kmr" if governorate == "duhok" else "ckb"
    return (spoken, "ar") if audience == "idp" or governorate == "duhok" else (spoken,)


def _problems(random: Random) -> tuple[str, ...]:
    if random.random() < 0.7:
        return ("none",)
    return tuple(sorted(set(random.choices(("late", "power", "tablet", "language", "space", "left"), k=2))))
