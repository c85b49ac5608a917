"""Projects: list, search, create, detail, patch, delete, bulk. What one looks like is in asset_view.py.

Source: kobo/api.md §2.2, §2.3, §2.5.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from collector.sandbox import boolean
from collector.sandbox.asset_view import detail, row_of_list
from collector.sandbox.calls import (
    Answer,
    Broken,
    Call,
    Refusal,
    as_json,
    forbidden,
    listing,
    not_found,
    signed_in,
    window,
)
from collector.sandbox.content import finished
from collector.sandbox.history import log
from collector.sandbox.rights import effective, find_asset, grant_all, seen_asset
from collector.sandbox.store import Store, dump, loaded, new_uid

ASSET_TYPES = ("survey", "template", "block", "question", "collection", "empty", "text")
NO_SETTINGS: Mapping[str, object] = {
    "sector": {},
    "country": [],
    "description": "",
    "organization": "",
    "country_codes": [],
}
PATCHABLE = (
    "data_sharing",
    "report_styles",
    "report_custom",
    "map_styles",
    "map_custom",
    "advanced_features",
    "tag_string",
)
SEARCHED = {
    "asset_type": "assets.asset_type",
    "name": "assets.name",
    "uid": "assets.uid",
    "owner__username": "assets.owner",
}
DEPLOYMENT_STATES = {"deployed": "is_active = 1", "archived": "is_active = 0", "draft": "is_active IS NULL"}
JOINED = "assets LEFT JOIN deployments ON deployments.asset_uid = assets.uid"


def create_asset(
    store: Store,
    owner: str,
    name: str,
    asset_type: str,
    content: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
) -> sqlite3.Row:
    """Store a new asset with its first version."""
    uid, now = new_uid("a"), store.stamp()
    with store.write() as connection:
        version_uid = add_version(store, uid, content)
        connection.execute(
            "INSERT INTO assets (uid, owner, name, asset_type, settings, extras, created, modified, version_uid)"
            " VALUES (?, ?, ?, ?, ?, '{}', ?, ?, ?)",
            (uid, owner, name, asset_type, dump(settings or {}), now, now, version_uid),
        )
        grant_all(store, uid, owner, asset_type)
    return known_asset(store, uid)


def add_version(store: Store, asset_uid: str, content: Mapping[str, Any]) -> str:
    """Store content as the asset's newest version; the caller updates the asset. Returns the version's uid."""
    uid, text = new_uid("v"), dump(content)
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    with store.write() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(
            "INSERT INTO versions (uid, asset_uid, content, content_hash, modified) VALUES (?, ?, ?, ?, ?)",
            (uid, asset_uid, text, digest, store.stamp()),
        )
    return uid


def replace_content(store: Store, asset: sqlite3.Row, content: Mapping[str, Any], name: str) -> str:
    """Give the asset a new draft and name. Returns the new version's uid."""
    with store.write() as connection:
        version_uid = add_version(store, asset["uid"], content)
        connection.execute(
            "UPDATE assets SET version_uid = ?, name = ?, modified = ? WHERE uid = ?",
            (version_uid, name, store.stamp(), asset["uid"]),
        )
    return version_uid


def known_asset(store: Store, uid: str) -> sqlite3.Row:
    asset = find_asset(store, uid)
    if asset is None:
        raise not_found()
    return asset


def draft(store: Store, asset: sqlite3.Row) -> dict[str, Any]:
    """The content of the newest version."""
    row = store.one("SELECT content FROM versions WHERE uid = ?", asset["version_uid"])
    return dict(loaded(row, "content")) if row else {}


