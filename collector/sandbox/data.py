"""`…/data/`: pages of submissions, one submission, its attachments, counts. Writing is in edits.py.

Source: kobo/api.md §5.1–§5.3, §5.8, §5.9. A page is the stored documents' text, joined.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from collector.sandbox.calls import (
    Answer,
    Broken,
    Call,
    NowhereFound,
    Refusal,
    as_json,
    listing,
    not_found,
    whole,
    window,
)
from collector.sandbox.deployments import find_deployment
from collector.sandbox.document import BASE
from collector.sandbox.history import log
from collector.sandbox.query import COLUMNS, DATE_MODIFIED, MISSING, matches, to_sql, value_at
from collector.sandbox.rights import effective, find_asset, partial_filters
from collector.sandbox.store import Store, dump

PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])  # splits a document without reading its values
ALWAYS_GIVEN = ("_uuid", "meta/rootUuid", "_id")
POSITIVE = "A positive integer is required"
INVALID_JSON = "Value must be valid JSON."


class Selection:
    """The submissions a caller may act on: an SQL condition, and Mongo filters for what SQL cannot say."""

    def __init__(self, store: Store, asset: sqlite3.Row, filters: Sequence[Mapping[str, Any]]) -> None:
        self.store, self.asset, self.filters = store, asset, filters
        columns = COLUMNS | (DATE_MODIFIED if store.options.has_date_modified else {})
        parts = [to_sql(query, columns) for query in filters]
        self.values: list[object] = [asset["uid"], store.stamp(), *(value for part in parts for value in part[1])]
        self.where = " AND ".join(["asset_uid = ?", "visible_from <= ?", *(part[0] for part in parts)])
        self.is_sql = all(part[2] for part in parts)

    def rows(self, tail: str = "ORDER BY id", *values: object) -> Iterator[sqlite3.Row]:
        """Matching rows: id, uuid, root_uuid, submitted_by, status, modified, document, xml."""
        sql = f"SELECT * FROM submissions WHERE {self.where} {tail}"
        for row in self.store.all(sql, *self.values, *values):
            if self.is_sql or self._fits(row):
                yield row

    def count(self) -> int:
        if self.is_sql:
            return self.store.number(f"SELECT count(*) FROM submissions WHERE {self.where}", *self.values)
        return sum(1 for _ in self.rows())

    def one(self, identifier: str) -> sqlite3.Row | None:
        """By _id, rootUuid or current _uuid."""
        if identifier.isdecimal():
            return next(self.rows("AND id = ?", int(identifier)), None)
        bare = identifier.removeprefix("uuid:")
        return next(self.rows("AND root_uuid = ?", bare), None) or next(self.rows("AND uuid = ?", bare), None)

    def _fits(self, row: sqlite3.Row) -> bool:
        document = json.loads(text_of(self.store, row))
        return all(matches(document, query) for query in self.filters)


def data_asset(store: Store, call: Call) -> sqlite3.Row:
    """The deployed project of the address: 404 page, 400 when it was never deployed."""
    asset = find_asset(store, call.names["uid"])
    if asset is None:
        raise NowhereFound
    if find_deployment(store, asset["uid"]) is None and "view_submissions" in effective(store, asset, call.user):
        raise Refusal(400, {"detail": "The specified asset has not been deployed"})
    return asset


def select(
    store: Store, call: Call, codename: str = "view_submissions", query: Mapping[str, Any] | None = None
) -> Selection:
    """What the caller may do `codename` with, within `query`. Raises 404 for those who cannot see, 403 who may not."""
    asset = data_asset(store, call)
    held = effective(store, asset, call.user)
    filters = [query] if query else []
    if codename in held:
        return Selection(store, asset, filters)
    allowed = partial_filters(store, asset, call.user, codename)
    if allowed is not None:
        return Selection(store, asset, [*filters, {"$or": allowed}])
    if "view_submissions" not in held and "partial_submissions" not in held:
        raise not_found()
    raise Refusal(403, {"detail": "You do not have permission to perform this action."})


def data_list(store: Store, call: Call) -> Answer:
    """GET …/data/: `start` pages; offset and page are ignored for the rows, but the links follow them."""
    query, sort, fields = _json_param(call, "query"), _json_param(call, "sort"), _json_param(call, "fields")
    if query is not None and not isinstance(query, dict):
        raise Broken
    limit, start = _limit(store, call), _start(call)
    selection = select(store, call, query=query)
    log(store, call, selection.asset, "view-data")
    rows, count = _page(selection, sort or {"_id": 1}, start, limit)
    if _format(call) == "xml":
        return _xml_page(store, call, rows, count, start, limit)
    if _format(call) == "geojson":
        raise NowhereFound
    links = _links(store, call, count, start, limit)
    head = dump({**links, "results": None}).removesuffix("null}")
    texts = [text_of(store, row, fields) for row in rows]
    return Answer(200, f"{head}[{','.join(texts)}]}}".replace(BASE, call.base).encode(), "application/json")


def get_submission(store: Store, call: Call) -> Answer:
    """GET …/data/{_id, rootUuid or _uuid}/"""
    row = found(select(store, call), call)
    if _format(call) == "xml":
        return Answer(200, row["xml"], "application/xml; charset=utf-8")
    text = text_of(store, row, _json_param(call, "fields"))
    return Answer(200, text.replace(BASE, call.base).encode(), "application/json")


def found(selection: Selection, call: Call) -> sqlite3.Row:
    """The submission of the address within a selection, or 404."""
    row = selection.one(call.names["submission"])
    if row is None:
        raise not_found()
    return row


def text_of(store: Store, row: sqlite3.Row, fields: Sequence[str] | None = None) -> str:
    """The JSON text of one submission, addresses still with the stand-in BASE; `fields` keeps some keys only.

    A projection without `_validation_status` shows it as {}: the real server's lie (kobo/api.md §5.1).
    """
    text: str = row["document"]
    if store.options.has_date_modified:
        text = f'{text[:-1]},"_date_modified":"{row["modified"][:19]}"}}'
    if not fields:
        return text
    document = PARTS.decode(text)
    kept = {key: part for key, part in document.items() if key != "_id" and (key in fields or key in ALWAYS_GIVEN)}
    kept["_id"] = document["_id"]
    kept.setdefault("_validation_status", msgspec.Raw(b"{}"))
    return msgspec.json.encode(kept).decode()


def counts(store: Store, call: Call) -> Answer:
    """GET …/counts/: submissions a day (no deletion lowers them) and the total."""
    selection = select(store, call)
    since = store.now() - timedelta(days=whole(call.param("days")) or 30)
    sql = "SELECT * FROM daily_counts WHERE asset_uid = ? AND day >= ? ORDER BY day"
    rows = store.all(sql, selection.asset["uid"], since.strftime("%Y-%m-%d"))
    daily = {row["day"]: row["count"] for row in rows}
    return as_json({"daily_submission_counts": daily, "total_submission_count": selection.count()})


def attachment(store: Store, call: Call) -> Answer:
    """GET …/attachments/{uid}/ (and /small/ …: the sandbox does not scale pictures)."""
    row = found(select(store, call), call)
    sql = "SELECT * FROM attachments WHERE submission_id = ? AND uid = ?"
    return _download(store.one(sql, row["id"], call.names["attachment"]))


def attachment_by_path(store: Store, call: Call) -> Answer:
    """GET …/attachments/?xpath=hh/photo"""
    row = found(select(store, call), call)
    path = call.param("xpath")
    if not path:
        raise Refusal(400, {"detail": "`xpath` query parameter is required"})
    return _download(store.one("SELECT * FROM attachments WHERE submission_id = ? AND question = ?", row["id"], path))


def _download(row: sqlite3.Row | None) -> Answer:
    if row is None:
        raise not_found()
    kind = "inline" if row["mimetype"].startswith("image/") else "attachment"
    return Answer(200, row["content"], row["mimetype"], {"Content-Disposition": f"{kind}; filename={row['name']}"})


def _page(selection: Selection, sort: Mapping[str, int], start: int, limit: int) -> tuple[list[sqlite3.Row], int]:
    """(rows, count of all)."""
    by_id = list(sort) == ["_id"]
    if by_id and selection.is_sql:
        order = f"ORDER BY id {'DESC' if sort['_id'] == -1 else ''} LIMIT ? OFFSET ?"
        return list(selection.rows(order, limit, start)), selection.count()
    rows = list(selection.rows())
    documents = {row["id"]: json.loads(text_of(selection.store, row)) for row in rows} if not by_id else {}
    for key, direction in reversed(list(sort.items())):
        rows.sort(key=lambda row: _sortable(row, documents, key), reverse=direction == -1)
    return rows[start : start + limit], len(rows)


def _sortable(row: sqlite3.Row, documents: Mapping[int, Mapping[str, Any]], key: str) -> tuple[int, Any]:
    value = row["id"] if key == "_id" else value_at(documents[row["id"]], key)
    if value is MISSING or isinstance(value, dict | list):
        return 0, ""
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def _json_param(call: Call, name: str) -> Any:
    text = call.param(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise Refusal(400, {name: INVALID_JSON}) from None


def _limit(store: Store, call: Call) -> int:
    text = call.param("limit")
    if text is None:
        return store.options.default_limit
    if not whole(text):
        raise Refusal(400, {"limit": POSITIVE})
    return min(int(text), store.options.page_cap)


def _links(store: Store, call: Call, count: int, start: int, limit: int) -> dict[str, object]:
    """next and previous: unlike the rows they follow offset, page and page_size (recordings 262, 263)."""
    place, size = window(call, default=limit, cap=store.options.page_cap)
    return listing(call, [], count=count, start=start or place, limit=size)


def _start(call: Call) -> int:
    text = call.param("start")
    if text and not text.isdecimal():
        raise Refusal(400, {"start": f"{POSITIVE}."})
    return whole(text)


def _format(call: Call) -> str:
    return call.names.get("format") or call.param("format") or "json"


def _xml_page(store: Store, call: Call, rows: Sequence[sqlite3.Row], count: int, start: int, limit: int) -> Answer:
    links = _links(store, call, count, start, limit)
    texts = [row["xml"].decode().partition("?>")[2] or row["xml"].decode() for row in rows]
    parts = [f"<{name}>{str(links[name]).replace('&', '&amp;')}</{name}>" for name in ("count", "next", "previous")]
    text = f'<?xml version="1.0" encoding="utf-8"?><root>{"".join(parts)}<results>{"".join(texts)}</results></root>'
    return Answer(200, text.encode(), "application/xml; charset=utf-8")
