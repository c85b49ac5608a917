"""What was run, how far each form has come, what is stored of it, and whether anything is missing.

Called by jobs/runs.py (runs and their lock) and jobs/pull.py (watermarks, known submissions, completeness).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Result, func, insert, select, text, update

from collector.errors import DatabaseError, RunInProgress
from collector.reporting.database import translated
from collector.reporting.load import among, has_between, load
from collector.reporting.tables import ASIDE, completeness, runs, submissions, watermarks

Key = TypeVar("Key")
Value = TypeVar("Value")
LOCK = 7_236_102  # any number, the same in every process, another than that of the migrations


@contextmanager
def run_lock(engine: Engine, job: str, now: datetime) -> Iterator[None]:
    """Hold the database for one run; the lock dies with the process that holds it.

    Raises RunInProgress, saying which run holds it and since when. On PostgreSQL it is an advisory lock of a
    connection of its own; on SQLite the write lock of a small file beside the database.
    """
    lock = _lock_postgresql if engine.dialect.name == "postgresql" else _lock_sqlite
    with lock(engine) as is_ours:
        if not is_ours:
            raise RunInProgress(f"{_holder(engine, now)}; wait until it has finished, then start '{job}' again.")
        yield


def is_run_locked(engine: Engine) -> bool:
    """Whether a run holds the database now; one that says 'running' and does not was killed. Nobody is kept out."""
    if engine.dialect.name == "postgresql":
        held = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :lock "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with engine.connect() as connection:
            return bool(connection.scalar(held, {"lock": LOCK}))
    path = _lock_file(engine)
    if not path or not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=0, uri=True)) as lock:
            lock.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def next_run(connection: Connection) -> int:
    """The number of the run that start_run would make: known before, so that it can be noted before."""
    return (connection.scalar(select(func.max(runs.c.id))) or 0) + 1


def start_run(connection: Connection, job: str, now: datetime, run: int | None = None) -> int:
    """A new run, under the run lock: runs that still say 'running' were killed, and are marked as abandoned."""
    abandon_running(connection)
    number = run or next_run(connection)
    connection.execute(insert(runs).values(id=number, job=job, started_at=now, state="running"))
    return number


def abandon_running(connection: Connection) -> None:
    """Mark runs that still say 'running' as abandoned; waits until what they are writing is written."""
    connection.execute(update(runs).where(runs.c.state == "running").values(state="abandoned"))


def refuse_overtaken(connection: Connection, run: int) -> None:
    """Raise RunInProgress where the next run has taken this one for killed; until the transaction ends, none can."""
    state = connection.scalar(select(runs.c.state).where(runs.c.id == run).with_for_update(read=True))
    if state == "abandoned":
        raise RunInProgress(
            f"run {run} has lost its lock with a connection that was cut, and another run has begun since; nothing of "
            "this step was kept. The other run goes on where this one stopped."
        )


def finish_run(connection: Connection, run: int, at: datetime, state: str, message: str | None = None) -> None:
    """Say how a run ended: 'succeeded', or 'failed' with the reason in one line."""
    connection.execute(update(runs).where(runs.c.id == run).values(finished_at=at, state=state, message=message))


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the ledger has it. finished_at: None while it goes on, or where it was killed."""

    id: int
    job: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    message: str | None


def last_runs(connection: Connection, limit: int = 5, job: str = "") -> list[Run]:
    """The newest runs first; job: those of one job."""
    here = select(runs).where(runs.c.job == job) if job else select(runs)
    rows = connection.execute(here.order_by(runs.c.id.desc()).limit(limit))
    return [Run(row.id, row.job, row.started_at, row.finished_at, row.state, row.message) for row in rows]


def run_until(connection: Connection, moment: datetime) -> int | None:
    """The last run that started before a moment; None where there was none."""
    found: int | None = connection.scalar(select(func.max(runs.c.id)).where(runs.c.started_at < moment))
    return found


def first_started(connection: Connection) -> datetime | None:
    """When the first run of all began; None before it."""
    return connection.scalar(select(runs.c.started_at).order_by(runs.c.id).limit(1))


@dataclass(frozen=True, slots=True)
class Known:
    """A submission that the database has already."""

    submission_id: int
    root_uuid: str
    digest: str
    first_run: int
    last_run: int
    fingerprint: str | None
    judged_by: str | None
    is_accepted: bool


def known_by_id(connection: Connection, form: str, ids: Iterable[int]) -> dict[int, Known]:
    """The stored submissions among these, by `_id`."""
    pending = list(ids)
    if not has_between(connection, submissions.c.form == form, submissions.c.submission_id, pending):
        return {}
    conditions = among(connection, submissions.c.submission_id, pending)
    found = (known for each in conditions for known in _known(connection, form, each))
    return {known.submission_id: known for known in found}


def known_between(connection: Connection, form: str, after: int, last_id: int) -> dict[int, str | None]:
    """Fingerprints of the stored submissions with an `_id` above `after`, up to `last_id`, by `_id`."""
    columns = submissions.c.submission_id, submissions.c.fingerprint
    here = submissions.c.form == form, submissions.c.submission_id > after, submissions.c.submission_id <= last_id
    return pairs(connection.execute(select(*columns).where(*here)))


