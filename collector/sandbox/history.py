"""The project history log, the server's only change feed. Written by every handler that changes something.

Source: kobo/api.md §5.10.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from collector.sandbox import boolean
from collector.sandbox.calls import NOT_FOUND, Answer, Broken, Call, Refusal, as_json, forbidden, listing, window
from collector.sandbox.rights import effective, find_asset
from collector.sandbox.store import Store, dump, loaded

SOURCE = "Python Requests (Other)"
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def log(
    store: Store,
    call: Call | None,
    asset: sqlite3.Row,
    action: str,
    facts: Mapping[str, object] | None = None,
    *,
    subtype: str = "project",
    username: str | None = None,
    root_uuid: str | None = None,
) -> None:
    """Add one row. root_uuid: without "uuid:", for actions on a submission."""
    actor = call.user.username if call and call.user else username
    entry = (asset["uid"], actor, action, store.stamp(), root_uuid, dump(_metadata(asset, facts, subtype)))
    with store.write() as connection:
        connection.execute(
            "INSERT INTO history (asset_uid, username, action, created, root_uuid, metadata) VALUES (?, ?, ?, ?, ?, ?)",
            entry,
        )


def log_submissions(
    store: Store,
    username: str | None,
    asset: sqlite3.Row,
    action: str,
    rows: Iterable[tuple[str, str | None]],
    status: str | None = None,
) -> None:
    """Add one row for each (root_uuid, submitted_by). status: the validation label, where that is what changed."""
    now = store.stamp()
    entries = []
    for root_uuid, submitted_by in rows:
        submission = {"root_uuid": root_uuid, "submitted_by": submitted_by or ""}
        if status is not None:
            submission["status"] = status
        text = dump(_metadata(asset, {"submission": submission}, "project"))
        entries.append((asset["uid"], username, action, now, root_uuid, text))
    with store.write() as connection:
        connection.executemany(
            "INSERT INTO history (asset_uid, username, action, created, root_uuid, metadata) VALUES (?, ?, ?, ?, ?, ?)",
            entries,
        )


def _metadata(asset: sqlite3.Row, facts: Mapping[str, object] | None, subtype: str) -> dict[str, object]:
    common = {"source": SOURCE, "asset_uid": asset["uid"], "ip_address": "127.0.0.1"}
    return {**common, **(facts or {}), "log_subtype": subtype, "project_owner": asset["owner"]}


def history_list(store: Store, call: Call) -> Answer:
    """GET …/history/: newest first; needs manage_asset, else 403, even for those who cannot see the project."""
    asset = _managed(store, call)
    start, limit = window(call, default=100, cap=1000)
    where, values = _condition(call.param("q"))
    count = store.number(f"SELECT count(*) FROM history WHERE asset_uid = ? AND {where}", asset["uid"], *values)
    rows = store.all(
        f"SELECT history.*, users.uid FROM history LEFT JOIN users USING (username) WHERE asset_uid = ? AND {where}"
        " ORDER BY number DESC LIMIT ? OFFSET ?",
        *(asset["uid"], *values, limit, start),
    )
    return as_json(listing(call, [_shown(call, row) for row in rows], count=count, start=start, limit=limit))


def history_actions(store: Store, call: Call) -> Answer:
    asset = _managed(store, call)
    rows = store.all("SELECT DISTINCT action FROM history WHERE asset_uid = ?", asset["uid"])
    return as_json({"actions": [row["action"] for row in rows]})


def _managed(store: Store, call: Call) -> sqlite3.Row:
    asset = find_asset(store, call.names["uid"])
    if asset is None:
        raise Refusal(404, {"detail": NOT_FOUND})
    if "manage_asset" not in effective(store, asset, call.user):
        raise forbidden()
    return asset


def _condition(query: str | None) -> boolean.Condition:
    if not query:
        return "1", []
    try:
        return boolean.condition(query, _field)
    except ValueError:
        raise Broken from None


def _field(field: str, value: str) -> boolean.Condition:
    name, _, comparison = field.rpartition("__")
    if name == "date_created" and comparison in COMPARISONS:
        return f"history.created {COMPARISONS[comparison]} ?", [_time(value)]
    columns = {"action": "action", "username": "username", "user__username": "username"}
    columns["metadata__submission__root_uuid"] = "root_uuid"
    if field in columns:
        return f"history.{columns[field]} = ?", [value]
    return "0", []


def _time(text: str) -> str:
    """A date or time, without zone = UTC, as the column keeps it. Raises ValueError, the server's 500."""
    time = datetime.fromisoformat(re.sub(r"Z$", "", text.strip()))
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _shown(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    name = row["username"] or "AnonymousUser"
    return {
        "user": call.url(f"/api/v2/users/{name}/"),
        "user_uid": row["uid"],
        "username": name,
        "action": row["action"],
        "metadata": loaded(row, "metadata"),
        "date_created": row["created"][:19] + "Z",
    }
