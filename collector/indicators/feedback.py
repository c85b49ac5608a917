"""What participants said of the session: each feedback question, for all, by audience, language and facilitator.

Shown on sheet Feedback. Source: domain README §4.8, §6.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.indicators.campaign import Session
from collector.indicators.learning import Share, share_of_sessions
from collector.indicators.response import by_session
from collector.indicators.results import is_on_scale
from collector.indicators.statistics import SideBySide

LOW_TAIL = frozenset({"1", "2"})


@dataclass(frozen=True, slots=True)
class Feedback:
    """Answers to one question. question: its path; audience: "" for all. answers: by point of the scale, 1 to 5."""

    question: str
    audience: str
    answers: Mapping[str, int]
    agree: Share

    @property
    def people(self) -> int:
        return sum(self.answers.values())

    @property
    def low(self) -> int:
        """Who disagreed."""
        return sum(self.answers.get(point, 0) for point in LOW_TAIL)

    @property
    def mean(self) -> float:
        return sum(int(point) * people for point, people in self.answers.items()) / self.people


def feedback(surveys: Iterable[Survey], audiences: Mapping[str, str], programme: Programme) -> tuple[Feedback, ...]:
    """Question by question, all first, then by audience. audiences: of the sessions, by name."""
    return _feedback(by_session(surveys).groups(), audiences, programme)


def _feedback(
    sessions: Iterable[tuple[str, Iterable[Survey]]], audiences: Mapping[str, str], programme: Programme
) -> tuple[Feedback, ...]:
    """The same of sessions and their surveys, one after the other: of each question two numbers a session are held."""
    agree = programme.codes.agree
    answers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    agreed: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    asked: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    for name, surveys in sessions:
        for question, told in _told(surveys, programme).items():
            for place in {(question, ""), (question, audiences.get(name, ""))}:
                answers[place].update(told)
                agreed[place].append(sum(told[code] for code in {*agree}))
                asked[place].append(told.total())
    return tuple(
        Feedback(*place, counted, share_of_sessions(SideBySide(agreed[place], asked[place])))
        for place, counted in sorted(answers.items(), key=itemgetter(0))
    )


def _told(surveys: Iterable[Survey], programme: Programme) -> dict[str, Counter[str]]:
    """The answers on the scale to each question, of the surveys of a session."""
    _, form = programme.survey_form("after")
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for survey in surveys:
        if survey.consent == programme.codes.yes:
            for question, answer in zip(form.questions.feedback, survey.feedback, strict=False):
                if answer and is_on_scale(answer):
                    told[question][answer] += 1
    return told


FEWEST_OF_GROUP, FEWEST_SESSIONS = 30, 3
"""Answers and sessions from which a language or a facilitator is told of."""


def by_group(
    surveys: Iterable[Survey], sessions: Iterable[Session], programme: Programme
) -> dict[tuple[str, str], tuple[Feedback, ...]]:
    """The same by ("languages", code) and ("facilitators", code), where there are enough answers and sessions."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for session in sessions:
        if session.is_held and session.report:
            groups["languages", session.report.language].add(session.name)
            for code in session.report.facilitators:
                groups["facilitators", code].add(session.name)
    of_session = by_session(surveys)
    found = {}
    for (kind, code), names in sorted(groups.items(), key=lambda group: (group[0][0] != "languages", group[0])):
        told = _feedback(((name, of_session.of(name)) for name in sorted(names)), {}, programme)
        enough = tuple(one for one in told if one.people >= FEWEST_OF_GROUP)
        if code and len(names) >= FEWEST_SESSIONS and enough:
            found[kind, code] = enough
    return found
