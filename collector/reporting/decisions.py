"""What people decided about issues, and which workbooks it was read from. Written and read by jobs/decide.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace
from typing import Any

from sqlalchemy import Connection, select

from collector.form.history import Decision
from collector.reporting.archive_tables import decisions, workbooks_read
from collector.reporting.load import load


def save_decisions(connection: Connection, made: Iterable[Decision], read: Mapping[str, str], run: int) -> None:
    """Keep decisions, and the files that a run read: name by SHA-256."""
    load(connection, decisions, [(*astuple(one)[:-1], json.dumps(dict(one.records))) for one in made])
    load(connection, workbooks_read, [(sha256, run, file) for sha256, file in read.items()])


def stored_decisions(connection: Connection) -> tuple[Decision, ...]:
    """Every decision, in the order in which they were read."""
    rows = connection.execute(select(decisions).order_by(decisions.c.run, decisions.c.number))
    return tuple(_decision(row) for row in rows)


def known_workbooks(connection: Connection) -> frozenset[str]:
    """SHA-256 of the files that were read."""
    return frozenset(connection.scalars(select(workbooks_read.c.sha256)))


def _decision(row: Any) -> Decision:
    made = Decision(**{**row._mapping, "records": {}})
    return replace(made, records=json.loads(row.records))