def asset_list(store: Store, call: Call) -> Answer:
    """GET /api/v2/assets/: projects on which the caller holds view_asset; a superuser gets no more than that."""
    start, limit = window(call, default=100, cap=1000)
    where, values = _visible(call)
    searched, more = _search(call.param("q"))
    source = f"FROM {JOINED} WHERE {where} AND {searched}"
    count = store.number(f"SELECT count(*) {source}", *values, *more)
    sql = f"SELECT assets.* {source} ORDER BY {_order(call.param('ordering'))} LIMIT ? OFFSET ?"
    rows = [row_of_list(store, call, row) for row in store.all(sql, *values, *more, limit, start)]
    return as_json(listing(call, rows, count=count, start=start, limit=limit))


def asset_hash(store: Store, call: Call) -> Answer:
    """GET …/assets/hash/: one MD5 over the newest versions the caller sees."""
    where, values = _visible(call)
    rows = store.all(f"SELECT version_uid FROM assets WHERE {where} ORDER BY version_uid", *values)
    text = "".join(row["version_uid"] for row in rows)
    return as_json({"hash": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()})


def asset_metadata(store: Store, call: Call) -> Answer:
    """GET …/assets/metadata/: what the filters of the list page offer."""
    where, values = _visible(call)
    rows = store.all(f"SELECT assets.* FROM assets WHERE {where}", *values)
    languages = [language for row in rows for language in draft(store, row).get("translations", []) if language]
    found = {"languages": sorted(set(languages)), "countries": [], "sectors": [], "organizations": []}
    return as_json(found)


def post_asset(store: Store, call: Call) -> Answer:
    """POST /api/v2/assets/: an asset by JSON; content as an object or as a text."""
    user = signed_in(call)
    data = call.record()
    asset_type = data.get("asset_type")
    if not asset_type:
        raise Refusal(400, {"asset_type": ["This field is required."]})
    if asset_type not in ASSET_TYPES:
        raise Refusal(400, {"asset_type": [f'"{asset_type}" is not a valid choice.']})
    settings = {**(NO_SETTINGS if asset_type == "survey" else {}), **(data.get("settings") or {})}
    content = finished(_content(data.get("content")))
    with store.write() as connection:
        asset = create_asset(store, user.username, str(data.get("name", "")), asset_type, content, settings)
        sql = "UPDATE assets SET created_by = owner, modified_by = owner WHERE uid = ?"
        connection.execute(sql, (asset["uid"],))
    asset = known_asset(store, asset["uid"])
    shown = detail(store, call, asset)
    return as_json(shown, 201, Location=str(shown["url"]))


def get_asset(store: Store, call: Call) -> Answer:
    return as_json(detail(store, call, seen_asset(store, call)))


def patch_asset(store: Store, call: Call) -> Answer:
    """PATCH …/assets/{uid}/: a name or content makes a new version, settings alone do not (kobo/api.md §2.1)."""
    asset = seen_asset(store, call, "change_asset")
    data = call.record()
    with store.write() as connection:
        if "settings" in data:
            _patch_settings(store, call, asset, data["settings"])
        kept = {key: data[key] for key in PATCHABLE if key in data}
        if kept:
            extras = loaded(asset, "extras") | kept
            connection.execute("UPDATE assets SET extras = ? WHERE uid = ?", (dump(extras), asset["uid"]))
        name = str(data.get("name", asset["name"]))
        if "name" in data or "content" in data:
            content = finished(_content(data["content"])) if "content" in data else draft(store, asset)
            version_uid = replace_content(store, asset, content, name)
            _log_patch(store, call, asset, name, version_uid, is_new_content="content" in data)
        sql = "UPDATE assets SET modified = ?, modified_by = ? WHERE uid = ?"
        connection.execute(sql, (store.stamp(), signed_in(call).username, asset["uid"]))
    return as_json(detail(store, call, known_asset(store, asset["uid"])))


