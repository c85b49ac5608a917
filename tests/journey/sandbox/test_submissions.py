"""What a data service must survive, the sandbox can do: races, late ids, edits, deletions, hostile XML."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journey.sandbox.conftest import Project

LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><{uid} id="{uid}"><colour>&c;</colour></{uid}>"""
OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><{uid} id="{uid}"><colour>&f;</colour></{uid}>'


def test_of_the_same_submission_sent_in_parallel_one_is_taken_and_none_is_lost(project: Project) -> None:
    xml = project.xml(instance="e463a7a0-0788-4e58-8d96-78dde75aea59")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: project.send(xml).status_code, range(24)))
    assert answers.count(201) == 1
    assert set(answers) <= {201, 202, 423}
    assert project.data()["count"] == 1


def test_a_submission_still_being_received_is_to_be_sent_again_later(project: Project) -> None:
    busy = (project.uid, "e463a7a0")
    project.sandbox.store.in_flight.add(busy)
    answer = project.send(project.xml(instance="e463a7a0"))
    project.sandbox.store.in_flight.discard(busy)
    assert answer.status_code == 423
    assert "Submission e463a7a0 is currently being processed. Try again later." in answer.text
    assert project.send(project.xml(instance="e463a7a0")).status_code == 201


def test_a_lower_id_can_appear_after_a_higher_one(project: Project) -> None:
    project.sandbox.faults.add("publish-late", path="^/submission", seconds=6)
    project.send(project.xml("late"))
    project.send(project.xml("early"))
    first = project.data()
    project.clock.forward(7)
    both = project.data()
    assert [row["colour"] for row in first["results"]] == ["early"]
    assert first["count"] == 1
    assert [row["colour"] for row in both["results"]] == ["late", "early"]
    assert both["results"][0]["_id"] < first["results"][0]["_id"]


def test_an_edit_keeps_id_root_time_and_approval(project: Project) -> None:
    project.send(project.xml("red", instance="a"))
    before = project.data()["results"][0]
    approved = {"validation_status.uid": "validation_status_approved"}
    address = f"{project.address}/data/{before['_id']}/validation_status/"
    project.session().patch(address, json=approved).raise_for_status()
    project.clock.forward(60)
    project.send(project.xml("blue", instance="b", deprecatedID="a"))
    after = project.data()["results"][0]
    kept = ("_id", "meta/rootUuid", "_submission_time", "_submitted_by")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert (after["colour"], after["_uuid"], after["meta/deprecatedID"]) == ("blue", "b", "uuid:a")
    assert after["_validation_status"]["label"] == "Approved"


def test_an_edit_over_the_api_gives_a_new_instance_id_and_supersedes_the_old(project: Project) -> None:
    project.send(project.xml("red", instance="c"))
    row = project.data()["results"][0]
    change = {"payload": {"submission_ids": [row["_id"]], "data": {"colour": "green", "meta/instanceID": "uuid:x"}}}
    result = project.session().patch(f"{project.address}/data/bulk/", json=change).json()["results"][0]
    after = project.data()["results"][0]
    assert (after["colour"], after["_uuid"], after["meta/deprecatedID"]) == ("green", result["uuid"], "uuid:c")
    assert project.send(project.xml("black", deprecatedID="c")).status_code == 410


def test_a_deleted_submission_sent_again_has_a_new_id_and_the_same_root(project: Project) -> None:
    xml = project.xml(instance="d")
    project.send(xml)
    old = project.data()["results"][0]
    assert project.session().delete(f"{project.address}/data/{old['_id']}/").status_code == 204
    assert project.send(xml).status_code == 201
    new = project.data()["results"][0]
    assert new["_id"] > old["_id"]
    assert new["meta/rootUuid"] == old["meta/rootUuid"]


def test_a_deletion_shifts_pages_by_start_but_not_pages_by_id(project: Project) -> None:
    for number in range(6):
        project.send(project.xml(str(number)))
    first = project.data(limit=2)["results"]
    project.session().delete(f"{project.address}/data/{first[0]['_id']}/")
    by_start = project.data(limit=2, start=2)["results"]
    query = json.dumps({"_id": {"$gt": first[-1]["_id"]}})
    by_id = project.data(limit=2, query=query)["results"]
    assert [row["colour"] for row in by_start] == ["3", "4"]
    assert [row["colour"] for row in by_id] == ["2", "3"]


def test_an_attachment_may_come_later_and_moves_neither_time_nor_uuid(project: Project) -> None:
    xml = project.xml(instance="e").replace(b"</colour>", b"</colour><photo>p.jpg</photo>")
    project.send(xml)
    before = project.data()["results"][0]
    project.clock.forward(60)
    assert project.send(xml, **{"p.jpg": b"picture"}).status_code == 201
    after = project.data()["results"][0]
    assert before["_attachments"] == []
    assert project.session().get(after["_attachments"][0]["download_url"]).content == b"picture"
    assert after["_attachments"][0]["question_xpath"] == "photo"
    assert {**after, "_attachments": []} == before


def test_every_change_is_in_the_history_and_a_late_attachment_is_not(project: Project) -> None:
    project.clock.forward(60)
    xml = project.xml(instance="f").replace(b"</colour>", b"</colour><photo>p.jpg</photo>")
    project.send(xml)
    project.send(xml, **{"p.jpg": b"picture"})
    project.send(project.xml("blue", instance="g", deprecatedID="f"))
    row = project.data()["results"][0]
    project.session().delete(f"{project.address}/data/{row['_id']}/")
    since = project.clock.time.strftime("%Y-%m-%d %H:%M:%S")
    actions = "(action:add-submission OR action:modify-submission OR action:delete-submission)"
    query = {"q": f'date_created__gte:"{since}" AND {actions}'}
    rows = project.session().get(f"{project.address}/history/", params=query).json()["results"]
    assert [row["action"] for row in rows] == ["delete-submission", "modify-submission", "add-submission"]
    assert {row["metadata"]["submission"]["root_uuid"] for row in rows} == {"f"}


@pytest.mark.parametrize("hostile", [LAUGHS, OUTSIDE])
def test_xml_with_entities_is_refused_and_nothing_of_it_kept(project: Project, hostile: str) -> None:
    answer = project.send(hostile.replace("{uid}", project.uid).encode())
    assert (answer.status_code, project.data()["count"]) == (400, 0)
    assert "Improperly formatted XML." in answer.text


def test_ready_made_submissions_are_served_like_sent_ones(project: Project) -> None:
    ids = project.sandbox.put_json(project.uid, [{"colour": "white"}, {"colour": "grey", "meta/rootUuid": None}])
    rows = project.data()["results"]
    assert [(row["_id"], row["colour"]) for row in rows] == list(zip(ids, ("white", "grey"), strict=True))
    assert "meta/rootUuid" in rows[0]
    assert "meta/rootUuid" not in rows[1]
    assert project.sandbox.submit(project.xml("black"), username="programme").submission_id > ids[-1]
