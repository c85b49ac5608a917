"""A form version asks for tables whose names every database takes, and whose columns never collide."""

from dataclasses import replace

import pytest

from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.reporting.layout import plan_tables
from collector.reporting.names import LONGEST_NAME


def form(*paths, repeats=()):
    questions = tuple(
        Question(path.rsplit("/", 1)[-1], path, "integer", Kind.INTEGER, repeat=_around(path, repeats))
        for path in paths
    )
    return FormVersion("Form", "form", "v1", ("",), questions, tuple(repeats))


def _around(path, repeats):
    return max((repeat.path for repeat in repeats if path.startswith(repeat.path + "/")), key=len, default="")


def columns(version, table=0):
    return [column.name for column in plan_tables("form", version, ())[table].columns]


def test_a_name_taken_in_another_group_gets_its_path():
    assert columns(form("before/score", "after/score")) == ["score", "after__score"]


def test_names_that_differ_in_case_only_are_two_columns():
    assert len(set(columns(form("K01", "k01")))) == 2


@pytest.mark.parametrize("name", ["submission_id", "root_uuid", "repeat_index"])
def test_a_question_never_takes_the_place_of_a_key(name):
    assert columns(form(f"group/{name}")) == [f"group__{name}"]


def test_a_question_never_takes_the_place_of_the_index_of_a_repeat_around_it():
    repeats = (Repeat("member", "member"), Repeat("visit", "member/visit", "member"))
    plan = plan_tables("form", form("member/visit/member_index", repeats=repeats), ())[2]
    assert plan.indices == ("member_index", "repeat_index")
    assert [column.name for column in plan.columns] == ["member__visit__member_index"]


def test_long_names_are_cut_without_colliding():
    names = columns(form("ناوی_پرسیار" * 9 + "_a", "ناوی_پرسیار" * 9 + "_b"))
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= LONGEST_NAME for name in names)


def test_two_repeats_of_one_name_are_two_tables():
    repeats = (Repeat("person", "a/person"), Repeat("person", "b/person"))
    names = [plan.name for plan in plan_tables("form", form("a/person/age", "b/person/age", repeats=repeats), ())]
    assert names == ["form", "form_person", "form_b__person"]


def test_the_column_of_a_question_is_found_by_its_path():
    plan = plan_tables("form", form("before/score", "after/score"), ())[0]
    assert (plan.column("after/score"), plan.column("nowhere")) == ("after__score", None)


def asked(kind, *paths, repeats=(), **more):
    """A form whose questions are all of one kind."""
    version = form(*paths, repeats=repeats)
    questions = tuple(replace(each, kind=kind, type=kind.value, **more) for each in version.questions)
    return replace(version, questions=questions)


def history(*versions, cards=(), **options):
    """The tables of each version, laid out one after the other."""
    laid = []
    for version in versions:
        laid.append(plan_tables("form", version, cards, [plan for plans in laid for plan in plans], **options))
    return laid


def names(plans):
    return [[column.name for column in plan.columns] for plan in plans]


def test_a_retyped_question_gets_a_sibling_and_comes_back_to_its_first_column():
    text, integer, many = asked(Kind.TEXT, "age"), asked(Kind.INTEGER, "age"), asked(Kind.DECIMAL, "age")
    laid = history(text, integer, many, text, integer)
    assert [names(plans)[0] for plans in laid] == [
        ["age"],
        ["age__integer"],
        ["age__decimal"],
        ["age"],
        ["age__integer"],
    ]
    assert {column.stem for plans in laid for column in plans[0].columns} == {"age"}


def test_the_sibling_of_a_question_that_is_called_like_it_is_another_column():
    old = form("age__text", "age")
    new = replace(old, questions=(old.questions[0], replace(old.questions[1], kind=Kind.TEXT, type="text")))
    ((_, sibling),) = names(history(old, new)[1])
    assert sibling not in {"age__text", "age"}


