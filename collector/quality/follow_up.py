"""Follow-up ← before and after, by card over the whole campaign: one survey of one person with one pair, or no link.

Fed by jobs/export.py; goes to collector/indicators/retention.py. Never by answers, name or device.
Source: domain README §1.4, §4.4.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.indicators.campaign import Session
from collector.indicators.learning import Pair
from collector.indicators.retention import FollowUp
from collector.indicators.scoring import Scored, score_survey
from collector.quality.linking import only_one


def follow_up(
    surveys: Iterable[Survey],
    pairs: Iterable[Pair],
    sessions: Iterable[Session],
    programme: Programme,
    *,
    months: int,
    today: date,
) -> FollowUp:
    """Link the consenting follow-up surveys to the pairs of the same people.

    Who has pairs in several sessions is asked about none of them: nobody knows which change is kept. Each survey is
    scored as the pair is, by the items and keys of the session's day.
    """
    days = {session.name: session.day for session in sessions}
    pair_of = _single(pairs)
    due_on = {key: months_after(day, months) for key, pair in pair_of.items() if (day := days.get(pair.session))}
    due = {key: pair_of[key] for key, day in due_on.items() if day <= today}
    answered: list[tuple[Pair, Scored]] = []
    early = unlinked = 0
    for key, given in _by_person(surveys, programme).items():
        survey = only_one(given)
        if survey is None or key not in due_on:
            unlinked += len(given)
        elif _answered_on(survey, programme) < due_on[key]:
            early += 1
        elif key in due and (scored := _scored(survey, due[key], days, programme)):
            answered.append((due[key], scored))
        else:
            unlinked += 1
    return FollowUp(months, tuple(due.values()), tuple(answered), early, unlinked)


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month.

    >>> months_after(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _single(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """The pair of each person who has one and no other."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[pair.person_key].append(pair)
    return {key: own[0] for key, own in found.items() if len(own) == 1}


def _by_person(surveys: Iterable[Survey], programme: Programme) -> dict[str, list[Survey]]:
    """Consenting surveys by person; those without a card each for themselves, under a key that nobody has."""
    found: dict[str, list[Survey]] = defaultdict(list)
    for survey in surveys:
        if survey.consent == programme.codes.yes:
            found[survey.person_key or f"without a card {survey.root_uuid}"].append(survey)
    return found


def _answered_on(survey: Survey, programme: Programme) -> date:
    """By the tablet's clock, unless that is ahead of the server's."""
    moment = min(survey.finished_at or survey.submitted_at, survey.submitted_at)
    return moment.astimezone(ZoneInfo(programme.time_zone)).date()


def _scored(survey: Survey, pair: Pair, days: dict[str, date | None], programme: Programme) -> Scored | None:
    item_set = pair.before.item_set
    if survey.item_set in programme.item_sets and survey.item_set != item_set:
        return None
    return score_survey(survey, programme, item_set, days[pair.session])
