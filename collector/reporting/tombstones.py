"""What is left of submissions that are gone from the server, which deletions wait for a person, and what was ever seen.

Written by jobs/page.py (an identity that lives on under a new `_id`) and jobs/deletions.py (all others).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.reporting.ledger import Known, pairs
from collector.reporting.load import among, delete, load
from collector.reporting.tables import held_deletions, raw_submissions, submissions, tombstones


@dataclass(frozen=True, slots=True)
class Departure:
    """A submission that is gone. deleted_at, deleted_by: by the server's history, where it was read."""

    submission_id: int
    root_uuid: str
    digest: str
    reason: str
    verdict: str | None = None
    first_run: int | None = None
    last_run: int | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None


def departure_of(known: Known, reason: str, at: datetime | None = None, by: str | None = None) -> Departure:
    """The departure of a stored submission."""
    verdict = "accepted" if known.is_accepted else "quarantined"
    runs = known.first_run, known.last_run
    return Departure(known.submission_id, known.root_uuid, known.digest, reason, verdict, *runs, at, by)


def bury(connection: Connection, form: str, departures: Iterable[Departure], run: int, now: datetime) -> None:
    """Write tombstones; what was stored of the submissions in other tables is the caller's to take out."""
    noticed = {"form": form, "noticed_run": run, "noticed_at": now}
    records = [{**asdict(each), **noticed} for each in departures]
    rows = [[record[column.name] for column in tombstones.c] for record in records]
    load(connection, tombstones, rows)


def raise_again(connection: Connection, form: str, ids: Iterable[int]) -> dict[int, str]:
    """Take the tombstones of submissions that are back; returns the digests they had, by `_id`."""
    digests: dict[int, str] = {}
    for is_one in among(connection, tombstones.c.submission_id, ids):
        columns = select(tombstones.c.submission_id, tombstones.c.digest)
        here = columns.where(tombstones.c.form == form, is_one)
        digests.update(pairs(connection.execute(here)))
    delete(connection, tombstones, "submission_id", digests, form=form)
    return digests


def count_tombstones(connection: Connection, form: str) -> int:
    """How many submissions of a form are gone."""
    return connection.scalar(select(func.count()).select_from(tombstones).where(tombstones.c.form == form)) or 0


def held(connection: Connection, form: str) -> dict[int, str]:
    """Deletions of a form that wait for a person: why, by `_id`."""
    columns = held_deletions.c.submission_id, held_deletions.c.reason
    return pairs(connection.execute(select(*columns).where(held_deletions.c.form == form)))


def hold(connection: Connection, form: str, ids: Iterable[int], run: int, reason: str) -> None:
    """Let these deletions wait, and no others."""
    connection.execute(held_deletions.delete().where(held_deletions.c.form == form))
    load(connection, held_deletions, [(form, number, run, reason) for number in sorted(ids)])


def count_seen(raw: Connection, assets: Sequence[str]) -> int:
    """Submissions of these projects ever received, by the raw store."""
    column = raw_submissions.c.submission_id
    return raw.scalar(select(func.count(column.distinct())).where(raw_submissions.c.asset_uid.in_(assets))) or 0


def unaccounted(connection: Connection, raw: Connection, form: str, assets: Sequence[str]) -> Mapping[int, Departure]:
    """Submissions that were received and are neither stored nor buried, by `_id`: as if deleted before loading."""
    accounted = _accounted(connection, form)
    columns = raw_submissions.c.submission_id, raw_submissions.c.root_uuid, raw_submissions.c.digest
    received = raw.execute(select(*columns).where(raw_submissions.c.asset_uid.in_(assets)))
    return {row[0]: Departure(*row, "never_loaded") for row in received if row[0] not in accounted}


def unreceived(connection: Connection, raw: Connection, form: str, assets: Sequence[str]) -> list[int]:
    """`_id`s that are stored or buried, and of which the raw store has nothing: it lost them, or is an older one."""
    columns = select(raw_submissions.c.submission_id).where(raw_submissions.c.asset_uid.in_(assets))
    return sorted(_accounted(connection, form).difference(raw.scalars(columns)))


def _accounted(connection: Connection, form: str) -> set[int]:
    accounted: set[int] = set()
    for table in (submissions, tombstones):
        accounted.update(connection.scalars(select(table.c.submission_id).where(table.c.form == form)))
    return accounted
