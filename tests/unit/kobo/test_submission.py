"""One submission's metadata: what is read, and that nothing unreadable stops a pull."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import UnreadableSubmission
from collector.kobo.submission import Attachment, Submission, read_submission
from tests.unit.kobo.conftest import recorded

PLAIN: dict[str, Any] = {
    "_id": 2,
    "_uuid": "b",
    "meta/instanceID": "uuid:b",
    "meta/rootUuid": "uuid:a",
    "__version__": "vA",
    "_submission_time": "2026-11-23T16:42:35",
    "_submitted_by": "e01",
    "_validation_status": {},
    "_attachments": [],
    "age": "34",
}


def read(**changes: Any) -> Submission:
    """PLAIN with changes; None takes a key away."""
    merged = {**PLAIN, **{name.replace("__slash__", "/"): value for name, value in changes.items()}}
    return read_submission(json.dumps({name: value for name, value in merged.items() if value is not ...}).encode())


def test_an_edited_submission_keeps_its_root_and_gets_a_new_instance():
    [edited, _, _] = [read_submission(json.dumps(row).encode()) for row in recorded("data-list")["results"]]
    assert edited.id == 2
    assert edited.root_uuid == "5945e36d-0a7b-487d-8762-382418bd1054"
    assert edited.instance_id == "afc5e3e2-ab00-449d-b368-5c68bb7a1d67"


def test_the_real_servers_attachments_are_read():
    with_photo = read_submission(json.dumps(recorded("data-list")["results"][2]).encode())
    assert (
        Attachment("attxQkdDfbFfUFnCkjgrvfQ8", "my photo 1.png", "hh/photo", mimetype="image/png")
        in with_photo.attachments
    )
    assert [each.question_xpath for each in with_photo.attachments if each.filename == "audit.csv"] == [""]


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T16:42:35", "2026-11-23T16:42:35Z", "2026-11-23T19:42:35+03:00", "2026-11-23T16:42:35.000"],
)
def test_a_time_is_utc_whether_it_says_so_or_not(text):
    assert read(_submission_time=text).submitted_at == datetime(2026, 11, 23, 16, 42, 35, tzinfo=UTC)
    assert read(_submission_time=text).submitted_at.tzinfo is UTC


def test_a_modification_time_is_taken_where_the_server_has_one():
    assert read().modified_at is None
    assert read(_date_modified="2026-11-24T08:00:00.250Z").modified_at == datetime(2026, 11, 24, 8, 0, 0, 250000, UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, ""),
        (..., ""),
        (None, ""),
        ({"uid": "validation_status_approved", "label": "x"}, "validation_status_approved"),
    ],
)
def test_a_validation_status_is_its_uid_or_nothing(status, expected):
    assert read(_validation_status=status).validation_status == expected


def test_an_older_server_without_root_and_instance_falls_back_to_its_uuid():
    old = read(meta__slash__rootUuid=..., meta__slash__instanceID=...)
    assert (old.root_uuid, old.instance_id) == ("b", "b")


def test_an_anonymous_submission_and_one_without_version_are_submissions():
    assert (read(_submitted_by=None).submitted_by, read(__version__=...).form_version) == (None, "")


def test_answers_stay_as_the_server_gives_them():
    answers = read(count=3, share=0.25, empty=None, _notes=[], _id=2**40).answers
    assert (answers["age"], answers["count"], answers["share"], answers["empty"]) == ("34", 3, 0.25, None)
    assert answers["_id"] == 2**40


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"_submission_time": "yesterday"}, "_submission_time is not a time"),
        ({"_submission_time": ...}, "_submission_time is not a time"),
        ({"_submission_time": "0001-01-01T00:00:00+12:00"}, "_submission_time is not a time"),
        ({"_date_modified": 17}, "_date_modified is not a time"),
        ({"_uuid": ..., "meta__slash__rootUuid": ...}, "neither meta/rootUuid nor _uuid"),
        ({"meta__slash__rootUuid": 5}, "meta/rootUuid is not text"),
        ({"_submitted_by": 5}, "_submitted_by is not text"),
        ({"_validation_status": "approved"}, "_validation_status has no uid"),
        ({"_attachments": "photo.png"}, "_attachments is not a list"),
    ],
)
def test_unreadable_metadata_is_named_with_the_id_for_quarantine(changes, reason):
    with pytest.raises(UnreadableSubmission, match=reason) as caught:
        read(**changes)
    assert caught.value.id == 2


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"{}", b'{"_id": "2"}', b'{"_id": true}', b"[" * 100_000])
def test_what_is_no_submission_has_no_id(raw):
    with pytest.raises(UnreadableSubmission) as caught:
        read_submission(raw)
    assert caught.value.id is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([name for name in PLAIN if name != "_id"]), values | st.just(...)))
def test_no_metadata_stops_a_pull(changes):
    merged = {name: value for name, value in {**PLAIN, **changes}.items() if value is not ...}
    with suppress(UnreadableSubmission):
        assert read_submission(json.dumps(merged).encode()).answers == merged
