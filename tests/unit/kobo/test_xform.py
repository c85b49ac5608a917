"""The XForm of a version, from the content that the server keeps of it."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from collector.errors import FormMistake
from collector.form.judging.judge import judge_of
from collector.kobo.content import form_version_of
from collector.kobo.xform import xform_of
from collector.sandbox.xform import draft_xform
from tests.unit.kobo.conftest import recorded

ITEMS = [{"list_name": "items", "name": name, "label": [name.title()]} for name in ("car", "bike")]


def made(survey: list[dict[str, Any]], **content: Any) -> str:
    content = {"survey": survey, "choices": ITEMS, "translations": [None], **content}
    return xform_of(content, asset_uid="a1", version="v1", title="T")


def canonical(xform: str) -> str:
    """As the standard writes XML: attributes in order, blanks between elements gone."""
    tree = etree.fromstring(xform.encode(), etree.XMLParser(remove_blank_text=True))
    return etree.tostring(tree, method="c14n").decode()


def binds(xform: str) -> dict[str, dict[str, str]]:
    """Bind attributes by path without the root."""
    found = etree.fromstring(xform.encode()).iter("{http://www.w3.org/2002/xforms}bind")
    return {
        str(bind.get("nodeset")).removeprefix("/a1/"): {k: str(v).strip() for k, v in bind.items()} for bind in found
    }


def test_a_deployed_version_is_the_form_xml_that_the_real_server_gave():
    asset = recorded("redeployed")["asset"]
    xform = xform_of(
        asset["content"],
        asset_uid=asset["uid"],
        version=asset["version_id"],
        title=asset["name"],
        deployment_uuid=asset["deployment__uuid"],
    )
    # The label of the version is the server's count of deployments and its clock; content does not tell them
    given = recorded("form-xml").replace(' version="3 (2026-11-23 16:39:04)"', "")
    assert canonical(xform) == canonical(given)


def test_a_draft_is_the_xml_that_the_real_server_gave():
    asset = recorded("redeployed")["asset"]
    xform = draft_xform(asset["content"], asset_uid=asset["uid"], title="Household visit")
    assert canonical(xform) == canonical(recorded("draft-xml"))


def test_a_rating_asks_each_row_and_has_a_heading_nobody_answers():
    begin = {"type": "begin_score", "name": "s", "label": ["How?"], "kobo--score-choices": "items", "required": True}
    survey = [begin, {"type": "score__row", "$autoname": "clean", "label": ["Clean?"]}, {"type": "end_score"}]
    found = binds(made([{**survey[0], "relevant": "1 = 1"}, *survey[1:]]))
    assert found["s"]["relevant"] == "1 = 1"
    assert "required" not in found["s/s_header"]
    assert found["s/clean"]["required"] == "true()"
    assert [question.path for question in form_version_of({"survey": survey}, version="", title="").questions] == [
        "s/clean"
    ]


def test_a_ranking_asks_each_level_and_each_differs_from_those_before():
    begin = {"type": "begin_rank", "name": "r", "label": ["Best?"], "kobo--rank-items": "items"}
    begin |= {"kobo--rank-constraint-message": "Choose another one."}
    levels = [{"type": "rank__level", "name": name, "label": [name]} for name in ("n1", "n2")]
    found = binds(made([begin, *levels, {"type": "end_rank"}]))
    assert list(found)[:4] == ["r/r_label", "r/n1", "r/n2", "__version__"]
    assert found["r/n2"]["constraint"] == "/a1/r/n2  !=  /a1/r/n1"
    assert "Choose another one." in found["r/n2"].values()


def test_a_matrix_is_a_group_a_row_and_its_references_stay_in_their_row():
    columns = [
        {"type": "integer", "name": "n", "label": ["N"], "$autoname": "n"},
        {"type": "text", "name": "why", "label": ["Why"], "$autoname": "why", "relevant": "${n} > 0"},
    ]
    begin = {"type": "begin_kobomatrix", "name": "m", "label": ["Things"], "kobo--matrix_list": "items"}
    found = binds(made([begin, *columns, {"type": "end_kobomatrix"}]))
    assert "m_header/m_header_n" in found
    assert "m_bike/m_bike_note" in found
    assert found["m_bike/m_bike_why"]["relevant"] == "/a1/m_bike/m_bike_n  > 0"


def test_a_form_of_the_builder_judges_its_submissions():
    begin = {"type": "begin_rank", "name": "r", "label": ["Best?"], "kobo--rank-items": "items"}
    levels = [{"type": "rank__level", "name": name, "label": [name]} for name in ("n1", "n2")]
    judge = judge_of(made([begin, *levels, {"type": "end_rank"}]))
    assert judge.judge_json({"r/n1": "car", "r/n2": "bike"}).findings == ()
    [finding] = judge.judge_json({"r/n1": "car", "r/n2": "car"}).roots
    assert (finding.code, finding.path) == ("constraint", "r/n2")


@pytest.mark.parametrize(
    "row",
    [
        {"type": "select_one", "select_from_list_name": "items", "_or_other": True},
        {"type": "select_one_or_other", "select_from_list_name": "items"},
        {"type": "select_one items or_other"},
    ],
)
def test_other_has_its_own_question(row):
    assert binds(made([{**row, "name": "q", "label": ["Q"]}]))["q_other"]["relevant"] == "selected(../q, 'other')"


def test_a_name_the_server_mended_is_the_one_in_the_data():
    found = binds(made([{"type": "text", "name": "my q", "$given_name": "my q", "$autoname": "my_q", "label": ["Q"]}]))
    assert "my_q" in found


def test_what_nobody_translated_is_no_reason_to_refuse():
    xform = made(
        [{"type": "text", "name": "q", "label": [None, "Q"]}], translations=[None, "French (fr)"], translated=["label"]
    )
    assert 'lang="French (fr)"' in xform


def test_choices_that_stand_twice_do_not_hide_a_version_that_is_out():
    survey = [{"type": "select_one", "select_from_list_name": "items", "name": "q", "label": ["Q"]}]
    assert "<name>car</name>" in made(survey, choices=[*ITEMS, *ITEMS])


RANK = [
    {"type": "begin_rank", "name": "r", "label": ["R"], "kobo--rank-items": "items"},
    {"type": "rank__level", "name": "n1", "label": ["1"]},
    {"type": "end_rank"},
]


@pytest.mark.parametrize(
    "row",
    [
        {"type": "text", "name": "q", "label": ["Q"], "relevant": "${nope} = 1"},
        {"type": "select_one", "select_from_list_name": "nolist", "name": "q", "label": ["Q"]},
        {"type": "text", "name": "q"},
        {"type": "begin_group", "name": "q", "label": ["Q"]},
    ],
    ids=["reference", "list", "label", "group"],
)
def test_what_the_converter_refuses_has_its_row_in_the_content(row):
    with pytest.raises(FormMistake) as mistake:
        made([*RANK, row])
    assert (mistake.value.sheet, mistake.value.row) == ("survey", 5)
