"""The mark of a submission: the same from a light page and from the whole, another where something moved."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.kobo.marks import OF_A_FILE, fingerprint_of, mark_of, marks_of

TEXTS = st.text('aé"\\ ', max_size=3)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
FILES = st.dictionaries(st.sampled_from([*OF_A_FILE, "download_url"]), SCALARS)
ANYTHING = st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(TEXTS, some))
SEEN = st.fixed_dictionaries(
    {},
    optional={
        "_uuid": st.uuids().map(str) | ANYTHING,
        "_validation_status": st.fixed_dictionaries({"uid": SCALARS, "label": SCALARS, "by_whom": SCALARS}) | ANYTHING,
        "_attachments": st.lists(FILES, max_size=3) | ANYTHING,
    },
)
WHOLE = {
    "_id": 7,
    "_uuid": "edit-1",
    "_validation_status": {"uid": "validation_status_on_hold", "timestamp": 1795452294},
    "_attachments": [{"uid": "att1", "filename": "a/b/photo.png", "is_deleted": False, "download_url": "http://here"}],
    "head_f": "8",
}


@given(st.lists(SEEN, max_size=4))
@example([{"_attachments": [{"filename": "a.png"}]}, {"_attachments": "none"}])
def test_a_light_page_has_the_marks_that_its_submissions_have_one_by_one(page):
    records = [json.dumps({"_id": number, **seen}).encode() for number, seen in enumerate(page, start=1)]
    assert marks_of(records) == {number: fingerprint_of(record) for number, record in enumerate(records, start=1)}
    assert list(marks_of(records).values()) == [mark_of(json.loads(record)) for record in records]


@pytest.mark.parametrize(
    "moved",
    [
        {"_uuid": "edit-2"},
        {"_validation_status": {"uid": "validation_status_approved", "timestamp": 1795452294}},
        {"_validation_status": {}},
        {"_attachments": []},
        {"_attachments": [WHOLE["_attachments"][0] | {"is_deleted": True}]},
        {"_attachments": WHOLE["_attachments"] * 2},
    ],
)
def test_an_edit_a_validation_and_a_file_move_the_mark(moved):
    before, after = (json.dumps(WHOLE | each).encode() for each in ({}, moved))
    assert marks_of([before]) != marks_of([after])


def test_answers_and_the_addresses_of_files_do_not_move_the_mark():
    elsewhere = [WHOLE["_attachments"][0] | {"download_url": "http://there"}]
    moved = json.dumps(WHOLE | {"head_f": "9", "_attachments": elsewhere}).encode()
    assert marks_of([moved]) == marks_of([json.dumps(WHOLE).encode()])
