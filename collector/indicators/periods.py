"""The indicators of a week, a month and a round: the same figures, of the sessions of those days alone.

Shown on sheet Summary. Participants never add up over periods, so each is counted anew. Source: domain README §1.2, §6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from collector.form.programme import Programme
from collector.indicators import reach
from collector.indicators.campaign import Session
from collector.indicators.learning import item_changes, learning
from collector.indicators.response import by_session
from collector.indicators.results import Evidence, Indicator, indicators


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included. name: "week", "month" or "round"; value: which one, "2026-07" or a round's key."""

    name: str
    starts_on: date
    ends_on: date
    value: str = ""


def periods(programme: Programme, today: date) -> tuple[Period, ...]:
    """The week from Sunday and the month that a day is in, and the round that began last; each up to that day."""
    week = Period("week", today - timedelta(days=(today.weekday() + 1) % 7), today)
    month = Period("month", today.replace(day=1), today)
    begun = [each for each in programme.rounds.values() if each.starts_on <= today]
    newest = max(begun, key=lambda each: each.starts_on, default=None)
    own = [Period("round", newest.starts_on, min(newest.ends_on, today))] if newest else []
    return week, month, *own


def whole_periods(programme: Programme, today: date) -> tuple[Period, ...]:
    """The last month and the last round that are over."""
    last = today.replace(day=1) - timedelta(days=1)
    month = Period("month", last.replace(day=1), last, f"{last:%Y-%m}")
    over = {key: each for key, each in programme.rounds.items() if each.ends_on < today}
    newest = max(over, key=lambda key: over[key].ends_on, default=None)
    own = [Period("round", over[newest].starts_on, over[newest].ends_on, newest)] if newest else []
    return month, *own


def indicators_of(found: Evidence, period: Period) -> tuple[Indicator, ...]:
    """I01 to I20 of the sessions of a period, by their days; what cannot be told by session has no value."""
    sessions = [one for one in found.sessions if one.day and period.starts_on <= one.day <= period.ends_on]
    return indicators(evidence_of(found, sessions))


def evidence_of(found: Evidence, sessions: Sequence[Session]) -> Evidence:
    """What is known of some of the sessions."""
    names = {session.name for session in sessions}
    linked = found.linked.within(names)
    return replace(
        found,
        sessions=sessions,
        people=reach.participants(sessions, found.programme.codes),
        surveys=by_session(found.surveys).within(names),
        linked=linked,
        learning=tuple(learning(linked, sessions, found.programme, key) for key in found.programme.item_sets),
        items=item_changes(linked.pairs, found.programme),
        counts=(),
        follow_up=found.follow_up and found.follow_up.of_sessions(names),
    )
