"""What was answered, by meaning: the values that the reporting database gives back and that numbers and sheets read.

Made by collector/reporting/queries.py; read by collector/quality, collector/indicators and collector/workbook.
Which question means what is programme.toml's (programme.py); codes are choice names, None where nothing was answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

Answer = str | tuple[str, ...] | None
"""Answer to a select question: the chosen code, all chosen codes, or None."""


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """One row of the session plan."""

    session: str
    round: str
    planned_on: date | None
    planned_minutes: int | None
    governorate: str
    district: str
    audience: str
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionReport:
    """One accepted session form: what happened on the day. `status`: held, postponed …

    languages: in which it was given; problems: what the team ticked, codes all.
    """

    root_uuid: str
    submitted_at: datetime
    session: str | None
    status: str | None
    round: str | None = None
    held_on: date | None = None
    governorate: str | None = None
    district: str | None = None
    audience: str | None = None
    modules: tuple[str, ...] = ()
    starts_at: time | None = None
    ends_at: time | None = None
    women: int | None = None
    men: int | None = None
    before_done: str | None = None
    after_done: str | None = None
    enumerator: str | None = None
    referral_info: str | None = None
    finished_at: datetime | None = None
    languages: tuple[str, ...] = ()
    facilitators: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The one language that a session was given in; "" where there were several, or nobody said."""
        return self.languages[0] if len(self.languages) == 1 else ""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One person in the register of a session form; `row` counts from 1. A refusal has no details, but is a person."""

    root_uuid: str
    row: int
    person_key: str | None
    consent: str | None
    sex: str | None = None
    age_group: str | None = None
    org_type: str | None = None
    role: str | None = None
    displacement: str | None = None
    district: str | None = None
    attendance: str | None = None
    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """One accepted survey form of a wave. `answers`: by item of programme.toml ("K01").

    feedback, disability: answers in the order of programme.toml. started_at, finished_at: by the tablet's clock.
    mode: who read the questions.
    """

    root_uuid: str
    submitted_at: datetime
    wave: str
    session: str | None
    person_key: str | None
    consent: str | None
    item_set: str | None
    answers: Mapping[str, Answer]
    sex: str | None = None
    age_group: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    feedback: tuple[str | None, ...] = ()
    disability: tuple[str | None, ...] = ()
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class VersionCount:
    """Submissions of one form version in the database; version "" where they name none."""

    form: str
    version: str
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """The last pull of a form: on the server = accepted + quarantined, and ever seen = present + deleted, or not.

    seen: None where a release before the second half counted. unexplained: `_id`s for which it does not hold.
    """

    form: str
    run: int
    counted_at: datetime
    on_server: int
    accepted: int
    quarantined: int
    seen: int | None = None
    deleted: int = 0
    unexplained: str = ""

    @property
    def present(self) -> int:
        """Submissions in the database."""
        return self.accepted + self.quarantined

    @property
    def is_whole(self) -> bool:
        """Whether both halves hold."""
        return not self.missing and not self.unexplained and self.seen in (None, self.present + self.deleted)

    @property
    def missing(self) -> int:
        """Submissions on the server that are not in the database; negative where the database has more."""
        return self.on_server - self.present


@dataclass(frozen=True, slots=True)
class QuarantinedFinding:
    """What a person has to look at in a submission, most often why it is in quarantine: one finding, never an answer.

    path: with repeat indices, register[3]/sex. keeps_out: "submission", "answer" of one that counts, or "" for what is
    only told.
    """

    form: str
    submission_id: int
    submitted_at: datetime
    code: str
    path: str
    sheet_row: int | None
    message: str
    keeps_out: str = "submission"
    root_uuid: str = ""
