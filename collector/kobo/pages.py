"""Walk an asset's submissions by their `_id`, page by page, until none is left; refuse to loop.

Fed by client.py; read by jobs/pull.py. A submission leaves as the bytes that were received, for submission.py to read.
Source: Kobo API v2, GET /api/v2/assets/{uid}/data/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from collector.errors import AnswerUnreadable
from collector.kobo.client import Client


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the server: the submissions after `after`, in order of their `_id`.

    records: each submission's JSON, exactly the bytes that were received.
    last_id: the `_id` of the last one, `after` where the page is empty.
    count: how many submissions there are after `after`, by the server's own count; None where it gives none.
    """

    records: tuple[bytes, ...]
    after: int
    last_id: int
    count: int | None

    @property
    def is_last(self) -> bool:
        """Whether the page holds all that the server counted. A count too small to be true is not believed."""
        return not self.records or self.count == len(self.records)


class _Answer(msgspec.Struct):
    results: list[msgspec.Raw]
    count: int | None = None


class _Counted(msgspec.Struct):
    count: int


class _Numbered(msgspec.Struct):
    id: int = msgspec.field(name="_id")


_READ_ANSWER = msgspec.json.Decoder(_Answer).decode
_READ_COUNTED = msgspec.json.Decoder(_Counted).decode
_READ_NUMBERED = msgspec.json.Decoder(_Numbered).decode


def fetch_pages(client: Client, asset_uid: str, *, after: int, page_size: int) -> Iterator[Page]:
    """Walk the submissions with an `_id` above `after`; pages without any are not given.

    page_size: how many to ask for at once. The server may give fewer (its cap is 100, 1 000 or 30 000), so that a
    short page is not the end: the walk ends when a page holds as many as the server counts from there on, which
    costs one request for each full page, and one request in all when nothing is new. Where the server gives no
    count, or one that cannot be true, the walk ends at an empty page.
    Submissions that are stored or deleted meanwhile move the count, never the order: a page is asked for by the `_id`
    before it, not by a position. Raises AnswerUnreadable for a page out of order, or without ids.
    """
    while True:
        page = fetch_page(client, asset_uid, after=after, page_size=page_size)
        if page.records:
            yield page
        if page.is_last:
            return
        after = page.last_id


def fetch_page(client: Client, asset_uid: str, *, after: int, page_size: int) -> Page:
    """The first `page_size` submissions, or as many as the server gives, with an `_id` above `after`."""
    answer = client.get(
        _data_path(asset_uid),
        read=_READ_ANSWER,
        query={"_id": {"$gt": after}},
        sort={"_id": 1},
        limit=page_size,
    )
    records = tuple(bytes(record) for record in answer.results)
    last_id = after
    for position, record in enumerate(records, start=1):
        last_id = _next_id(record, last_id, f"project {asset_uid}: submission {position} of the page after {after}")
    return Page(records, after, last_id, answer.count)


def count(client: Client, asset_uid: str) -> int:
    """How many submissions of the asset this account can see. Raises AnswerUnreadable where the server does not say."""
    return client.get(_data_path(asset_uid), read=_READ_COUNTED, limit=1, fields=["_id"]).count


def _next_id(record: bytes, last_id: int, where: str) -> int:
    try:
        number = _READ_NUMBERED(record).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AnswerUnreadable(f"{where} has no _id that is a number: it cannot be kept or counted.") from None
    if number <= last_id:
        raise AnswerUnreadable(
            f"{where} has the _id {number}, which is not above {last_id}: the server does not follow query and sort, "
            "and reading on could go round in circles. Is a proxy dropping the address's parameters?"
        )
    return number


def _data_path(asset_uid: str) -> str:
    return f"/api/v2/assets/{asset_uid}/data/"
