"""`/api/v2/imports/`: an XLSForm becomes, or replaces, a project, a moment later. Source: kobo/api.md §2.1."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from pathlib import PurePath
from typing import Any

from collector.sandbox.accounts import find_user
from collector.sandbox.assets import NO_SETTINGS, create_asset, known_asset, replace_content
from collector.sandbox.calls import Answer, Broken, Call, Refusal, as_json, not_found, signed_in
from collector.sandbox.content import ImportFailed, content_of, read_sheets, summary
from collector.sandbox.history import SOURCE, log
from collector.sandbox.rights import effective, find_asset
from collector.sandbox.store import Store, dump, loaded, new_uid


def post_import(store: Store, call: Call) -> Answer:
    """POST: take the file, answer 201 whatever it is, and work on it in the background."""
    user = signed_in(call)
    fields = {key: str(value) for key, value in call.record().items()}
    workbook = next((upload.content for upload in call.uploads if upload.part == "file"), None)
    filename = next((upload.filename for upload in call.uploads if upload.part == "file"), "")
    if workbook is None and "base64Encoded" in fields:
        workbook = _decoded(fields["base64Encoded"])
    task = {"name": fields.get("name", ""), "destination": fields.get("destination", ""), "filename": filename}
    uid = new_uid("i")
    with store.write() as connection:
        connection.execute(
            "INSERT INTO imports VALUES (?, ?, ?, 'processing', '{}', ?, ?)",
            (uid, user.username, store.stamp(), dump(task), workbook),
        )
    _later(store, uid)
    return as_json({"uid": uid, "url": call.url(f"/api/v2/imports/{uid}/"), "status": "processing"}, 201)


def get_import(store: Store, call: Call) -> Answer:
    """GET one task; only its maker may."""
    user = signed_in(call)
    sql = "SELECT * FROM imports WHERE uid = ? AND username = ?"
    row = store.one(sql, call.names["import"], user.username)
    if row is None:
        raise not_found("No ImportTask matches the given query.")
    shown = {"status": row["status"], "uid": row["uid"], "messages": loaded(row, "messages")}
    return as_json(shown | {"date_created": row["created"]})


def import_list(store: Store, call: Call) -> Answer:
    """GET the list: broken on the real server as well."""
    raise Broken


def resume(store: Store) -> None:
    """Take up again what a stopped sandbox left unfinished."""
    for row in store.all("SELECT uid FROM imports WHERE status = 'processing'"):
        _later(store, row["uid"])


def _later(store: Store, uid: str) -> None:
    threading.Thread(target=_work, args=(store, uid), name=f"import-{uid}", daemon=True).start()


def _work(store: Store, uid: str) -> None:
    time.sleep(store.options.import_seconds)
    with store.lock:
        if store.is_closed:
            return
        try:
            with store.write():
                messages, status = _run(store, uid), "complete"
        except ImportFailed as error:
            messages, status = {"error": error.text, "error_type": error.kind}, "error"
        with store.write() as connection:
            connection.execute(
                "UPDATE imports SET status = ?, messages = ?, workbook = NULL WHERE uid = ?",
                (status, dump(messages), uid),
            )


def _run(store: Store, uid: str) -> dict[str, Any]:
    """Create or replace; returns the task's messages. Raises ImportFailed."""
    row = store.one("SELECT * FROM imports WHERE uid = ?", uid)
    assert row is not None
    task = json.loads(row["task"])
    if row["workbook"] is None:
        raise ImportFailed("Unsupported format, or corrupt file", "XlsFormatException")
    if task["destination"]:
        return _replace(store, row["username"], task["destination"], row["workbook"])
    sheets = read_sheets(row["workbook"])
    content, title = content_of(sheets)
    name = title or (PurePath(task["name"]).stem if task["name"] else "")
    asset_type = "survey" if "survey" in sheets else "empty"
    asset = create_asset(store, row["username"], name, asset_type, content, NO_SETTINGS)
    return {"created": [_outcome(asset["uid"], row["username"], content)]}


def _replace(store: Store, username: str, destination: str, workbook: bytes) -> dict[str, Any]:
    asset = find_asset(store, destination.rstrip("/").rpartition("/")[2])
    if asset is None:
        raise ImportFailed("Asset matching query does not exist.", "DoesNotExist")
    user = find_user(store, username)
    if "change_asset" not in effective(store, asset, user):
        raise ImportFailed("user cannot update asset", "PermissionDenied")
    content, title = content_of(read_sheets(workbook))
    name = title or asset["name"]
    version_uid = replace_content(store, asset, content, name)
    log(store, None, asset, "replace-form", {"latest_version_uid": version_uid}, username=username)
    audit = {
        "source": SOURCE,
        "asset_id": asset["number"],
        "new_name": name,
        "old_name": asset["name"],
        "asset_uid": asset["uid"],
        "ip_address": "127.0.0.1",
        "project_owner": asset["owner"],
        "latest_version_uid": version_uid,
    }
    updated = known_asset(store, asset["uid"])
    return {"updated": [_outcome(updated["uid"], updated["owner"], content)], "audit_logs": [audit]}


def _outcome(asset_uid: str, owner: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"uid": asset_uid, "kind": "asset", "summary": summary(content), "owner__username": owner}


def _decoded(data_uri: str) -> bytes:
    """The bytes of a data URI; bare base64 is the server's 500."""
    _, marker, encoded = data_uri.partition("base64,")
    if not marker:
        raise Broken
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        raise Refusal(400, {"base64Encoded": ["Invalid base64"]}) from None
