"""The journal of the raw store: everything that is done to the reporting database, in order, so that it can be redone.

Written by jobs/archive.py before each transaction, which then moves the reporting database's position: an entry beyond
the position was noted and never done, because the process ended. Read by jobs/replay.py.
Each reporting database has a history of its own: one that was started afresh over an old raw store does not mix, and
one that was rebuilt begins a new one where it was rebuilt to, for the other may go on.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from isal import isal_zlib
from sqlalchemy import Connection, func, insert, select, update

from collector.reporting.archive_tables import archive_position, raw_journal
from collector.reporting.frames import FASTEST
from collector.reporting.load import load
from collector.reporting.tables import submissions

RUN = "run"
"""The beginning of a run: from there on no earlier one writes."""

ACCEPTED = "accepted"
"""The one kind that is written beside runs, by a deployment: it is never void, and doing it twice changes nothing."""

LATE = "late"
"""The first entry of a database that was filled before there was a journal: what it holds of then is not told."""

FORKED = "forked"
"""The first entry of a database that was rebuilt by a replay: of which history, up to which entry."""

NEVER_VOID = (ACCEPTED, LATE, FORKED)
REBUILT = ">"
"""Ends the name of a history in a database that was rebuilt, until something is done to it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. body: None where the entry is damaged."""

    id: int
    kind: str
    run: int | None
    form: str | None
    at: datetime
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class History:
    """What the journal tells of one reporting database. entries, last_entry: without what its parent tells."""

    name: str
    entries: int
    begun_at: datetime
    last_at: datetime
    last_entry: int


def append(
    raw: Connection,
    history: str,
    kind: str,
    *,
    at: datetime,
    run: int | None,
    form: str | None,
    body: Mapping[str, Any],
) -> int:
    """Note what is about to be done; returns the number of the entry. Never commits."""
    text = msgspec.json.encode(body)
    values = {
        "history": history,
        "kind": kind,
        "run": run,
        "form": form,
        "at": at,
        "is_void": False,
        "sha256": hashlib.sha256(text).hexdigest(),
        "body": isal_zlib.compress(text, FASTEST),
    }
    return int(raw.execute(insert(raw_journal).values(values).returning(raw_journal.c.id)).scalar_one())


def entries(raw: Connection, history: str, up_to: int | None = None) -> Iterator[Entry]:
    """What was done, in order, beginning with what was done to the database it was rebuilt from."""
    parent = forks(raw).get(history)
    if parent:
        yield from entries(raw, *parent)
    here = [raw_journal.c.history == history, raw_journal.c.is_void.is_(False), raw_journal.c.kind != FORKED]
    here += [raw_journal.c.id <= up_to] if up_to is not None else []
    numbers = raw.scalars(select(raw_journal.c.id).where(*here).order_by(raw_journal.c.id)).all()
    for number in numbers:
        row = raw.execute(select(raw_journal).where(raw_journal.c.id == number)).one()
        yield Entry(row.id, row.kind, row.run, row.form, row.at, _opened(row.body, row.sha256))


def has(raw: Connection, entry: int) -> bool:
    """Whether the journal has an entry; 0 is before the first."""
    return entry == 0 or raw.scalar(select(raw_journal.c.id).where(raw_journal.c.id == entry)) is not None


def forget_undone(raw: Connection, history: str, last_entry: int) -> None:
    """Entries beyond the last one done are void: their process ended between note and deed."""
    beyond = (
        raw_journal.c.history == history,
        raw_journal.c.id > last_entry,
        raw_journal.c.kind.not_in(NEVER_VOID),
    )
    raw.execute(update(raw_journal).where(*beyond, raw_journal.c.is_void.is_(False)).values(is_void=True))


def make_void(raw: Connection, entry: int) -> None:
    """What was noted was not done after all."""
    raw.execute(update(raw_journal).where(raw_journal.c.id == entry).values(is_void=True))


def histories(raw: Connection) -> list[History]:
    """Of which reporting databases the journal tells, the one written last first.

    Of one that was rebuilt and left alone since, only what was rebuilt goes on.
    """
    times, newest = (func.min(raw_journal.c.at), func.max(raw_journal.c.at)), func.max(raw_journal.c.id)
    columns = raw_journal.c.history, func.count(), *times, newest
    is_done = raw_journal.c.is_void.is_(False), raw_journal.c.kind != FORKED
    rows = raw.execute(select(*columns).where(*is_done).group_by(raw_journal.c.history).order_by(newest.desc()))
    found = [History(*row) for row in rows]
    there = {each.name for each in found}
    went_on = {parent: up_to for child, (parent, up_to) in forks(raw).items() if child in there}
    return [each for each in found if each.last_entry > went_on.get(each.name, -1)]


def forks(raw: Connection) -> dict[str, tuple[str, int]]:
    """Databases that were rebuilt: from which history, and up to which of its entries."""
    found = {}
    for row in raw.execute(select(raw_journal).where(raw_journal.c.kind == FORKED)):
        body = _opened(row.body, row.sha256)
        if body:
            found[row.history] = (str(body["parent"]), int(body["up_to"]))
    return found


def position(connection: Connection) -> tuple[str, int] | None:
    """The history of a reporting database and the entry done last; None before its first."""
    row = connection.execute(select(archive_position)).one_or_none()
    return (row.history, row.last_entry) if row else None


def begin(connection: Connection, history: str, entry: int) -> None:
    """The database has this history from here on, and no other."""
    connection.execute(archive_position.delete())
    move(connection, history, entry)


def submissions_before(connection: Connection) -> int:
    """How many submissions a database has: asked when its journal begins."""
    return connection.scalar(select(func.count()).select_from(submissions)) or 0


def move(connection: Connection, history: str, entry: int) -> None:
    """The entry is done, with the transaction of this connection."""
    load(connection, archive_position, [(history, entry)])


def _opened(compressed: bytes, sha256: str) -> Mapping[str, Any] | None:
    try:
        text = zlib.decompress(compressed)
        if hashlib.sha256(text).hexdigest() != sha256:
            return None
        body: Mapping[str, Any] = msgspec.json.decode(text)
    except (zlib.error, msgspec.DecodeError):
        return None
    return body
