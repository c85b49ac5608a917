"""The database as it stood after an earlier run: which submissions it held, in which state, and what the ledger said.

Used by jobs/past.py. Every state that was ever received is in the raw store, revisions say when one followed another,
tombstones when one ended. What keeps no history (session plan and media files) is taken as it is today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from collector.reporting.archive_tables import decisions
from collector.reporting.load import load
from collector.reporting.tables import (
    completeness,
    form_versions,
    forms,
    held_deletions,
    indicator_results,
    media,
    nights,
    revision_changes,
    revisions,
    runs,
    submissions,
    syncs,
    tombstones,
)

WHOLE = (forms, media)
OF_RUNS = (completeness, decisions, held_deletions, revisions, syncs)
ENDS = "deleted"  # the kind of a revision after which a submission is gone, until one says that it returned


def run_until(connection: Connection, moment: datetime) -> int | None:
    """The last run that started before a moment; None where there was none."""
    found: int | None = connection.scalar(select(func.max(runs.c.id)).where(runs.c.started_at < moment))
    return found


def copy_ledger(source: Connection, target: Connection, run: int, moment: datetime) -> None:
    """Forms, the versions known at a moment, and what the runs up to `run` wrote down, into an empty database."""
    for table in WHOLE:
        _copy(source, target, table)
    _copy(source, target, runs, runs.c.id <= run)
    _copy(source, target, form_versions, form_versions.c.first_seen_at <= moment)
    for table in OF_RUNS:
        _copy(source, target, table, table.c.run <= run)
    _copy(source, target, nights, nights.c.run < run)
    _copy(source, target, indicator_results, indicator_results.c.run < run)
    noticed = {(row.form, row.submission_id, row.number) for row in target.execute(select(revisions))}
    changes = source.execute(select(revision_changes))
    load(target, revision_changes, [tuple(row) for row in changes if tuple(row)[:3] in noticed])


def states_at(connection: Connection, form: str, run: int) -> dict[str, int]:
    """The states that a form's submissions had after a run: digest in the raw store, and the run that first saw it."""
    of_submission: dict[int, list[Any]] = defaultdict(list)
    order = revisions.c.submission_id, revisions.c.number
    for row in connection.execute(select(revisions).where(revisions.c.form == form).order_by(*order)):
        of_submission[row.submission_id].append(row)
    states: dict[str, int] = {}
    for table in (submissions, tombstones):
        for row in connection.execute(select(table).where(table.c.form == form)):
            before = [each for each in of_submission[row.submission_id] if each.run <= run]
            after = [each for each in of_submission[row.submission_id] if each.run > run]
            if _was_there(row, before, after, run):
                states[after[0].old_digest if after else row.digest] = row.first_run or run
    return states


def set_first_runs(connection: Connection, form: str, first: Mapping[str, int]) -> None:
    """Say which run first saw each submission, by digest: they were all loaded by one."""
    for digest, run in first.items():
        here = submissions.c.form == form, submissions.c.digest == digest
        connection.execute(update(submissions).where(*here).values(first_run=run))


def gaps(connection: Connection) -> dict[str, tuple[int, int]]:
    """Forms of which another number is stored than their last completeness counted: then, and now."""
    counted = select(submissions.c.form, func.count()).group_by(submissions.c.form)
    stored = {row[0]: row[1] for row in connection.execute(counted)}
    then: dict[str, int] = {}
    for row in connection.execute(select(completeness).order_by(completeness.c.run)):
        then[row.form] = row.accepted + row.quarantined
    return {form: (number, stored.get(form, 0)) for form, number in then.items() if number != stored.get(form, 0)}


def _was_there(row: Any, before: list[Any], after: list[Any], run: int) -> bool:
    if before:
        return bool(before[-1].kind != ENDS)
    if after and after[0].kind == "returned":  # it came, and was deleted, without a revision that says so
        return False
    is_first_later = row.first_run is None or row.first_run > run
    has_ended = getattr(row, "noticed_run", None) is not None and row.noticed_run <= run
    return not is_first_later and not has_ended


def _copy(source: Connection, target: Connection, table: Table, *where: Any) -> None:
    load(target, table, [tuple(row) for row in source.execute(select(table).where(*where))])
