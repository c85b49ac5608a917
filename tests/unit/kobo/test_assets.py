"""What the server says about its projects, read from lists and details."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from collector.errors import AnswerUnreadable, ServerError
from collector.kobo.assets import fetch_asset, fetch_content, fetch_files, fetch_media, fetch_versions, find_asset
from collector.kobo.client import Client
from collector.kobo.marker import Marker
from tests.unit.kobo.conftest import SERVER, TOKEN, recorded

UID = "aX9dsxVBaX3w53tCFEEMsb"
ASSETS = f"{SERVER}/api/v2/assets/"


def row(uid: str, description: str = "") -> dict[str, Any]:
    return {"uid": uid, "name": uid, "settings": {"description": description}}


def test_a_project_is_found_by_the_mark_in_its_description(server, client):
    rows = [row("aA", "ours"), row("aB", str(Marker("pre_survey"))), row("aC", f"Text.\n{Marker('pre')}")]
    server.get(ASSETS, json={"count": 3, "results": rows})
    found = find_asset(client, "pre")
    assert found is not None
    assert found.uid == "aC"


def test_no_project_is_none(server, client):
    server.get(ASSETS, json={"count": 0, "results": []})
    assert find_asset(client, "pre") is None


def test_two_projects_with_one_mark_are_both_named(server, client):
    server.get(ASSETS, json={"count": 2, "results": [row("aA", "collector:pre"), row("aB", "collector:pre")]})
    with pytest.raises(ServerError, match="aA, aB"):
        find_asset(client, "pre")


@given(st.integers(0, 25), st.integers(1, 9))
def test_a_project_is_found_wherever_it_stands_in_a_long_list(place, cap):
    rows = [row(f"a{number}", "collector:pre" if number == place else "") for number in range(26)]

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        start = int(request.params["start"])  # type: ignore[attr-defined]
        return 200, {}, json.dumps({"count": len(rows), "results": rows[start : start + cap]})

    with responses.RequestsMock() as server, Client(SERVER, TOKEN) as client:
        server.add_callback("GET", ASSETS, answer)
        found = find_asset(client, "pre")
    assert found is not None
    assert found.uid == f"a{place}"


def test_a_list_that_repeats_its_page_ends(server, client):
    server.get(ASSETS, json={"count": 99, "results": [row("aA")]})
    assert find_asset(client, "pre") is None
    assert len(server.calls) == 2


@pytest.mark.parametrize("body", [[], {"count": 1}, {"results": {}}, {"count": 1, "results": [{"name": "x"}]}])
def test_a_list_of_another_shape_is_not_an_empty_list(server, client, body):
    server.get(ASSETS, json=body)
    with pytest.raises(AnswerUnreadable):
        find_asset(client, "pre")


def test_the_real_servers_project_is_read(server, client):
    detail = recorded("asset-detail")
    server.get(f"{ASSETS}{UID}/", json=detail)
    asset = fetch_asset(client, UID)
    assert (asset.name, asset.has_deployment, asset.is_active) == ("Household visit", True, True)
    assert (asset.version_uid, asset.deployed_version_uid) == ("vfKzMqhfeEAHDDDFeCz2Wh", "vAkvyShf4DCNZeHFKaew7B")
    assert "manage_asset" in asset.permissions
    assert asset.content["survey"]


def test_the_real_servers_versions_are_read_newest_first(replay, client):
    replay("versions")
    assert [version.number for version in fetch_versions(client, UID)] == ["2", "1"]


def test_the_real_servers_content_of_a_version_is_read(replay, client):
    replay("version-detail")
    content = fetch_content(client, UID, "vAkvyShf4DCNZeHFKaew7B")
    assert content == recorded("version-detail")["content"]


def test_the_real_servers_files_are_read(replay, client):
    replay("files-list")
    files = {file.filename: file.md5 for file in fetch_files(client, UID)}
    assert files == {
        "sites.csv": "627da4a7f2777d430f8fbf0fff19f964",
        "b64.csv": "627da4a7f2777d430f8fbf0fff19f964",
        "x.csv": "",  # it lies elsewhere: the server knows the MD5 of its address only
    }


def test_a_media_file_that_is_not_what_the_server_says_is_refused(server, client):
    file = {"uid": "afX", "metadata": {"filename": "sites.csv", "hash": f"md5:{'0' * 32}"}}
    server.get(f"{ASSETS}{UID}/files/", json={"count": 1, "results": [file]})
    server.get(f"{ASSETS}{UID}/files/afX/content/", b"name,label\n")
    with pytest.raises(AnswerUnreadable, match=r"sites\.csv"):
        fetch_media(client, UID)


def seen_by(server, client, at, submitters, may=("view", "change")):
    """What the detail says of an account that sees only some people's submissions (recording 525)."""
    server.reset()
    users, permissions = f"{at}/api/v2/users", f"{at}/api/v2/permissions"
    filters = [{"_submitted_by": each} for each in submitters]
    partial = [{"url": f"{permissions}/{each}_submissions/", "filters": filters} for each in may]
    assignments = [
        {
            "user": f"{users}/other%201/",
            "permission": f"{permissions}/partial_submissions/",
            "partial_permissions": partial,
        },
        {"user": f"{users}/owner1/?format=json", "permission": f"{permissions}/manage_asset/"},
        "no assignment",
    ]
    server.get(f"{ASSETS}{UID}/", json=row(UID) | {"permissions": assignments})
    return fetch_asset(client, UID).limits


def test_filters_of_a_partial_permission_are_told_apart_whatever_the_server_is_called(server, client):
    first, again = (seen_by(server, client, at, ["enum1"]) for at in (SERVER, "https://kobo.example.org:8443"))
    other = seen_by(server, client, SERVER, ["enum1", "enum2"])
    assert first == seen_by(server, client, SERVER, ["enum1"], may=("change", "view"))
    assert list(first) == ["other 1"]
    assert first["other 1"].startswith("partial_submissions:")
    assert first == again != other
