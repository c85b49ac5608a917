"""`…/deployment/`, versions and content: making a version collectable. Source: kobo/api.md §2.4."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

from collector.form.content import FormRefused, sheets_of
from collector.sandbox.asset_view import deployed_versions, detail, version_view
from collector.sandbox.assets import draft, known_asset
from collector.sandbox.calls import Answer, Broken, Call, Refusal, as_json, listing, not_found, signed_in, window
from collector.sandbox.content import paths_of
from collector.sandbox.history import log
from collector.sandbox.rights import seen_asset
from collector.sandbox.store import Store, dump, loaded
from collector.sandbox.xform import deployed_xform


def get_deployment(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    row = find_deployment(store, asset["uid"])
    if row is None:
        raise not_found()
    return _shown(store, call, asset["uid"])


def post_deployment(store: Store, call: Call) -> Answer:
    """POST: the first deployment; 405 when there is one."""
    signed_in(call)
    asset = seen_asset(store, call, "change_asset")
    if find_deployment(store, asset["uid"]):
        raise Refusal(405, {"detail": "Use PATCH to update an existing deployment"})
    _deploy(store, call, asset, "deploy")
    return _shown(store, call, asset["uid"])


def patch_deployment(store: Store, call: Call) -> Answer:
    """PATCH: with the newest version_id a redeployment; without version_id only `active` is set."""
    signed_in(call)
    asset = seen_asset(store, call, "change_asset")
    row = find_deployment(store, asset["uid"])
    if row is None:
        raise Refusal(405, {"detail": "Use POST to create a new deployment"})
    data = call.record()
    with store.write():
        if "version_id" in data:
            if data["version_id"] != asset["version_uid"]:
                raise Broken
            _deploy(store, call, asset, "redeploy")
        if "active" in data and bool(data["active"]) != bool(row["is_active"]):
            _activate(store, call, asset, is_active=bool(data["active"]))
    return _shown(store, call, asset["uid"])


def find_deployment(store: Store, asset_uid: str) -> sqlite3.Row | None:
    return store.one("SELECT * FROM deployments WHERE asset_uid = ?", asset_uid)


def version_list(store: Store, call: Call) -> Answer:
    """GET …/versions/: the deployed ones, newest first."""
    asset = seen_asset(store, call)
    start, limit = window(call, default=100, cap=1000)
    rows = deployed_versions(store, asset["uid"])
    shown = [version_view(call, asset["uid"], row) for row in rows[start : start + limit]]
    return as_json(listing(call, shown, count=len(rows), start=start, limit=limit))


def get_version(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    sql = "SELECT * FROM versions WHERE asset_uid = ? AND uid = ?"
    row = store.one(sql, asset["uid"], call.names["version"])
    if row is None:
        raise not_found()
    return as_json(version_view(call, asset["uid"], row) | {"content": loaded(row, "content")})


def get_content(store: Store, call: Call) -> Answer:
    """GET …/content/: the draft as sheets of an XLSForm."""
    asset = seen_asset(store, call)
    content = draft(store, asset)
    sheets = sheets_of(content)
    for name in ("survey", "choices"):
        for row, full in zip(sheets.get(name, []), content.get(name, []), strict=True):
            row |= {column: value for column, value in full.items() if column.startswith("$")}
    return as_json({"kind": "asset.content", "uid_asset": asset["uid"], "data": sheets})


def get_valid_content(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    return as_json({"kind": "asset.valid_content", "uid_asset": asset["uid"], "data": draft(store, asset)})


def _deploy(store: Store, call: Call, asset: sqlite3.Row, action: str) -> None:
    content = draft(store, asset)
    with store.write() as connection:
        old = find_deployment(store, asset["uid"])
        identity = old["uuid"] if old else uuid.uuid4().hex
        label = _label(store, asset)
        try:
            xform = deployed_xform(
                content,
                asset_uid=asset["uid"],
                title=asset["name"],
                version_uid=asset["version_uid"],
                label=label,
                deployment_uuid=identity,
            )
        except FormRefused as error:
            raise Refusal(400, {"error": str(error)}) from None
        _mark_deployed(store, asset)
        now = store.stamp()
        values = (asset["version_uid"], now, asset["name"], label, xform, *_paths(old, content))
        if old:
            connection.execute(
                "UPDATE deployments SET version_uid = ?, deployed = ?, title = ?, label = ?, xform = ?, repeats = ?,"
                " geopoints = ?, is_active = 1 WHERE asset_uid = ?",
                (*values, asset["uid"]),
            )
        else:
            connection.execute(
                "INSERT INTO deployments (version_uid, deployed, title, label, xform, repeats, geopoints, asset_uid,"
                " uuid, is_active, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
                (*values, asset["uid"], identity, asset["name"]),
            )
        connection.execute("UPDATE assets SET modified = ? WHERE uid = ?", (now, asset["uid"]))
        _publish_media(store, asset["uid"])
        facts = {"latest_version_uid": asset["version_uid"], "latest_deployed_version_uid": asset["version_uid"]}
        log(store, call, asset, action, facts)


def _label(store: Store, asset: sqlite3.Row) -> str:
    """The version as tablets see it: how many were deployed, and when this one was last touched."""
    row = store.one("SELECT * FROM versions WHERE uid = ?", asset["version_uid"])
    assert row is not None
    number = row["deployed_number"] or _deployed_count(store, asset["uid"]) + 1
    return f"{number} ({row['modified'][:10]} {row['modified'][11:19]})"


def _mark_deployed(store: Store, asset: sqlite3.Row) -> None:
    with store.write() as connection:
        connection.execute(
            "UPDATE versions SET deployed_number = coalesce(deployed_number, ?), deployed = ?, modified = ?"
            " WHERE uid = ?",
            (_deployed_count(store, asset["uid"]) + 1, store.stamp(), store.stamp(), asset["version_uid"]),
        )


def _deployed_count(store: Store, asset_uid: str) -> int:
    return store.number("SELECT count(*) FROM versions WHERE asset_uid = ? AND deployed IS NOT NULL", asset_uid)


def _paths(old: sqlite3.Row | None, content: dict[str, Any]) -> tuple[str, str]:
    """Repeats and geopoints of every version deployed so far: old versions keep coming in from the field."""
    repeats = (loaded(old, "repeats") if old else []) + paths_of(content, "begin_repeat")
    geopoints = paths_of(content, "geopoint", "start-geopoint") + (loaded(old, "geopoints") if old else [])
    return dump(list(dict.fromkeys(repeats))), dump(list(dict.fromkeys(geopoints)))


def _publish_media(store: Store, asset_uid: str) -> None:
    """Tablets get the files as they are now; those already published keep their address."""
    with store.write() as connection:
        connection.execute(
            "DELETE FROM media WHERE asset_uid = ? AND file_uid NOT IN (SELECT uid FROM files WHERE asset_uid = ?)",
            (asset_uid, asset_uid),
        )
        connection.execute(
            "INSERT INTO media (asset_uid, file_uid, metadata, content)"
            " SELECT asset_uid, uid, metadata, content FROM files WHERE asset_uid = ? AND file_type = 'form_media'"
            " AND uid NOT IN (SELECT file_uid FROM media WHERE asset_uid = ?) ORDER BY number",
            (asset_uid, asset_uid),
        )


def _activate(store: Store, call: Call, asset: sqlite3.Row, *, is_active: bool) -> None:
    with store.write() as connection:
        connection.execute("UPDATE deployments SET is_active = ? WHERE asset_uid = ?", (is_active, asset["uid"]))
        connection.execute("UPDATE assets SET modified = ? WHERE uid = ?", (store.stamp(), asset["uid"]))
    action = "unarchive" if is_active else "archive"
    log(store, call, asset, action, {"latest_version_uid": asset["version_uid"]})


def _shown(store: Store, call: Call, asset_uid: str) -> Answer:
    asset = known_asset(store, asset_uid)
    row = find_deployment(store, asset_uid)
    assert row is not None
    shown = {"backend": "openrosa", "active": bool(row["is_active"]), "version_id": row["version_uid"]}
    return as_json(shown | {"asset": detail(store, call, asset)})
