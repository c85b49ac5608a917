"""What one asset looks like over the API: a row of the list, the full detail. Source: recordings 105 and 126."""

from __future__ import annotations

import sqlite3
from typing import Any

from collector.sandbox.calls import Call
from collector.sandbox.content import summary
from collector.sandbox.permissions import represent
from collector.sandbox.rights import assignable, effective
from collector.sandbox.store import Store, loaded


def row_of_list(store: Store, call: Call, asset: sqlite3.Row) -> dict[str, Any]:
    """A row of GET /api/v2/assets/: no content."""
    facts = _facts(store, call, asset)
    left_out = ("version__content_hash", "version_count", "deployed_versions")
    return {key: value for key, value in facts.items() if key not in left_out}


def detail(store: Store, call: Call, asset: sqlite3.Row) -> dict[str, Any]:
    """GET /api/v2/assets/{uid}/: everything, with the draft's content."""
    url = call.url(f"/api/v2/assets/{asset['uid']}")
    extras = loaded(asset, "extras")
    content = _content(store, asset)
    query = "?format=json" if call.param("format") else ""
    labels = assignable(asset["asset_type"]).items()
    permissions = [{"url": call.url(f"/api/v2/permissions/{name}/"), "label": label} for name, label in labels]
    held = [{"codename": name} for name in effective(store, asset, call.user)]
    return _facts(store, call, asset) | {
        "url": f"{url}/{query}",
        "files": _files(store, call, asset),
        "deployment__links": {},
        "deployment__data_download_links": _legacy_links(store, call, asset),
        "report_styles": extras.get("report_styles") or _report_styles(content),
        "report_custom": extras.get("report_custom", {}),
        "advanced_features": extras.get("advanced_features", {"_version": "20250820"}),
        "map_styles": extras.get("map_styles", {}),
        "map_custom": extras.get("map_custom", {}),
        "content": content,
        "embeds": [{"format": "xls", "url": f"{url}/xls/"}, {"format": "xform", "url": f"{url}/xform/"}],
        "analysis_form_json": {"additional_fields": []},
        "xform_link": f"{url}/xform/",
        "hooks_link": f"{url}/hooks/",
        "xls_link": f"{url}/xls/",
        "assignable_permissions": permissions,
        "effective_permissions": held,
        "exports": f"{url}/exports/",
        "paired_data": f"{url}/paired-data/",
        "project_ownership": None,
    }


def version_view(call: Call, asset_uid: str, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "uid": row["uid"],
        "url": call.url(f"/api/v2/assets/{asset_uid}/versions/{row['uid']}/"),
        "content_hash": row["content_hash"],
        "date_deployed": row["deployed"],
        "date_modified": row["modified"],
        "version_number": str(row["deployed_number"]),
    }


def deployed_versions(store: Store, asset_uid: str) -> list[sqlite3.Row]:
    sql = "SELECT * FROM versions WHERE asset_uid = ? AND deployed IS NOT NULL ORDER BY number DESC"
    return store.all(sql, asset_uid)


