"""Submissions put into a sandbox without HTTP, for tests and measurements. Used by server.Sandbox."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence

from collector.sandbox.accounts import find_user
from collector.sandbox.assets import known_asset
from collector.sandbox.history import log_submissions
from collector.sandbox.store import Store, dump
from collector.sandbox.submissions import Received, count_submissions, receive


def submit(store: Store, xml: bytes, *, username: str, hidden_seconds: float = 0) -> Received:
    """Receive one submission as `username`. Raises KeyError for an unknown user, and what `receive` raises."""
    user = find_user(store, username)
    if user is None:
        raise KeyError(username)
    return receive(store, xml, (), user, hidden_seconds=hidden_seconds)


def put_json(store: Store, asset_uid: str, records: Sequence[Mapping[str, object]]) -> list[int]:
    """Store ready documents, in one transaction; returns their ids.

    records: answers keyed as in the data API; what the server adds (`_id`, `_uuid`, `_submission_time`, …) is filled
    in where it is missing; `"meta/rootUuid": None` leaves that key out, as older servers did. They have no XML behind
    them: reading works, edits do not.
    """
    asset = known_asset(store, asset_uid)
    first = store.number("SELECT seq FROM sqlite_sequence WHERE name = 'submissions'") + 1
    now = store.stamp()
    documents = [_completed(asset_uid, first + place, record, now) for place, record in enumerate(records)]
    with store.write() as connection:
        connection.executemany(
            "INSERT INTO submissions (id, asset_uid, root_uuid, uuid, submitted_by, time, created, modified,"
            " visible_from, status, xml_hash, xml, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?)",
            [_row(asset_uid, document, now) for document in documents],
        )
        count_submissions(store, asset_uid, store.now(), len(documents))
        people = [(_root(document), asset["owner"]) for document in documents]
        log_submissions(store, asset["owner"], asset, "add-submission", people)
    return [int(str(document["_id"])) for document in documents]


def _completed(asset_uid: str, number: int, record: Mapping[str, object], now: str) -> dict[str, object]:
    identity = str(record.get("_uuid") or uuid.uuid4())
    document = {
        "_id": record.get("_id", number),
        **{key: value for key, value in record.items() if key != "_id"},
        "_xform_id_string": asset_uid,
        "_uuid": identity,
        "meta/rootUuid": record.get("meta/rootUuid", f"uuid:{identity}"),
        "_attachments": record.get("_attachments", []),
        "_status": "submitted_via_web",
        "_geolocation": record.get("_geolocation", [None, None]),
        "_submission_time": record.get("_submission_time", now[:19]),
        "_validation_status": record.get("_validation_status", {}),
        "_submitted_by": record.get("_submitted_by"),
    }
    if document["meta/rootUuid"] is None:
        del document["meta/rootUuid"]
    return document


def _row(asset_uid: str, document: Mapping[str, object], now: str) -> tuple[object, ...]:
    text = dump(document)
    status = document["_validation_status"]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return (
        *(
            document["_id"],
            asset_uid,
            _root(document),
            document["_uuid"],
            document["_submitted_by"],
            document["_submission_time"],
        ),
        *(now, now, "", dump(status) if status else "", digest, text),
    )


def _root(document: Mapping[str, object]) -> str:
    """The identity; without one each document is its own, however often an `_uuid` comes."""
    return str(document.get("meta/rootUuid", f"legacy-{document['_id']}")).removeprefix("uuid:")
