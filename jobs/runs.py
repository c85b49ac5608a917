"""A run: the lock taken, the row in the ledger, the work, the outcome written whatever happens."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from collector.errors import CollectorError, DatabaseError
from collector.reporting import journal, ledger, slots
from jobs.archive import begin_over_older_store, recorded
from jobs.wiring import Databases

Outcome = TypeVar("Outcome")


class SlotServed(Exception):
    """The slot has been run already, by this scheduler or another: nothing is left to do."""


def run_recorded(
    databases: Databases,
    job: str,
    work: Callable[[int], Outcome],
    *,
    now: Callable[[], datetime],
    due_at: datetime | None = None,
) -> Outcome:
    """Do `work(run id)` as one run of `job`, under the run lock; returns its outcome.

    due_at: the slot of the schedule that this run serves; SlotServed is raised when it has been run already.
    Raises RunInProgress when another run holds the lock, and whatever the work raised, after writing it down.
    """
    engine = databases.reporting
    with ledger.run_lock(engine, job, now()):
        begin_over_older_store(databases, now())
        with engine.connect() as connection:
            run = ledger.next_run(connection)
        slot = {"due_at": due_at, "claimed_by": _who()} if due_at else None
        begun = {"job": job, "slot": slot}
        at = now()
        with recorded(databases, journal.RUN, begun, at=at, run=run) as connection:
            begin(connection, job, run, at, slot)
        try:
            outcome = work(run)
        except BaseException as error:
            # Where even this cannot be written, the next run marks this one as abandoned
            with suppress(DatabaseError):
                _finish(databases, job, run, now(), due_at, state="failed", message=_reason(error))
            raise
        _finish(databases, job, run, now(), due_at, state="succeeded", message=None)
        return outcome


def _finish(
    databases: Databases,
    job: str,
    run: int,
    at: datetime,
    due_at: datetime | None,
    *,
    state: str,
    message: str | None,
) -> None:
    ended = {"job": job, "due_at": due_at, "state": state, "message": message}
    with recorded(databases, "run_ended", ended, at=at, run=run) as connection:
        end(connection, job, run, at, due_at, state, message)


def begin(connection: Connection, job: str, run: int, at: datetime, slot: Mapping[str, Any] | None) -> None:
    """Write the beginning of a run, and that it serves a slot; raises SlotServed where that has been run already."""
    if slot and not slots.claim_slot(connection, job, slot["due_at"], claimed_by=slot["claimed_by"], now=at):
        raise SlotServed
    ledger.start_run(connection, job, at, run)


def end(
    connection: Connection, job: str, run: int, at: datetime, due_at: datetime | None, state: str, message: str | None
) -> None:
    """Write how a run ended, and the slot that it served."""
    ledger.finish_run(connection, run, at, state, message)
    if due_at:
        slots.finish_slot(connection, job, due_at, state, message)


def _reason(error: BaseException) -> str:
    # The text of an error that is not ours may quote a row; its class may not
    return f"{type(error).__name__}: {error}" if isinstance(error, CollectorError) else type(error).__name__


def _who() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
