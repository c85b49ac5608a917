"""Submissions laid over their form, from JSON and from XML."""

import pytest

from collector.form.instance.from_json import compile_json_reader
from collector.form.instance.from_xml import OtherForm, compile_xml_reader
from collector.form.instance.tree import place
from collector.form.xform.markup import Unparsable
from tests.support.xforms import model_of

MODEL = model_of(
    """
type         | name
text         | a
begin group  | g
integer      | n
begin repeat | outer
text         | x
begin repeat | inner
text         | y
end repeat   |
end repeat   |
end group    |
"""
)
READ_JSON, READ_XML = compile_json_reader(MODEL), compile_xml_reader(MODEL)
NESTED = {
    "g/n": "2",
    "g/outer": [
        {"g/outer/x": "1"},
        {"g/outer/x": "2", "g/outer/inner": [{"g/outer/inner/y": "p"}, {"g/outer/inner/y": "q"}]},
    ],
}


def texts(instance, path):
    return [node.text for node in instance.found[MODEL.by_path[path].index]]


def test_every_node_of_the_form_is_there_though_the_server_leaves_out_what_is_empty():
    instance = READ_JSON({"a": "hello"})
    assert [child.name for child in instance.root.children] == ["a", "g", "meta"]
    assert texts(instance, "g/n") == [""]
    assert texts(instance, "g/outer") == []


def test_repeats_in_repeats_keep_their_order_and_places():
    instance = READ_JSON(NESTED)
    assert texts(instance, "g/outer/inner/y") == ["p", "q"]
    places = [place(node) for node in instance.found[MODEL.by_path["g/outer/inner/y"].index]]
    assert places == ["g/outer[2]/inner[1]/y", "g/outer[2]/inner[2]/y"]


def test_numbers_truth_and_null_of_older_servers_are_read_as_a_tablet_wrote_them():
    assert texts(READ_JSON({"a": True, "g/n": 5}), "a") == ["true"]
    assert texts(READ_JSON({"g/n": 12.0}), "g/n") == ["12"]
    assert texts(READ_JSON({"g/n": None}), "g/n") == [""]


def test_unknown_fields_are_collected_with_their_place_and_the_servers_own_are_not():
    row = {"g/outer/z": "?", "g/outer/x": "1"}
    instance = READ_JSON({"_id": 3, "meta/rootUuid": "uuid:1", "old": "x", "g/outer": [{}, row]})
    assert sorted(instance.unknown) == ["g/outer[2]/z", "old"]


def test_a_list_where_an_answer_belongs_is_misshapen():
    assert READ_JSON({"a": ["x"], "g/outer": "y"}).misshapen == ["a", "g/outer"]


def test_the_only_row_of_a_repeat_that_an_old_server_left_flat_is_a_row():
    instance = READ_JSON({"g/outer/x": "1"})
    assert texts(instance, "g/outer/x") == ["1"]
    assert instance.unknown == []


def test_xml_keeps_empty_rows_and_gives_back_pruned_nodes():
    xml = "<data id='trial'><g><outer><x>1</x></outer><outer/><outer><x>3</x></outer></g></data>"
    instance = READ_XML(xml)
    assert texts(instance, "g/outer/x") == ["1", "", "3"]
    assert texts(instance, "a") == [""]


def test_xml_with_unknown_or_doubled_nodes_says_where():
    instance = READ_XML(
        "<data><a>1</a><a>2</a><g><outer><w>1</w></outer></g><meta><rootUuid>u</rootUuid></meta></data>"
    )
    assert instance.misshapen == ["a"]
    assert instance.unknown == ["g/outer[1]/w"]


@pytest.mark.parametrize("xml", ["<data><a>", "", '<!DOCTYPE d [<!ENTITY a "b">]><data><a>&a;</a></data>'])
def test_truncated_xml_and_entities_are_refused(xml):
    with pytest.raises(Unparsable):
        READ_XML(xml)


def test_a_submission_of_another_form_is_recognised():
    with pytest.raises(OtherForm):
        READ_XML("<household><head>x</head></household>")


def test_white_space_alone_is_no_answer():
    assert texts(READ_JSON({"a": "  \n"}), "a") == [""]
    assert texts(READ_XML("<data><a>  </a></data>"), "a") == [""]
