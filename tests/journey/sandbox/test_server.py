"""A sandbox is the same after a restart, and can be the servers a client must cope with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import requests

from collector.sandbox.downloads import write_workbook
from collector.sandbox.options import Options
from collector.sandbox.server import ENUMERATORS, OWNER, SUPERUSER, serve
from tests.journey.sandbox.conftest import SURVEY, Clock, Project


def test_the_same_folder_gives_the_same_server_again(folder: Path) -> None:
    with serve(folder, options=Options(now=Clock(), import_seconds=0)) as sandbox:
        before = {name: sandbox.token(name) for name in (OWNER, *ENUMERATORS, SUPERUSER)}
    with serve(folder, options=Options(now=Clock(), import_seconds=0)) as sandbox:
        assert {name: sandbox.token(name) for name in before} == before
        assert len(set(before.values())) == 12


def test_an_import_cut_off_by_a_stop_is_finished_after_the_start(folder: Path) -> None:
    files = {"file": write_workbook({"survey": SURVEY, "settings": [{"form_title": "Colours"}]})}
    with serve(folder, options=Options(now=Clock(), import_seconds=30)) as sandbox:
        headers = {"Authorization": f"Token {sandbox.token(OWNER)}"}
        address = requests.post(f"{sandbox.url}/api/v2/imports/", files=files, headers=headers, timeout=5).json()["url"]
        path = address.removeprefix(sandbox.url)
    with serve(folder, options=Options(now=Clock(), import_seconds=0)) as sandbox:
        for _ in range(500):
            task = requests.get(sandbox.url + path, headers=headers, timeout=5).json()
            if task["status"] == "complete":
                break
        assert task["messages"]["created"][0]["kind"] == "asset"


def test_a_sandbox_says_what_it_is_without_being_asked_who_asks(folder: Path) -> None:
    with serve(folder, options=Options(now=Clock())) as sandbox:
        assert requests.get(f"{sandbox.url}/_sandbox/", timeout=5).json() == {"sandbox": "collector"}
        assert requests.put(f"{sandbox.url}/_sandbox/faults", json={}, timeout=5).status_code == 404


def test_page_caps_and_modification_times_of_other_servers(folder: Path) -> None:
    clock = Clock(datetime(2026, 11, 1, tzinfo=UTC))
    options = Options(now=clock, import_seconds=0, page_cap=3, default_limit=2, has_date_modified=True)
    with serve(folder, options=options) as sandbox:
        project = Project(sandbox, clock)
        task = project.imported(write_workbook({"survey": SURVEY}))
        project.uid = task["messages"]["created"][0]["uid"]
        project.session().post(f"{project.address}/deployment/", json={"active": True}).raise_for_status()
        for number in range(5):
            project.send(project.xml(str(number), instance=f"i{number}"))
        clock.forward(90)
        project.send(project.xml("changed", instance="j", deprecatedID="i1"))
        assert len(project.data()["results"]) == 2
        assert len(project.data(limit=1000)["results"]) == 3
        changed = project.data(query=json.dumps({"_date_modified": {"$gt": "2026-11-01T00:00:00"}}))
        found = [(row["colour"], row["_date_modified"]) for row in changed["results"]]
        assert found == [("changed", "2026-11-01T00:01:30")]
        project.session().close()
