"""The server's content of a form → a form version."""

from __future__ import annotations

from typing import Any

import pytest

from collector.form.definition import FormVersion, Kind
from collector.kobo.content import form_version_of
from tests.unit.kobo.conftest import recorded

VERSION = "vAkvyShf4DCNZeHFKaew7B"


def read(survey: list[dict[str, Any]], **content: Any) -> FormVersion:
    return form_version_of({"survey": survey, "translations": [None], **content}, version="v1", title="t")


@pytest.fixture
def household() -> FormVersion:
    """The version that the real server gave."""
    media = {"sites.csv": b"name,label,lat\nsite_a,Site A,1.5\n", "logo.png": b"\x89PNG"}
    content = recorded("version-detail")["content"]
    return form_version_of(content, version=VERSION, title="Household visit", media=media)


def test_paths_are_the_keys_of_the_servers_data(household):
    rows = recorded("version-detail")["content"]["survey"]
    keys = [row["$xpath"] for row in rows if "$xpath" in row and not row["type"].startswith("begin_")]
    assert [question.path for question in household.questions] == [
        "meta/audit" if key == "audit" else key for key in keys
    ]


def test_types_lists_and_repeats_are_read(household):
    assert (household.form_id, household.version) == ("hh_visit", VERSION)
    assert [repeat.path for repeat in household.repeats] == ["hh/member"]
    assert household.question("hh/member/m_age").repeat == "hh/member"
    assert household.question("hh/visit_dt").kind is Kind.DATETIME
    assert household.question("hh/hh_size").constraint == ". > 0"
    assert household.question("consent").required == "yes"
    assert [choice.name for choice in household.choices_of(household.question("consent"))] == ["yes", "no"]


def test_labels_come_in_every_language(household):
    assert household.languages == ("English (en)", "French (fr)")
    assert household.question("consent").labels == {"English (en)": "Do you agree?", "French (fr)": "Acceptez-vous ?"}
    assert household.choices["yesno"][0].labels["French (fr)"] == "Oui"


def test_a_media_list_is_a_choice_list_by_its_file_name(household):
    [site] = household.choices_of(household.question("hh/site"))
    assert (site.name, site.labels, site.columns) == ("site_a", {"": "Site A"}, {"lat": "1.5"})


@pytest.mark.parametrize("data", [b"\xff\xfe\x00n", b"id,label\n1,x\n"])
def test_a_media_file_that_cannot_be_read_hides_only_its_labels(data):
    content = {"survey": [{"type": "select_one_from_file", "file": "sites.csv", "name": "site"}]}
    form = form_version_of(content, version="v1", title="t", media={"sites.csv": data})
    assert form.choices_of(form.questions[0]) is None


def test_a_form_without_languages_has_labels_all_the_same():
    form = read([{"type": "text", "name": "a", "label": ["A"]}, {"type": "text", "name": "b", "label": "B"}])
    assert form.languages == ("",)
    assert [question.labels for question in form.questions] == [{"": "A"}, {"": "B"}]


def test_a_label_that_is_not_translated_is_left_out():
    form = read([{"type": "text", "name": "a", "label": ["A", None]}], translations=["English (en)", "کوردی (ckb)"])
    assert form.questions[0].labels == {"English (en)": "A"}


def test_a_question_without_a_name_has_the_one_the_server_made():
    assert read([{"type": "text", "$autoname": "My_long_label"}]).questions[0].path == "My_long_label"


@pytest.mark.parametrize("kind", ["begin_group", "begin group", "begin_repeat", "begin repeat"])
def test_groups_and_repeats_are_known_in_both_spellings(kind):
    end = kind.replace("begin", "end")
    form = read(
        [{"type": kind, "name": "g"}, {"type": "dateTime", "name": "a"}, {"type": end}, {"type": "text", "name": "b"}]
    )
    assert [question.path for question in form.questions] == ["g/a", "b"]
    assert form.questions[0].kind is Kind.DATETIME
    assert len(form.repeats) == kind.endswith("repeat")


@pytest.mark.parametrize(
    "row",
    [
        {"type": "select_one yesno"},
        {"type": "select_one", "select_from_list_name": "yesno"},
    ],
)
def test_a_select_names_its_list(row):
    form = read([{**row, "name": "q"}], choices=[{"list_name": "yesno", "name": "yes", "$kuid": "x", "correct": True}])
    [choice] = form.choices_of(form.questions[0])
    assert (choice.name, choice.columns) == ("yes", {"correct": "yes"})


def test_questions_marked_as_personal_stay_marked():
    form = read([{"type": "text", "name": "phone", "pii": "yes"}, {"type": "text", "name": "colour"}])
    assert [question.is_pii for question in form.questions] == [True, False]


ITEMS = [{"list_name": "items", "name": name, "label": [name.title()]} for name in ("car", "bike")]


def test_a_rating_is_a_group_of_select_one_questions():
    begin = {"type": "begin_score", "name": "s", "kobo--score-choices": "items"}
    form = read([begin, {"type": "score__row", "name": "clean"}, {"type": "end_score"}], choices=ITEMS)
    [row] = form.questions
    assert (row.path, row.kind, len(form.choices_of(row))) == ("s/clean", Kind.SELECT_ONE, 2)


def test_a_ranking_is_a_group_whose_levels_differ():
    begin = {"type": "begin_rank", "name": "r", "kobo--rank-items": "items"}
    levels = [{"type": "rank__level", "name": name} for name in ("n1", "n2", "n3")]
    form = read([begin, *levels, {"type": "end_rank"}, {"type": "text", "name": "after"}], choices=ITEMS)
    assert [question.path for question in form.questions] == ["r/n1", "r/n2", "r/n3", "after"]
    assert [question.constraint for question in form.questions[:3]] == [
        "",
        "${n2} != ${n1}",
        "${n3} != ${n1} and ${n3} != ${n2}",
    ]


def test_a_matrix_is_one_group_for_each_of_its_rows():
    columns = [{"type": "integer", "name": "n"}, {"type": "text", "name": "why", "relevant": "${n} > 0"}]
    begin = {"type": "begin_kobomatrix", "name": "m", "kobo--matrix_list": "items"}
    form = read([begin, *columns, {"type": "end_kobomatrix"}, {"type": "text", "name": "after"}], choices=ITEMS)
    assert [question.path for question in form.questions] == [
        "m_car/m_car_n",
        "m_car/m_car_why",
        "m_bike/m_bike_n",
        "m_bike/m_bike_why",
        "after",
    ]
    assert form.question("m_bike/m_bike_why").relevant == "${m_bike_n} > 0"


@pytest.mark.parametrize("content", [{}, {"survey": None, "choices": None, "translations": None, "settings": None}])
def test_an_empty_form_is_a_form_without_questions(content):
    assert form_version_of(content, version="v1", title="t").questions == ()


@pytest.mark.parametrize(
    "row",
    [
        {"type": "select_one", "select_from_list_name": "items", "_or_other": True},
        {"type": "select_one_or_other", "select_from_list_name": "items"},
        {"type": "select_one items or_other"},
    ],
)
def test_other_brings_the_question_that_it_stands_for(row):
    form = read([{**row, "name": "q"}], choices=ITEMS)
    assert [question.path for question in form.questions] == ["q", "q_other"]
    assert len(form.choices_of(form.questions[0])) == 2
