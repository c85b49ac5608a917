"""`…/permission-assignments/` and `/api/v2/permissions/`. What a permission means is in rights.py.

Source: kobo/api.md §3.2 and its recordings.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from collector.sandbox.accounts import ANONYMOUS, find_user
from collector.sandbox.calls import Answer, Call, Refusal, as_json, forbidden, not_found
from collector.sandbox.history import log
from collector.sandbox.rights import (
    CONTRADICTORY,
    IMPLIED,
    NAMES,
    assignable,
    effective,
    grant,
    revoke,
    seen_asset,
    take_one,
)
from collector.sandbox.store import Store


def represent(store: Store, call: Call, asset: sqlite3.Row) -> list[dict[str, object]]:
    """The assignments as the caller sees them: somebody without manage_asset sees the owner's and their own."""
    rows = store.all("SELECT * FROM grants WHERE asset_uid = ? ORDER BY username, codename", asset["uid"])
    if "manage_asset" not in effective(store, asset, call.user):
        mine = {asset["owner"], ANONYMOUS} | ({call.user.username} if call.user else set())
        rows = [row for row in rows if row["username"] in mine]
    return [_row(call, asset, row) for row in rows]


def assignments(store: Store, call: Call) -> Answer:
    """GET …/permission-assignments/: a plain list."""
    return as_json(represent(store, call, seen_asset(store, call)))


def assign(store: Store, call: Call) -> Answer:
    """POST …/permission-assignments/: one permission, with what it implies."""
    asset = seen_asset(store, call, "manage_asset")
    username, codename, partial = _read(store, call.record())
    before = _held(store, asset["uid"], username)
    uid = grant(store, asset["uid"], username, codename, partial)
    _log_changes(store, call, asset, username, before)
    row = store.one("SELECT * FROM grants WHERE uid = ?", uid)
    if row is None:
        raise not_found()
    shown = _row(call, asset, row)
    return as_json(shown, 201, Location=str(shown["url"]))


def assign_bulk(store: Store, call: Call) -> Answer:
    """POST …/permission-assignments/bulk/: the given list replaces everybody's but the owner's."""
    asset = seen_asset(store, call, "manage_asset")
    wanted = [_read(store, entry) for entry in call.data()]
    people = {row["username"] for row in store.all("SELECT username FROM grants WHERE asset_uid = ?", asset["uid"])}
    people = (people | {username for username, _, _ in wanted}) - {asset["owner"]}
    before = {person: _held(store, asset["uid"], person) for person in people}
    with store.write() as connection:
        kept = {(username, name) for username, code, _ in wanted for name in (code, *IMPLIED[code])}
        for person, held in before.items():
            for codename in held - {name for name in held if (person, name) in kept}:
                take_one(connection, asset["uid"], person, codename)
        for username, codename, partial in wanted:
            if username != asset["owner"]:
                grant(store, asset["uid"], username, codename, partial)
        for person, held in before.items():
            _log_changes(store, call, asset, person, held)
    return as_json(represent(store, call, asset))


def assignment(store: Store, call: Call) -> Answer:
    """GET or DELETE one row."""
    asset = seen_asset(store, call)
    row = store.one("SELECT * FROM grants WHERE asset_uid = ? AND uid = ?", asset["uid"], call.names["assignment"])
    if row is None:
        raise not_found()
    if call.method == "GET":
        return as_json(_row(call, asset, row))
    if "manage_asset" not in effective(store, asset, call.user) and (
        not call.user or row["username"] != call.user.username
    ):
        raise forbidden()
    before = _held(store, asset["uid"], row["username"])
    with store.write():
        revoke(store, asset["uid"], row["username"], row["codename"])
        _log_changes(store, call, asset, row["username"], before)
    return Answer(204)


def permission_list(store: Store, call: Call) -> Answer:
    """GET /api/v2/permissions/: what there is and what implies what."""

    def urls(codenames: Iterable[str]) -> list[str]:
        return [call.url(f"/api/v2/permissions/{name}/") for name in codenames]

    rows = [
        {
            "url": urls([codename])[0],
            "codename": codename,
            "implied": urls(implied),
            "contradictory": urls(CONTRADICTORY.get(codename, ())),
            "name": NAMES[codename],
        }
        for codename, implied in IMPLIED.items()
    ]
    return as_json({"count": len(rows), "next": None, "previous": None, "results": rows})


def _read(store: Store, entry: Mapping[str, Any]) -> tuple[str, str, dict[str, Any] | None]:
    """One posted assignment → (username, codename, {codename: filters} of a partial permission)."""
    username, codename = _last(entry.get("user")), _last(entry.get("permission"))
    missing = "Invalid hyperlink - Object does not exist."
    if username != ANONYMOUS and find_user(store, username) is None:
        raise Refusal(400, {"user": [missing]})
    if codename not in IMPLIED:
        raise Refusal(400, {"permission": [missing]})
    given = entry.get("partial_permissions")
    if codename != "partial_submissions":
        return username, codename, None
    if not given:
        raise Refusal(400, {"partial_permissions": ["This field is required."]})
    filters = {_last(item["url"]): item["filters"] for item in given}
    for name in list(filters):  # a partial edit needs a partial view of the same rows
        filters.setdefault("view_submissions", filters[name])
    return username, codename, filters


def _row(call: Call, asset: sqlite3.Row, row: sqlite3.Row) -> dict[str, object]:
    base = call.url(f"/api/v2/assets/{asset['uid']}/permission-assignments/{row['uid']}/")
    shown: dict[str, object] = {
        "url": base,
        "user": call.url(f"/api/v2/users/{row['username']}/"),
        "permission": call.url(f"/api/v2/permissions/{row['codename']}/"),
    }
    if row["codename"] == "partial_submissions":
        shown["partial_permissions"] = [
            {"url": call.url(f"/api/v2/permissions/{name}/"), "filters": filters}
            for name, filters in json.loads(row["partial"]).items()
        ]
    return shown | {"label": assignable(asset["asset_type"]).get(row["codename"], row["codename"])}


def _log_changes(store: Store, call: Call, asset: sqlite3.Row, username: str, before: set[str]) -> None:
    after = _held(store, asset["uid"], username)
    if after != before:
        added: list[object] = [*sorted(after - before)]
        if "partial_submissions" in after - before:
            added += _partial(store, asset["uid"], username)
        changed = {"added": added, "removed": sorted(before - after), "username": username}
        log(store, call, asset, "modify-user-permissions", {"permissions": changed}, subtype="permission")


def _partial(store: Store, asset_uid: str, username: str) -> list[object]:
    sql = "SELECT partial FROM grants WHERE asset_uid = ? AND username = ? AND codename = 'partial_submissions'"
    row = store.one(sql, asset_uid, username)
    granted = json.loads(row["partial"]) if row else {}
    return [{"filters": filters, "codename": codename} for codename, filters in granted.items()]


def _held(store: Store, asset_uid: str, username: str) -> set[str]:
    rows = store.all("SELECT codename FROM grants WHERE asset_uid = ? AND username = ?", asset_uid, username)
    return {row["codename"] for row in rows}


def _last(url: object) -> str:
    return str(url or "").rstrip("/").rpartition("/")[2]