def delete_asset(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    if "delete_asset" not in effective(store, asset, call.user):
        raise forbidden()
    _delete(store, asset)
    return Answer(204)


def bulk(store: Store, call: Call) -> Answer:
    """POST …/assets/bulk/: archive, unarchive or delete several projects."""
    user = signed_in(call)
    payload = call.record().get("payload") or {}
    action, uids = payload.get("action"), payload.get("asset_uids") or []
    if action not in ("archive", "unarchive", "delete"):
        raise Refusal(400, {"payload": ["Invalid action"]})
    assets = [asset for asset in (find_asset(store, uid) for uid in uids) if asset]
    if len(assets) != len(uids) or any("manage_asset" not in effective(store, asset, user) for asset in assets):
        raise forbidden()
    with store.write() as connection:
        for asset in assets:
            if action == "delete":
                _delete(store, asset)
                continue
            sql = "UPDATE deployments SET is_active = ? WHERE asset_uid = ?"
            connection.execute(sql, (action == "unarchive", asset["uid"]))
            log(store, call, asset, action, {"latest_version_uid": asset["version_uid"]})
    word = "project has" if len(assets) == 1 else "projects have"
    return as_json({"detail": f"{len(assets)} {word} been {action.rstrip('e')}ed"})


def _delete(store: Store, asset: sqlite3.Row) -> None:
    with store.write() as connection:
        connection.execute("UPDATE assets SET is_deleted = 1 WHERE uid = ?", (asset["uid"],))
        connection.execute("UPDATE deployments SET is_active = 0 WHERE asset_uid = ?", (asset["uid"],))


def _patch_settings(store: Store, call: Call, asset: sqlite3.Row, given: Mapping[str, Any]) -> None:
    old = loaded(asset, "settings")
    new = old | dict(given)
    changed = {key: {"new": new[key], "old": old.get(key)} for key in new if new[key] != old.get(key)}
    with store.write() as connection:
        connection.execute("UPDATE assets SET settings = ? WHERE uid = ?", (dump(new), asset["uid"]))
    if changed:
        facts = {"settings": changed, "latest_version_uid": asset["version_uid"]}
        log(store, call, asset, "update-settings", facts)


def _log_patch(
    store: Store, call: Call, asset: sqlite3.Row, name: str, version_uid: str, *, is_new_content: bool
) -> None:
    facts: dict[str, object] = {"latest_version_uid": version_uid}
    if name != asset["name"]:
        log(store, call, asset, "update-name", facts | {"name": {"new": name, "old": asset["name"]}})
    if is_new_content:
        log(store, call, asset, "update-content", facts)


def _content(given: object) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise Refusal(400, {"content": ["Value must be valid JSON."]}) from None
    if given is None:
        return {"survey": []}
    if not isinstance(given, dict):
        raise Broken
    return given


def _visible(call: Call) -> tuple[str, list[object]]:
    if call.user is None:
        return "0", []
    granted = "SELECT asset_uid FROM grants WHERE username = ? AND codename = 'view_asset'"
    return f"NOT assets.is_deleted AND assets.uid IN ({granted})", [call.user.username]


def _search(query: str | None) -> boolean.Condition:
    if not query:
        return "1", []
    try:
        return boolean.condition(query, _field)
    except ValueError:
        raise Refusal(400, {"detail": "Invalid query"}) from None


def _field(field: str, value: str) -> boolean.Condition:
    if field in SEARCHED:
        return f"{SEARCHED[field]} = ?", [value]
    if field == "_deployment_status":
        return f"({DEPLOYMENT_STATES.get(value, '0')})", []
    if field:
        return "0", []
    if len(value) < 3:
        raise Refusal(400, {"detail": "Your query is too short"})
    pattern = f"%{value}%"
    return "(assets.name LIKE ? OR assets.settings LIKE ? OR assets.uid = ?)", [pattern, pattern, value]


def _order(ordering: str | None) -> str:
    columns = {"date_modified": "modified", "date_created": "created", "name": "name", "asset_type": "asset_type"}
    column = columns.get((ordering or "").lstrip("-"))
    if column is None:
        return "assets.modified DESC"
    return f"assets.{column} {'DESC' if (ordering or '').startswith('-') else 'ASC'}"
