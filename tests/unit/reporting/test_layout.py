"""A form version asks for tables whose names every database takes, and whose columns never collide."""

import pytest

from collector.form.definition import FormVersion, Kind, Question, Repeat
from collector.reporting.layout import LONGEST_NAME, plan_tables


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


@pytest.mark.parametrize("name", ["root_uuid", "repeat_index"])
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
