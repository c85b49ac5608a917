"""A page that is written beside the next one ends as if they had come one after the other, whatever is in them."""

import threading
from collections import Counter
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from collector.errors import RowsRefused, ServerUnreachable
from collector.kobo.background import in_background
from collector.kobo.walk import Page, number_of
from jobs import page
from jobs.page import load_page, load_pages
from tests.support.attendance import VERSION, attendance_content, root_uuid, submission
from tests.support.databases import MOVING, contents, open_databases
from tests.support.loading import destination, rows_of, with_question

SIZE = 6
WIDER = {VERSION: attendance_content(), "vWider": with_question("mood", "integer")}
OF_RUNS = ("runs", "raw_frames")

REFUSE_BEYOND_SIX = {
    "sqlite": """CREATE TRIGGER refuse BEFORE INSERT ON watermarks WHEN NEW.last_id > 6
        BEGIN SELECT RAISE(ABORT, 'no'); END""",
    "postgresql": "ALTER TABLE watermarks ADD CHECK (last_id <= 6)",
}


@pytest.fixture(autouse=True)
def small_pages_are_many(monkeypatch):
    monkeypatch.setattr(page, "MANY", SIZE - 1)


@pytest.fixture
def other_databases(request, databases, tmp_path):
    """A second pair of the same kind."""
    folder = tmp_path / "other"
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'reporting.db'}"
        if databases.reporting.dialect.name == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgresql").database())
        yield stack.enter_context(open_databases(url, folder))


@pytest.fixture
def threads(monkeypatch):
    """How often each kind of work was done beside the rest."""
    begun = Counter()

    def noted(name, work):
        begun[name] += 1
        return in_background(name, work)

    monkeypatch.setattr(page, "in_background", noted)
    return begun


def page_of(first, changed=None):
    changed = changed or {}
    return [submission(number, **changed.get(number, {})) for number in range(first, first + SIZE)]


def pages_of(*pages):
    for records in pages:
        yield Page(tuple(records), number_of(records[0]) - 1, number_of(records[-1]), None)


def left_by(databases):
    return {name: rows for name, rows in contents(databases.reporting, but=MOVING).items() if name not in OF_RUNS}


def one_by_one(databases, *pages, known=None):
    to = destination(databases, known)
    counts = [load_page(to, each) for each in pages_of(*pages)]
    return counts, left_by(databases)


def beside(databases, *pages, known=None):
    counts = list(load_pages(destination(databases, known), pages_of(*pages)))
    return counts, left_by(databases)


def test_pages_of_new_submissions_are_written_beside_the_next(databases, other_databases, threads):
    pages = [page_of(1), page_of(7, {8: {"head_f": "many"}, 9: {"_submission_time": "yesterday"}}), page_of(13)]
    assert beside(databases, *pages) == one_by_one(other_databases, *pages)
    assert threads == {"write": 3, "keep": 3}


@pytest.mark.parametrize("number", [10, 16])
def test_an_identity_that_is_stored_already_is_noticed_by_the_thread(databases, other_databases, threads, number):
    again = {number: {"meta/rootUuid": f"uuid:{root_uuid(2)}", "_uuid": "another"}}
    pages = [page_of(1), page_of(7, again), page_of(13, again)]
    assert beside(databases, *pages) == one_by_one(other_databases, *pages)
    assert threads["write"] == 3
    assert len(rows_of(databases, "submissions", "root_uuid")) == 3 * SIZE - 1
    assert rows_of(databases, "revisions", "kind") == [("sent_again",)]


def test_what_was_read_before_is_not_written_beside(databases, other_databases, threads):
    first, again = [page_of(1), page_of(7)], [page_of(1, {3: {"head_f": "8"}}), page_of(7), page_of(13)]
    assert beside(databases, *first) == one_by_one(other_databases, *first)
    assert beside(databases, *again) == one_by_one(other_databases, *again)
    assert threads["write"] == len(first) + 1
    assert rows_of(databases, "revisions", "kind") == [("edited",)]


def test_a_version_that_widens_tables_waits_until_the_page_before_is_written(databases, other_databases, threads):
    later = {number: {"__version__": "vWider"} for number in range(1, 100)}
    pages = [page_of(1), page_of(7, later), page_of(13)]
    assert beside(databases, *pages, known=WIDER) == one_by_one(other_databases, *pages, known=WIDER)
    assert threads["write"] == 3


def test_a_page_that_cannot_be_written_ends_the_pull_and_stays_in_the_raw_store(databases):
    with databases.reporting.begin() as connection:
        connection.execute(text(REFUSE_BEYOND_SIX[connection.dialect.name]))
    loaded = []
    with pytest.raises(RowsRefused):
        loaded += load_pages(destination(databases), pages_of(page_of(1), page_of(7), page_of(13)))
    assert rows_of(databases, "submissions", "submission_id") == [(number,) for number in range(1, 7)]
    with databases.raw.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM raw_submissions")) >= 2 * SIZE


def test_the_page_before_one_that_does_not_arrive_is_loaded(databases):
    def arriving():
        yield from pages_of(page_of(1), page_of(7))
        raise ServerUnreachable("the network is gone.")

    loading = load_pages(destination(databases), arriving())
    assert [next(loading).new for _ in range(2)] == [SIZE, SIZE]
    with pytest.raises(ServerUnreachable):
        next(loading)


def test_who_stops_in_the_middle_leaves_nobody_writing(databases):
    loading = load_pages(destination(databases), pages_of(*(page_of(first) for first in (1, 7, 13, 19))))
    next(loading)
    loading.close()
    assert not [each.name for each in threading.enumerate() if each.name in ("write", "keep")]
    written = len(rows_of(databases, "submissions", "root_uuid"))
    assert written in (SIZE, 2 * SIZE)
    to = destination(databases)
    assert [counts.new for counts in load_pages(to, pages_of(page_of(1), page_of(7)))] == [0, 2 * SIZE - written]
