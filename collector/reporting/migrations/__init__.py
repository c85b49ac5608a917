"""Migrations of the fixed tables, shipped with the package: reporting/ and raw/ hold one history each.

Called by database.py. The tables that a form asks for have no migrations: form_tables.py makes and widens them.
A new migration: copy the newest file of versions/, raise its number, name the one before as down_revision.
Its file is named after its number: a database that is there already is left alone, and Alembic is not even loaded. Nor
is it for an empty one, where nothing has to be moved: its tables are made as the migrations would leave them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, text

from collector.reporting.archive_tables import DATABASES

LOCK = 7_236_101  # any number, the same in every process
NUMBER = 4  # digits at the beginning of a file's name


def upgrade(connection: Connection, which: str, to: str = "head") -> None:
    """Bring the tables of "reporting" or "raw" to a migration, the newest by default, inside the transaction."""
    if to == "head" and reached(connection, which) == newest(which):
        return
    if connection.dialect.name == "postgresql":  # two processes that start at once: the second waits
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if to == "head" and reached(connection, which) is None:
        _make(connection, which)
    else:
        _migrate(connection, which, to)


def _make(connection: Connection, which: str) -> None:
    DATABASES[which].create_all(connection)
    # Of two indexes that fit, SQLite takes the one made last: that of few rows has to be
    for index in (each for table in DATABASES[which].sorted_tables for each in table.indexes):
        if index.dialect_kwargs.get("sqlite_where") is not None:
            index.drop(connection)
            index.create(connection)
    version = Column("version_num", String(32), nullable=False)
    table = Table(_table(which), MetaData(), version, PrimaryKeyConstraint(version, name=f"{_table(which)}_pkc"))
    table.create(connection)
    connection.execute(table.insert().values(version_num=newest(which)))


def _migrate(connection: Connection, which: str, to: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / which).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _: object) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            target_metadata=DATABASES[which],
            version_table=_table(which),
            transactional_ddl=True,
        )
        environment.run_migrations()


def newest(which: str) -> str:
    """The number of the newest migration, "0008"."""
    return max(path.name for path in (Path(__file__).parent / which / "versions").glob("[0-9]*.py"))[:NUMBER]


def reached(connection: Connection, which: str) -> str | None:
    """The migration that a database is at; None for an empty one."""
    if not inspect(connection).has_table(_table(which)):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {_table(which)}"))
    return found


def _table(which: str) -> str:
    return f"{which}_migration"
