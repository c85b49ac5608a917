"""The reporting database and the raw store of a test, and what is in them as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text

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
def open_databases(url: str, folder: Path) -> Iterator[Databases]:
    """Both, migrated: on PostgreSQL one database, on SQLite two files."""
    raw_url = f"sqlite:///{folder / 'raw.db'}" if url.startswith("sqlite") else url
    databases = Databases(open_engine(url), open_engine(raw_url))
    try:
        migrate(databases.reporting, "reporting")
        migrate(databases.raw, "raw")
        yield databases
    finally:
        databases.reporting.dispose()
        databases.raw.dispose()


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
