"""The simulated campaign before it is put into forms: what was written on each session sheet and each survey.

Made by session_sheets.py and survey_sheets.py, spoiled on purpose by defects.py, put into the forms' questions by
filled.py. Mutable, because a defect changes one thing on a sheet that is otherwise honest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from collector.tablets.people import Person

Geopoint = tuple[float, float, float, float]
"""Latitude and longitude in degrees (WGS 84), altitude and accuracy in metres."""


@dataclass(kw_only=True)
class Sheet:
    """What every filled form has. Times are aware.

    session: name in the plan; language: our code; defects: check ids of what is wrong on purpose, with their cause.
    tampered: what is changed after the form engine, which would have refused it: path → text.
    sends: False for a form that was filled and never sent.
    """

    session: str
    device: str
    username: str
    language: str
    started_at: datetime
    ended_at: datetime
    sent_at: datetime
    clock_error: timedelta = timedelta(0)
    defects: list[tuple[str, str]] = field(default_factory=list)
    tampered: dict[str, str] = field(default_factory=dict)
    is_old_form: bool = False
    sends: bool = True


@dataclass
class Row:
    """One row of the register: one person in the room."""

    card: int
    consents: bool
    sex: str
    age_group: str
    person: Person
    attendance: str
    earlier: str


@dataclass(kw_only=True)
class SessionSheet(Sheet):
    """One session and its register. `reason`: why it was not held, "" for a session that was held; `plan`: its row."""

    plan: Mapping[str, str]
    reason: str
    status: str
    day: date
    starts_at: datetime
    finishes_at: datetime
    rows: list[Row]
    women: int
    men: int
    first_card: int
    last_card: int
    venue_type: str
    location: Geopoint | None
    languages: tuple[str, ...]
    modules: tuple[str, ...]
    problems: tuple[str, ...]
    is_step_free: str
    gave_referral_info: bool

    @property
    def is_held(self) -> bool:
        return not self.reason


@dataclass(kw_only=True)
class SurveySheet(Sheet):
    """One person's survey of one wave ("before", "after"). `items`: choices by item id."""

    wave: str
    card: int
    person: Person
    consents: bool
    sex: str
    age_group: str
    item_set: str
    items: dict[str, tuple[str, ...]]
    confidence: str
    difficulties: tuple[str, ...]
    feedback: tuple[str, ...]


@dataclass
class Field:
    """All sheets of a campaign: sessions by name in the order of the plan, surveys in the order they were filled."""

    sessions: dict[str, SessionSheet]
    surveys: list[SurveySheet]
