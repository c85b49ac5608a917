"""Receiving a submission: what is accepted, refused, an edit, a duplicate, a late attachment.

Used by openrosa.py (HTTP) and by Sandbox.submit (in the process). Source: kobo/api.md §4 (table), §5.4.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.sandbox.calls import Upload, User
from collector.sandbox.document import submission, write_document
from collector.sandbox.history import log_submissions
from collector.sandbox.instance import Instance, Unreadable, file_names, parse, path_of_file
from collector.sandbox.rights import effective
from collector.sandbox.store import Store, loaded, new_uid, zulu

SUCCESS = "Successful submission."


@dataclass(frozen=True)
class Received:
    """What became of one posted submission. created, marked: "2026-11-23T16:42:27.678602+00:00"."""

    status: int
    message: str
    form_id: str = ""
    instance_id: str = ""
    created: str = ""
    marked: str = ""
    submission_id: int = 0


class Declined(Exception):
    """The submission is not taken; `status` and `message` go into the OpenRosa answer."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(f"{status} {message}")


class Taken(Declined):
    """409: the instance id is taken. Such a post uses up an `_id` all the same (kobo/api.md §5.2)."""

    def __init__(self) -> None:
        super().__init__(409, "Submission with this instance ID already exists")


class FormUnknown(Exception):
    """No deployed form fits the submission: the server's 404 `Not found.`"""


@dataclass(frozen=True)
class Target:
    """The project a submission belongs to."""

    asset: sqlite3.Row
    deployment: sqlite3.Row


def receive(
    store: Store,
    xml: bytes,
    uploads: Sequence[Upload],
    user: User | None,
    *,
    owner: str = "",
    hidden_seconds: float = 0,
) -> Received:
    """Take one submission.

    user: None is anonymous; owner: username in the address, "" for the general one.
    hidden_seconds: how long the data API does not show it yet, as when the server is still storing attachments.
    Raises Declined, FormUnknown.
    """
    try:
        instance = parse(xml)
    except Unreadable as error:
        raise Declined(400, str(error)) from None
    with _alone(store, instance):
        try:
            with store.write():
                target = find_target(store, instance, owner)
                _check_rights(store, target, instance, user)
                if not instance.instance_id:
                    raise Declined(400, "Instance ID is required")
                return _store(store, target, instance, uploads, user, hidden_seconds)
        except Taken:
            with store.write() as connection:
                connection.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'submissions'")
            raise


def find_target(store: Store, instance: Instance, owner: str = "") -> Target:
    """By the deployment's uuid, else by the form id. Raises FormUnknown."""
    sql = "SELECT * FROM deployments WHERE {} = ?"
    deployment = store.one(sql.format("uuid"), instance.deployment_uuid) if instance.deployment_uuid else None
    deployment = deployment or store.one(sql.format("asset_uid"), instance.form_id)
    if deployment is None:
        raise FormUnknown
    asset = store.one("SELECT * FROM assets WHERE uid = ? AND NOT is_deleted", deployment["asset_uid"])
    if asset is None or (owner and asset["owner"] != owner):
        raise FormUnknown
    return Target(asset, deployment)


def _check_rights(store: Store, target: Target, instance: Instance, user: User | None) -> None:
    if user and user.is_superuser and user.username != target.asset["owner"]:
        raise Declined(403, "Access denied")
    needed = "change_submissions" if instance.deprecated_id else "add_submissions"
    if needed not in effective(store, target.asset, user):
        raise Declined(403, "Access denied")
    if not target.deployment["is_active"]:
        raise Declined(405, "Form is not active")


@contextmanager
def _alone(store: Store, instance: Instance) -> Iterator[None]:
    """One request at a time per instance id: the others are told to come back."""
    key = (instance.form_id, instance.instance_id)
    with store.flight_lock:
        is_busy = bool(instance.instance_id) and key in store.in_flight
        if not is_busy:
            store.in_flight.add(key)
    if is_busy:
        text = f"Submission {instance.instance_id} is currently being processed. Try again later."
        raise Declined(423, text)
    try:
        yield
    finally:
        with store.flight_lock:
            store.in_flight.discard(key)


def _store(
    store: Store,
    target: Target,
    instance: Instance,
    uploads: Sequence[Upload],
    user: User | None,
    hidden_seconds: float,
) -> Received:
    asset_uid = target.asset["uid"]
    same = store.one("SELECT * FROM submissions WHERE asset_uid = ? AND uuid = ?", asset_uid, instance.instance_id)
    if same is not None and same["xml_hash"] == instance.hash:
        return _again(store, target, same, uploads)
    if instance.deprecated_id:
        return _edit(store, target, instance, uploads, user)
    taken = (
        "SELECT 1 FROM submissions WHERE asset_uid = ? AND root_uuid = ?"
        " UNION SELECT 1 FROM superseded WHERE asset_uid = ? AND uuid = ?"
    )
    if same is not None or store.one(taken, *(asset_uid, instance.instance_id) * 2):
        raise Taken
    return _insert(store, target, instance, uploads, user, hidden_seconds)


