"""The one door to HTTP: what is asked, what is believed, what is repeated."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests.exceptions import ChunkedEncodingError, ConnectionError, ConnectTimeout, ContentDecodingError, ReadTimeout
from responses import matchers

from collector.errors import (
    AnswerUnreadable,
    PermissionMissing,
    SecretMissing,
    ServerBusy,
    ServerError,
    ServerUnreachable,
    SettingsError,
    TokenRefused,
)
from collector.kobo.client import Client
from collector.kobo.retry import Patience, retry_after
from tests.support.file_server import file_server
from tests.unit.kobo.conftest import SERVER, TOKEN, recorded

ME, ASSETS = f"{SERVER}/me/", f"{SERVER}/api/v2/assets/"
DATA = f"{SERVER}/api/v2/assets/aX9dsxVBaX3w53tCFEEMsb/data/"
PAGE = '{"count": 0, "results": []}'


def test_the_account_is_asked_of_me_with_the_token(server, replay, client):
    replay("me")
    account = client.account()
    assert (account.username, account.server_time) == ("owner1", datetime(2026, 11, 23, 16, 35, 4, tzinfo=UTC))
    assert account.organization == "owner1's organization"
    sent = server.calls[0].request.headers
    assert (sent["Authorization"], sent["Accept"]) == (f"Token {TOKEN}", "application/json")


@pytest.mark.parametrize("recording", ["me-without-token", "wrong-token"])
def test_a_wrong_token_is_said_to_be_one(replay, client, recording):
    replay(recording)
    with pytest.raises(TokenRefused, match="COLLECTOR_SERVER__TOKEN"):
        client.get_json("/me/" if recording == "me-without-token" else "/api/v2/assets/")


def test_an_empty_list_is_no_proof_of_a_token(server, client):
    server.get(ME, json=recorded("list-without-token"))
    with pytest.raises(AnswerUnreadable, match="whose token"):
        client.account()


def test_429_waits_exactly_as_long_as_the_server_says(server, client, waits):
    server.get(DATA, status=429, headers={"Retry-After": "7"})
    server.get(DATA, PAGE)
    assert client.get_json(DATA)["count"] == 0
    assert waits == [7.0]


def test_a_retry_after_date_is_measured_by_the_servers_clock(server, client, waits):
    dates = {"Date": "Mon, 23 Nov 2020 10:00:00 GMT", "Retry-After": "Mon, 23 Nov 2020 10:01:30 GMT"}
    server.get(DATA, status=503, headers=dates)
    server.get(DATA, PAGE)
    client.get_json(DATA)
    assert waits == [90.0]


def test_a_retry_after_in_hours_is_not_slept_through(server, client, waits):
    server.get(DATA, status=429, headers={"Retry-After": "7200"})
    with pytest.raises(ServerBusy, match="120 minutes"):
        client.get_json(DATA)
    assert waits == []


@given(st.text())
def test_no_retry_after_header_breaks_the_client(text):
    seconds = retry_after({"Retry-After": text, "Date": "Mon, 23 Nov 2020 10:00:00 GMT"})
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_gateway_with_an_html_page_is_asked_again(server, client, waits, status):
    server.get(DATA, "<html><h1>Bad gateway</h1></html>", status=status, content_type="text/html")
    server.get(DATA, PAGE)
    assert client.get_json(DATA)["results"] == []
    assert waits == [1.0]


@pytest.mark.parametrize(
    "failure",
    [ChunkedEncodingError("cut"), ContentDecodingError("half a gzip"), ConnectionError("gone"), ReadTimeout()],
)
def test_a_lost_line_is_asked_again(server, client, failure):
    server.get(DATA, body=failure)
    server.get(DATA, PAGE)
    assert client.get_json(DATA)["count"] == 0


def test_half_a_json_body_is_asked_again(server, client):
    server.get(DATA, '{"count": 2, "results": [{"_id": 1}, {"_i')
    server.get(DATA, PAGE)
    assert client.get_json(DATA)["count"] == 0


def test_a_body_that_a_line_cuts_is_asked_again(waits):
    body = b'{"count": 1, "results": [{"_id": 1, "note": "' + bytes([97]) * 100_000 + b'"}]}'
    with file_server(content=body, cuts=[70_000, 0]) as server:
        patience = Patience(sleep=waits.append, random=lambda: 1.0)
        with Client(server.url, TOKEN, patience=patience) as client:
            assert client.get_json("/data/")["count"] == 1
    assert waits == [1.0, 2.0]


def test_a_compressed_body_is_read():
    packed = gzip.compress(PAGE.encode())
    with (
        file_server(content=packed, headers={"Content-Encoding": "gzip"}) as server,
        Client(server.url, TOKEN) as client,
    ):
        assert client.get_json("/data/") == json.loads(PAGE)


def test_waits_double_up_to_their_cap_and_then_the_client_gives_up(server, client, waits):
    server.get(DATA, status=503)
    patient = Patience(attempts=9, sleep=waits.append, random=lambda: 1.0)
    with pytest.raises(ServerBusy) as caught, Client(SERVER, TOKEN, patience=patient) as client:
        client.get_json(DATA)
    assert caught.value.status == 503
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_waits_are_spread_so_that_many_clients_do_not_come_back_at_once():
    waits: list[float] = []
    patient = Patience(attempts=2, sleep=waits.append, random=lambda: 0.0)
    with responses.RequestsMock() as server, Client(SERVER, TOKEN, patience=patient) as client:
        server.get(DATA, status=502)
        with pytest.raises(ServerUnreachable):
            client.get_json(DATA)
    assert waits == [0.5]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_is_sent_once(server, client, method, status):
    server.add(method, ASSETS, status=status, headers={"Retry-After": "1"})
    send = {"POST": client.post_json, "PATCH": client.patch_json, "DELETE": client.delete}[method]
    with pytest.raises(ServerError):
        send("/api/v2/assets/", {})
    assert len(server.calls) == 1


def test_a_write_whose_answer_is_cut_is_not_sent_again(server, client):
    server.post(ASSETS, '{"uid": "aX')
    with pytest.raises(AnswerUnreadable, match="breaks off"):
        client.post_json("/api/v2/assets/", {})
    assert len(server.calls) == 1


def test_a_write_is_sent_again_after_429_with_retry_after_because_it_was_not_acted_on(server, client, waits):
    server.post(ASSETS, status=429, headers={"Retry-After": "3"})
    server.post(ASSETS, json={"uid": "aX"}, status=201)
    assert client.post_json("/api/v2/assets/", {}) == {"uid": "aX"}
    assert waits == [3.0]


def test_a_write_is_sent_again_when_no_connection_was_made(server, client):
    server.post(ASSETS, body=ConnectTimeout())
    server.post(ASSETS, json={"uid": "aX"}, status=201)
    assert client.post_json("/api/v2/assets/", {}) == {"uid": "aX"}


@pytest.mark.parametrize("failure", [ConnectionError("gone"), ReadTimeout(), ChunkedEncodingError("cut")])
def test_a_write_is_not_sent_again_when_the_connection_was_lost(server, client, failure):
    server.post(ASSETS, body=failure)
    with pytest.raises(ServerUnreachable):
        client.post_json("/api/v2/assets/", {})
    assert len(server.calls) == 1


def test_a_write_that_says_it_is_idempotent_is_repeated(server, client):
    server.patch(ASSETS, status=504)
    server.patch(ASSETS, json={})
    assert client.patch_json("/api/v2/assets/", {}, is_idempotent=True) == {}


def test_a_500_is_not_repeated_and_its_html_not_quoted(server, replay, client):
    replay("server-error-html")
    with pytest.raises(ServerError, match=r"failed \(500\)") as caught:
        client.post_json("/api/v2/assets/", {})
    assert "<" not in str(caught.value)


def test_an_answer_without_a_body_is_none(server, client):
    server.delete(f"{ASSETS}aX/files/afX/", status=204)
    assert client.delete("/api/v2/assets/aX/files/afX/") is None


def test_every_address_ends_with_the_slash_that_keeps_a_post_a_post(server, client):
    server.post(ASSETS, json={})
    client.post_json("api/v2/assets", {})
    assert server.calls[0].request.url == ASSETS


def test_a_redirected_write_is_never_sent_on(server, replay, client):
    replay("post-without-slash").url = ASSETS
    with pytest.raises(ServerError, match="redirect"):
        client.post_json("/api/v2/assets/", {})
    assert [call.request.method for call in server.calls] == ["POST"]


def test_a_get_follows_within_the_server(server, client):
    server.get(DATA, status=301, headers={"Location": "/elsewhere/"})
    server.get(f"{SERVER}/elsewhere/", PAGE)
    assert client.get_json(DATA)["count"] == 0


def test_json_is_never_fetched_from_another_host(server, client):
    server.get(DATA, status=302, headers={"Location": "https://other.example/api/v2/assets/"})
    with pytest.raises(ServerError, match=r"redirect to https://other\.example:443"):
        client.get_json(DATA)


def test_a_file_may_come_from_another_host_which_gets_no_token(server, client):
    server.get(f"{ASSETS}aX/files/afX/content/", status=302, headers={"Location": "https://storage.example/f.csv?s=1"})
    server.get("https://storage.example/f.csv", b"name,label\n")
    assert client.get_bytes("/api/v2/assets/aX/files/afX/content/") == b"name,label\n"
    assert "Authorization" not in server.calls[1].request.headers


def test_no_password_of_the_computers_netrc_is_ever_sent(server, client, tmp_path, monkeypatch):
    passwords = tmp_path / "netrc"
    passwords.write_text("machine kobo.example login me password p\nmachine storage.example login me password p\n")
    monkeypatch.setenv("NETRC", str(passwords))
    server.get(f"{ASSETS}aX/files/afX/content/", status=302, headers={"Location": "https://storage.example/f.csv"})
    server.get("https://storage.example/f.csv", b"")
    client.get_bytes("/api/v2/assets/aX/files/afX/content/")
    assert [call.request.headers.get("Authorization") for call in server.calls] == [f"Token {TOKEN}", None]


def test_a_circle_of_redirects_ends(server, client):
    server.get(DATA, status=302, headers={"Location": DATA})
    with pytest.raises(ServerError, match="without end"):
        client.get_json(DATA)


def test_an_html_page_with_status_200_is_not_json(server, client, waits):
    server.get(DATA, "<html>Sign in to the network</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(AnswerUnreadable, match="text/html instead of JSON"):
        client.get_json(DATA)
    assert waits == []


def test_a_project_that_is_not_visible_is_a_matter_of_permission(replay, client):
    replay("data-not-visible-html")
    with pytest.raises(PermissionMissing, match="cannot see it") as caught:
        client.get_json("/api/v2/assets/aXXXXXXXXXXXXXXXXXXXXXX/data/")
    assert caught.value.status == 404


def test_a_translated_refusal_means_the_same(replay, client):
    replay("not-found-in-french")
    with pytest.raises(PermissionMissing, match="cannot see it"):
        client.get_json(f"{DATA}999999/")


def test_what_an_account_may_not_do_is_a_matter_of_permission(replay, client):
    replay("edit-forbidden")
    with pytest.raises(PermissionMissing, match="may not do that"):
        client.patch_json(f"{DATA}bulk/", {})


@pytest.mark.parametrize(
    ("recording", "method", "address", "words"),
    [
        ("limit-refused", "GET", DATA, r"\(400\)\. The server says: limit: A positive integer is required"),
        ("edit-refused-as-list", "PATCH", f"{DATA}bulk/", r"\(400\)\. The server says: No submissions match"),
        ("v1-gone", "GET", f"{SERVER}/api/v1/data", r"given this address up \(410\)\. The server says: The V1 API"),
        ("data-before-deployment", "GET", DATA, r"The server says: The specified asset has not been deployed"),
    ],
)
def test_the_servers_words_are_passed_on_whatever_their_shape(replay, client, recording, method, address, words):
    answer = replay(recording)
    answer.url = address if address.endswith("/") else f"{address}/"
    with pytest.raises(ServerError, match=words):
        client.get_json(address) if method == "GET" else client.patch_json(address, {})


@given(st.one_of(st.binary(max_size=50), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_an_error_body_of_any_kind_is_survived(body):
    with responses.RequestsMock() as server, Client(SERVER, TOKEN) as client:
        server.get(DATA, body, status=400)
        with pytest.raises(ServerError) as caught:
            client.get_json(DATA)
    assert caught.value.status == 400


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 410, 429, 500, 503])
def test_the_token_is_in_no_error_and_no_repr(server, client, status):
    body = f'{{"detail": "got Token {TOKEN}"}}' if status >= 400 else f"Token {TOKEN}"
    server.get(DATA, body, status=status, headers={"Location": f"https://{TOKEN}.example/"})
    with pytest.raises(ServerError) as caught:
        client.get_json(DATA, token=TOKEN)
    error: BaseException | None = caught.value
    while error:
        assert TOKEN not in repr(error)
        error = error.__cause__
    assert TOKEN not in repr(client) + repr(client.patience)


def test_an_address_that_would_show_the_token_to_others_is_refused():
    with pytest.raises(SettingsError, match="https"):
        Client("http://kf.kobotoolbox.org", TOKEN)


@pytest.mark.parametrize(
    "url", ["http://localhost:8011", "http://127.0.0.1", "http://[::1]:80/", "https://kobo.example/kf"]
)
def test_this_computer_and_https_are_safe(url):
    with Client(url, TOKEN) as client:
        assert client.url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kf.kobotoolbox.org",
        "ftp://kobo.example",
        "https://",
        "https://me:secret@kobo.example",
        "https://[",
        "https://a:b",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError) as caught:
        Client(url, TOKEN)
    assert "secret" not in str(caught.value)


def test_a_missing_token_is_asked_for_by_its_variable():
    with pytest.raises(SecretMissing, match="COLLECTOR_SERVER__TOKEN"):
        Client(SERVER, " ")


def test_a_token_that_cannot_be_one_is_not_repeated():
    with pytest.raises(SettingsError) as caught:
        Client(SERVER, "Token رمز\n1234")
    assert "1234" not in str(caught.value)


def test_lists_and_mappings_are_sent_as_json(server, client):
    expected = {"query": '{"_id":{"$gt":5}}', "fields": '["_id"]', "limit": "2"}
    server.get(DATA, PAGE, match=[matchers.query_param_matcher(expected)])
    client.get_json(DATA, query={"_id": {"$gt": 5}}, fields=["_id"], limit=2)
