"""What participants said of the session: each feedback question, for all and by audience. Shown on sheet Feedback."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.indicators.learning import Share, share_of
from collector.indicators.results import is_on_scale

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
    _, form = programme.survey_form("after")
    counted: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for survey in surveys:
        if survey.consent != programme.codes.yes:
            continue
        for question, answer in zip(form.questions.feedback, survey.feedback, strict=False):
            if answer and is_on_scale(answer):
                for audience in {"", audiences.get(survey.session or "", "")}:
                    counted[question, audience].append((survey.session or "", answer))
    return tuple(
        Feedback(
            question,
            audience,
            Counter(answer for _, answer in answers),
            share_of((session, answer in programme.codes.agree) for session, answer in answers),
        )
        for (question, audience), answers in sorted(counted.items())
    )
