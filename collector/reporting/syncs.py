"""How each sync of a form went: strategy, cost, blind spots, permissions, and the second half of the equation.

Written by jobs/pull.py at the end of each form; read by the next sync, by status and by the workbook's cover.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.reporting.load import load
from collector.reporting.tables import runs, submissions, syncs


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """A row of `syncs`; see collector/reporting/tables.py for its columns."""

    run: int
    form: str
    asset_uid: str
    strategy: str
    cannot_see: str
    requests: int
    account: str | None
    permissions: str | None
    synced_to: datetime | None
    seen: int
    deleted: int
    held: int
    unexplained: str


@dataclass(frozen=True)
class Asked:
    """Which project was asked for, by whom, who was allowed to do what with it."""

    asset_uid: str
    account: str
    permissions: frozenset[str]


@dataclass(frozen=True)
class Complete(Asked):
    """The last complete sync that held nothing back: what the next one is compared with. begun_at: by our clock."""

    synced_to: datetime
    begun_at: datetime


def write_sync(connection: Connection, record: SyncRecord) -> None:
    """One row a run and form."""
    load(connection, syncs, [astuple(record)])


def last_complete(connection: Connection, form: str) -> Complete | None:
    """The newest complete sync of a form that held nothing back and left nothing unexplained."""
    went_well = (syncs.c.synced_to.is_not(None), syncs.c.held == 0, syncs.c.unexplained == "")
    here = select(syncs, runs.c.started_at).join(runs).where(syncs.c.form == form, *went_well)
    row = connection.execute(here.order_by(syncs.c.run.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Complete(row.asset_uid, row.account, frozenset(row.permissions.split()), row.synced_to, row.started_at)


def asked_before(connection: Connection, form: str) -> Asked | None:
    """Who asked in the last complete sync; before the first one, in the first pull of all."""
    here = select(syncs).where(syncs.c.form == form, syncs.c.account.is_not(None)).order_by(syncs.c.run).limit(1)
    last = last_complete(connection, form)
    if last or not (row := connection.execute(here).one_or_none()):
        return last
    return Asked(row.asset_uid, row.account, frozenset(row.permissions.split()))


def has_been_asked(connection: Connection, form: str, asset_uid: str) -> bool:
    """Whether it is stored who asked for a project."""
    here = syncs.c.form == form, syncs.c.asset_uid == asset_uid, syncs.c.account.is_not(None)
    return bool(connection.scalar(select(syncs.c.run).where(*here).order_by(syncs.c.run.desc()).limit(1)))


def last_sync(connection: Connection, form: str) -> SyncRecord | None:
    """The newest sync of a form, quick or complete."""
    row = connection.execute(
        select(syncs).where(syncs.c.form == form).order_by(syncs.c.run.desc()).limit(1)
    ).one_or_none()
    return SyncRecord(*row) if row else None


def assets_of(connection: Connection, form: str, current: str) -> list[str]:
    """Every project that this form has been synced with, the current one included."""
    found = connection.scalars(select(syncs.c.asset_uid).where(syncs.c.form == form).distinct())
    return sorted({current, *found})


def first_seen_since(connection: Connection, form: str, since: datetime) -> int | None:
    """The lowest `_id` among the stored submissions that were first seen since then; None where there are none."""
    lately = select(func.min(runs.c.id)).where(runs.c.started_at >= since).scalar_subquery()
    lowest = select(func.min(submissions.c.submission_id))
    found: int | None = connection.scalar(lowest.where(submissions.c.form == form, submissions.c.first_run >= lately))
    return found
