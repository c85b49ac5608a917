"""One SQLite file in a folder: everything a sandbox remembers, so that it is the same after a restart.

Opened by server.py; the modules above it (accounts, assets, submissions, …) run their own SQL in its transactions.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from collector.sandbox.options import Options
from collector.sandbox.schema import SCHEMA

UID_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Store:
    """The sandbox's memory: one connection behind one lock, each write one transaction.

    in_flight: (form id, instance id) of submissions being received now, for 423; guarded by flight_lock.
    """

    def __init__(self, folder: Path, options: Options) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.options = options
        self.lock = threading.RLock()
        self.flight_lock = threading.Lock()
        self.in_flight: set[tuple[str, str]] = set()
        self.is_closed = False
        self._connection = sqlite3.connect(folder / "sandbox.sqlite", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self.lock:
            self.is_closed = True
            self._connection.close()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self.options.now().astimezone(UTC)

    def stamp(self) -> str:
        """The time as the server writes it: 2026-11-23T16:36:21.711046Z."""
        return zulu(self.now())

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction; a write inside a write joins it."""
        with self.lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        with self.lock:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def number(self, sql: str, *values: object) -> int:
        """The first cell of the first row, as a number; 0 where there is none."""
        row = self.one(sql, *values)
        return int(row[0]) if row and row[0] is not None else 0

    def fact(self, name: str, default: str) -> str:
        """A text kept for ever under a name; `default` is stored the first time."""
        with self.write() as connection:
            connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, default))
            return str(connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()[0])


def new_uid(prefix: str, length: int = 21) -> str:
    """A random id as the server makes them: "a" + 21 letters for an asset, "v…" a version, "af…" a file."""
    return prefix + "".join(secrets.choice(UID_LETTERS) for _ in range(length))


def zulu(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def dump(value: object) -> str:
    """JSON as the server sends it: compact, letters as they are."""
    return msgspec.json.encode(value).decode()


def loaded(row: Mapping[str, Any] | sqlite3.Row, column: str) -> Any:
    return json.loads(row[column])
