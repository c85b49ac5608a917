"""Walk an asset's submissions by their `_id`, page by page, until none is left; refuse to loop.

Fed by client.py; read by jobs/pull.py. A submission leaves as the bytes that were received, for submission.py to read.
Pages can be asked for ahead of the walk (walk.py), because a far server's latency costs more than its answers.
Source: Kobo API v2, GET /api/v2/assets/{uid}/data/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from collector.errors import AnswerUnreadable
from collector.kobo.client import Client
from collector.kobo.walk import Answered, Page, number_of, walk

EVERYTHING: Mapping[str, object] = {}
LONGEST_LIST, LONGEST_ROOTS = 400, 150
"""Ids and identities in one query: servers and proxies refuse addresses over 16 KB, some over 8 KB."""


class _Answer(msgspec.Struct):
    results: list[msgspec.Raw]
    count: int | None = None


class _Counted(msgspec.Struct):
    count: int


_READ_ANSWER = msgspec.json.Decoder(_Answer).decode
_READ_COUNTED = msgspec.json.Decoder(_Counted).decode


def fetch_pages(
    client: Client,
    asset_uid: str,
    *,
    after: int,
    page_size: int,
    fields: Sequence[str] = (),
    among: Sequence[int] = (),
    only: Mapping[str, object] = EVERYTHING,
    ahead: int = 1,
) -> Iterator[Page]:
    """Walk the submissions with an `_id` above `after`; pages without any are not given.

    page_size: how many to ask for at once. The server may give fewer (its cap is 100, 1 000 or 30 000), so that a
    short page is not the end: the walk ends when a page holds as many as the server counts from there on, which
    costs one request for each full page, and one request in all when nothing is new. Where the server gives no
    count, or one that cannot be true, the walk ends at an empty page.
    fields: keys to give of each submission, all where none is named; among: these `_id`s only; only: further
    conditions, as the query has them. ahead: how many pages may be under way at once.
    Submissions that are stored or deleted meanwhile move the count, never the order: a page is asked for by the `_id`
    before it, not by a position. Raises AnswerUnreadable for a page out of order, or without ids.
    """
    ask = partial(_ask, client, asset_uid, page_size=page_size, fields=fields, among=among, only=only)
    yield from walk(lambda start: ask(after=start), after, ahead)


def fetch_page(client: Client, asset_uid: str, *, after: int, page_size: int, fields: Sequence[str] = ()) -> Page:
    """The first `page_size` submissions, or as many as the server gives, with an `_id` above `after`."""
    return _ask(client, asset_uid, after=after, page_size=page_size, fields=fields)()


def _ask(
    client: Client,
    asset_uid: str,
    *,
    after: int,
    page_size: int,
    fields: Sequence[str] = (),
    among: Sequence[int] = (),
    only: Mapping[str, object] = EVERYTHING,
) -> Answered:
    chosen = {"fields": list(fields)} if fields else {}
    answer = client.get(
        _data_path(asset_uid),
        read=_READ_ANSWER,
        query={"_id": {"$gt": after} | ({"$in": list(among)} if among else {}), **only},
        sort={"_id": 1},
        limit=page_size,
        **chosen,
    )
    return partial(_page, asset_uid, after, answer)


def _page(asset_uid: str, after: int, answer: _Answer) -> Page:
    records = tuple(bytes(record) for record in answer.results)
    last_id = after
    for position, record in enumerate(records, start=1):
        last_id = _next_id(record, last_id, f"project {asset_uid}: submission {position} of the page after {after}")
    return Page(records, after, last_id, answer.count)


def fetch_submissions(client: Client, asset_uid: str, ids: Iterable[int], *, page_size: int) -> Iterator[Page]:
    """The submissions with these `_id`s, those that are still there, in order; short lists keep addresses short."""
    pending = sorted(ids)
    for start in range(0, len(pending), LONGEST_LIST):
        some = pending[start : start + LONGEST_LIST]
        yield from fetch_pages(client, asset_uid, after=some[0] - 1, page_size=page_size, among=some)


def fetch_roots(client: Client, asset_uid: str, roots: Iterable[str], *, page_size: int) -> Iterator[Page]:
    """The submissions with these identities (root_uuid, without "uuid:"), those that are still there."""
    pending = sorted(f"uuid:{root}" for root in roots)
    for start in range(0, len(pending), LONGEST_ROOTS):
        some = {"meta/rootUuid": {"$in": pending[start : start + LONGEST_ROOTS]}}
        yield from fetch_pages(client, asset_uid, after=0, page_size=page_size, only=some)


def count(client: Client, asset_uid: str) -> int:
    """How many submissions of the asset this account can see. Raises AnswerUnreadable where the server does not say."""
    return client.get(_data_path(asset_uid), read=_READ_COUNTED, limit=1, fields=["_id"]).count


def fetch_xml(client: Client, asset_uid: str, submission_id: int) -> bytes:
    """One submission's XML in its newest state, as the server keeps it. Raises ServerError where there is none."""
    return client.get_bytes(f"{_data_path(asset_uid)}{submission_id}.xml")


def _next_id(record: bytes, last_id: int, where: str) -> int:
    try:
        number = number_of(record)
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
