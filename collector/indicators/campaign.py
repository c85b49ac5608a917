"""Plan, session forms and registers put together: the sessions of the campaign. Read by reach.py and learning.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.form.programme import Codes
from collector.form.records import PlannedSession, RegisterRow, SessionReport
from collector.indicators.register import registers_of


@dataclass(frozen=True, slots=True)
class Session:
    """One session: as planned, as reported, and its register.

    planned is None for a session that is not in the plan; report is None where no form has come.
    reports: how many session forms came. rows: register of `report`, in the order of the register.
    day: when it was held, or is planned; the planned day also where the reported one cannot be (see day_of).
    """

    name: str
    planned: PlannedSession | None
    report: SessionReport | None
    reports: int
    rows: Sequence[RegisterRow]
    is_held: bool
    day: date | None

    @property
    def held_on(self) -> date | None:
        return self.report.held_on if self.report and self.is_held else None

    @property
    def has_wrong_day(self) -> bool:
        """Whether the reported day cannot be."""
        return self.held_on is not None and self.held_on != self.day

    @property
    def governorate(self) -> str | None:
        return (self.report and self.report.governorate) or (self.planned and self.planned.governorate) or None

    @property
    def district(self) -> str | None:
        return (self.report and self.report.district) or (self.planned and self.planned.district) or None

    @property
    def audience(self) -> str | None:
        return (self.report and self.report.audience) or (self.planned and self.planned.audience) or None

    @property
    def round(self) -> str | None:
        return (self.report and self.report.round) or (self.planned and self.planned.round) or None

    @property
    def month(self) -> str:
        """Month of the day, "2026-07"; "" without a day."""
        return f"{self.day:%Y-%m}" if self.day else ""

    @property
    def contacts(self) -> int:
        """People in the room of a held session: the headcount; the register where nobody counted."""
        if not (self.report and self.is_held):
            return 0
        if self.report.women is None and self.report.men is None:
            return len(self.rows)
        return (self.report.women or 0) + (self.report.men or 0)

    @property
    def minutes(self) -> int | None:
        """How long it lasted."""
        if not (self.report and self.report.starts_at and self.report.ends_at):
            return None
        start, end = self.report.starts_at, self.report.ends_at
        return (end.hour - start.hour) * 60 + end.minute - start.minute

    def consenting(self, codes: Codes) -> tuple[RegisterRow, ...]:
        return tuple(row for row in self.rows if row.consent == codes.yes)


def put_together(
    plan: Iterable[PlannedSession], reports: Iterable[SessionReport], rows: Iterable[RegisterRow], codes: Codes
) -> tuple[Session, ...]:
    """Sessions as planned, then by name: every planned one, and those outside the plan. One form counts a session."""
    planned = {session.session: session for session in plan}
    first_day = min((session.planned_on for session in planned.values() if session.planned_on), default=None)
    by_session: dict[str, list[SessionReport]] = defaultdict(list)
    for report in reports:
        by_session[report.session or ""].append(report)
    registers = registers_of(rows, {report.root_uuid for of_session in by_session.values() for report in of_session})
    sessions = []
    for name in planned.keys() | by_session.keys():
        chosen = chosen_report(by_session[name], codes)
        is_held = chosen is not None and chosen.status == codes.held
        register: Sequence[RegisterRow] = registers.get(chosen.root_uuid, ()) if chosen else ()
        day = day_of(planned.get(name), chosen if is_held else None, first_day)
        sessions.append(Session(name, planned.get(name), chosen, len(by_session[name]), register, is_held, day))
    return tuple(sorted(sessions, key=_as_planned))


def day_of(planned: PlannedSession | None, held: SessionReport | None, first_day: date | None) -> date | None:
    """The day a session was held; the planned one where the reported day is before the plan begins or after receipt."""
    planned_on = planned.planned_on if planned else None
    if held is None or held.held_on is None:
        return planned_on
    received_on = held.submitted_at.date() + timedelta(days=1)  # UTC may still be a day behind the field
    is_possible = (first_day is None or first_day <= held.held_on) and held.held_on <= received_on
    return held.held_on if is_possible or planned_on is None else planned_on


def chosen_report(reports: Sequence[SessionReport], codes: Codes) -> SessionReport | None:
    """The form that counts when several came: the earliest of a held session, else the latest news."""
    held = [report for report in reports if report.status == codes.held]
    if held:
        return min(held, key=_arrival)
    return max(reports, key=_arrival, default=None)


def _as_planned(session: Session) -> tuple[date, str]:
    return (session.planned and session.planned.planned_on) or session.day or date.max, session.name


def _arrival(report: SessionReport) -> tuple[datetime, str]:
    return report.submitted_at, report.root_uuid
