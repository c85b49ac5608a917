"""Typed answers become rows in the order of the columns, with indices of their repeats, without cards."""

from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.reporting.layout import plan_tables
from collector.reporting.rows import compile_rows

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
        Question("day", "member/visit/day", "text", Kind.TEXT, repeat="member/visit"),
    ),
    repeats=(Repeat("member", "member"), Repeat("visit", "member/visit", "member")),
    choices={"topic": (Choice("m1"), Choice("m2"))},
)
PLANS = plan_tables("home", FORM, {"member/card"})


def rows_of(**values):
    rows = compile_rows(PLANS, FORM, lambda card: f"key of {card}")("root", values)
    return dict(zip((plan.name for plan in PLANS), rows, strict=True))


def columns(name):
    plan = next(plan for plan in PLANS if plan.name == name)
    return ["root_uuid", *plan.indices, *(column.name for column in plan.columns)]


def test_several_choices_are_text_and_one_truth_value_a_choice():
    row = dict(zip(columns("home"), rows_of(topics=("m2",))["home"][0], strict=True))
    assert (row["topics"], row["topics_m1"], row["topics_m2"]) == ("m2", False, True)


def test_what_was_not_answered_is_unknown_and_not_false():
    row = rows_of()["home"][0]
    assert set(row[1:]) == {None}


def test_a_point_has_four_columns():
    row = dict(zip(columns("home"), rows_of(spot=(36.2, 44.0, 410.5, None))["home"][0], strict=True))
    assert [row[name] for name in row if name.startswith("spot")] == [36.2, 44.0, 410.5, None]


def test_nested_instances_carry_the_index_of_each_repeat_around_them():
    values = {"member": [{}, {"member/visit": [{"member/visit/day": "a"}, {"member/visit/day": "b"}]}]}
    assert columns("home_visit") == ["root_uuid", "member_index", "repeat_index", "day"]
    assert rows_of(**values)["home_visit"] == [("root", 2, 1, "a"), ("root", 2, 2, "b")]


def test_an_absent_repeat_has_no_rows():
    assert rows_of()["home_member"] == []


def test_a_card_becomes_a_key_even_when_it_is_marked_pii_and_other_pii_has_no_column():
    assert rows_of(member=[{"member/card": 1000078}], phone="0750")["home_member"] == [("root", 1, "key of 1000078")]
    assert "phone" not in columns("home")
