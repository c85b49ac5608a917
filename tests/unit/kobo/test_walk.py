"""Pages asked for ahead: every submission once and in order, whatever the spacing of ids and the order of answers."""

from __future__ import annotations

import threading
from functools import partial
from math import ceil

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import AnswerUnreadable
from collector.kobo import walk as walking
from collector.kobo.walk import Answered, Page, number_of, walk


def page_of(ids: list[int], after: int, size: int) -> Page:
    left = [number for number in ids if number > after]
    records = tuple(b'{"_id":%d}' % number for number in left[:size])
    return Page(records, after, left[:size][-1] if records else after, len(left))


class Server:
    """Submissions with these ids, given `size` at once. asked: after which `_id`s pages were asked for."""

    def __init__(self, ids: list[int], size: int) -> None:
        self.ids, self.size = sorted(ids), size
        self.asked: list[int] = []

    def ask(self, after: int) -> Answered:
        self.asked.append(after)
        return partial(page_of, list(self.ids), after, self.size)


def ids_of(pages: list[Page]) -> list[int]:
    return [number_of(record) for page in pages for record in page.records]


spaced = st.lists(st.integers(1, 60), max_size=60).map(lambda gaps: [sum(gaps[: n + 1]) for n in range(len(gaps))])


@given(spaced, st.integers(1, 9), st.integers(1, 6), st.integers(0, 100))
def test_every_id_is_given_once_and_in_order_whatever_is_guessed(ids, size, ahead, after):
    server = Server(ids, size)
    pages = list(walk(server.ask, after, ahead))
    assert ids_of(pages) == [number for number in ids if number > after]
    assert [page.after for page in pages] == [after, *(page.last_id for page in pages[:-1])][: len(pages)]


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 6))
def test_dense_ids_cost_no_request_more_than_one_page_after_the_other(count, size, ahead):
    server = Server(list(range(1, count + 1)), size)
    list(walk(server.ask, 0, ahead))
    assert len(server.asked) == max(1, ceil(count / size))


@given(spaced, st.integers(1, 9), st.integers(2, 6))
def test_wrong_guesses_cost_at_most_as_many_requests_again(ids, size, ahead):
    server = Server(ids, size)
    list(walk(server.ask, 0, ahead))
    assert len(server.asked) <= 2 * ceil(len(ids) / size) + ahead + 1


def test_so_many_pages_are_under_way_at_once_and_no_more():
    ids, going, together = list(range(1, 101)), 0, threading.Condition()
    most = 0

    def ask(after: int) -> Answered:
        nonlocal going, most
        with together:
            going += 1
            most = max(most, going)
            together.notify_all()
            if after:  # the first page tells how many there are: it comes alone, and the second is waited for
                together.wait_for(lambda: most == 3 or (after == 10 and most == 2), timeout=30)
            going -= 1
        return partial(page_of, ids, after, 10)

    assert ids_of(list(walk(ask, 0, 3))) == ids
    assert most == 3


@pytest.mark.parametrize(("share", "most"), [(2.5, 2), (0.5, 1)])
def test_of_large_pages_no_more_are_under_way_than_memory_is_set_aside_for(monkeypatch, share, most):
    ids, going = list(range(1, 101)), threading.Semaphore(0)
    monkeypatch.setattr(walking, "MOST_BYTES", int(share * sum(len(b'{"_id":%d}' % each) for each in ids[90:])))
    asked: list[int] = []

    def ask(after: int) -> Answered:
        asked.append(after)
        if after:
            assert going.acquire(timeout=30)
        return partial(page_of, ids, after, 10)

    given = 0
    for page in walk(ask, 0, 6):
        given += len(page.records)
        assert len(asked) <= given / 10 + most
        going.release(most)
    assert given == 100


def test_whoever_is_slower_than_the_server_has_one_page_waiting():
    server = Server(list(range(1, 101)), 10)
    for number, _ in enumerate(walk(server.ask, 0, 4), 1):
        for thread in threading.enumerate():
            if thread.name.startswith("page after"):
                thread.join()
        assert len(server.asked) == min(number + 1, 10)


def test_a_page_is_cut_into_submissions_when_its_turn_comes():
    ids, cut = list(range(1, 51)), []

    def ask(after: int) -> Answered:
        def answered() -> Page:
            cut.append(after)
            return page_of(ids, after, 10)

        return answered

    for page in walk(ask, 0, 4):
        assert cut[-1] == page.after
    assert cut == [0, 10, 20, 30, 40]


def test_an_error_is_raised_when_its_page_has_its_turn():
    ids = list(range(1, 31))

    def ask(after: int) -> Answered:
        if after == 20:
            raise AnswerUnreadable("as the test wants it")
        return partial(page_of, ids, after, 10)

    pages = walk(ask, 0, 4)
    assert ids_of([next(pages), next(pages)]) == list(range(1, 21))
    with pytest.raises(AnswerUnreadable, match="as the test wants it"):
        next(pages)


def test_what_arrives_while_pages_are_under_way_hides_nothing():
    server = Server(list(range(1, 26)), 10)
    pages = walk(server.ask, 0, 3)
    first = next(pages)
    server.ids += [26, 27, 28, 29, 30, 31]
    assert set(ids_of([first, *pages])) >= set(range(1, 26))


@pytest.mark.parametrize(
    "record",
    [b'{"_id":7,"a":1}', b'{ "_id" : 7 }', b'{"a":{"_id":1},"_id":7}', b'{"_id_":1,"_id":7}'],
)
def test_the_id_of_a_submission_is_found_wherever_it_stands(record):
    assert number_of(record) == 7


@pytest.mark.parametrize("record", [b'{"_id":"7"}', b'{"a":{"_id":7}}', b"[]", b'{"_id":7.5}', b'{"_id":null}'])
def test_what_has_no_number_has_no_id(record):
    with pytest.raises(msgspec.DecodeError):
        number_of(record)
