"""Answers become typed rows in the order of the columns, with indices of their repeats, without cards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.form.answers import compile_faults
from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.reporting.layout import plan_tables
from collector.reporting.notations import POSTGRESQL, SQLITE, TYPED
from collector.reporting.plans import SUBMISSION
from collector.reporting.rows import bundle_of, compile_rows, packed_rows

FORM = FormVersion(
    title="Households",
    form_id="households",
    version="v1",
    languages=("",),
    questions=(
        Question("spot", "spot", "geopoint", Kind.GEOPOINT),
        Question("topics", "topics", "select_multiple", Kind.SELECT_MULTIPLE, list_name="topic"),
        Question("phone", "phone", "text", Kind.TEXT, is_pii=True),
        Question("card", "member/card", "integer", Kind.INTEGER, repeat="member", is_pii=True),
        Question("day", "member/visit/day", "date", Kind.DATE, repeat="member/visit"),
    ),
    repeats=(Repeat("member", "member"), Repeat("visit", "member/visit", "member")),
    choices={"topic": (Choice("m1"), Choice("m2"))},
)
PLANS = plan_tables("home", FORM, {"member/card"})


lay_out, faults_in = compile_rows(PLANS, FORM, lambda card: f"key of {card}"), compile_faults(FORM)


def laid_out(answers):
    return lay_out([((7, "root"), answers)])


def rows_of(**answers):
    return dict(zip((plan.name for plan in PLANS), laid_out(answers).tables, strict=True))


def columns(name):
    plan = next(plan for plan in PLANS if plan.name == name)
    return [*SUBMISSION, *plan.indices, *(column.name for column in plan.columns)]


def test_several_choices_are_text_and_one_truth_value_a_choice():
    row = dict(zip(columns("home"), rows_of(topics="m2")["home"][0], strict=True))
    assert (row["topics"], row["topics_m1"], row["topics_m2"]) == ("m2", False, True)


def test_what_was_not_answered_is_unknown_and_not_false():
    row = rows_of()["home"][0]
    assert set(row[2:]) == {None}


def test_a_point_has_four_columns():
    row = dict(zip(columns("home"), rows_of(spot="36.2 44.0 410.5")["home"][0], strict=True))
    assert [row[name] for name in row if name.startswith("spot")] == [36.2, 44.0, 410.5, None]


def test_nested_instances_carry_the_index_of_each_repeat_around_them():
    days = [{"member/visit/day": "2026-07-05"}, {}]
    assert columns("home_visit") == ["submission_id", "root_uuid", "member_index", "repeat_index", "day"]
    assert rows_of(member=[{}, {"member/visit": days}])["home_visit"] == [
        (7, "root", 2, 1, date(2026, 7, 5)),
        (7, "root", 2, 2, None),
    ]


def test_an_absent_repeat_has_no_rows():
    assert rows_of()["home_member"] == rows_of(member=None)["home_member"] == []


def test_a_card_becomes_a_key_even_when_it_is_marked_pii_and_other_pii_has_no_column():
    assert rows_of(member=[{"member/card": "1000078"}], phone="0750")["home_member"] == [
        (7, "root", 1, "key of 1000078")
    ]
    assert "phone" not in columns("home")


def test_one_instance_that_cannot_be_read_takes_nothing_from_those_beside_it():
    days = [{"member/visit/day": "2026-07-05"}, {"member/visit/day": "soon"}, "no instance", {"member/visit/day": None}]
    laid = laid_out({"member": [{"member/visit": days}]})
    assert laid.are_whole == [False]
    assert laid.tables[-1] == [
        (7, "root", 1, 1, date(2026, 7, 5)),
        *((7, "root", 1, number, None) for number in (2, 3, 4)),
    ]


def test_numbers_of_older_servers_and_their_texts_are_told_apart_however_often_they_come():
    for _ in range(2):
        for answer, key in ((1, "1"), ("٢", "2"), (True, None), (1.0, "1"), ("1.0", None)):
            assert rows_of(member=[{"member/card": answer}])["home_member"] == [
                (7, "root", 1, None if key is None else f"key of {key}")
            ]


def test_what_cannot_be_read_is_none_and_the_rest_of_its_row_is_there():
    row = dict(zip(columns("home"), rows_of(spot={"a": "b"}, topics="m1 m2")["home"][0], strict=True))
    assert (row["spot_latitude"], row["topics"], row["topics_m1"]) == (None, "m1 m2", True)


ANSWER = (
    st.none() | st.booleans() | st.floats() | st.sampled_from(["1000078", "2026-07-05", "36 44", "m1", "\0", "", 7])
)
VISITS = ANSWER | st.lists(ANSWER | st.dictionaries(st.sampled_from(["member/visit/day", "day"]), ANSWER))
MEMBERS = st.dictionaries(st.sampled_from(["member/card", "_id", "member/visit"]), ANSWER | VISITS)
SUBMISSIONS = st.fixed_dictionaries(
    {},
    optional={name: ANSWER | st.lists(ANSWER) for name in ("spot", "topics", "phone", "_id", "meta/x", "who")}
    | {"member": ANSWER | st.lists(ANSWER | MEMBERS)},
)


@given(SUBMISSIONS)
def test_rows_are_whole_where_nothing_is_told_that_could_not_be_read(answers):
    laid = laid_out(answers)
    assert laid.are_whole == [faults_in(answers) == []]
    assert len(laid.tables[0]) == 1


@given(SUBMISSIONS)
def test_every_instance_has_a_row_whether_it_can_be_read_or_not(answers):
    members = answers.get("member")
    members = members if isinstance(members, list) else []
    visits = [each.get("member/visit") for each in members if isinstance(each, dict)]
    rows = rows_of(**answers)
    assert len(rows["home_member"]) == len(members)
    assert len(rows["home_visit"]) == sum(len(each) for each in visits if isinstance(each, list))


def numbered(every):
    return [((number, f"root {number}"), answers) for number, answers in enumerate(every)]


@given(st.lists(SUBMISSIONS, max_size=5))
def test_submissions_are_laid_out_together_as_one_by_one(every):
    together, alone = lay_out(numbered(every)), [lay_out([each]) for each in numbered(every)]
    assert together.are_whole == [is_whole for laid in alone for is_whole in laid.are_whole]
    for table, _ in enumerate(PLANS):
        assert together.tables[table] == [row for laid in alone for row in laid.tables[table]]
        assert together.counts[table] == [count for laid in alone for count in laid.counts[table]]


@pytest.mark.parametrize("notation", [TYPED, SQLITE, POSTGRESQL], ids=["typed", "SQLite", "PostgreSQL"])
@given(every=st.lists(st.lists(SUBMISSIONS, max_size=4), max_size=3), data=st.data())
def test_rows_are_taken_out_of_a_bundle_as_they_went_in(notation, every, data):
    lay_out = compile_rows(PLANS, FORM, str, notation)
    bundle = bundle_of([lay_out(numbered(some)) for some in every], notation)
    submissions = [each for some in every for each in numbered(some)]
    chosen = data.draw(st.sets(st.sampled_from(range(len(submissions))))) if submissions else set()
    expected = lay_out([submissions[position] for position in sorted(chosen)])
    for table, _ in enumerate(PLANS):
        (part,) = packed_rows([(bundle, position) for position in chosen], table) or [notation.pack([])]
        assert part == notation.pack(expected.tables[table])
