"""A field as the defects see it: which forms are still honest, and who has both surveys.

Used by defects.py, session_defects.py and survey_defects.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TypeVar

from collector.form.programme import Programme
from collector.tablets.sheets import Field, SessionSheet, Sheet, SurveySheet

T = TypeVar("T")

Pair = tuple[SurveySheet, SurveySheet]
"""The surveys before and after of one person in one session."""


@dataclasses.dataclass
class Scene:
    """All sheets, the plan, the venues by name, the random numbers, and which sheets already have a seeded defect."""

    field: Field
    programme: Programme
    plan: Sequence[Mapping[str, str]]
    venues: Mapping[str, Mapping[str, str]]
    random: Random
    used: set[int] = dataclasses.field(default_factory=set)

    def held(self) -> list[SessionSheet]:
        return [session for session in self.field.sessions.values() if session.is_held]

    def pairs(self) -> list[Pair]:
        """Both surveys of everybody who answered before and after and has no defect yet."""
        before = {(survey.session, survey.card): survey for survey in self._answered("before")}
        return [
            (before[survey.session, survey.card], survey)
            for survey in self._answered("after")
            if (survey.session, survey.card) in before
        ]

    def surveys(self, fits: Callable[[SurveySheet], bool] = lambda survey: True) -> list[SurveySheet]:
        """Answered surveys without a defect that fit."""
        return [survey for wave in ("before", "after") for survey in self._answered(wave) if fits(survey)]

    def sessions(self, fits: Callable[[SessionSheet], bool] = lambda session: True) -> list[SessionSheet]:
        """Sessions held, without a defect, that fit."""
        return [session for session in self.held() if id(session) not in self.used and fits(session)]

    def take(self, candidates: Sequence[T], count: int) -> list[T]:
        """As many of the candidates as there are, up to `count`."""
        return self.random.sample(candidates, min(count, len(candidates)))

    def mark(self, sheet: Sheet, check: str) -> None:
        """This sheet has a seeded defect now."""
        self.used.add(id(sheet))
        sheet.defects.append((check, "seeded"))

    def _answered(self, wave: str) -> list[SurveySheet]:
        return [
            survey
            for survey in self.field.surveys
            if survey.wave == wave and survey.consents and id(survey) not in self.used
        ]
