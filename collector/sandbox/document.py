"""One stored submission and its ready answer in the data API. Used by submissions.py, data.py, edits.py.

Source: kobo/api.md §5.2. Documents are made when something changes, so that a page is only text to be joined.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from collector.sandbox.instance import answers, file_names, geolocation
from collector.sandbox.store import Store, dump, loaded

BASE = "~sandbox~"
"""Stands for scheme and host in stored documents: attachment addresses carry the host the reader used."""


def submission(store: Store, submission_id: int) -> sqlite3.Row:
    row = store.one("SELECT * FROM submissions WHERE id = ?", submission_id)
    if row is None:
        raise KeyError(submission_id)
    return row


def write_document(store: Store, deployment: sqlite3.Row, submission_id: int) -> dict[str, Any]:
    """Make and store the ready answer of the data API for one submission."""
    row = submission(store, submission_id)
    found = answers(row["xml"], set(loaded(deployment, "repeats")))
    named = file_names(found)
    rows = store.all("SELECT * FROM attachments WHERE submission_id = ? ORDER BY rowid", submission_id)
    document = {
        "_id": submission_id,
        **found,
        "_xform_id_string": row["asset_uid"],
        "_uuid": row["uuid"],
        "meta/rootUuid": f"uuid:{row['root_uuid']}",
        "_attachments": [
            _attachment_view(row["asset_uid"], each, is_deleted=each["name"] not in named) for each in rows
        ],
        "_status": "submitted_via_web",
        "_geolocation": geolocation(found, loaded(deployment, "geopoints")),
        "_submission_time": row["time"],
        "_validation_status": loaded(row, "status") if row["status"] else {},
        "_submitted_by": row["submitted_by"],
    }
    with store.write() as connection:
        connection.execute("UPDATE submissions SET document = ? WHERE id = ?", (dump(document), submission_id))
    return document


def _attachment_view(asset_uid: str, row: sqlite3.Row, *, is_deleted: bool) -> dict[str, Any]:
    """is_deleted: an edit no longer names the file; it stays listed, and marked."""
    url = f"{BASE}/api/v2/assets/{asset_uid}/data/{row['submission_id']}/attachments/{row['uid']}/"
    view = {
        "download_url": url,
        "mimetype": row["mimetype"],
        "filename": row["path"],
        "media_file_basename": row["name"],
        "uid": row["uid"],
        "is_deleted": is_deleted,
    }
    if row["mimetype"].startswith("image/"):
        view |= {f"download_{size}_url": f"{url}{size}/" for size in ("large", "medium", "small")}
    return view | {"question_xpath": row["question"]}
