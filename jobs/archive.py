"""Every transaction of the reporting database goes through `recorded`: noted in the raw store first, so that
`collector replay` can do it again without a server. See collector/reporting/journal.py.

Used wherever jobs write to the reporting database. While a journal is replayed, nothing is noted again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from collector.errors import DatabaseError
from collector.kobo.history import Event
from collector.reporting import journal, ledger
from collector.reporting.database import writing
from jobs.wiring import Databases


@contextmanager
def recorded(
    databases: Databases,
    kind: str,
    body: Mapping[str, Any],
    *,
    at: datetime,
    run: int | None = None,
    form: str | None = None,
) -> Iterator[Connection]:
    """A transaction of the reporting database, noted as (kind, body) before it begins and counted as done with it.

    Raises RunInProgress where another run has begun since `run` did: its lock was lost with a connection that was cut.
    """
    history, entry = _note(databases, kind, body, at, run, form)
    try:
        with writing(databases.reporting) as connection:
            if run is not None and not databases.replayed:
                ledger.refuse_overtaken(connection, run)
            yield connection
            if kind != journal.ACCEPTED or databases.replayed:
                journal.move(connection, history, entry)
    except BaseException:
        with suppress(DatabaseError):
            _take_back(databases, entry)
        raise


def _take_back(databases: Databases, entry: int) -> None:
    """Mark an entry whose transaction failed; one whose answer was lost, but which was done, has moved the position."""
    if databases.replayed:
        return
    with databases.reporting.connect() as connection:
        at = journal.position(connection)
    if at is None or at[1] < entry:
        with writing(databases.raw) as raw:
            journal.make_void(raw, entry)


def told(events: Mapping[str, Event], roots: Iterable[str]) -> dict[str, list[Any]]:
    """What the server's history says of some submissions, as the journal keeps it."""
    return {root: [events[root].action, events[root].by, events[root].at] for root in roots if root in events}


def heard(told: Mapping[str, Any]) -> dict[str, Event]:
    """The same, read from the journal."""
    return {root: Event(root, action, by, datetime.fromisoformat(at)) for root, (action, by, at) in told.items()}


def forget_undone(databases: Databases, at: datetime) -> None:
    """Mark what was noted and never done, because a run was killed. To be called under the run lock.

    Over a raw store that does not have what was done last, an older one, a new history begins: its journal cannot tell
    what the database holds.
    """
    with databases.reporting.connect() as connection:
        known = journal.position(connection)
    if not known or known[0].endswith(journal.REBUILT):
        return
    with writing(databases.raw) as raw:
        is_there = journal.has(raw, known[1])
        if is_there:
            journal.forget_undone(raw, *known)
    if not is_there:
        _begin_late(databases, secrets.token_hex(6), at)


def _note(
    databases: Databases, kind: str, body: Mapping[str, Any], at: datetime, run: int | None, form: str | None
) -> tuple[str, int]:
    if databases.replayed:
        return databases.replayed
    history = _history(databases, at)
    with writing(databases.raw) as raw:
        return history, journal.append(raw, history, kind, at=at, run=run, form=form, body=body)


def _history(databases: Databases, at: datetime) -> str:
    with databases.reporting.connect() as connection:
        known = journal.position(connection)
    if known and not known[0].endswith(journal.REBUILT):
        return known[0]
    history = secrets.token_hex(6)
    if not known:
        _begin_late(databases, history, at)
        return history
    came_from = {"parent": known[0].removesuffix(journal.REBUILT), "up_to": known[1]}
    _append(databases, history, journal.FORKED, came_from, at)
    with writing(databases.reporting) as connection:
        journal.begin(connection, history, known[1])
    return history


def _begin_late(databases: Databases, history: str, at: datetime) -> None:
    """Begin the journal of a database; what it holds already is not told."""
    with databases.reporting.connect() as connection:
        before = journal.submissions_before(connection)
    if before:
        _append(databases, history, journal.LATE, {"submissions": before}, at)
    with writing(databases.reporting) as connection:
        journal.begin(connection, history, 0)


def _append(databases: Databases, history: str, kind: str, body: Mapping[str, Any], at: datetime) -> None:
    with writing(databases.raw) as raw:
        journal.append(raw, history, kind, at=at, run=None, form=None, body=body)
