"""Changing stored submissions over the API: bulk edit, duplicate, delete, validation status.

Source: kobo/api.md §5.5–§5.7.
"""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from collections.abc import Sequence
from typing import Any

from collector.sandbox.calls import Answer, Broken, Call, Refusal, as_json, signed_in
from collector.sandbox.data import Selection, found, select, text_of
from collector.sandbox.deployments import find_deployment
from collector.sandbox.document import BASE, submission
from collector.sandbox.history import log_submissions
from collector.sandbox.instance import edited, parse
from collector.sandbox.store import Store, dump, loaded
from collector.sandbox.submissions import Target, receive, replace_xml

STATUSES = {
    "validation_status_approved": "Approved",
    "validation_status_not_approved": "Not Approved",
    "validation_status_on_hold": "On Hold",
}
PROTECTED = re.compile(
    r"(meta|formhub)/|_(id|uuid|submission_time|validation_status|attachments|geolocation|status)$|__version__$|_submitted_by$|_xform_id_string$"
)


def bulk_edit(store: Store, call: Call) -> Answer:
    """PATCH …/data/bulk/: new answers for several submissions; each gets a new instance id."""
    selection = select(store, call, "change_submissions")
    payload = _payload(call)
    if "data" not in payload:
        raise _refused("`data` is required")
    rows = [row for row in map(selection.one, map(str, payload.get("submission_ids", []))) if row]
    if not rows:
        raise Refusal(400, ["No submissions match the given `submission_ids`"])
    changes = {key: str(value) for key, value in payload["data"].items() if not PROTECTED.match(key)}
    target = _target(store, selection.asset)
    results = []
    with store.write():
        for row in rows:
            new = str(uuid.uuid4())
            xml = edited(row["xml"], changes, instance_id=new, deprecated_id=row["uuid"], root_uuid=row["root_uuid"])
            replace_xml(store, target, row, parse(xml), signed_in(call).username)
            done = {"uuid": new, "root_uuid": row["root_uuid"], "status_code": 201, "message": "Successful submission"}
            results.append(done)
    return as_json({"count": len(results), "successes": len(results), "failures": 0, "results": results})


def duplicate(store: Store, call: Call) -> Answer:
    """POST …/data/{id}/duplicate/: a new submission with the same answers, start and end now."""
    row = found(select(store, call, "change_submissions"), call)
    now = store.now().isoformat(timespec="milliseconds")
    document = loaded(row, "document")
    times = {name: now for name in ("start", "end") if name in document}
    xml = edited(row["xml"], times, instance_id=str(uuid.uuid4()), deprecated_id="", root_uuid="")
    received = receive(store, xml, (), call.user)
    text = text_of(store, submission(store, received.submission_id))
    return Answer(201, text.replace(BASE, call.base).encode(), "application/json")


def delete_submission(store: Store, call: Call) -> Answer:
    selection = select(store, call, "delete_submissions")
    _delete(store, call, selection, [found(selection, call)])
    return Answer(204)


def bulk_delete(store: Store, call: Call) -> Answer:
    """DELETE …/data/bulk/: one bad id rejects the whole batch."""
    selection, rows = _chosen(store, call, "delete_submissions")
    _delete(store, call, selection, rows)
    return as_json({"detail": f"{len(rows)} submissions have been deleted"})


def validation_status(store: Store, call: Call) -> Answer:
    """GET, PATCH, DELETE …/data/{id}/validation_status/"""
    if call.method == "GET":
        row = found(select(store, call), call)
        return as_json(loaded(row, "status") if row["status"] else {})
    selection = select(store, call, "validate_submissions")
    row = found(selection, call)
    if call.method == "DELETE":
        _validate(store, call, selection, [row], "")
        return Answer(204)
    uid = call.record().get("validation_status.uid")
    if uid not in STATUSES:
        raise Refusal(400, {"detail": f"Invalid validation status: `{uid}`"})
    _validate(store, call, selection, [row], uid)
    return as_json(loaded(submission(store, row["id"]), "status"))


def bulk_validate(store: Store, call: Call) -> Answer:
    """PATCH, DELETE …/data/validation_statuses/: a misspelt status silently clears."""
    selection, rows = _chosen(store, call, "validate_submissions")
    payload = _payload(call)
    if "validation_status.uid" not in payload:
        raise _refused("`validation_status.uid` is required")
    uid = payload["validation_status.uid"] if call.method == "PATCH" else ""
    _validate(store, call, selection, rows, uid)
    return as_json({"detail": f"{len(rows)} submissions have been updated"})


def _chosen(store: Store, call: Call, codename: str) -> tuple[Selection, list[sqlite3.Row]]:
    """The submissions a bulk payload names: by ids, by query, or all with `confirm`."""
    selection = select(store, call, codename)
    payload = _payload(call)
    ids, query = payload.get("submission_ids"), payload.get("query")
    if ids is not None and query:
        raise Broken
    if ids is not None:
        if not ids:
            raise _refused("`submission_ids` must contain at least one value")
        rows = [selection.one(str(identifier)) for identifier in ids]
        if None in rows:
            raise Refusal(400, {"detail": "One or more submission ids are invalid"})
        return selection, [row for row in rows if row]
    if query:
        narrowed = select(store, call, codename, query)
        return narrowed, list(narrowed.rows())
    if not payload.get("confirm"):
        raise _refused("Confirmation is required")
    return selection, list(selection.rows())


def _payload(call: Call) -> dict[str, Any]:
    payload = call.record().get("payload")
    if payload is None:
        raise _refused("This field is required.")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            raise Broken from None
    if not isinstance(payload, dict):
        raise Broken
    return payload


def _refused(text: str) -> Refusal:
    return Refusal(400, {"payload": [text]})


def _validate(store: Store, call: Call, selection: Selection, rows: Sequence[sqlite3.Row], uid: object) -> None:
    """Write, or with an unknown uid clear, the status. The same status again moves its timestamp."""
    label = STATUSES.get(str(uid))
    who = signed_in(call).username
    status = {"timestamp": int(store.now().timestamp()), "uid": uid, "by_whom": who, "label": label} if label else {}
    text = dump(status) if status else ""
    with store.write() as connection:
        for row in rows:
            document = dump(loaded(row, "document") | {"_validation_status": status})
            connection.execute(
                "UPDATE submissions SET status = ?, document = ?, modified = ? WHERE id = ?",
                (text, document, store.stamp(), row["id"]),
            )
        people = [(row["root_uuid"], row["submitted_by"]) for row in rows]
        log_submissions(store, who, selection.asset, "modify-submission", people, label or "None")


def _delete(store: Store, call: Call, selection: Selection, rows: Sequence[sqlite3.Row]) -> None:
    """Delete for good: no tombstone in the data API, only rows in the history."""
    with store.write() as connection:
        for row in rows:
            connection.execute("DELETE FROM superseded WHERE submission_id = ?", (row["id"],))
            connection.execute("DELETE FROM submissions WHERE id = ?", (row["id"],))
        people = [(row["root_uuid"], row["submitted_by"]) for row in rows]
        log_submissions(store, signed_in(call).username, selection.asset, "delete-submission", people)


def _target(store: Store, asset: sqlite3.Row) -> Target:
    deployment = find_deployment(store, asset["uid"])
    assert deployment is not None
    return Target(asset, deployment)