def pairs(result: Result[Key, Value]) -> dict[Key, Value]:
    """The rows of two columns: the first is the key. All at once: one after the other they take half as long again."""
    return dict(result.all())


def known_by_root(connection: Connection, form: str, roots: Iterable[str]) -> dict[str, Known]:
    """The stored submissions among these, by root_uuid."""
    conditions = among(connection, submissions.c.root_uuid, roots)
    found = (known for each in conditions for known in _known(connection, form, each))
    return {known.root_uuid: known for known in found}


def start_after(connection: Connection, form: str, overlap: int) -> int:
    """The `_id` after which a pull starts: the newest `overlap` submissions are read again; 0 for the first pull.

    A lower `_id` can become visible after a higher one (Kobo assigns it before the attachments are stored), which a
    pull that starts at the watermark never sees.
    """
    newest = select(submissions.c.submission_id).where(submissions.c.form == form)
    start = connection.scalar(newest.order_by(submissions.c.submission_id.desc()).offset(overlap).limit(1)) or 0
    return min(start, watermark(connection, form))


def watermark(connection: Connection, form: str) -> int:
    """The highest `_id` whose page was loaded; 0 before the first."""
    return connection.scalar(select(watermarks.c.last_id).where(watermarks.c.form == form)) or 0


def move_watermark(connection: Connection, form: str, last_id: int, now: datetime) -> None:
    """Move the watermark up to `last_id`; never down."""
    if last_id > watermark(connection, form):
        load(connection, watermarks, [(form, last_id, now)])


def count_verdicts(connection: Connection, form: str) -> tuple[int, int]:
    """How many submissions of a form are accepted, and how many in quarantine: counted in indexes, not in the rows."""
    present = select(func.count()).select_from(submissions).where(submissions.c.form == form)
    aside = present.where(text(ASIDE))
    found = connection.execute(select(present.scalar_subquery(), aside.scalar_subquery())).one()
    return found[0] - found[1], found[1]


def write_completeness(connection: Connection, run: int, form: str, **counts: int) -> None:
    """The completeness equation of a form in a run; counts: every further column of the table."""
    load(connection, completeness, [(run, form, *(counts[column.name] for column in list(completeness.c)[2:]))])


def recount_verdicts(connection: Connection, form: str) -> None:
    """Bring the last completeness equation up to verdicts that moved since; its sum stays what the pull counted."""
    accepted, quarantined = count_verdicts(connection, form)
    last = select(func.max(completeness.c.run)).where(completeness.c.form == form).scalar_subquery()
    same_sum = completeness.c.accepted + completeness.c.quarantined == accepted + quarantined
    here = update(completeness).where(completeness.c.form == form, completeness.c.run == last, same_sum)
    connection.execute(here.values(accepted=accepted, quarantined=quarantined))


def _known(connection: Connection, form: str, *conditions: ColumnElement[bool]) -> Iterator[Known]:
    here = submissions.c
    runs_of = here.first_run, here.last_run
    columns = here.submission_id, here.root_uuid, here.digest, *runs_of, here.fingerprint, here.judged_by
    is_accepted = submissions.c.verdict == "accepted"
    rows = connection.execute(select(*columns, is_accepted).where(submissions.c.form == form, *conditions))
    return (Known(*row) for row in rows)


@contextmanager
def _lock_postgresql(engine: Engine) -> Iterator[bool]:
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        is_ours = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))
        try:
            yield is_ours
        finally:
            if is_ours:
                # Closing alone gives it back too, but only when the server gets round to it: the next run may be faster
                with suppress(DatabaseError):
                    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            if not connection.invalidated:  # as it is when it was cut, and the lock with it
                connection.detach()


@contextmanager
def _lock_sqlite(engine: Engine) -> Iterator[bool]:
    path = _lock_file(engine)
    if not path:
        yield True
        return
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            yield _begin_exclusive(connection)
    except sqlite3.Error as error:
        raise translated(error, engine.url.set(database=str(path))) or error from None


def _lock_file(engine: Engine) -> Path | None:
    """None for a database that nobody else can open."""
    is_file = engine.url.database and engine.url.database != ":memory:"
    return Path(str(engine.url.database)).with_suffix(".lock") if is_file else None


def _begin_exclusive(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _holder(engine: Engine, now: datetime) -> str:
    with engine.connect() as connection:
        columns = runs.c.id, runs.c.job, runs.c.started_at
        running = select(*columns).where(runs.c.state == "running").order_by(runs.c.id.desc()).limit(1)
        row = connection.execute(running).one_or_none()
    if row is None:
        return "another run has just started"
    minutes = int((now - row.started_at).total_seconds() // 60)
    return f"run {row.id} ('{row.job}') has been running since {row.started_at:%Y-%m-%d %H:%M} UTC, {minutes} minutes"
