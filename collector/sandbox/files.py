"""`…/files/`: media of a form. They reach tablets at the next deployment only. Source: kobo/api.md §3.1."""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import sqlite3
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from collector.sandbox.asset_view import file_view
from collector.sandbox.calls import Answer, Broken, Call, Refusal, as_json, listing, not_found, window
from collector.sandbox.history import log
from collector.sandbox.rights import seen_asset
from collector.sandbox.store import Store, dump, loaded, new_uid

REQUIRED = "This field is required."


def file_list(store: Store, call: Call) -> Answer:
    asset = seen_asset(store, call)
    start, limit = window(call, default=100, cap=1000)
    rows = store.all("SELECT * FROM files WHERE asset_uid = ? ORDER BY number", asset["uid"])
    wanted = call.param("file_type")
    shown = [file_view(call, row) for row in rows if wanted in (None, row["file_type"])]
    return as_json(listing(call, shown[start : start + limit], count=len(shown), start=start, limit=limit))


def post_file(store: Store, call: Call) -> Answer:
    """POST: multipart, data URI or redirect_url. Without metadata the server answers 500."""
    asset = seen_asset(store, call, "change_asset")
    fields = call.record()
    for name in ("file_type", "description"):
        if not fields.get(name):
            raise Refusal(400, {name: [REQUIRED]})
    metadata, content = _read(call, fields)
    with store.write() as connection:
        if metadata["filename"] in _names(store, asset["uid"]):
            raise Refusal(400, {"content": ["File already exists"]})
        uid = new_uid("af")
        connection.execute(
            "INSERT INTO files (uid, asset_uid, username, file_type, description, created, metadata, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(uid, asset["uid"], call.user.username if call.user else "", fields["file_type"]),
                *(fields["description"], store.stamp(), dump(metadata), content),
            ),
        )
        row = _file(store, asset, uid)
        log(store, call, asset, "add-media", _facts(call, row))
    shown = file_view(call, row)
    return as_json(shown, 201, Location=str(shown["url"]))


def one_file(store: Store, call: Call) -> Answer:
    """GET, DELETE; PATCH is broken on the real server, PUT wants everything."""
    asset = seen_asset(store, call, *(() if call.method == "GET" else ("change_asset",)))
    row = _file(store, asset, call.names["file"])
    match call.method:
        case "GET":
            return as_json(file_view(call, row))
        case "DELETE":
            with store.write() as connection:
                connection.execute("DELETE FROM files WHERE uid = ?", (row["uid"],))
                log(store, call, asset, "delete-media", _facts(call, row))
            return Answer(204)
        case "PUT" if "file_type" not in call.record():
            raise Refusal(400, {"file_type": [REQUIRED]})
    raise Broken


def file_content(store: Store, call: Call) -> Answer:
    row = _file(store, seen_asset(store, call), call.names["file"])
    metadata = loaded(row, "metadata")
    if "redirect_url" in metadata:
        return Answer(302, headers={"Location": metadata["redirect_url"]})
    disposition = f"attachment; filename*=UTF-8''{quote(metadata['filename'])}"
    return Answer(200, row["content"], metadata["mimetype"], {"Content-Disposition": disposition})


def _read(call: Call, fields: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """(metadata as stored, bytes) of the posted file."""
    try:
        metadata = json.loads(fields.get("metadata") or "")
    except ValueError:
        raise Broken from None
    if "redirect_url" in metadata:
        name = metadata.get("filename") or PurePosixPath(metadata["redirect_url"]).name
        digest = _md5(metadata["redirect_url"].encode()) + "-url"
        return {"redirect_url": metadata["redirect_url"], **_described(name, digest)}, b""
    if "base64Encoded" in fields:
        content = base64.b64decode(str(fields["base64Encoded"]).partition("base64,")[2])
    elif upload := next((upload for upload in call.uploads if upload.part == "content"), None):
        content = upload.content
        metadata.setdefault("filename", upload.filename)
    else:
        raise Refusal(400, {"content": ["No files have been submitted"]})
    return _described(metadata["filename"], _md5(content)), content


def _described(name: str, digest: str) -> dict[str, Any]:
    return {"filename": name, "hash": digest, "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream"}


def _names(store: Store, asset_uid: str) -> set[str]:
    return {
        loaded(row, "metadata")["filename"] for row in store.all("SELECT * FROM files WHERE asset_uid = ?", asset_uid)
    }


def _file(store: Store, asset: sqlite3.Row, uid: str) -> sqlite3.Row:
    row = store.one("SELECT * FROM files WHERE asset_uid = ? AND uid = ?", asset["uid"], uid)
    if row is None:
        raise not_found()
    return row


def _facts(call: Call, row: sqlite3.Row) -> dict[str, object]:
    shown = file_view(call, row)
    metadata = shown["metadata"]
    found = {"uid": row["uid"], "filename": metadata["filename"], "md5_hash": metadata["hash"]}
    return {"asset-file": found | {"download_url": shown["content"]}}


def _md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()
