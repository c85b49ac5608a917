"""Answer text becomes typed values, or a finding; never a crash, never the answer in the message."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.form.answers import Unreadable, compile_faults, reader
from collector.form.definition import FormVersion, Kind, Question, Repeat

NESTED = FormVersion(
    title="Households",
    form_id="households",
    version="v1",
    languages=("",),
    questions=(
        Question("size", "home/size", "integer", Kind.INTEGER),
        Question("age", "home/member/age", "integer", Kind.INTEGER, repeat="home/member"),
        Question("day", "home/member/visit/day", "date", Kind.DATE, repeat="home/member/visit"),
    ),
    repeats=(Repeat("member", "home/member"), Repeat("visit", "home/member/visit", "home/member")),
)
COUNTED = replace(
    NESTED,
    repeats=(
        Repeat("member", "home/member", count="${size} + 1"),
        Repeat("visit", "home/member/visit", "home/member", count="position(..)"),
    ),
)


def read(kind, answer):
    return reader(Question("q", "q", kind, kind))(answer)


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Kind.INTEGER, "12", 12),
        (Kind.INTEGER, "-3", -3),
        (Kind.INTEGER, "007", 7),
        (Kind.INTEGER, "١٢٣", 123),
        (Kind.INTEGER, "۱۲۳", 123),
        (Kind.INTEGER, 12, 12),
        (Kind.INTEGER, 12.0, 12),
        (Kind.DECIMAL, "1234.50", 1234.5),
        (Kind.DECIMAL, "٣٫٥", 3.5),
        (Kind.DECIMAL, "1.0E7", 1e7),
        (Kind.DECIMAL, 4, 4.0),
        (Kind.DATE, "2026-11-20", date(2026, 11, 20)),
        (Kind.DATE, "٢٠٢٦-١١-٢٠", date(2026, 11, 20)),
        (Kind.DATE, "2026-11-20T00:30:00.000+03:00", date(2026, 11, 20)),
        (Kind.TIME, "14:05:00.000+03:00", time(14, 5)),
        (Kind.TIME, "14:05", time(14, 5)),
        (Kind.SELECT_ONE, "yes", "yes"),
        (Kind.SELECT_ONE, 1, "1"),
        (Kind.SELECT_MULTIPLE, "m1 m2", ("m1", "m2")),
        (Kind.GEOPOINT, "36.2 44.0 410.5 4.8", (36.2, 44.0, 410.5, 4.8)),
        (Kind.GEOPOINT, "36.2 44.0", (36.2, 44.0, None, None)),
        (Kind.FILE, "photo 1.jpg", "photo 1.jpg"),
        (Kind.TEXT, " as it was typed\n", " as it was typed\n"),
        (Kind.TEXT, True, "true"),
    ],
)
def test_answers_are_read_by_their_kind(kind, answer, value):
    assert read(kind, answer) == value


def test_a_moment_keeps_the_offset_of_the_device():
    moment = read(Kind.DATETIME, "2026-11-20T14:05:00.123+03:00")
    assert moment.utcoffset() == timedelta(hours=3)
    assert moment.astimezone(UTC) == datetime(2026, 11, 20, 11, 5, 0, 123000, UTC)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_answered_is_no_value_whatever_the_kind(kind, nothing):
    assert read(kind, nothing) is None


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        (Kind.INTEGER, "many", "not_an_integer"),
        (Kind.INTEGER, "12.0", "not_an_integer"),
        (Kind.INTEGER, "1_000", "not_an_integer"),
        (Kind.INTEGER, "²", "not_an_integer"),
        (Kind.INTEGER, True, "not_an_integer"),
        (Kind.INTEGER, 1.5, "not_an_integer"),
        (Kind.INTEGER, ["1"], "not_an_integer"),
        (Kind.INTEGER, "9" * 19, "number_too_large"),
        (Kind.INTEGER, "9" * 5000, "not_an_integer"),
        (Kind.DECIMAL, "4,5", "not_a_decimal"),
        (Kind.DECIMAL, "NaN", "not_a_decimal"),
        (Kind.DECIMAL, "1e999", "not_a_decimal"),
        (Kind.DECIMAL, 10**400, "not_a_decimal"),
        (Kind.DATE, "20.11.2026", "not_a_date"),
        (Kind.DATE, "2026-02-30", "not_a_date"),
        (Kind.DATE, "2026-W47-5", "not_a_date"),
        (Kind.DATE, "2026-11-20T", "not_a_date"),
        (Kind.TIME, "25:00", "not_a_time"),
        (Kind.DATETIME, "yesterday", "not_a_datetime"),
        (Kind.DATETIME, "2026-11-20T14:05:00", "datetime_without_zone"),
        (Kind.DATETIME, "9999-12-31T23:00:00-05:00", "not_a_datetime"),
        (Kind.GEOPOINT, "36.2", "not_a_geopoint"),
        (Kind.GEOPOINT, "136.2 44.0 0 0", "not_a_geopoint"),
        (Kind.GEOPOINT, "nan 44.0 0 0", "not_a_geopoint"),
        (Kind.TEXT, {"a": 1}, "not_text"),
        (Kind.TEXT, "a\0b", "control_character"),
        (Kind.SELECT_MULTIPLE, "a\ud800", "control_character"),
    ],
)
def test_what_cannot_be_read_is_named_without_the_answer(kind, answer, code):
    with pytest.raises(Unreadable) as caught:
        read(kind, answer)
    assert caught.value.code == code
    assert str(caught.value) == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(Kind), JSON)
def test_no_answer_crashes_a_reader(kind, answer):
    try:
        read(kind, answer)
    except Unreadable as unreadable:
        assert unreadable.code  # noqa: PT017


def test_a_fault_is_placed_by_its_repeat_indices():
    faults = compile_faults(NESTED)(
        {"home/member": [{}, {"home/member/visit": [{"home/member/visit/day": "soon", "home/x": "1"}]}, "?"]}
    )
    assert [(fault.code, fault.path) for fault in faults] == [
        ("not_a_date", "home/member[2]/visit[1]/day"),
        ("unknown_question", "home/member[2]/visit[1]/home/x"),
        ("not_a_repeat", "home/member[3]"),
    ]


def test_what_the_server_adds_is_no_unknown_question():
    metadata = {
        "_id": 1,
        "_uuid": "x",
        "__version__": "v1",
        "meta/instanceID": "uuid:x",
        "formhub/uuid": "y",
        "_geolocation": [None, None],
    }
    assert compile_faults(NESTED)({**metadata, "other": "1"})[0].path == "other"
    assert compile_faults(NESTED)(metadata) == []


def test_an_absent_or_null_repeat_is_no_fault():
    assert compile_faults(NESTED)({"home/member": None}) == []


def test_what_the_converter_makes_of_a_row_count_is_no_question_and_no_fault():
    member = {"home/member/age": "7", "home/member/visit_count": "1", "home/member/visit": []}
    sent = {"home/size": "1", "home/member_count": "2", "home/member": [member]}
    assert compile_faults(COUNTED)(sent) == []
    assert [fault.code for fault in compile_faults(NESTED)(sent)] == ["unknown_question"] * 2
