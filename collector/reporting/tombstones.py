"""What is left of submissions that are gone from the server, which deletions wait for a person, and what was ever seen.

Written by jobs/page.py (an identity that lives on under a new `_id`) and jobs/deletions.py (all others).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, select

from collector.reporting.ledger import Known, pairs
from collector.reporting.load import among, delete, has_between, in_lists, load
from collector.reporting.tables import held_deletions, raw_submissions, submissions, tombstones

ACCOUNTED = (submissions, tombstones)
NOTHING, ENDLESS = 0, 2**62
BLOCK = 10_000


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


def raise_again(connection: Connection, form: str, ids: Collection[int]) -> dict[int, str]:
    """Take the tombstones of submissions that are back; returns the digests they had, by `_id`."""
    digests: dict[int, str] = {}
    if not has_between(connection, tombstones.c.form == form, tombstones.c.submission_id, ids):
        return digests
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
    return _count_received(raw, assets, NOTHING, ENDLESS)


def unaccounted(connection: Connection, raw: Connection, form: str, assets: Sequence[str]) -> Mapping[int, Departure]:
    """Submissions that were received and are neither stored nor buried, by `_id`: as if deleted before loading.

    Counted in indexes, half by half, and read only where the counts differ: what is stored was received before.
    """
    here, lost = raw_submissions.c, dict[int, Departure]()
    last_id = raw.scalar(select(func.max(here.submission_id)).where(here.asset_uid.in_(assets)))
    for after, last in _differing(connection, raw, form, assets, NOTHING, last_id or NOTHING):
        received = raw.scalars(select(here.submission_id).where(*_received(assets, after, last)).distinct())
        for some in in_lists(sorted(set(received) - _accounted(connection, form, after, last))):
            columns = select(here.submission_id, here.root_uuid, here.digest)
            these = columns.where(here.asset_uid.in_(assets), here.submission_id.in_(some))
            states = raw.execute(these.order_by(here.frame, here.start))
            lost |= {row[0]: Departure(*row, "never_loaded") for row in states}
    return lost


def unreceived(connection: Connection, raw: Connection, form: str, assets: Sequence[str]) -> list[int]:
    """`_id`s that are stored or buried, and of which the raw store has nothing: it lost them, or is an older one."""
    columns = select(raw_submissions.c.submission_id).where(raw_submissions.c.asset_uid.in_(assets))
    return sorted(_accounted(connection, form, NOTHING, ENDLESS).difference(raw.scalars(columns)))


def _differing(
    connection: Connection, raw: Connection, form: str, assets: Sequence[str], after: int, last_id: int
) -> Iterator[tuple[int, int]]:
    """Small stretches of `_id`s, above one and up to another, where not all that came in is accounted for."""
    received = _count_received(raw, assets, after, last_id)
    accounted = _count_accounted(connection, form, after, last_id)
    if received == accounted:
        return
    if max(received, accounted) <= BLOCK:
        yield after, last_id
        return
    middle = (after + last_id) // 2
    yield from _differing(connection, raw, form, assets, after, middle)
    yield from _differing(connection, raw, form, assets, middle, last_id)


def _received(assets: Sequence[str], after: int, last_id: int) -> tuple[ColumnElement[bool], ...]:
    here = raw_submissions.c
    return here.asset_uid.in_(assets), here.submission_id > after, here.submission_id <= last_id


def _count_received(raw: Connection, assets: Sequence[str], after: int, last_id: int) -> int:
    states = func.count(raw_submissions.c.submission_id.distinct())
    return raw.scalar(select(states).where(*_received(assets, after, last_id))) or 0


def _count_accounted(connection: Connection, form: str, after: int, last_id: int) -> int:
    counts = [
        connection.scalar(select(func.count()).select_from(table).where(*_here(table, form, after, last_id)))
        for table in ACCOUNTED
    ]
    return sum(count or 0 for count in counts)


def _accounted(connection: Connection, form: str, after: int, last_id: int) -> set[int]:
    """The `_id`s above `after`, up to `last_id`, that are stored or buried."""
    found = (select(table.c.submission_id).where(*_here(table, form, after, last_id)) for table in ACCOUNTED)
    return {number for numbers in found for number in connection.scalars(numbers)}


def _here(table: Table, form: str, after: int, last_id: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.form == form, table.c.submission_id > after, table.c.submission_id <= last_id
