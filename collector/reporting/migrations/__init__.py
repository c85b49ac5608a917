"""Migrations of the fixed tables, shipped with the package: reporting/ and raw/ hold one history each.

Called by database.py. The tables that a form asks for have no migrations: form_tables.py makes and widens them.
A new migration: copy the newest file of versions/, raise its number, name the one before as down_revision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from collector.reporting.tables import metadata, raw_metadata

HISTORIES: dict[str, MetaData] = {"reporting": metadata, "raw": raw_metadata}
LOCK = 7_236_101  # any number, the same in every process


def upgrade(connection: Connection, which: str, to: str = "head") -> None:
    """Bring the tables of "reporting" or "raw" to a migration, the newest by default, inside the transaction."""
    if connection.dialect.name == "postgresql":  # two processes that start at once: the second waits
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / which).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _: object) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            target_metadata=HISTORIES[which],
            version_table=f"{which}_migration",
            transactional_ddl=True,
        )
        environment.run_migrations()
