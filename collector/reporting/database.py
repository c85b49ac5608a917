"""Open the reporting database and the raw store, bring them to the newest migration, put their errors in our words.

Called by jobs/wiring.py. A database is a URL: sqlite:///data/collector.db, postgresql+psycopg://user@host/name.
Connections hide the values of statements from errors and logs: they are people's answers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from collector.errors import (
    DatabaseError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseUnreachable,
    SettingsError,
)
from collector.reporting.migrations import upgrade

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10
BUSY_MILLISECONDS = 10_000
PAGE_BYTES = 8192
"""Of a new SQLite file, which by itself has pages of 4096: half as many are written to its log. To load 100,000
submissions takes 4 % less time, a million 2 % more. A file that is there keeps its own."""

CHECKPOINT_BYTES = 128 * 1024 * 1024
"""After which SQLite moves its write-ahead log into the file: by itself after 1,000 pages, so with each page of a large
pull. Those of an index are written again and again: so it takes a tenth less time, for as much disk more while a large
pull runs."""


def open_engine(url: str) -> Engine:
    """The engine of a database; nothing is connected yet, but the folder of a SQLite file is made.

    Errors of every connection come as the DatabaseErrors of collector/errors.py, saying which database and what to do.
    Raises SettingsError for a URL of another kind, DatabaseUnreachable or DatabaseReadOnly for a folder that cannot be.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
        engine = create_engine(parsed, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # A prepared statement does not know the values of its lists: each row would be compared with all of them
        arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "collector", "prepare_threshold": None}
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    event.listen(engine, "handle_error", _translate)
    return engine


def open_scratch(path: Path) -> Engine:
    """The engine of a SQLite file that goes away again: nothing of it need outlive a power cut."""
    engine = open_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _wait_for_no_disk)
    return engine


@contextmanager
def writing(engine: Engine, *, is_small: bool = False) -> Iterator[Connection]:
    """A transaction that is going to write, committed at the end.

    SQLite takes its write lock at once: after a read, another program's write would make ours fail without a wait.
    is_small: no statement changes much more than a page of submissions. Beside its log, SQLite notes what a statement
    of many rows changes, to take that back where one is refused; of these it is noted in memory, not in a file.
    Source: SQLite, "Temporary Files Used By SQLite", 2.6 (statement journals).
    """
    with (
        engine.execution_options(begin="IMMEDIATE").connect() as connection,
        _noting_in_memory(connection) if is_small else nullcontext(),
        connection.begin(),
    ):
        yield connection


@contextmanager
def _noting_in_memory(connection: Connection) -> Iterator[None]:
    """Not always: what is sorted would be there too, and a million rows take more than we have."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("PRAGMA temp_store = MEMORY")
    try:
        yield
    finally:
        with suppress(sqlite3.Error):  # of a connection that is lost
            driver.execute("PRAGMA temp_store = DEFAULT")


def migrate(engine: Engine, which: str) -> None:
    """Bring the fixed tables of a database to the newest migration; which: "reporting" or "raw"."""
    with writing(engine) as connection:
        upgrade(connection, which)


def translated(error: BaseException, url: URL) -> DatabaseError | None:
    """A driver's error in our words, None where we have none; `url` says which database."""
    name = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    if isinstance(error, sqlite3.Error):
        return _translated_sqlite(error, f"database {name}")
    if url.get_backend_name() == "postgresql":
        import psycopg  # here: it is not loaded where SQLite is used alone

        if isinstance(error, psycopg.Error):
            return _translated_postgresql(error, f"database {name}")
    return None


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "the database URL cannot be read; write sqlite:///data/collector.db or "
            "postgresql+psycopg://user@host/name (a password with special letters is percent-encoded)."
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        return parsed
    raise SettingsError(
        f"databases of kind '{parsed.drivername}' are not supported; use sqlite:///… or postgresql+psycopg://…"
    )


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise DatabaseUnreachable(
            f"database {url.database}: '{folder}' is a file, not a folder; move it, or set another database URL."
        ) from None
    except OSError as error:
        raise DatabaseReadOnly(
            f"database {url.database}: the folder cannot be made ({error.strerror}); make '{folder}' and let this "
            "user write to it, or set another database URL."
        ) from None


def _wait_for_no_disk(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.cursor().execute("PRAGMA synchronous = OFF")


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Python's driver opens transactions by rules of its own; _begin_sqlite opens them where SQLAlchemy does
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        (page_bytes,) = cursor.execute("PRAGMA page_size").fetchone()
        cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_BYTES // page_bytes}")
    except sqlite3.OperationalError as error:
        # A file that may only be read can be read all the same: who writes to it will be told
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY):
            raise
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _translate(context: ExceptionContext) -> None:
    if context.engine is None:
        return
    if context.original_exception is not None:
        ours = translated(context.original_exception, context.engine.url)
        if ours:
            raise ours from None


def _translated_sqlite(error: sqlite3.Error, which: str) -> DatabaseError | None:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return DatabaseReadOnly(
                f"{which} is read-only; let this user write to the file and to its folder, or set another database URL."
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return DatabaseFull(
                f"{which}: the disk is full or fails; nothing of this step was kept. Free some space, then run again."
            )
        case sqlite3.SQLITE_CANTOPEN:
            return DatabaseUnreachable(
                f"{which} cannot be opened; it has to be a file in a folder that this user may write to."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return DatabaseUnreachable(
                f"{which} is not a SQLite database, or is damaged; move the file away or restore it from a backup."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseUnreachable(
                f"{which} is locked: another program is writing to it; close that program, then run again."
            )
    return None


def _translated_postgresql(error: psycopg.Error, which: str) -> DatabaseError | None:
    # Of PostgreSQL's own text only what concerns the connection is passed on: elsewhere it quotes rows
    import psycopg

    state = error.sqlstate or ""
    if state == "25006" or state == "42501":
        return DatabaseReadOnly(
            f"{which} may not be written by this user; grant it the rights to its tables, or set another database URL."
        )
    # A server that cannot even begin a session on a full disk gives no SQLSTATE
    if state in ("53100", "53200", "58030") or "No space left on device" in str(error):
        return DatabaseFull(
            f"{which}: the server is out of disk or memory; nothing of this step was kept. Free some, then run again."
        )
    if state in ("28P01", "28000") or "password authentication failed" in str(error):
        return DatabaseUnreachable(f"{which}: user name or password refused; correct the database URL.")
    if state == "3D000" or "does not exist" in str(error).partition("FATAL:")[2]:
        return DatabaseUnreachable(f"{which} does not exist; create it, or correct the database URL.")
    if state.startswith(("08", "57P")) or (not state and isinstance(error, psycopg.OperationalError)):
        return DatabaseUnreachable(
            f"{which} does not answer, or the connection was cut; is the server running and the database URL right?"
        )
    return None
