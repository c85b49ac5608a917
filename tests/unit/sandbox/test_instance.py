"""Submission XML becomes the answers the data API shows."""

from __future__ import annotations

import pytest

from collector.sandbox.instance import Unreadable, answers, edited, from_json, geolocation, parse, path_of_file


def test_groups_join_and_repeats_repeat_their_whole_path() -> None:
    xml = b"<a><g><r><x>1</x></r><r><x>2</x><y/></r></g><z> kept </z></a>"
    assert answers(xml, {"g/r"}) == {"g/r": [{"g/r/x": "1"}, {"g/r/x": "2"}], "z": " kept "}


def test_a_repeat_filled_once_is_a_list_only_where_the_form_says_so() -> None:
    xml = b"<a><r><x>1</x></r></a>"
    assert answers(xml, {"r"}) == {"r": [{"r/x": "1"}]}
    assert answers(xml, set()) == {"r/x": "1"}


def test_an_unknown_node_that_comes_twice_is_a_list() -> None:
    assert answers(b"<a><r><x>1</x></r><r><x>2</x></r></a>", set()) == {"r": [{"r/x": "1"}, {"r/x": "2"}]}


def test_what_was_not_answered_is_absent_with_its_group_and_repeat_instance() -> None:
    xml = b"<a><g><x/></g><r><x/></r><r><x>1</x></r><s><x> </x></s><n/></a>"
    assert answers(xml, {"r", "s"}) == {"r": [{"r/x": "1"}]}


def test_repeats_in_repeats_keep_full_paths() -> None:
    xml = b"<a><r><i><x>1</x></i><i><x>2</x></i></r></a>"
    assert answers(xml, {"r", "r/i"}) == {"r": [{"r/i": [{"r/i/x": "1"}, {"r/i/x": "2"}]}]}


@pytest.mark.parametrize(
    ("gps", "place"),
    [("36.19 44.01 0 0", [36.19, 44.01]), ("nonsense", [None, None]), ("36.19", [None, None]), ("", [None, None])],
)
def test_the_first_readable_geopoint_is_the_place(gps: str, place: list[float | None]) -> None:
    assert geolocation(answers(f"<a><r><gps>{gps}</gps></r></a>".encode(), {"r"}), ["r/gps"]) == place


def test_a_file_belongs_to_the_question_it_answers_and_an_audit_to_none() -> None:
    found = answers(b"<a><r><p>a.jpg</p></r><meta><audit>audit.csv</audit></meta></a>", {"r"})
    assert (path_of_file(found, "a.jpg"), path_of_file(found, "audit.csv"), path_of_file(found, "b")) == ("r/p", "", "")


def test_identity_is_read_with_or_without_a_namespace() -> None:
    xml = '<a id="f" xmlns:orx="http://openrosa.org/xforms"><orx:meta><orx:instanceID>uuid:i</orx:instanceID></orx:meta></a>'
    instance = parse(xml.encode())
    assert (instance.form_id, instance.instance_id, instance.deprecated_id) == ("f", "i", "")


@pytest.mark.parametrize("xml", [b"", b"hello", b"<a><b></a>", b"<!DOCTYPE a><a/>", b"<a>&x;</a>"])
def test_what_is_not_plain_xml_is_refused(xml: bytes) -> None:
    with pytest.raises(Unreadable, match="Improperly formatted"):
        parse(xml)


def test_invisible_characters_are_refused_with_their_own_words() -> None:
    with pytest.raises(Unreadable, match="invisible characters"):
        parse(b"<a>x\x0by</a>")


def test_an_edit_replaces_answers_adds_missing_nodes_and_moves_the_identity() -> None:
    xml = b"<a><g><x>1</x></g><meta><instanceID>uuid:i</instanceID></meta></a>"
    done = edited(xml, {"g/x": "2", "g/new": "3"}, instance_id="j", deprecated_id="i", root_uuid="i")
    assert answers(done, set()) == {
        "g/x": "2",
        "g/new": "3",
        "meta/instanceID": "uuid:j",
        "meta/deprecatedID": "uuid:i",
        "meta/rootUuid": "uuid:i",
    }


def test_a_submission_posted_as_json_becomes_xml_with_lists_as_words() -> None:
    xml = from_json("f", {"b": ["x", "y"], "a": {"n": 7}, "r": [{"k": "1"}, {"k": "2"}]})
    assert answers(xml, {"r"}) == {"a/n": "7", "b": "x y", "r": [{"r/k": "1"}, {"r/k": "2"}]}