def file_view(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    asset_url = call.url(f"/api/v2/assets/{row['asset_uid']}/")
    url = f"{asset_url}files/{row['uid']}/"
    return {
        "uid": row["uid"],
        "url": url,
        "asset": asset_url,
        "user": call.url(f"/api/v2/users/{row['username']}/"),
        "user__username": row["username"],
        "file_type": row["file_type"],
        "description": row["description"],
        "date_created": row["created"],
        "content": f"{url}content/",
        "metadata": loaded(row, "metadata"),
    }


def _facts(store: Store, call: Call, asset: sqlite3.Row) -> dict[str, Any]:
    """What list and detail share."""
    uid, owner = asset["uid"], asset["owner"]
    url = call.url(f"/api/v2/assets/{uid}")
    extras = loaded(asset, "extras")
    content_hash = store.one("SELECT content_hash FROM versions WHERE uid = ?", asset["version_uid"])
    shared = store.number("SELECT count(*) FROM grants WHERE asset_uid = ? AND username <> ?", uid, owner)
    return {
        "url": f"{url}/",
        "date_created": asset["created"],
        "date_modified": asset["modified"],
        "owner": call.url(f"/api/v2/users/{owner}/"),
        "summary": summary(_content(store, asset)),
        "owner__username": owner,
        "parent": None,
        "uid": uid,
        "tag_string": extras.get("tag_string", ""),
        "settings": loaded(asset, "settings"),
        "kind": "asset",
        "name": asset["name"],
        "asset_type": asset["asset_type"],
        "version_id": asset["version_uid"],
        "version__content_hash": content_hash["content_hash"] if content_hash else None,
        "version_count": store.number("SELECT count(*) FROM versions WHERE asset_uid = ?", uid),
        **_deployment(store, call, asset),
        "permissions": represent(store, call, asset),
        "export_settings": [],
        "downloads": [{"format": "xls", "url": f"{url}.xls"}, {"format": "xml", "url": f"{url}.xml"}],
        "data": f"{url}/data/",
        "subscribers_count": 0,
        "status": "shared" if shared else "private",
        "access_types": None,
        "children": {"count": 0},
        "data_sharing": extras.get("data_sharing", {}),
        "owner_label": owner,
        "last_modified_by": asset["modified_by"],
        "created_by": asset["created_by"],
    }


def _deployment(store: Store, call: Call, asset: sqlite3.Row) -> dict[str, Any]:
    row = store.one("SELECT * FROM deployments WHERE asset_uid = ?", asset["uid"])
    versions = [version_view(call, asset["uid"], version) for version in deployed_versions(store, asset["uid"])]
    if row is None:
        state = "draft" if asset["asset_type"] == "survey" else "-"
    else:
        state = "deployed" if row["is_active"] else "archived"
    return {
        "date_deployed": row["deployed"] if row else None,
        "has_deployment": row is not None,
        "deployed_version_id": row["version_uid"] if row else None,
        "deployed_versions": {"count": len(versions), "next": None, "previous": None, "results": versions},
        "deployment__active": bool(row and row["is_active"]),
        "deployment__submission_count": _submission_count(store, call, asset) if row else 0,
        "deployment__last_submission_time": row["last_submission"] if row else None,
        "deployment__encrypted": bool(row and "base64RsaPublicKey" in row["xform"]),
        "deployment__uuid": row["uuid"] if row else None,
        "deployment_status": state,
    }


def _submission_count(store: Store, call: Call, asset: sqlite3.Row) -> int | None:
    """Nothing for those who see some submissions only (recording 525)."""
    if "view_submissions" not in effective(store, asset, call.user):
        return None
    sql = "SELECT count(*) FROM submissions WHERE asset_uid = ? AND visible_from <= ?"
    return store.number(sql, asset["uid"], store.stamp())


def _legacy_links(store: Store, call: Call, asset: sqlite3.Row) -> dict[str, str]:
    if store.one("SELECT 1 FROM deployments WHERE asset_uid = ?", asset["uid"]) is None:
        return {}
    owner, uid = asset["owner"], asset["uid"]
    links = {f"{kind}_legacy": call.url(f"/{owner}/exports/{uid}/{kind}/") for kind in ("xls", "csv", "zip")}
    reports = call.url(f"/{owner}/reports/{uid}")
    return links | {"xls": f"{reports}/export.xlsx", "csv": f"{reports}/export.csv"}


def _files(store: Store, call: Call, asset: sqlite3.Row) -> list[dict[str, Any]]:
    rows = store.all("SELECT * FROM files WHERE asset_uid = ? ORDER BY number", asset["uid"])
    return [file_view(call, row) for row in rows]


def _content(store: Store, asset: sqlite3.Row) -> dict[str, Any]:
    row = store.one("SELECT content FROM versions WHERE uid = ?", asset["version_uid"])
    return dict(loaded(row, "content")) if row else {}


def _report_styles(content: dict[str, Any]) -> dict[str, Any]:
    names = {row.get("name", row["$kuid"]): row["$kuid"] for row in content.get("survey", []) if "$kuid" in row}
    return {"default": {}, "specified": {name: {} for name in names}, "kuid_names": names}
