"""The raw store: every submission, in every state it was received in, byte for byte.

Written by jobs/pull.py before anything else is made of a page, so that all of the reporting database can be made again
from here. It holds cards and answers as received: a database of its own, for few eyes.
A frame is the new and changed records of one page, one after the other, compressed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from isal import isal_zlib
from sqlalchemy import Connection, select

from collector.errors import FrameDamaged, RowsRefused
from collector.reporting.load import among, has_between, insert, load
from collector.reporting.tables import raw_frames, raw_submissions, raw_xml

FASTEST = 1  # zlib level: a page takes 3 ms and a tenth of its size; the standard library's takes five times as long


AT_ONCE = 100
"""Records that are compressed at once."""


@dataclass(slots=True)  # not frozen: made a thousand times a page, that takes three times as long
class RawRecord:
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
) -> int:
    """Store those records that the store does not have yet, in one frame; returns how many. Never commits."""
    stored = _stored(connection, asset_uid, records)
    unknown = [each for each in records if each.digest not in stored]
    return _put(connection, asset_uid, unknown, received_at)


def mend(connection: Connection, asset_uid: str, records: Sequence[RawRecord], received_at: datetime) -> int:
    """Store again what of these cannot be read, because its frame is damaged or the store an older one; as keep."""
    readable = raw_bodies(connection, asset_uid, [record.digest for record in records])
    return _put(connection, asset_uid, [each for each in records if each.digest not in readable], received_at)


def _put(connection: Connection, asset_uid: str, records: Sequence[RawRecord], received_at: datetime) -> int:
    fresh = list({record.digest: record for record in records}.values())
    if not fresh:
        return 0
    sha256, body = _compressed([record.body for record in fresh])
    frame = connection.scalar(
        raw_frames.insert()
        .values(asset_uid=asset_uid, received_at=received_at, sha256=sha256, body=body)
        .returning(raw_frames.c.id)
    )
    rows, start = [], 0
    for record in fresh:
        length = len(record.body)
        rows.append((asset_uid, record.digest, record.submission_id, record.root_uuid, frame, start, length))
        start += length + 1
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
            kept = connection.execute(select(raw_frames.c.body, raw_frames.c.sha256).where(raw_frames.c.id == frame))
            with suppress(FrameDamaged):
                body = _opened(*kept.one())
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
            _opened(row.body, row.sha256)
        except FrameDamaged:
            columns = select(raw_submissions.c.digest, raw_submissions.c.submission_id)
            states = connection.execute(columns.where(raw_submissions.c.frame == frame)).all()
            if states:  # else all of them were received again
                yield Loss(frame, row.asset_uid, row.received_at, {digest: number for digest, number in states})  # noqa: C416


def _compressed(bodies: Sequence[bytes]) -> tuple[str, bytes]:
    """SHA-256 of records one after the other, and these compressed; some at a time, for all are megabytes."""
    digest, compressor, parts = hashlib.sha256(), isal_zlib.compressobj(FASTEST), []
    for start in range(0, len(bodies), AT_ONCE):
        piece = (b"\n" if start else b"") + b"\n".join(bodies[start : start + AT_ONCE])
        digest.update(piece)
        parts.append(compressor.compress(piece))
    return digest.hexdigest(), b"".join([*parts, compressor.flush()])


def _opened(compressed: bytes, sha256: str) -> bytes:
    try:
        body = zlib.decompress(compressed)
    except zlib.error:
        body = b""
    if hashlib.sha256(body).hexdigest() != sha256:
        raise FrameDamaged("a frame of the raw store is damaged; restore the raw store from a backup.")
    return body


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
