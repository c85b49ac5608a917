"""The reporting database and the raw store of a test, and what is in them as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from collector.reporting.database import migrate, open_engine
from jobs.wiring import Databases

MOVING = {
    "first_run",
    "last_run",
    "run",
    "started_at",
    "finished_at",
    "moved_at",
    "first_seen_at",
    "received_at",
    "seen_at",
}
"""Columns that two runs over the same data may fill differently: run ids and times."""


@contextmanager
def open_databases(url: str, folder: Path, raw_url: str = "", *, is_migrated: bool = False) -> Iterator[Databases]:
    """Both, migrated: on PostgreSQL one database, on SQLite two files, or the raw store where `raw_url` says.

    is_migrated: they are known to be, as copies of migrated ones.
    """
    usual = f"sqlite:///{folder / 'raw.db'}" if url.startswith("sqlite") else url
    databases = Databases(open_engine(url), open_engine(raw_url or usual))
    for engine in (databases.reporting, databases.raw):
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _wait_for_no_disk)
    try:
        if not is_migrated:
            migrate(databases.reporting, "reporting")
            migrate(databases.raw, "raw")
        yield databases
    finally:
        databases.reporting.dispose()
        databases.raw.dispose()


def _wait_for_no_disk(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.cursor().execute("PRAGMA synchronous = OFF")  # a test does not survive a power cut


def contents(engine: Engine, *, but: frozenset[str] | set[str] = frozenset()) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables as the driver gives them, sorted, without the columns in `but`.

    The journal and its position tell how it came about, not what is there: they are left out.
    """
    with engine.connect() as connection:
        return {
            name: sorted(
                (
                    {column: value for column, value in row.items() if column not in but}
                    for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings()
                ),
                key=repr,
            )
            for name in inspect(connection).get_table_names()
            if name not in ("archive_position", "raw_journal")
        }


def tables_of(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables and views of the reporting database, as Python has them: of two databases of any kind."""
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"archive_position"}  # which history it is, and how far
        names = {name for name in names if not name.startswith("raw_")} | set(inspect(connection).get_view_names())
        return {name: _rows_of(connection, name) for name in names}


def _rows_of(connection: Connection, name: str) -> list[Any]:
    rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()
    return sorted((sorted((column, _plain(value)) for column, value in row.items()) for row in rows), key=repr)


def _plain(value: object) -> str:
    """SQLite has no times, truth values and documents of its own."""
    if isinstance(value, dict):
        value = json.dumps(value)
    return str(value).removesuffix("+00:00").removesuffix(".000000").replace("True", "1").replace("False", "0")
