"""What the reader finds in XForms: pyxform's, hand-written ones, and those it must refuse."""

import pytest

from collector.errors import XFormUnreadable
from collector.form.xform.read import read_xform
from tests.support.xforms import model_of, xform_of

SURVEY = """
type             | name | label::English (en) | label::کوردی (ckb) | required | relevant | calculation | choice_filter
integer          | n    | N                   | ژ                  | yes      |          |             |
begin repeat     | row  | R                   | ڕ                  |          |          |             |
select_one place | at   | P                   | ش                  |          | ${n} > 1 |             | town = 'a'
calculate        | i    | I                   | ژ                  |          |          | position(..) |
end repeat       |      |                     |                    |          |          |             |
range            | mood | M                   | م                  |          |          |             |
"""
RULED = """
type         | name | label::English (en) | constraint | constraint_message::English (en) | constraint_message::ckb
integer      | n    | N                   | . > 0      | More than none.                  | زیاتر لە سفر.
"""
COUNTED = """
type         | name | repeat_count
integer      | n    |
begin repeat | row  | ${n}
text         | x    |
end repeat   |      |
"""
CHOICES = """
list_name | name | label::English (en) | label::کوردی (ckb) | town
place     | p    | P | پ | a
place     | q    | Q | ق | b
"""


def test_the_tree_has_binds_controls_and_repeats():
    model = model_of(SURVEY, CHOICES)
    assert [node.path for node in model.nodes][:6] == ["", "n", "row", "row/at", "row/i", "mood"]
    n, row, at = model.by_path["n"], model.by_path["row"], model.by_path["row/at"]
    assert n.bind.type == "int"
    assert n.bind.required == "true()"
    assert row.is_repeat
    assert at.control is not None
    assert at.control.kind == "select1"
    assert at.control.value == "name"
    assert "town" in at.control.nodeset
    assert model.by_path["mood"].control.range == ("1", "10", "1")
    assert [item.child("name").text for item in model.instances["place"].children] == ["p", "q"]


def test_messages_come_in_every_language_and_a_repeat_has_its_count():
    messages = model_of(RULED).by_path["n"].bind.constraint_messages
    assert messages == {"English (en)": "More than none.", "ckb": "زیاتر لە سفر."}
    assert model_of(COUNTED).by_path["row"].repeat_count.strip() == "/data/n"


def test_a_media_file_is_a_tree_and_a_missing_one_has_its_name():
    survey = "type | name\nselect_one_from_file plan.csv | s\nselect_one_from_file map.geojson | m"
    plan = "﻿name,label,round\nA,Ä,1\nA,Twice,2\n".encode()
    model = model_of(survey, media={"plan.csv": plan})
    assert [item.child("round").text for item in model.instances["plan"].children] == ["1", "2"]
    assert model.tables["plan"].children
    assert model.missing == {"map": "map.geojson"}


def test_geojson_features_are_items():
    survey = "type | name\nselect_one_from_file map.geojson | m"
    feature = (
        b'{"type":"Feature","id":"f1","properties":{"name":"Well"},"geometry":{"type":"Point","coordinates":[44,36]}}'
    )
    model = model_of(survey, media={"map.geojson": b'{"type":"FeatureCollection","features":[' + feature + b"]}"})
    (item,) = model.instances["map"].children
    assert {child.name: child.text for child in item.children} == {"geometry": "36 44 0 0", "name": "Well", "id": "f1"}


def test_a_media_file_in_another_encoding_is_missing_not_misread():
    model = model_of("type | name\nselect_one_from_file plan.csv | s", media={"plan.csv": "name\nÄ".encode("latin-1")})
    assert model.missing == {"plan": "plan.csv"}


def test_relative_references_and_binds_by_id_of_hand_written_forms():
    model = read_xform(
        """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><model>
        <instance><d id="f"><g><x/><y/></g></d></instance><bind id="why" nodeset="/d/g/y" type="xsd:int"/>
        <bind nodeset="/d/g/x" relevant="../y > 1"/></model></h:head>
        <h:body><group ref="/d/g"><input ref="x"/><input bind="why"/></group></h:body></h:html>"""
    )
    assert model.by_path["g/x"].control.kind == "input"
    assert model.by_path["g/y"].control.kind == "input"
    assert model.by_path["g/y"].bind.type == "int"


@pytest.mark.parametrize(
    ("xform", "problem"),
    [
        ("<a><b></a>", "not complete XML"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "entities"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "entities"),
        ("<data id='f'><x>1</x></data>", "no head"),
        (xform_of("type|name\ntext|a").replace("<instance>", "<x>").replace("</instance>", "</x>"), "no instance"),
    ],
)
def test_what_is_no_form_is_refused_with_the_reason(xform, problem):
    with pytest.raises(XFormUnreadable, match=problem):
        read_xform(xform)


def test_five_repeats_in_each_other_are_read():
    begins = "\n".join(f"begin repeat | r{n}" for n in range(5))
    ends = "\n".join(["end repeat | "] * 5)
    model = model_of(f"type | name\n{begins}\ntext | x\n{ends}")
    assert model.by_path["r0/r1/r2/r3/r4/x"].is_leaf


def test_the_same_form_and_media_have_the_same_hash_and_others_another():
    xform = xform_of("type|name\ntext|a")
    assert read_xform(xform).sha256 == read_xform(xform).sha256
    assert read_xform(xform).sha256 != read_xform(xform, {"a.csv": b"name"}).sha256
