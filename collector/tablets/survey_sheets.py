"""The surveys of one simulated session: who meets one, on which tablet, for how long, with what answers, when sent.

Used by campaign.py and defects.py. Pure; minutes, shares and delays are those of the campaign's specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from random import Random

from collector.form.programme import Programme
from collector.tablets import knowledge
from collector.tablets.people import Person, choose
from collector.tablets.sheets import SessionSheet, SurveySheet

PRESENT: Mapping[str, Mapping[str, float]] = {
    "before": {"professional": 0.975, "community": 0.975},
    "after": {"professional": 0.95, "community": 0.915},
}
"""Share of people who meet a survey; with the 3 % who then refuse it, 95 % answer before and 92 or 88 % after."""

LOW_ABILITY_LEAVES = -0.2
"""Logits by which a person below average ability is less likely to be there after: the bias of pairing."""

MINUTES = {"before": 9.0, "after": 8.0}
MINUTES_SD = 0.35
READ_ALOUD_FACTOR = 1.25
FASTEST_HONEST = 0.45
"""Median minutes of a survey, their logarithm's standard deviation; no honest person needs less than this share."""

AGREE: Mapping[str, Mapping[str, float]] = {
    "before": {"5": 10, "4": 25, "3": 25, "2": 25, "1": 12, "pns": 3},
    "after": {"5": 35, "4": 43, "3": 13, "2": 5, "1": 2, "pns": 2},
}
FEEDBACK: Mapping[str, float] = {"5": 48, "4": 40, "3": 7, "2": 2.5, "1": 1, "pns": 1.5}
FEEDBACK_IN_A_SECOND_LANGUAGE: Mapping[str, float] = {"5": 36, "4": 40, "3": 13, "2": 7, "1": 2.5, "pns": 1.5}
FEEDBACK_QUESTIONS, LANGUAGE_QUESTION = 5, 3
"""Of the five statements about the session, the fourth is about its language."""

SURVEY_TABLETS = tuple(f"tablet-{number:02d}" for number in range(2, 13))


@dataclass(frozen=True)
class Habits:
    """How an enumerator works; the default is the honest one. `minutes`: median of a survey, None as everybody's."""

    minutes: float | None = None
    dont_know_factor: float = 1.0


@dataclass(frozen=True)
class Visitor:
    """A person with the card used in this session. `earlier`: the answer to "have you come before?"."""

    person: Person
    card: int
    earlier: str


def surveys_of(
    programme: Programme,
    session: SessionSheet,
    visitors: Sequence[Visitor],
    habits: Habits,
    random: Random,
) -> list[SurveySheet]:
    """The surveys before and after a session that took place, in the order they were filled."""
    taught = random.gauss(0, knowledge.SESSION_SD)
    surveys = []
    for wave, begins_at in (
        ("before", session.starts_at - timedelta(minutes=25)),
        ("after", session.finishes_at - timedelta(minutes=4)),
    ):
        there = [visitor for visitor in visitors if _is_there(visitor.person, session.plan["item_set"], wave, random)]
        slots = _slots(there, wave, begins_at, habits, random)
        for visitor, slot in zip(there, slots, strict=True):
            items = answers_of(programme, session.plan, visitor.person, wave, taught, habits, random)
            surveys.append(_survey(visitor, session.plan, wave, slot, items, random))
    return surveys


def _is_there(person: Person, item_set: str, wave: str, random: Random) -> bool:
    share = PRESENT[wave][item_set]
    leaves = LOW_ABILITY_LEAVES if wave == "after" and person.ability < 0 else 0.0
    return random.random() < 1 / (1 + (1 - share) / share * exp(-leaves))


def _slots(
    visitors: Sequence[Visitor], wave: str, begins_at: datetime, habits: Habits, random: Random
) -> Iterator[tuple[str, datetime, datetime]]:
    """Tablet, start and end for each visitor: whoever comes next takes the tablet that is free first."""
    free_at = {device: begins_at + timedelta(minutes=random.uniform(0, 5)) for device in SURVEY_TABLETS}
    for visitor in visitors:
        device = min(free_at, key=lambda name: free_at[name])
        started_at = free_at[device]
        ended_at = started_at + timedelta(minutes=_minutes(visitor.person, wave, habits, random))
        free_at[device] = ended_at + timedelta(minutes=random.uniform(1.2, 3))
        yield device, started_at, ended_at


def _minutes(person: Person, wave: str, habits: Habits, random: Random) -> float:
    median = (habits.minutes or MINUTES[wave]) * (READ_ALOUD_FACTOR if person.is_read_aloud else 1)
    return median * max(exp(random.gauss(0, MINUTES_SD)), FASTEST_HONEST)


def answers_of(
    programme: Programme,
    plan: Mapping[str, str],
    person: Person,
    wave: str,
    taught: float,
    habits: Habits,
    random: Random,
) -> dict[str, tuple[str, ...]]:
    """The choices of one person in one wave by item id; `taught`: logits that the session added for everybody."""
    shift = knowledge.COMMUNITY_SHIFT[wave] if plan["item_set"] == "community" else 0.0
    dont_know = min(1.0, knowledge.DONT_KNOW[wave] * habits.dont_know_factor)
    mind = knowledge.Mind(person.ability, shift + (taught if wave == "after" else 0.0), dont_know)
    return {
        item: knowledge.answer(item, programme.items[item], wave, mind, programme.codes.dont_know, random)
        for item in programme.item_sets[plan["item_set"]].items
    }


def _survey(
    visitor: Visitor,
    plan: Mapping[str, str],
    wave: str,
    slot: tuple[str, datetime, datetime],
    items: dict[str, tuple[str, ...]],
    random: Random,
) -> SurveySheet:
    person = visitor.person
    device, started_at, ended_at = slot
    is_second_language = plan["governorate"] == "duhok" and person.language == "ckb"
    return SurveySheet(
        session=plan["name"],
        device=device,
        username=plan["enumerator"].lower(),
        language=person.language,
        started_at=started_at,
        ended_at=ended_at,
        sent_at=sent_after(ended_at, random),
        wave=wave,
        card=visitor.card,
        person=person,
        consents=not person.refuses_survey,
        sex=person.sex,
        age_group=person.age_group,
        item_set=plan["item_set"],
        items=items,
        confidence=choose(AGREE[wave], random),
        difficulties=person.difficulties,
        feedback=tuple(
            choose(
                FEEDBACK_IN_A_SECOND_LANGUAGE if number == LANGUAGE_QUESTION and is_second_language else FEEDBACK,
                random,
            )
            for number in range(FEEDBACK_QUESTIONS)
        ),
    )


def sent_after(ended_at: datetime, random: Random) -> datetime:
    """When a form is sent: 80 % the same day, 14 % the next, 5 % within a week, 1 % later."""
    days = choose({"0": 80, "1": 14, "week": 5, "later": 1}, random)
    if days == "0":
        return ended_at + timedelta(minutes=random.uniform(15, 150))
    wait = 1.0 if days == "1" else random.uniform(2.1, 6.9) if days == "week" else random.uniform(7.2, 12)
    return ended_at + timedelta(days=wait, minutes=random.uniform(-90, 90) if days == "1" else 0)
