"""Each single permission allows what it allowed on the real server (permission-matrix.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collector.sandbox.downloads import write_workbook
from tests.journey.sandbox.conftest import SURVEY, Project

MATRIX: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "recordings" / "permission-matrix.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("codename", MATRIX)
def test_a_permission_allows_what_it_allowed_on_the_real_server(project: Project, codename: str) -> None:
    share(project, "e01", codename)
    version = project.session().get(f"{project.address}/").json()["version_id"]
    guest, address = project.session("e01"), project.address
    body = {"payload": {"confirm": True, "validation_status.uid": "validation_status_approved"}}
    media = {"file_type": "form_media", "description": "x", "metadata": '{"filename": "a.csv"}'}
    found = {
        "redeploy": guest.patch(f"{address}/deployment/", json={"active": True, "version_id": version}),
        "data": guest.get(f"{address}/data/"),
        "validate_bulk": guest.patch(f"{address}/data/validation_statuses/", json=body),
        "history": guest.get(f"{address}/history/"),
        "files_post": guest.post(f"{address}/files/", data=media, files={"content": ("a.csv", b"name\n")}),
        "perm_list": guest.get(f"{address}/permission-assignments/"),
    }
    expected = MATRIX[codename]["can"]
    assert {name: answer.status_code for name, answer in found.items()} == {name: expected[name] for name in found}
    assert held(project, "e01") == set(MATRIX[codename]["implied"])


@pytest.mark.parametrize("codename", MATRIX)
def test_only_who_may_change_a_form_can_import_into_it(project: Project, codename: str) -> None:
    share(project, "e02", codename)
    destination = f"{project.address}/"
    files = {"file": write_workbook({"survey": SURVEY})}
    task = project.task(project.session("e02"), files, {"destination": destination})
    assert task["messages"].get("error", "ok") == MATRIX[codename]["can"]["import_dest"]


def test_a_bulk_assignment_takes_access_from_everybody_not_named(project: Project) -> None:
    share(project, "e01", "validate_submissions")
    entry = _entry(project, "e02", "add_submissions")
    project.session().post(f"{project.address}/permission-assignments/bulk/", json=[entry]).raise_for_status()
    assert held(project, "e01") == set()
    assert held(project, "e02") == {"add_submissions"}
    assert project.session("e01").get(f"{project.address}/").status_code == 404
    assert project.session().get(f"{project.address}/data/").status_code == 200


def test_a_partial_permission_shows_only_the_rows_of_its_filter(project: Project) -> None:
    share(project, "e01", "add_submissions")
    project.send(project.xml("mine"))
    project.send(project.xml("theirs"), "e01")
    permission = f"{project.sandbox.url}/api/v2/permissions/view_submissions/"
    within = [{"url": permission, "filters": [{"_submitted_by": "e01"}]}]
    share(project, "e03", "partial_submissions", partial_permissions=within)
    assert [row["colour"] for row in project.data("e03")["results"]] == ["theirs"]


def share(project: Project, username: str, codename: str, **more: object) -> None:
    body = _entry(project, username, codename) | more
    project.session().post(f"{project.address}/permission-assignments/", json=body).raise_for_status()


def held(project: Project, username: str) -> set[str]:
    rows = project.session().get(f"{project.address}/permission-assignments/").json()
    return {row["permission"].split("/")[-2] for row in rows if row["user"].endswith(f"/{username}/")}


def _entry(project: Project, username: str, codename: str) -> dict[str, object]:
    api = f"{project.sandbox.url}/api/v2"
    return {"user": f"{api}/users/{username}/", "permission": f"{api}/permissions/{codename}/"}