def test_one_choice_that_becomes_several_keeps_its_column_and_gets_a_sibling_with_truth_values():
    lists = {"yn": (Choice("a"), Choice("b"))}
    one = replace(asked(Kind.SELECT_ONE, "topic", list_name="yn"), choices=lists)
    many = replace(asked(Kind.SELECT_MULTIPLE, "topic", list_name="yn"), choices=lists)
    siblings = ["topic__select_multiple", "topic__select_multiple_a", "topic__select_multiple_b"]
    assert [names(plans)[0] for plans in history(one, many)] == [["topic"], siblings]


def test_text_that_becomes_a_point_has_four_siblings():
    found = history(asked(Kind.TEXT, "spot"), asked(Kind.GEOPOINT, "spot"))[1]
    assert names(found)[0] == [f"spot__geopoint_{part}" for part in ("latitude", "longitude", "altitude", "accuracy")]


def test_siblings_of_long_names_are_cut_without_colliding():
    paths = ("ناوی_پرسیار" * 9 + "_a", "ناوی_پرسیار" * 9 + "_b")
    kinds = [asked(kind, *paths) for kind in (Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.TEXT)]
    first, *_, last = laid = [names(plans)[0] for plans in history(*kinds)]
    assert first == last
    assert len({name for some in laid for name in some}) == 6
    assert all(len(name.encode()) <= LONGEST_NAME for some in laid for name in some)


def test_a_question_keeps_its_column_whatever_stands_before_it_later():
    laid = history(form("before/score"), form("intro/score", "before/score"), form("intro/score"))
    assert [names(plans)[0] for plans in laid] == [["score"], ["intro__score", "score"], ["intro__score"]]


def test_a_question_moved_between_groups_and_a_renamed_one_go_on_in_their_columns():
    renamed = asked(Kind.INTEGER, "place/women", renamed_from="ladies head_f")
    laid = history(form("head_f"), form("place/head_f"), renamed)
    assert [names(plans)[0] for plans in laid] == [["head_f"]] * 3


def test_an_old_name_that_is_asked_again_is_a_question_of_its_own():
    again = form("women", "head_f")
    again = replace(again, questions=(replace(again.questions[0], renamed_from="head_f"), again.questions[1]))
    first, second = history(form("head_f"), again)
    assert names(second)[0][1] == names(first)[0][0] != names(second)[0][0]


def test_a_question_moved_into_a_repeat_has_a_column_there_and_keeps_the_one_outside():
    person = Repeat("person", "person")
    inside = form("person/age", repeats=[person])
    laid = history(form("age"), inside, form("age"))
    assert [names(plans) for plans in laid] == [[["age"]], [[], ["age"]], [["age"]]]


def test_a_repeat_moved_into_another_has_a_table_with_its_keys_and_keeps_the_one_outside():
    alone = form("person/age", repeats=[Repeat("person", "person")])
    home = Repeat("home", "home")
    nested = form("home/person/age", repeats=[home, Repeat("person", "home/person", "home")])
    tables = [[(plan.name, plan.indices) for plan in plans] for plans in history(alone, nested, alone)]
    assert tables[0] == tables[2] == [("form", ()), ("form_person", ("repeat_index",))]
    assert tables[1][2] == ("form_home__person", ("home_index", "repeat_index"))
    assert {plans[-1].stem for plans in history(alone, nested)} == {"form_person"}


def test_a_repeat_moved_between_groups_keeps_its_table():
    laid = history(
        form("a/person/age", repeats=[Repeat("person", "a/person")]),
        form("b/person/age", repeats=[Repeat("person", "b/person")]),
    )
    assert [plans[1].name for plans in laid] == ["form_person", "form_person"]


@pytest.mark.parametrize(("count", "tables"), [(200, 1), (1_000, 4), (1_700, 7)])
def test_what_has_no_room_in_a_table_goes_on_in_another(count, tables):
    version = asked(Kind.TEXT, *(f"q{number}" for number in range(count)))
    plans = plan_tables("form", version, ())
    assert [plan.name for plan in plans] == ["form", *(f"form__{number}" for number in range(2, tables + 1))]
    assert [column.path for plan in plans for column in plan.columns] == [each.path for each in version.questions]
    again, more = history(version, asked(Kind.TEXT, "new", *(f"q{number}" for number in range(count))))
    assert {column.name: plan.name for plan in again for column in plan.columns}.items() <= {
        column.name: plan.name for plan in more for column in plan.columns
    }.items()
