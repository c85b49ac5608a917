"""What a tablet speaks: formList, manifest, form.xml, media, submission. Source: kobo/api.md §4."""

from __future__ import annotations

import hashlib
import sqlite3
from xml.sax.saxutils import escape

from collector.sandbox.calls import Answer, Broken, Call, not_found, unauthenticated
from collector.sandbox.faults import HIDDEN_SECONDS
from collector.sandbox.instance import from_json
from collector.sandbox.rights import effective
from collector.sandbox.store import Store, dump, loaded
from collector.sandbox.submissions import Declined, FormUnknown, Received, receive

XML = "text/xml; charset=utf-8"
ROSA = {"X-OpenRosa-Version": "1.0", "X-OpenRosa-Accept-Content-Length": "10000000"}
LISTED = (
    "SELECT uid, owner, asset_type, deployments.* FROM deployments JOIN assets ON assets.uid = asset_uid"
    " WHERE is_active AND NOT is_deleted"
)


def form_list(store: Store, call: Call) -> Answer:
    """GET /formList: active forms the caller may submit to; /{owner}/formList: those open to anybody."""
    owner = call.names.get("owner", "")
    _require_login(call)
    rows = store.all(f"{LISTED} ORDER BY deployments.number")
    wanted = call.param("formID")
    shown = [row for row in rows if wanted in (None, row["asset_uid"]) and _may_fill(store, row, call, owner)]
    forms = "".join(_entry(call, row, owner) for row in shown)
    return _xml(f'<xforms xmlns="http://openrosa.org/xforms/xformsList">{forms}</xforms>')


def manifest(store: Store, call: Call) -> Answer:
    """GET /xformsManifest/{n}: the media as of the last deployment."""
    row = _form(store, call)
    rows = store.all("SELECT * FROM media WHERE asset_uid = ? ORDER BY number", row["asset_uid"])
    files = "".join(_media_entry(call, row["number"], media) for media in rows)
    return _xml(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{files}</manifest>')


def form_xml(store: Store, call: Call) -> Answer:
    return Answer(200, _form(store, call)["xform"].encode(), XML, ROSA)


def media(store: Store, call: Call) -> Answer:
    """GET /xformsMedia/{n}/{m}.csv: the bytes, or a redirection to a remote file."""
    row = _form(store, call)
    sql = "SELECT * FROM media WHERE asset_uid = ? AND number = ?"
    found = store.one(sql, row["asset_uid"], call.names["media"].partition(".")[0])
    if found is None:
        raise not_found("No MetaData matches the given query.")
    metadata = loaded(found, "metadata")
    if "redirect_url" in metadata:
        return Answer(302, b"", "text/html; charset=utf-8", {"Location": metadata["redirect_url"]})
    disposition = {"Content-Disposition": f"attachment; filename={metadata['filename']}"}
    return Answer(200, found["content"], metadata["mimetype"], disposition)


def submission_head(store: Store, call: Call) -> Answer:
    """HEAD /submission: what Collect asks before it sends."""
    _require_login(call)
    return Answer(204, b"", XML, ROSA | {"Location": call.url(call.path)})


def post_submission(store: Store, call: Call) -> Answer:
    """POST /submission: multipart with `xml_submission_file`, or JSON. Errors are XML even for callers wanting JSON."""
    owner = call.names.get("owner", "")
    _require_login(call)
    hidden = float(call.header(HIDDEN_SECONDS) or 0)
    try:
        received = receive(store, _posted_xml(call), call.uploads, call.user, owner=owner, hidden_seconds=hidden)
    except FormUnknown:
        raise not_found() from None
    except Declined as declined:
        if declined.status == 403 and call.user is None:
            raise unauthenticated() from None
        return _message(call, declined.status, declined.message)
    if received.status != 201:
        return _message(call, received.status, received.message)
    return _accepted(call, received)


def _posted_xml(call: Call) -> bytes:
    if call.is_json:
        data = call.record()
        try:
            return from_json(str(data["id"]), data["submission"])
        except (KeyError, AttributeError, ValueError):
            raise Broken from None
    found = next((upload.content for upload in call.uploads if upload.part == "xml_submission_file"), None)
    if found is None:
        raise Broken
    return found


def _accepted(call: Call, received: Received) -> Answer:
    headers = ROSA | {"Location": call.url(call.path)}
    if call.is_json or "application/json" in call.header("accept"):
        shown = {
            "message": received.message,
            "formid": received.form_id,
            "encrypted": False,
            "instanceID": received.instance_id,
            "submissionDate": received.created,
            "markedAsCompleteDate": received.marked,
        }
        return Answer(201, dump(shown).encode(), "application/json", headers)
    body = (
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">\n'
        f"    <message>{received.message}</message>\n"
        f'    <submissionMetadata xmlns="http://www.opendatakit.org/xforms" id="{received.form_id}" '
        f' instanceID="{escape(received.instance_id)}" submissionDate="{received.created}" isComplete="true"'
        f' markedAsCompleteDate="{received.marked}"/>\n</OpenRosaResponse>\n'
    )
    return Answer(201, body.encode(), XML, headers)


def _message(call: Call, status: int, text: str) -> Answer:
    """The short answer; Location only where the request itself was fine (recordings 207, 220)."""
    body = (
        "<?xml version='1.0' encoding='UTF-8' ?>\n"
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">\n'
        f'        <message nature="">{escape(text)}</message>\n</OpenRosaResponse>'
    )
    location = {"Location": call.url(call.path)} if status in (202, 409) else {}
    return Answer(status, body.encode(), XML, ROSA | location)


def _require_login(call: Call) -> None:
    if call.user is None and "owner" not in call.names:
        raise unauthenticated()


def _may_fill(store: Store, row: sqlite3.Row, call: Call, owner: str) -> bool:
    user = None if owner else call.user
    return (not owner or row["owner"] == owner) and "add_submissions" in effective(store, row, user)


def _form(store: Store, call: Call) -> sqlite3.Row:
    _require_login(call)
    owner = call.names.get("owner", "")
    row = store.one(f"{LISTED} AND deployments.number = ?", call.names["number"])
    if row is None or not _may_fill(store, row, call, owner):
        raise not_found("No XForm matches the given query.")
    return row


def _entry(call: Call, row: sqlite3.Row, owner: str) -> str:
    prefix = f"/{owner}" if owner else ""
    fields = {
        "formID": row["asset_uid"],
        "name": row["title"],
        "majorMinorVersion": row["label"],
        "version": row["label"],
        "hash": "md5:" + hashlib.md5(row["xform"].encode(), usedforsecurity=False).hexdigest(),
        "descriptionText": row["description"],
        "downloadUrl": call.url(f"{prefix}/forms/{row['number']}/form.xml"),
        "manifestUrl": call.url(f"{prefix}/xformsManifest/{row['number']}"),
    }
    return _elements("xform", fields)


def _media_entry(call: Call, form: int, row: sqlite3.Row) -> str:
    metadata = loaded(row, "metadata")
    suffix = metadata["filename"].rpartition(".")[2]
    owner = call.names.get("owner", "")
    path = (f"/{owner}" if owner else "") + f"/xformsMedia/{form}/{row['number']}.{suffix}"
    fields = {"filename": metadata["filename"], "hash": metadata["hash"], "downloadUrl": call.url(path)}
    return _elements("mediaFile", fields)


def _elements(name: str, fields: dict[str, str]) -> str:
    inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())
    return f"<{name}>{inner}</{name}>"


def _xml(text: str) -> Answer:
    return Answer(200, f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode(), XML, ROSA)
