"""What each night's indicators said, and what became of submissions since: for sheets Changes and CleaningLog.

Written and read by jobs/export.py. Values are those of the form's tables: no card, nothing marked pii.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from collector.form.history import Arrival, Change, HeldDeletions, PastNight, Result, Revised
from collector.reporting.load import load
from collector.reporting.tables import (
    held_deletions,
    indicator_results,
    nights,
    revision_changes,
    revisions,
    submissions,
)


def save_night(connection: Connection, run: int, made_at: datetime, code_version: str, told: Iterable[Result]) -> None:
    """Keep what the indicators of a run's workbook said; the same run again replaces it."""
    load(connection, nights, [(run, made_at, code_version)])
    rows = [(run, one.id, one.item_set, one.value, one.numerator, one.denominator) for one in told]
    load(connection, indicator_results, rows)


def night_before(connection: Connection, moment: datetime) -> PastNight | None:
    """The newest kept night that was made before a moment, such as the beginning of a day."""
    newest = select(nights).where(nights.c.made_at < moment).order_by(nights.c.run.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    return _past(connection, found) if found else None


def night_made_until(connection: Connection, moment: datetime) -> tuple[int, datetime] | None:
    """Run and time of the newest night that was made before a moment; None where none is kept."""
    newest = select(nights.c.run, nights.c.made_at).where(nights.c.made_at < moment).order_by(nights.c.run.desc())
    found = connection.execute(newest.limit(1)).one_or_none()
    return (found.run, found.made_at) if found else None


def arrivals_after(connection: Connection, run: int) -> tuple[Arrival, ...]:
    """Submissions in the database that first came after a run, by form and number."""
    columns = (
        submissions.c.form,
        submissions.c.submission_id,
        submissions.c.root_uuid,
        submissions.c.submitted_at,
        submissions.c.first_run,
    )
    order = submissions.c.form, submissions.c.submission_id
    return tuple(
        Arrival(*row) for row in connection.execute(select(*columns).where(columns[-1] > run).order_by(*order))
    )


def revised(connection: Connection) -> tuple[Revised, ...]:
    """Every change of every submission, in the order in which they were noticed."""
    changes: dict[tuple[Any, ...], list[Change]] = defaultdict(list)
    for row in connection.execute(select(revision_changes).order_by(revision_changes.c.path)):
        changes[row.form, row.submission_id, row.number].append((row.path, row.old, row.new))
    order = revisions.c.run, revisions.c.form, revisions.c.submission_id, revisions.c.number
    return tuple(
        Revised(
            form=row.form,
            submission_id=row.submission_id,
            number=row.number,
            root_uuid=row.root_uuid,
            kind=row.kind,
            run=row.run,
            seen_at=row.seen_at,
            at=row.changed_at,
            by=row.changed_by,
            changes=tuple(changes[row.form, row.submission_id, row.number]),
        )
        for row in connection.execute(select(revisions).order_by(*order))
    )


def held(connection: Connection) -> tuple[HeldDeletions, ...]:
    """Deletions that wait for a person, counted by form."""
    counted = select(held_deletions.c.form, func.count()).group_by(held_deletions.c.form)
    return tuple(HeldDeletions(*row) for row in connection.execute(counted.order_by(held_deletions.c.form)))


def _past(connection: Connection, night: Any) -> PastNight:
    order = indicator_results.c.indicator, indicator_results.c.item_set
    told = select(indicator_results).where(indicator_results.c.run == night.run).order_by(*order)
    results = (
        Result(row.indicator, row.item_set, row.value, row.numerator, row.denominator)
        for row in connection.execute(told)
    )
    return PastNight(night.run, night.made_at, tuple(results))
