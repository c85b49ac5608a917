"""A tablet waits for a busy server, sends the same submission again, and repeats what the server said."""

from __future__ import annotations

import pytest
import requests
import responses

from collector.errors import AnswerUnreadable, ServerBusy, ServerUnreachable, TokenRefused
from collector.tablets.openrosa import TRIES, OpenRosa

URL = "https://kobo.example"
SUBMISSION = f"{URL}/submission"
TAKEN = (
    "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>"
    "<message>Submission with this instance ID already exists</message></OpenRosaResponse>"
)
XML = b"<data id='x'><meta><instanceID>uuid:1</instanceID></meta></data>"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def server(waits):
    server = OpenRosa(URL + "/", sleep=waits.append)
    yield server
    server.close()


@responses.activate
@pytest.mark.parametrize("status", [201, 202])
def test_a_submission_is_sent_when_the_server_has_it_now_or_had_it_before(server, status):
    post = responses.post(SUBMISSION, status=status)
    assert server.send(XML, "secret") is None
    request = post.calls[0].request
    assert request.headers["Authorization"] == "Token secret"
    assert request.headers["X-OpenRosa-Version"] == "1.0"
    assert XML in request.body
    assert b'name="xml_submission_file"' in request.body


@responses.activate
def test_a_busy_server_is_asked_again_with_the_same_submission_as_late_as_it_says(server, waits):
    responses.post(SUBMISSION, status=429, headers={"Retry-After": "7"})
    responses.post(SUBMISSION, status=423)
    responses.post(SUBMISSION, body=requests.ConnectionError("cut"))
    responses.post(SUBMISSION, status=502, body="<html>gateway</html>")
    responses.post(SUBMISSION, status=201)
    assert server.send(XML, "secret") is None
    assert waits[0] == 7
    assert waits[1:] == sorted(waits[1:])
    assert all(XML in call.request.body for call in responses.calls)


@responses.activate
@pytest.mark.parametrize(
    ("answer", "error"),
    [({"status": 503}, ServerBusy), ({"body": requests.ConnectionError()}, ServerUnreachable)],
)
def test_a_server_that_stays_away_ends_the_tablets_patience(server, waits, answer, error):
    responses.post(SUBMISSION, **answer)
    with pytest.raises(error, match=r"https://kobo\.example"):
        server.send(XML, "secret")
    assert len(responses.calls) == TRIES
    assert len(waits) == TRIES - 1


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (409, TAKEN, "Submission with this instance ID already exists"),
        (404, "<root><detail>Not found.</detail></root>", "Not found."),
        (400, "Bad Request", "status 400"),
    ],
)
def test_a_refused_submission_is_not_sent_again_and_the_servers_words_are_kept(server, status, body, said):
    responses.post(SUBMISSION, status=status, body=body)
    refusal = server.send(XML, "secret")
    assert (refusal.status, refusal.message) == (status, said)
    assert len(responses.calls) == 1


@responses.activate
def test_an_unknown_token_is_said_at_once(server):
    responses.get(f"{URL}/formList", status=401)
    with pytest.raises(TokenRefused):
        server.fetch_blank_forms("secret")
    assert len(responses.calls) == 1


@responses.activate
def test_a_page_of_html_is_not_a_list_of_forms(server):
    responses.get(f"{URL}/formList", body="<!doctype html><title>Welcome<br>")
    with pytest.raises(AnswerUnreadable, match=r"is https://kobo\.example a KoboToolbox server"):
        server.fetch_blank_forms("secret")
