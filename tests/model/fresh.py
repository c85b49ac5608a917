"""The databases of the service as they were before a history: put back for each one, without migrating again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psycopg import sql

from jobs.wiring import Databases
from tests.support.databases import open_databases
from tests.support.postgresql import TestServer


class Fresh(Protocol):
    """Databases whose content can be kept under a name, and put back."""

    databases: Databases

    def keep(self, name: str) -> None: ...

    def put_back(self, name: str) -> None: ...


@dataclass
class FreshFiles:
    """SQLite: copies of both files."""

    databases: Databases
    folder: Path

    def keep(self, name: str) -> None:
        _close(self.databases)
        for path in self.folder.glob("*.db"):
            shutil.copyfile(path, path.with_suffix(f".{name}"))

    def put_back(self, name: str) -> None:
        _close(self.databases)
        for path in self.folder.glob("*.db"):
            for ending in ("-wal", "-shm"):  # of a connection that a killed pull did not close
                path.with_name(path.name + ending).unlink(missing_ok=True)
            copy = shutil.copyfile(path.with_suffix(f".{name}"), path.with_suffix(".copy"))
            os.replace(copy, path)


@dataclass
class FreshDatabase:
    """PostgreSQL: copies of the database on its server."""

    databases: Databases
    server: TestServer
    stack: ExitStack

    def keep(self, name: str) -> None:
        _close(self.databases)
        self.stack.callback(self._drop, name)
        self._copy(self._name, name)

    def put_back(self, name: str) -> None:
        _close(self.databases)
        self._drop(self._name)
        self._copy(name, self._name)

    @property
    def _name(self) -> str:
        return str(self.databases.reporting.url.database)

    def _copy(self, source: str, target: str) -> None:
        names = {"source": sql.Identifier(source), "target": sql.Identifier(target)}
        self.server.execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source}").format(**names))

    def _drop(self, name: str) -> None:
        self.server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_files(folder: Path) -> Iterator[Fresh]:
    """SQLite files in a folder, migrated."""
    with open_databases(f"sqlite:///{folder / 'reporting.db'}", folder) as databases:
        yield FreshFiles(databases, folder)


@contextmanager
def fresh_database(server: TestServer, folder: Path) -> Iterator[Fresh]:
    """A database of a server, migrated."""
    with ExitStack() as stack:
        url = stack.enter_context(server.database())
        databases = stack.enter_context(open_databases(url, folder))
        yield FreshDatabase(databases, server, stack)


def _close(databases: Databases) -> None:
    for engine in {databases.reporting, databases.raw}:
        engine.dispose()
