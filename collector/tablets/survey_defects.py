"""Defects of the surveys, each made `count` times in a scene. Called by defects.py."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise

from collector.form.programme import SurveyQuestions
from collector.tablets import cards
from collector.tablets.knowledge import FACILITY, WRONG_CHOICES, wrong_choices
from collector.tablets.scene import Scene
from collector.tablets.sheets import SurveySheet
from collector.tablets.survey_sheets import Habits, answers_of

HASTY, SLOW_TO_SEND = "e07", "e09"
"""User names of the enumerator who hurries and of the one who sends late."""

NO_SUCH_CHOICE = "not_in_list"


def card_not_in_register(scene: Scene, count: int) -> None:
    """QC08: people with both surveys whom nobody wrote into the register; two surveys a person."""
    registers = {session.session: session for session in scene.sessions(lambda session: bool(session.rows))}
    pairs = [pair for pair in scene.pairs() if pair[0].session in registers]
    for pair in scene.take(pairs, count // 2):
        session = registers[pair[0].session]
        session.rows = [row for row in session.rows if row.card != pair[0].card]
        for survey in pair:
            scene.mark(survey, "QC08")


def swapped_cards(scene: Scene, count: int) -> None:
    """QC06: two people of a session, not alike, take each other's card after it; two people a swap."""
    by_session: dict[str, list[SurveySheet]] = defaultdict(list)
    for _, after in scene.take(scene.pairs(), 10**6):
        by_session[after.session].append(after)
    swaps = [
        (one, other)
        for surveys in by_session.values()
        for one, other in zip(surveys[::2], surveys[1::2], strict=False)
        if (one.sex, one.age_group) != (other.sex, other.age_group)
    ]
    for one, other in scene.take(swaps, count // 2):
        one.card, other.card = other.card, one.card
        scene.mark(one, "QC06")
        scene.mark(other, "QC06")


def after_before_before(scene: Scene, count: int) -> None:
    """QC11: the wrong form was opened, so that the "after" form is the older one."""
    for before, after in scene.take(scene.pairs(), count):
        for part in ("device", "started_at", "ended_at", "sent_at"):
            first, second = getattr(before, part), getattr(after, part)
            setattr(before, part, second)
            setattr(after, part, first)
        scene.mark(before, "QC11")
        scene.mark(after, "QC11")


def card_of_another_session(scene: Scene, count: int) -> None:
    """QC05: a card from the pack of another session, one that was left over there."""
    numbers = {row["name"]: number for number, row in enumerate(scene.plan)}
    for index, survey in enumerate(scene.take(scene.surveys(), count)):
        elsewhere = (numbers[survey.session] + 1 + scene.random.randrange(len(numbers) - 1)) % len(numbers)
        survey.card = cards.pack(elsewhere)[-1 - index % 10]
        scene.mark(survey, "QC05")


def straight_lining(scene: Scene, count: int) -> None:
    """QC23: the same answer to every true/false item of the long set, four times in five by the one who hurries."""
    candidates = scene.surveys(lambda survey: len(_true_false(survey)) >= 8)
    hasty = scene.take([survey for survey in candidates if survey.username == HASTY], round(count * 0.8))
    others = scene.take([survey for survey in candidates if survey.username != HASTY], count - len(hasty))
    for survey in (*hasty, *others):
        same = scene.random.choice(("true", "false"))
        survey.items |= dict.fromkeys(_true_false(survey), (same,))
        scene.mark(survey, "QC23")


def same_wrong_answers(scene: Scene, count: int) -> None:
    """QC26: tables of three who hand in the same answers, at least three of them wrong."""
    by_session: dict[str, list[SurveySheet]] = defaultdict(list)
    for survey in scene.surveys(lambda survey: survey.wave == "after" and survey.username != HASTY):
        by_session[survey.session].append(survey)
    tables = [scene.take(surveys, 3) for surveys in by_session.values() if len(surveys) >= 3]
    for table in scene.take(tables, count // 3):
        answers = dict(table[0].items)
        for item in scene.take([item for item in answers if len(scene.programme.items[item].key) == 1], 4):
            answers[item] = (wrong_choices(item, scene.programme.items[item].key[0])[0],)
        for survey in table:
            survey.items = dict(answers)
            scene.mark(survey, "QC26")


def too_short(scene: Scene, count: int) -> None:
    """QC17: a minute or two, by people who otherwise take their time."""
    for survey in scene.take(scene.surveys(lambda survey: survey.username != HASTY), count):
        survey.ended_at = survey.started_at + timedelta(minutes=scene.random.uniform(1.1, 2.2))
        scene.mark(survey, "QC17")


def overlapping(scene: Scene, count: int) -> None:
    """QC19: a form begun on a tablet before the form before it was finished."""
    by_device: dict[tuple[str, str, str], list[SurveySheet]] = defaultdict(list)
    for survey in sorted(scene.surveys(), key=lambda survey: survey.started_at):
        by_device[survey.session, survey.wave, survey.device].append(survey)
    later = {
        id(second): (first, second)
        for surveys in by_device.values()
        for first, second in pairwise(surveys)
        if first.ended_at - first.started_at > timedelta(minutes=5)
    }
    for first, second in scene.take(list(later.values()), count):
        second.started_at = first.ended_at - timedelta(minutes=scene.random.uniform(2, 4))
        scene.mark(second, "QC19")


def off_hours(scene: Scene, count: int) -> None:
    """QC20: the "after" form filled in the evening, at home."""
    for survey in scene.take(scene.surveys(lambda survey: survey.wave == "after"), count):
        lasted = survey.ended_at - survey.started_at
        survey.started_at = survey.started_at.replace(hour=20, minute=30) + timedelta(
            minutes=scene.random.uniform(0, 90)
        )
        survey.ended_at = survey.started_at + lasted
        survey.sent_at = max(survey.sent_at, survey.ended_at + timedelta(minutes=2))
        scene.mark(survey, "QC20")


def late(scene: Scene, count: int) -> None:
    """QC30: sent days after it was filled, by the enumerator who sends late."""
    slow = scene.take(scene.surveys(lambda survey: survey.username == SLOW_TO_SEND), count)
    others = scene.take(scene.surveys(lambda survey: survey.username != SLOW_TO_SEND), count - len(slow))
    for survey in (*slow, *others):
        survey.sent_at = survey.ended_at + timedelta(days=scene.random.uniform(2.2, 6.9))
        scene.mark(survey, "QC30")


def answers_without_consent(scene: Scene, count: int) -> None:
    """QC32: "no" to the consent and answers all the same; the form prevents it, so it is changed afterwards."""
    for survey in scene.take(scene.surveys(), count):
        survey.tampered[_questions(scene, survey).consent] = scene.programme.codes.no
        scene.mark(survey, "QC32")


def unknown_code(scene: Scene, count: int) -> None:
    """QC36: a choice that is in no list; a tablet cannot choose it, so it is changed afterwards."""
    for survey in scene.take(scene.surveys(), count):
        survey.tampered[_questions(scene, survey).age_group] = NO_SUCH_CHOICE
        scene.mark(survey, "QC36")


def wrong_clock(scene: Scene, count: int) -> None:
    """QC16: a tablet whose clock is three days ahead on two of its days; every form of these days."""
    for device in scene.take(sorted({survey.device for survey in scene.field.surveys}), count):
        days = scene.take(sorted({survey.session for survey in scene.field.surveys if survey.device == device}), 2)
        for survey in scene.field.surveys:
            if survey.device == device and survey.session in days:
                survey.clock_error = timedelta(days=3)
                scene.mark(survey, "QC16")


def old_form(scene: Scene, count: int) -> None:
    """QC29: one tablet did not fetch the newest form; the last forms it fills."""
    device = scene.random.choice(sorted({survey.device for survey in scene.field.surveys}))
    filled = scene.surveys(lambda survey: survey.device == device)
    for survey in sorted(filled, key=lambda survey: survey.started_at)[-count:]:
        survey.is_old_form = True
        scene.mark(survey, "QC29")


def second_after_form(scene: Scene, count: int) -> None:
    """QC04: another "after" form with the same card and other answers, an hour later."""
    for survey in scene.take(scene.surveys(lambda survey: survey.wave == "after"), count):
        second = deepcopy(survey)
        plan = scene.field.sessions[survey.session].plan
        second.items = answers_of(scene.programme, plan, survey.person, "before", 0.0, Habits(), scene.random)
        second.started_at, second.ended_at, second.sent_at = (
            moment + timedelta(hours=1) for moment in (survey.started_at, survey.ended_at, survey.sent_at)
        )
        scene.field.surveys.append(second)
        scene.mark(survey, "QC04")
        scene.mark(second, "QC04")


def sent_twice(scene: Scene, count: int) -> None:
    """QC02: the same form under a new instance id, sent a little later."""
    for survey in scene.take(scene.surveys(), count):
        scene.used.add(id(survey))
        copy = deepcopy(survey)
        copy.sent_at += timedelta(minutes=scene.random.uniform(3, 60))
        scene.field.surveys.append(copy)
        scene.mark(copy, "QC02")


def _true_false(survey: SurveySheet) -> list[str]:
    """Ids of the true/false items that this survey asks."""
    return [item for item in survey.items if item in FACILITY and item not in WRONG_CHOICES]


def _questions(scene: Scene, survey: SurveySheet) -> SurveyQuestions:
    return scene.programme.survey_form(survey.wave)[1].questions
