"""The line in a project's description that says what was deployed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.kobo.marker import Marker, media_fingerprint, new_run, read_marker, write_marker

FULL = Marker("attendance", "0" * 64, "f" * 64, "vA")


@given(
    st.text(st.characters(exclude_characters=":")) | st.none(),
    st.sampled_from([FULL, Marker("pre_survey"), Marker("pre_survey", by="dana/0123abcd")]),
    st.sampled_from([FULL, Marker("other"), Marker("other", "1" * 64, "2" * 64, "vB", by="dana/0123abcd")]),
)
def test_a_written_marker_is_read_back_and_replaces_the_earlier_one(description, earlier, later):
    text = write_marker(write_marker(description, earlier), later)
    assert read_marker(text) == later
    assert str(earlier) not in text or earlier == later
    assert (description or "").strip() in text


def test_a_description_without_a_marker_has_none():
    assert [read_marker(text) for text in ("", None, 5, "Register of sessions", "collector of data")] == [None] * 5


def test_half_a_marker_is_the_mark_of_work_under_way():
    assert read_marker("collector:attendance sha256:12") == Marker("attendance")


def test_media_have_one_fingerprint_whatever_their_order():
    media = {"a.csv": b"1", "b.csv": b"2"}
    assert media_fingerprint(media) == media_fingerprint(dict(reversed(media.items())))
    assert len({media_fingerprint(each) for each in ({}, media, {"a.csv": b"2", "b.csv": b"1"}, {"a.csv": b"1"})}) == 4


def test_each_run_has_a_mark_of_its_own_that_names_its_account():
    runs = {new_run("dana k/1") for _ in range(50)}
    assert len(runs) == 50
    assert {read_marker(str(Marker("a", by=run))).account for run in runs} == {"danak1"}
