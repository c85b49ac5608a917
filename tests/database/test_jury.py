"""Large pages judged by other processes end as they do when judged in this one; a process that dies loses nothing."""

import multiprocessing
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import select

from collector.errors import ServerUnreachable
from collector.kobo.submission import digest_of
from collector.kobo.walk import Page, number_of
from collector.reporting.raw import raw_bodies
from collector.reporting.tables import raw_submissions
from jobs import jury as jury_module
from jobs.jury import Jury
from jobs.page import load_pages
from tests.support.attendance import VERSION, attendance_content, submission
from tests.support.databases import MOVING, contents, open_databases
from tests.support.loading import destination, with_question

PAGE, LARGE = 30, 20
LONGEST_SECONDS = 60
LAST = 3
"""Of the pages: the first two are judged in this process, which has not met their form before."""
KNOWN = {
    VERSION: attendance_content(),
    "vNext": with_question("mood", "integer"),
    "vLater": with_question("humour", "text"),
}
SPOILT = {
    3: {"head_f": "many"},
    38: {"head_f": "-1"},
    42: {"__version__": "vNobodyKnows"},
    45: {"_submission_time": "yesterday"},
    47: {"nobody_asked": "this"},
}


def page(number):
    first = number * PAGE + 1
    return [submission(each, **SPOILT.get(each, {})) for each in range(first, first + PAGE)]


def loaded(folder, jury, before=lambda number: None, pages=None):
    """What pages leave in a new database. before: called before each arrives."""

    def arriving():
        for number, records in enumerate(pages or map(page, range(LAST + 1))):
            before(number)
            first, last = number_of(records[0]), number_of(records[-1])
            yield Page(tuple(records), first - 1, last, None)

    folder.mkdir()
    with open_databases(f"sqlite:///{folder / 'reporting.db'}", folder) as databases:
        to = replace(destination(databases, KNOWN), jury=jury)
        with suppress(ServerUnreachable):
            list(load_pages(to, arriving()))
        with databases.raw.connect() as connection:
            kept = raw_bodies(connection, to.asset_uid, connection.scalars(select(raw_submissions.c.digest)).all())
        assert sorted(kept) == sorted(digest_of(body) for body in kept.values())
        return contents(databases.reporting, but=MOVING) | {"kept": sorted(map(number_of, kept.values()))}


def seated():
    """The judging processes, as soon as both are there: they are started beside the pull."""
    until = time.monotonic() + LONGEST_SECONDS
    while len(multiprocessing.active_children()) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return multiprocessing.active_children()


def test_other_processes_find_what_this_one_finds(tmp_path):
    here = loaded(tmp_path / "here", Jury(1))
    with Jury(2, LARGE, helps=False) as jury:
        assert loaded(tmp_path / "there", jury) == here
        assert len(multiprocessing.active_children()) > 0
    assert multiprocessing.active_children() == []
    assert len(here["findings"]) >= len(SPOILT)


def test_a_process_that_dies_loses_nothing(tmp_path):
    killed = []

    def kill(number):
        if number == LAST:  # the page before it is with them
            for child in seated():
                child.kill()
                child.join()
                killed.append(child.pid)

    here = loaded(tmp_path / "here", Jury(1))
    with Jury(2, LARGE, helps=False) as jury:
        assert loaded(tmp_path / "there", jury, kill) == here
    assert killed


def test_a_process_that_dies_while_the_other_is_started_leaves_nobody(tmp_path):
    def kill_the_first():
        until = time.monotonic() + LONGEST_SECONDS
        while not (first := multiprocessing.active_children()) and time.monotonic() < until:
            time.sleep(0.001)
        first[0].kill()

    here = loaded(tmp_path / "here", Jury(1))
    killer = threading.Thread(target=kill_the_first)
    killer.start()
    with Jury(2, LARGE, helps=False) as jury:
        assert loaded(tmp_path / "there", jury) == here
    killer.join()
    until = time.monotonic() + LONGEST_SECONDS
    while multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.01)
    assert multiprocessing.active_children() == []


def test_a_page_of_another_version_takes_its_turn(tmp_path):
    def of(version, number):
        return [submission(each, __version__=version) for each in range(number * PAGE + 1, (number + 1) * PAGE + 1)]

    mixed = [submission(1, __version__="vNext"), *of("vLater", 0)[1:]]
    later = ("vNext", "vNext", "vLater")
    pages = [mixed, *(of(version, number) for number, version in enumerate(later, 1))]
    here = loaded(tmp_path / "here", Jury(1), pages=pages)
    with Jury(2, LARGE, helps=False) as jury:
        assert loaded(tmp_path / "there", jury, pages=pages) == here
    assert len(here["attendance"]) == PAGE * len(pages)
    assert [row[0] for row in here["findings"]] == []


def test_a_page_is_loaded_though_the_next_one_cannot_be_fetched(tmp_path):
    def cut(number):
        if number == 2:
            raise ServerUnreachable("the network is gone.")

    here = loaded(tmp_path / "here", Jury(1), cut)
    with Jury(2, LARGE, helps=False) as jury:
        assert loaded(tmp_path / "there", jury, cut) == here
    assert len(here["submissions"]) == 2 * PAGE


def test_what_the_others_have_not_begun_is_judged_here(tmp_path):
    here = loaded(tmp_path / "here", Jury(1))
    with Jury(2, LARGE) as jury:
        assert loaded(tmp_path / "there", jury) == here


@pytest.mark.parametrize("when", ["opened", "started"])
@pytest.mark.parametrize("helps", [True, False])
def test_where_no_process_can_be_started_all_is_judged_here(tmp_path, monkeypatch, when, helps):
    def refuse(*_):
        raise BlockingIOError("no more processes")

    here = loaded(tmp_path / "here", Jury(1))
    place = (jury_module, "open_pool") if when == "opened" else (ProcessPoolExecutor, "submit")
    monkeypatch.setattr(*place, refuse)
    with Jury(2, LARGE, helps=helps) as jury:
        assert loaded(tmp_path / "there", jury) == here


def test_little_is_judged_without_other_processes(tmp_path):
    with Jury(2, large=PAGE + 1) as jury:
        loaded(tmp_path / "here", jury)
        assert multiprocessing.active_children() == []
