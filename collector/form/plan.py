"""The session plan: the forms' media file → planned sessions. Which column means what is programme.toml's [plan]."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date

from collector.form.programme import Plan
from collector.form.records import PlannedSession


def read_plan(content: bytes, plan: Plan) -> tuple[PlannedSession, ...]:
    """Read the plan's CSV, UTF-8 with or without a mark at its start; rows without a session name are no session."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return tuple(_planned(row, plan) for row in rows if row.get(plan.session))


def _planned(row: dict[str, str], plan: Plan) -> PlannedSession:
    def cell(column: str) -> str:
        return (row.get(column) or "").strip()

    minutes = cell(plan.planned_minutes)
    return PlannedSession(
        session=cell(plan.session),
        round=cell(plan.round),
        planned_on=_day(cell(plan.planned_on)),
        planned_minutes=int(minutes) if minutes.isdecimal() else None,
        governorate=cell(plan.governorate),
        district=cell(plan.district),
        audience=cell(plan.audience),
        modules=tuple(cell(plan.modules).split()),
    )


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None
