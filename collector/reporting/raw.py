"""The raw store: every submission, in every state it was received in, byte for byte.

Written by jobs/pull.py before anything else is made of a page, so that all of the reporting database can be made again
from here. It holds cards and answers as received: a database of its own, for few eyes.
What is new or changed in a page is kept in frames (frames.py), each with its hash.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat
from typing import NamedTuple

from isal import isal_zlib
from sqlalchemy import Connection, select

from collector.errors import FrameDamaged, RowsRefused
from collector.reporting.frames import FASTEST, TOGETHER, Frame, frame_of, opened
from collector.reporting.load import among, has_between, insert, load
from collector.reporting.tables import raw_frames, raw_submissions, raw_xml


class RawRecord(NamedTuple):
    """One submission as received. digest: see submission.py; root_uuid: what it was filed under."""

    body: bytes
    digest: str
    submission_id: int
    root_uuid: str


def keep(
    connection: Connection,
    asset_uid: str,
    records: Sequence[RawRecord],
    received_at: datetime,
    frames: Sequence[Frame | None] = (),
) -> int:
    """Store those records that the store does not have yet; returns how many. Never commits.

    frames: theirs, TOGETHER in each, as far as somebody has made them.
    """
    stored = _stored(connection, asset_uid, records)
    fresh = list({each.digest: each for each in records if each.digest not in stored}.values())
    return _put(connection, asset_uid, fresh, received_at, frames if len(fresh) == len(records) else ())


def mend(connection: Connection, asset_uid: str, records: Sequence[RawRecord], received_at: datetime) -> int:
    """Store again what of these cannot be read, because its frame is damaged or the store an older one; as keep."""
    readable = raw_bodies(connection, asset_uid, [record.digest for record in records])
    lost = {each.digest: each for each in records if each.digest not in readable}
    return _put(connection, asset_uid, list(lost.values()), received_at, ())


def _put(
    connection: Connection,
    asset_uid: str,
    records: Sequence[RawRecord],
    received_at: datetime,
    frames: Sequence[Frame | None],
) -> int:
    if not records:
        return 0
    pieces = [records[start : start + TOGETHER] for start in range(0, len(records), TOGETHER)]
    framed = [
        frame or frame_of([each.body for each in piece])
        for piece, frame in zip(pieces, chain(frames, repeat(None)), strict=False)
    ]
    values = [{"asset_uid": asset_uid, "received_at": received_at, **frame._asdict()} for frame in framed]
    statement = raw_frames.insert().returning(raw_frames.c.id, sort_by_parameter_order=True)
    rows = []
    for number, piece in zip(connection.scalars(statement, values), pieces, strict=True):
        start = 0
        for body, digest, *keys in piece:
            rows.append((asset_uid, digest, *keys, number, start, len(body)))
            start += len(body) + 1
    rows.sort()  # neighbours in an index go in together
    try:
        with connection.begin_nested():
            insert(connection, raw_submissions, rows)
    except RowsRefused:  # another process, which should not be there, has kept some of them meanwhile
        load(connection, raw_submissions, rows)
    return len(rows)


def raw_bodies(connection: Connection, asset_uid: str, digests: Iterable[str]) -> dict[str, bytes]:
    """Submissions as received, by digest; those not stored, or in a damaged frame, are left out.

    Each frame is opened once. damaged_frames tells of those.
    """
    found: dict[str, bytes] = {}
    columns = raw_submissions.c.digest, raw_submissions.c.start, raw_submissions.c.length, raw_submissions.c.frame
    for is_one in among(connection, raw_submissions.c.digest, digests):
        places: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
        here = raw_submissions.c.asset_uid == asset_uid, is_one
        for digest, start, length, frame in connection.execute(select(*columns).where(*here)):
            places[frame].append((digest, start, length))
        for frame, cuts in places.items():
            kept = connection.execute(select(raw_frames.c.sha256, raw_frames.c.body).where(raw_frames.c.id == frame))
            with suppress(FrameDamaged):
                body = opened(*kept.one())
                found.update((digest, _cut(body, start, length)) for digest, start, length in cuts)
    return found


def keep_xml(connection: Connection, asset_uid: str, digest: str, xml: bytes, received_at: datetime) -> None:
    """Store the XML of a submission beside its JSON, under the digest of that. Never commits."""
    load(connection, raw_xml, [(asset_uid, digest, received_at, isal_zlib.compress(xml, FASTEST))])


def stored_xml(connection: Connection, asset_uid: str, digest: str, by: datetime) -> bytes | None:
    """The XML that belongs to a submission's JSON; None where none was needed before, or had by a time."""
    here = (raw_xml.c.asset_uid == asset_uid) & (raw_xml.c.digest == digest) & (raw_xml.c.received_at <= by)
    body = connection.scalar(select(raw_xml.c.body).where(here))
    return zlib.decompress(body) if body is not None else None


@dataclass(frozen=True, slots=True)
class Loss:
    """A damaged frame and the states of submissions that are lost with it: `_id` by digest."""

    frame: int
    asset_uid: str
    received_at: datetime
    states: dict[str, int]


def damaged_frames(connection: Connection) -> Iterator[Loss]:
    """Open every frame; tells those that cannot be opened, and what was in them."""
    for frame in connection.scalars(select(raw_frames.c.id).order_by(raw_frames.c.id)).all():
        row = connection.execute(select(raw_frames).where(raw_frames.c.id == frame)).one()
        try:
            opened(row.sha256, row.body)
        except FrameDamaged:
            columns = select(raw_submissions.c.digest, raw_submissions.c.submission_id)
            states = connection.execute(columns.where(raw_submissions.c.frame == frame)).all()
            if states:  # else all of them were received again
                yield Loss(frame, row.asset_uid, row.received_at, {digest: number for digest, number in states})  # noqa: C416


def _cut(body: bytes, start: int, length: int) -> bytes:
    return body[start : start + length]


def _stored(connection: Connection, asset_uid: str, records: Iterable[RawRecord]) -> set[str]:
    """The digests among those of some records that are stored. The same bytes have the same `_id`."""
    digests = {record.digest: record.submission_id for record in records}
    stored: set[str] = set()
    of_project, number = raw_submissions.c.asset_uid == asset_uid, raw_submissions.c.submission_id
    if has_between(connection, of_project, number, digests.values()):
        for is_one in among(connection, raw_submissions.c.digest, digests):
            stored.update(connection.scalars(select(raw_submissions.c.digest).where(of_project, is_one)))
    return stored
