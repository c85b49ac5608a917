"""What changed in a submission between two of its states, kept for good.

Made by jobs/revise.py, written in the transaction of the page that brings the new state. Values are those of the form's
tables (layout.py): a card is its person_key, a question marked pii is not there; the raw store has both states whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.form.definition import Kind
from collector.reporting.ledger import pairs
from collector.reporting.load import in_lists, load
from collector.reporting.notations import Row
from collector.reporting.plans import SUBMISSION, ColumnPlan, TablePlan
from collector.reporting.tables import revision_changes, revisions

Change = tuple[str, str | None, str | None]
"""Path with repeat indices, value before, value after; None: not answered."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of a submission. kind: as in tables.py; at, by: by the server, where it says."""

    submission_id: int
    root_uuid: str
    kind: str
    old_digest: str
    new_digest: str | None = None
    at: datetime | None = None
    by: str | None = None
    changes: tuple[Change, ...] = ()


def write_revisions(connection: Connection, form: str, made: Iterable[Revision], run: int, now: datetime) -> None:
    """Add revisions after those that are there."""
    pending = list(made)
    last = _last_numbers(connection, form, [each.submission_id for each in pending])
    rows, changes = [], []
    for each in pending:
        number = last[each.submission_id] = last.get(each.submission_id, 0) + 1
        key = form, each.submission_id, number
        rows.append((*key, each.root_uuid, each.kind, run, now, each.at, each.by, each.old_digest, each.new_digest))
        changes += [(*key, *change) for change in each.changes]
    load(connection, revisions, rows)
    load(connection, revision_changes, changes)


def values_of(plans: Sequence[TablePlan], tables: Sequence[Iterable[Row]]) -> dict[str, str]:
    """What rows say, as text by path with repeat indices; the booleans of a select_multiple repeat its codes."""
    return {path: value for plan, rows in zip(plans, tables, strict=True) for path, value in _values(plan, rows)}


def differences(before: dict[str, str], after: dict[str, str]) -> tuple[Change, ...]:
    """
    >>> differences({"a": "1", "b": "2"}, {"b": "3", "c": "4"})
    (('a', '1', None), ('b', '2', '3'), ('c', None, '4'))
    """
    paths = {**before, **after}
    return tuple((path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path))


def _values(plan: TablePlan, rows: Iterable[Sequence[object]]) -> Iterator[tuple[str, str]]:
    first = len(SUBMISSION) + len(plan.indices)
    for row in rows:
        indices = ".".join(str(index) for index in row[len(SUBMISSION) : first])
        for column, value in zip(plan.columns, row[first:], strict=True):
            if value is not None and not (column.kind is Kind.SELECT_MULTIPLE and column.part):
                yield _place(plan, column, indices), str(value)


def _place(plan: TablePlan, column: ColumnPlan, indices: str) -> str:
    path = f"{column.path}:{column.part}" if column.part else column.path
    return f"{plan.repeat}[{indices}]{path[len(plan.repeat) :]}" if plan.repeat else path


def _last_numbers(connection: Connection, form: str, ids: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in in_lists(ids):
        here = revisions.c.form == form, revisions.c.submission_id.in_(some)
        numbers = select(revisions.c.submission_id, func.max(revisions.c.number)).where(*here)
        found.update(pairs(connection.execute(numbers.group_by(revisions.c.submission_id))))
    return found
