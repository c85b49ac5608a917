"""Every way to fail that a test can ask for is what a client would see on the line."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.journey.sandbox.conftest import Project


def test_a_gateway_answers_with_a_page_and_the_request_is_not_carried_out(project: Project) -> None:
    project.sandbox.faults.add("status", method="POST", path="^/submission$", status=502)
    answer = project.send(project.xml())
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert project.data()["count"] == 0


def test_too_many_requests_say_when_to_come_back(project: Project) -> None:
    project.sandbox.faults.add("status", path="/data/", status=429, retry_after=7)
    answer = project.session().get(f"{project.address}/data/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_fault_waits_for_its_turn_and_ends(project: Project) -> None:
    fault = project.sandbox.faults.add("status", path="/data/", after=1, times=2)
    codes = [project.session().get(f"{project.address}/data/").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]
    assert fault.acted == 2


def test_a_line_cut_at_once_leaves_nothing_and_cut_afterwards_leaves_it_done(project: Project) -> None:
    project.sandbox.faults.add("close", method="POST", path="^/submission")
    with pytest.raises(requests.ConnectionError):
        project.send(project.xml())
    assert project.data()["count"] == 0
    project.sandbox.faults.add("act-then-close", method="POST", path="^/submission")
    with pytest.raises(requests.ConnectionError):
        project.send(project.xml())
    assert project.data()["count"] == 1


def test_a_body_cut_in_the_middle_is_noticed_by_its_length(project: Project) -> None:
    project.send(project.xml())
    project.sandbox.faults.add("cut", path="/data/")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        project.session().get(f"{project.address}/data/")


def test_half_a_json_and_a_page_look_like_good_answers_until_read(project: Project) -> None:
    for action in ("truncate", "html"):
        project.sandbox.faults.add(action, path="/data/")
        answer = project.session().get(f"{project.address}/data/")
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_a_page_can_repeat_a_row_or_miscount(project: Project) -> None:
    project.send(project.xml())
    project.sandbox.faults.add("duplicate-row", path="/data/")
    project.sandbox.faults.add("wrong-count", path="/data/")
    twice, miscounted = project.data(), project.data()
    assert [row["_id"] for row in twice["results"]] == [twice["results"][0]["_id"]] * 2
    assert (miscounted["count"], len(miscounted["results"])) == (2, 1)


def test_a_slow_server_answers_after_the_client_gave_up(project: Project) -> None:
    project.sandbox.faults.add("hang", path="/data/", seconds=0.3)
    with pytest.raises(requests.Timeout):
        project.session().get(f"{project.address}/data/", timeout=0.05)
    assert project.data()["count"] == 0


def test_faults_can_be_set_over_http_where_that_is_allowed(project: Project) -> None:
    wanted: dict[str, Any] = {"faults": [{"action": "status", "path": "/data/", "status": 504}]}
    address = f"{project.sandbox.url}/_sandbox/faults"
    assert requests.put(address, json=wanted, timeout=5).status_code == 204
    assert project.session().get(f"{project.address}/data/").status_code == 504
    assert requests.put(address, json={"faults": [{}]}, timeout=5).status_code == 400