def _insert(
    store: Store,
    target: Target,
    instance: Instance,
    uploads: Sequence[Upload],
    user: User | None,
    hidden_seconds: float,
) -> Received:
    now = store.now()
    created = _date(instance.submission_date) or now
    username = user.username if user else None
    asset_uid, root = target.asset["uid"], instance.instance_id
    visible = zulu(now + timedelta(seconds=hidden_seconds)) if hidden_seconds else ""
    with store.write() as connection:
        cursor = connection.execute(
            "INSERT INTO submissions (asset_uid, root_uuid, uuid, submitted_by, time, created, modified, visible_from,"
            " xml_hash, xml, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            (
                *(asset_uid, root, root, username, created.strftime("%Y-%m-%dT%H:%M:%S"), zulu(created), zulu(now)),
                *(visible, instance.hash, instance.xml),
            ),
        )
        submission_id = int(cursor.lastrowid or 0)
        document = write_document(store, target.deployment, submission_id)
        _attach(store, target, submission_id, document, uploads)
        count_submissions(store, asset_uid, now)
        log_submissions(store, username, target.asset, "add-submission", [(root, username)])
    return _received(store, submission_id, 201)


def _edit(store: Store, target: Target, instance: Instance, uploads: Sequence[Upload], user: User | None) -> Received:
    asset_uid, old_id = target.asset["uid"], instance.deprecated_id
    row = store.one("SELECT * FROM submissions WHERE asset_uid = ? AND uuid = ?", asset_uid, old_id)
    if row is None:
        if store.one("SELECT 1 FROM superseded WHERE asset_uid = ? AND uuid = ?", asset_uid, old_id):
            raise Declined(410, "Invalid submission - deprecatedID refers to an old version")
        raise Declined(404, "Invalid submission - deprecatedID not found")
    replace_xml(store, target, row, instance, user.username if user else None)
    _attach(store, target, row["id"], _document(store, row["id"]), uploads)
    return _received(store, row["id"], 201)


def replace_xml(store: Store, target: Target, row: sqlite3.Row, instance: Instance, username: str | None) -> None:
    """Store an edit: same _id, root and time; the old instance id is superseded."""
    with store.write() as connection:
        connection.execute("INSERT INTO superseded VALUES (?, ?, ?)", (row["asset_uid"], row["uuid"], row["id"]))
        connection.execute(
            "UPDATE submissions SET uuid = ?, xml = ?, xml_hash = ?, modified = ? WHERE id = ?",
            (instance.instance_id, instance.xml, instance.hash, store.stamp(), row["id"]),
        )
        write_document(store, target.deployment, row["id"])
        entry = (row["root_uuid"], row["submitted_by"])
        log_submissions(store, username, target.asset, "modify-submission", [entry])


def _again(store: Store, target: Target, row: sqlite3.Row, uploads: Sequence[Upload]) -> Received:
    """Identical XML: 202, unless it brings attachments not there yet."""
    added = _attach(store, target, row["id"], _document(store, row["id"]), uploads)
    return _received(store, row["id"], 201) if added else Received(202, "Duplicate Instance")


def _attach(
    store: Store, target: Target, submission_id: int, document: dict[str, Any], uploads: Sequence[Upload]
) -> int:
    """Keep the files the submission names, and refresh its document. Returns how many were new. Raises Declined 409."""
    row = submission(store, submission_id)
    named = file_names({key: value for key, value in document.items() if not key.startswith("_")})
    new = 0
    with store.write() as connection:
        for upload in uploads:
            if upload.part == "xml_submission_file" or upload.filename not in named:
                continue
            sql = "SELECT content FROM attachments WHERE submission_id = ? AND name = ?"
            old = store.one(sql, submission_id, upload.filename)
            if old is not None and old["content"] != upload.content:
                raise Declined(409, "Attachment with same name already exists")
            if old is None:
                path = f"{target.asset['owner']}/attachments/{target.deployment['uuid']}/{row['root_uuid']}"
                values = (
                    *(new_uid("att"), submission_id, upload.filename, upload.content_type),
                    *(f"{path}/{_storage_name(upload.filename)}", path_of_file(document, upload.filename)),
                    upload.content,
                )
                connection.execute("INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                new += 1
        if new:
            connection.execute("UPDATE submissions SET modified = ? WHERE id = ?", (store.stamp(), submission_id))
            write_document(store, target.deployment, submission_id)
    return new


def count_submissions(store: Store, asset_uid: str, now: datetime, number: int = 1) -> None:
    """The daily figure of …/counts/, which no deletion lowers, and the project's last submission time."""
    with store.write() as connection:
        connection.execute(
            "INSERT INTO daily_counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (asset_uid, now.strftime("%Y-%m-%d"), number),
        )
        connection.execute("UPDATE deployments SET last_submission = ? WHERE asset_uid = ?", (zulu(now), asset_uid))


def _document(store: Store, submission_id: int) -> dict[str, Any]:
    return dict(loaded(submission(store, submission_id), "document"))


def _received(store: Store, submission_id: int, status: int) -> Received:
    row = submission(store, submission_id)
    asset, instance_id = row["asset_uid"], f"uuid:{row['uuid']}"
    created, marked = _offset(row["created"]), _offset(row["modified"])
    return Received(status, SUCCESS, asset, instance_id, created, marked, submission_id)


def _storage_name(filename: str) -> str:
    return re.sub(r"[^\w.\-]", "", filename.strip().replace(" ", "_"))


def _date(text: str) -> datetime | None:
    """The submissionDate of the root element, with which a client can backdate."""
    try:
        date = datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        return None
    return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)


def _offset(stamp: str) -> str:
    """2025-01-01T00:00:00.000000Z → 2025-01-01T00:00:00+00:00, as OpenRosa answers write times."""
    return stamp.removesuffix("Z").removesuffix(".000000") + "+00:00"
