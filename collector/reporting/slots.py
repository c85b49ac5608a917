"""Slots of the schedule: one row per (job, due time), so that each slot runs once whoever schedules it.

Called by jobs/runs.py, which holds the run lock: a slot still 'claimed' then belongs to a scheduler that died.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from collector.reporting.tables import job_slots


def claim_slot(connection: Connection, job: str, due_at: datetime, *, claimed_by: str, now: datetime) -> bool:
    """Take a slot, under the run lock; False when it has been run already, well or badly."""
    here = (job_slots.c.job == job) & (job_slots.c.due_at == due_at)
    state = connection.scalar(select(job_slots.c.state).where(here))
    mine = {"claimed_at": now, "claimed_by": claimed_by, "state": "claimed", "message": None}
    if state is None:
        connection.execute(insert(job_slots).values(job=job, due_at=due_at, **mine))
    elif state == "claimed":
        connection.execute(update(job_slots).where(here).values(**mine))
    return state in (None, "claimed")


def finish_slot(connection: Connection, job: str, due_at: datetime, state: str, message: str | None) -> None:
    """Say how a slot ended: 'succeeded', or 'failed' with the reason."""
    here = (job_slots.c.job == job) & (job_slots.c.due_at == due_at)
    connection.execute(update(job_slots).where(here).values(state=state, message=message))


def last_slots(connection: Connection, limit: int = 5) -> list[tuple[str, datetime, str, str | None]]:
    """The newest slots: job, due time, state, message."""
    columns = (job_slots.c.job, job_slots.c.due_at, job_slots.c.state, job_slots.c.message)
    rows = connection.execute(select(*columns).order_by(job_slots.c.due_at.desc()).limit(limit))
    return [(row.job, row.due_at, row.state, row.message) for row in rows]
