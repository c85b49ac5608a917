"""Paging by `_id`: every submission once, in order, in as few requests as the server's cap allows; never in circles."""

from __future__ import annotations

import json
from math import ceil

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from collector.errors import AnswerUnreadable
from collector.kobo import pages
from collector.kobo.client import Client
from tests.unit.kobo.conftest import SERVER, TOKEN, recorded

UID = "aX9dsxVBaX3w53tCFEEMsb"
DATA = f"{SERVER}/api/v2/assets/{UID}/data/"


class Stored:
    """Submissions on a server that gives at most `cap` of them at once, whatever is asked for."""

    def __init__(self, ids: list[int], cap: int) -> None:
        self.ids, self.cap, self.requests = ids, cap, 0

    def answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = request.params  # type: ignore[attr-defined]
        self.requests += 1
        after = json.loads(asked["query"])["_id"]["$gt"]
        left = sorted(number for number in self.ids if number > after)
        rows = [{"_id": number, "consent": "yes"} for number in left[: min(self.cap, int(asked["limit"]))]]
        return 200, {}, json.dumps({"count": len(left), "next": None, "previous": None, "results": rows})

    def pull(self, *, after: int = 0, page_size: int = 1000) -> list[pages.Page]:
        with responses.RequestsMock() as server, Client(SERVER, TOKEN) as client:
            server.add_callback("GET", DATA, self.answer)
            return list(pages.fetch_pages(client, UID, after=after, page_size=page_size))


def ids_of(walked: list[pages.Page]) -> list[int]:
    return [json.loads(record)["_id"] for page in walked for record in page.records]


@given(st.sets(st.integers(1, 2**40)), st.integers(1, 7), st.integers(1, 9), st.integers(0, 2**40))
def test_every_id_is_given_once_and_in_order_whatever_the_cap(ids, cap, page_size, after):
    stored = Stored(list(ids), cap)
    walked = stored.pull(after=after, page_size=page_size)
    expected = sorted(number for number in ids if number > after)
    assert ids_of(walked) == expected
    assert stored.requests == max(1, ceil(len(expected) / min(cap, page_size)))
    assert [page.after for page in walked] == [after, *(page.last_id for page in walked[:-1])][: len(walked)]


@pytest.mark.parametrize(("cap", "requests"), [(100, 25), (1000, 3), (30000, 3)])
def test_the_servers_cap_is_followed(cap, requests):
    stored = Stored(list(range(1, 2401 + 99)), cap)
    assert len(ids_of(stored.pull())) == 2499
    assert stored.requests == requests


def test_nothing_new_costs_one_request_and_gives_no_page():
    stored = Stored([1, 2, 3], 1000)
    assert (stored.pull(after=3), stored.requests) == ([], 1)


def test_ids_beyond_2_to_the_31_are_ids():
    assert ids_of(Stored([2**31 + 5, 2**53 + 1], 1).pull(after=2**31)) == [2**31 + 5, 2**53 + 1]


def test_a_record_keeps_its_bytes_as_received(server, client):
    odd = '{"_id": 7,\n  "q" : "\\u0628\\/é",   "n": 1.50e0 }'
    server.get(DATA, f'{{"count": 1, "results": [{odd} ]}}')
    [page] = pages.fetch_pages(client, UID, after=0, page_size=10)
    assert page.records == (odd.encode(),)


def test_the_real_servers_page_is_read(replay, client):
    replay("data-list")
    [page] = pages.fetch_pages(client, UID, after=0, page_size=1000)
    assert [json.loads(record) for record in page.records] == recorded("data-list")["results"]
    assert (page.count, page.last_id) == (3, 16)


def test_a_submission_arriving_between_pages_is_met_at_the_end():
    stored = Stored([1, 2, 3], 2)
    original = stored.answer

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        given = original(request)
        stored.ids = [1, 2, 3, 4]
        return given

    stored.answer = answer  # type: ignore[method-assign]
    assert ids_of(stored.pull()) == [1, 2, 3, 4]


def test_a_submission_deleted_between_pages_hides_no_other():
    stored = Stored([1, 2, 3, 4, 5], 2)
    original = stored.answer

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        given = original(request)
        stored.ids = [3, 4, 5]
        return given

    stored.answer = answer  # type: ignore[method-assign]
    assert ids_of(stored.pull()) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("count", ["", '"count": null,', '"count": 1,', '"count": 99,'])
def test_a_count_that_is_missing_or_wrong_ends_at_an_empty_page(server, client, count):
    server.get(DATA, f'{{{count} "results": [{{"_id": 1}}, {{"_id": 2}}]}}')
    server.get(DATA, '{"count": 0, "results": []}')
    assert ids_of(list(pages.fetch_pages(client, UID, after=0, page_size=2))) == [1, 2]


@pytest.mark.parametrize("ids", [[2, 1], [1, 1], [3, 4, 4], [0]])
def test_a_page_out_of_order_is_refused_instead_of_walked_in_circles(server, client, ids):
    server.get(DATA, json={"count": 9, "results": [{"_id": number} for number in ids]})
    with pytest.raises(AnswerUnreadable, match="go round in circles"):
        list(pages.fetch_pages(client, UID, after=0, page_size=10))


def test_a_server_that_gives_the_same_page_for_ever_is_refused(server, client):
    server.get(DATA, json={"count": 9, "results": [{"_id": 1}, {"_id": 2}]})
    with pytest.raises(AnswerUnreadable, match="submission 1 of the page after 2 has the _id 1"):
        list(pages.fetch_pages(client, UID, after=0, page_size=10))


@pytest.mark.parametrize("record", ["{}", '{"_id": null}', '{"_id": "2"}', '{"_id": true}', "7", "null", "[]"])
def test_a_record_without_an_id_is_named_by_its_position(server, client, record):
    server.get(DATA, f'{{"count": 2, "results": [{{"_id": 1}}, {record}]}}')
    with pytest.raises(AnswerUnreadable, match="submission 2 of the page after 0 has no _id"):
        list(pages.fetch_pages(client, UID, after=0, page_size=10))


@pytest.mark.parametrize("body", ['{"count": 3}', "[]", '"text"', '{"results": {}}', '{"detail": "x"}'])
def test_json_of_another_shape_is_not_an_empty_page(server, client, body):
    server.get(DATA, body)
    with pytest.raises(AnswerUnreadable, match="another shape"):
        list(pages.fetch_pages(client, UID, after=0, page_size=10))


def test_the_count_is_the_servers(replay, client):
    replay("data-list")
    assert pages.count(client, UID) == 3


@pytest.mark.parametrize("body", ["{}", "[]", '{"count": "3"}', '{"count": null}', '{"count": true}'])
def test_a_count_that_is_no_number_is_not_zero(server, client, body):
    server.get(DATA, body)
    with pytest.raises(AnswerUnreadable, match="another shape"):
        pages.count(client, UID)
