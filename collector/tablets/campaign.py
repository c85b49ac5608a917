"""The simulated campaign: forty sessions, about 900 people, and every form their tablets fill. Nobody in it is real.

Used by jobs and tests; its forms go to tablet.py, its truth to truth.py. Pure and seeded: no clock, no network; the
same seed gives the same campaign. The model is the one of the campaign's specification: people.py, knowledge.py,
survey_sheets.py and session_sheets.py hold its figures, defects.py what is wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from collector.form.programme import Programme
from collector.tablets import cards, defects
from collector.tablets.filled import Filled, filled_session, filled_survey
from collector.tablets.people import choose, draw_person
from collector.tablets.session_sheets import held_session, session_not_held
from collector.tablets.sheets import Field
from collector.tablets.survey_sheets import Habits, Visitor, surveys_of
from collector.tablets.truth import Fact, facts_of

Profile = Literal["demo", "clean", "stress"]

SIZE, SIZE_SD, SMALLEST, LARGEST = 23.7, 4.5, 11, 34
"""People new to the campaign in a session. The specification's 22.5 gives 900 people in 40 sessions; 38 are held."""

RETURNING = 0.06
"""Share of people who come to a second session, half of them with a new card."""

NOT_HELD = (("postponed", "security"), ("cancelled", "turnout"))
"""Status and reason of the planned sessions that do not take place."""

HABITS: Mapping[str, Habits] = {"E07": Habits(minutes=3.5), "E04": Habits(dont_know_factor=2.0)}
"""Enumerators who do not work as the others; E07 also skips reading and E09 sends late, see defects.py."""

HABIT_FACTS = (Fact("QC24", "habit", enumerator="E04"), Fact("QC25", "habit", enumerator="E07"))
"""What these habits make the checks of enumerators find."""

LATEST = timedelta(days=7)
"""How long after the last session the last form is sent."""


@dataclass(frozen=True)
class Campaign:
    """All forms in the order they are sent, and what is wrong on purpose (never sent to a server)."""

    seed: int
    profile: str
    forms: tuple[Filled, ...]
    facts: tuple[Fact, ...]


def simulate(
    programme: Programme,
    plan: Sequence[Mapping[str, str]],
    venues: Sequence[Mapping[str, str]],
    *,
    seed: int,
    profile: Profile = "demo",
    has_old_form: bool = False,
) -> Campaign:
    """Simulate a campaign.

    plan, venues: rows of sessions_plan.csv and venues.csv.
    profile: "demo" has a believable number of defects, "clean" none, "stress" 5 % of each kind.
    has_old_form: one tablet did not fetch the newest form; the caller hands `run_tablets` the older one.
    """
    field = _field(programme, plan, venues, seed, HABITS if profile != "clean" else {})
    if profile != "clean":
        defects.spoil(field, programme, plan, venues, Random(f"{seed}/defects"), stress=profile == "stress")
    if not has_old_form:
        defects.forget_old_form(field)
    _send_before_the_end(field)
    defects.mark_what_happens_by_itself(field)
    filled = _filled(programme, field, seed)
    sent = sorted((form for form, sends in filled if sends), key=lambda form: (form.sent_at, form.instance_id))
    habits = [] if profile == "clean" else [*HABIT_FACTS]
    return Campaign(seed, profile, tuple(sent), facts_of((form for form, _ in filled), habits))


def _field(
    programme: Programme,
    plan: Sequence[Mapping[str, str]],
    venues: Sequence[Mapping[str, str]],
    seed: int,
    habits: Mapping[str, Habits],
) -> Field:
    """An honest field: nothing wrong on purpose but the habits."""
    zone, by_venue = ZoneInfo(programme.time_zone), {venue["name"]: venue for venue in venues}
    not_held = _not_held(plan, Random(f"{seed}/not held"))
    visitors = _visitors(plan, not_held, Random(f"{seed}/people"))
    field = Field(sessions={}, surveys=[])
    for number, row in enumerate(plan):
        name, random = row["name"], Random(f"{seed}/{row['name']}")
        if name in not_held:
            field.sessions[name] = session_not_held(row, zone, *not_held[name], random)
            continue
        handed_out = sorted({visitor.card for visitor in visitors[name]}.intersection(cards.pack(number)))
        session = held_session(
            row, by_venue[row["venue"]], visitors[name], handed_out, zone, programme.codes.held, random
        )
        field.sessions[name] = session
        usual = habits.get(row["enumerator"], Habits())
        field.surveys += surveys_of(programme, session, visitors[name], usual, random)
    return field


def _not_held(plan: Sequence[Mapping[str, str]], random: Random) -> dict[str, tuple[str, str]]:
    """Status and reason by session; a plan of fewer than ten sessions is held as planned."""
    rows = random.sample(plan, min(len(NOT_HELD), len(plan) // 10))
    return {row["name"]: how for row, how in zip(rows, NOT_HELD, strict=False)}


def _visitors(plan: Sequence[Mapping[str, str]], not_held: Container[str], random: Random) -> dict[str, list[Visitor]]:
    """Who is in each session, and with which card: the new people first, then those who came before."""
    visitors: dict[str, list[Visitor]] = {}
    could_return: dict[tuple[str, str], list[Visitor]] = {}
    for number, row in enumerate(plan):
        if row["name"] in not_held:
            continue
        pack = iter(cards.pack(number))
        size = min(max(round(random.gauss(SIZE, SIZE_SD)), SMALLEST), LARGEST)
        new = [_new_visitor(row, next(pack), random) for _ in range(size)]
        before = could_return.setdefault((row["governorate"], row["audience"]), [])
        returning = [_again(_take(before, random), pack, random) for _ in range(_returns(size, before, random))]
        before += new
        visitors[row["name"]] = new + returning
    return visitors


def _new_visitor(row: Mapping[str, str], card: int, random: Random) -> Visitor:
    person = draw_person(row["audience"], row["governorate"], row["district"], random)
    return Visitor(person, card, earlier=choose({"no": 99, "ns": 1}, random))


def _returns(size: int, before: Sequence[Visitor], random: Random) -> int:
    return min(len(before), sum(random.random() < RETURNING for _ in range(size)))


def _take(before: list[Visitor], random: Random) -> Visitor:
    return before.pop(random.randrange(len(before)))


def _again(visitor: Visitor, pack: Iterator[int], random: Random) -> Visitor:
    """A person who comes a second time: half bring the old card, half get a new one."""
    if random.random() < 0.5:
        return Visitor(visitor.person, visitor.card, earlier="yes")
    return Visitor(visitor.person, next(pack), earlier=choose({"yes": 70, "ns": 30}, random))


def _send_before_the_end(field: Field) -> None:
    """No form is later than a week after the last session, so that the campaign can be looked at whole."""
    last = max(session.ended_at for session in field.sessions.values()) + LATEST
    for sheet in (*field.sessions.values(), *field.surveys):
        sheet.sent_at = min(sheet.sent_at, last)


def _filled(programme: Programme, field: Field, seed: int) -> list[tuple[Filled, bool]]:
    """Every sheet in its form, and whether it is sent."""
    forms = [
        (filled_session(programme, sheet, seed, index), sheet.sends)
        for index, sheet in enumerate(field.sessions.values())
    ]
    number = {"before": count(), "after": count()}
    return forms + [
        (filled_survey(programme, sheet, seed, next(number[sheet.wave])), sheet.sends) for sheet in field.surveys
    ]
