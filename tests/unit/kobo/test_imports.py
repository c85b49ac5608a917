"""Importing a workbook: waiting for the server, and its refusals in its own words."""

from __future__ import annotations

import json

import pytest
from responses import matchers

from collector.errors import DeploymentFailed, PermissionMissing
from collector.kobo.assets import Asset
from collector.kobo.imports import import_workbook
from tests.unit.kobo.conftest import SERVER, recorded

IMPORTS = f"{SERVER}/api/v2/imports/"
ASSET = Asset("aX", "Attendance", None, "v1", "", has_deployment=False, is_active=False)


@pytest.fixture(autouse=True)
def _accepted(server):
    parts = {"file": ("attendance.xlsx", b"bytes", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")}
    fields = {"destination": f"{SERVER}/api/v2/assets/aX/"}
    server.post(IMPORTS, json={"uid": "iX"}, status=201, match=[matchers.multipart_matcher(parts, fields)])


def test_the_server_is_asked_ever_less_often_until_it_has_read_the_workbook(server, client, waits):
    for status in ("created", "processing", "processing", "complete"):
        server.get(f"{IMPORTS}iX/", json={"status": status, "messages": {}})
    import_workbook(client, ASSET, b"bytes", file="attendance.xlsx")
    assert waits == pytest.approx([0.2, 0.3, 0.45, 0.675])


def test_a_server_that_never_finishes_is_left_after_five_minutes(server, client, waits):
    server.get(f"{IMPORTS}iX/", json={"status": "processing"})
    with pytest.raises(DeploymentFailed, match="5 minutes"):
        import_workbook(client, ASSET, b"bytes", file="attendance.xlsx")
    assert 300 <= sum(waits) < 306


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("import-duplicate-name", r"Duplicate node name: q1 \(DuplicateNameException\)"),
        ("import-not-a-workbook", r"Unsupported format, or corrupt file \(XlsFormatException\)"),
    ],
)
def test_the_real_servers_refusal_is_passed_on(server, client, recording, words):
    server.get(f"{IMPORTS}iX/", json.dumps(recorded(recording)))
    with pytest.raises(DeploymentFailed, match=words):
        import_workbook(client, ASSET, b"bytes", file="attendance.xlsx")


def test_an_import_without_the_right_is_a_matter_of_permission(server, client):
    messages = {"error": "user cannot update asset", "error_type": "PermissionDenied"}
    server.get(f"{IMPORTS}iX/", json={"status": "error", "messages": messages})
    with pytest.raises(PermissionMissing, match="user cannot update asset"):
        import_workbook(client, ASSET, b"bytes", file="attendance.xlsx")


@pytest.mark.parametrize("messages", [None, [], {}, "text", {"error": None}])
def test_a_refusal_without_words_is_a_refusal(server, client, messages):
    server.get(f"{IMPORTS}iX/", json={"status": "error", "messages": messages})
    with pytest.raises(DeploymentFailed, match="no reason given"):
        import_workbook(client, ASSET, b"bytes", file="attendance.xlsx")
