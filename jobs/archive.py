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
    is_small: bool = False,
) -> Iterator[Connection]:
    """A transaction of the reporting database, noted as (kind, body) before it writes and counted as done with it.

    is_small: see collector/reporting/database.py.

    It is noted when no other run can begin before it ends, so that the order of the notes is that of the deeds, and a
    note that the next run finds undone stays undone.
    Raises RunInProgress where another run has begun since `run` did: its lock was lost with a connection that was cut.
    """
    history = databases.replayed[0] if databases.replayed else _history(databases, at)
    entry: int | None = None
    try:
        with writing(databases.reporting, is_small=is_small) as connection:
            if run is not None and not databases.replayed:
                if kind == journal.RUN:
                    _take_over(connection, databases)
                else:
                    ledger.refuse_overtaken(connection, run)
            entry = _note(databases, history, kind, body, at, run, form)
            yield connection
            if kind != journal.ACCEPTED or databases.replayed:
                journal.move(connection, history, entry)
    except BaseException:
        if entry is not None:
            with suppress(DatabaseError):
                _take_back(databases, entry)
        raise


def _take_over(connection: Connection, databases: Databases) -> None:
    """Let earlier runs write no more, after what they are writing now; what they noted and did not do is void."""
    ledger.abandon_running(connection)
    at = journal.position(connection)
    if at:
        with writing(databases.raw) as raw:
            journal.forget_undone(raw, *at)


def _take_back(databases: Databases, entry: int) -> None:
    """Mark an entry whose transaction failed. Where its answer was lost, but it was done, it has moved the position.

    Where the position is beyond it, the next run has begun, which knew.
    """
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


def begin_over_older_store(databases: Databases, at: datetime) -> None:
    """Begin a new history where the raw store does not have what was done last, because it is an older one.

    Its journal cannot tell what the database holds. To be called under the run lock.
    """
    with databases.reporting.connect() as connection:
        known = journal.position(connection)
    if not known or known[0].endswith(journal.REBUILT):
        return
    with databases.raw.connect() as raw:
        is_there = journal.has(raw, known[1])
    if not is_there:
        _begin_late(databases, secrets.token_hex(6), at)


def _note(
    databases: Databases,
    history: str,
    kind: str,
    body: Mapping[str, Any],
    at: datetime,
    run: int | None,
    form: str | None,
) -> int:
    if databases.replayed:
        return databases.replayed[1]
    with writing(databases.raw) as raw:
        return journal.append(raw, history, kind, at=at, run=run, form=form, body=body)


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
