"""A night reads its registers and surveys a few at a time, and tells the same numbers as one that holds them all."""

import gc
from collections import Counter
from datetime import UTC, datetime

import pytest

from collector.form import spool
from collector.form.records import RegisterRow, Survey
from collector.indicators.learning import Pair
from collector.workbook import aside
from collector.workbook.book import make_book, write_data_book
from jobs.export import read_night, totals_of
from tests.bench.large_campaign import store
from tests.support.stored_campaign import PROGRAMME

ROWS = 500
HELD = 50
KINDS = (RegisterRow, Survey, Pair)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


class Discarded:
    """A file of which only the size is known."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, content):
        self.size += len(content)
        return len(content)

    def flush(self) -> None:
        pass


@pytest.fixture
def connection(databases):
    with databases.reporting.connect() as connection:
        yield connection


@pytest.fixture
def alive(monkeypatch):
    """The most records of each kind that were there at once, looked at whenever a piece of them is written or read."""
    most = Counter()
    pack, unpack = spool.packed, spool.unpacked
    calls = iter(range(10**9))

    def count(work, given):
        if next(calls) % 150 == 0:
            now = Counter(type(each) for each in gc.get_objects() if type(each) in KINDS)
            for kind, number in now.items():
                most[kind] = max(most[kind], number)
        return work(given)

    monkeypatch.setattr(spool, "packed", lambda record: count(pack, record))
    monkeypatch.setattr(spool, "unpacked", lambda content: count(unpack, content))
    yield most
    gc.unfreeze()


def numbers_of(night):
    return night.indicators, night.breakdowns, night.learning, night.items, night.found, totals_of(night)


def test_no_night_holds_its_registers_and_surveys_whole(connection, monkeypatch, alive):
    store(connection, ROWS)
    whole = numbers_of(read_night(connection, PROGRAMME, now=NOW, run=None))
    alive.clear()
    gc.collect()
    gc.freeze()  # what is there before is not looked at again and again
    monkeypatch.setattr(spool, "MOST_HELD", HELD)
    monkeypatch.setattr(spool, "AT_ONCE", 20)
    monkeypatch.setattr(aside, "MOST_HELD", 20)
    night = read_night(connection, PROGRAMME, now=NOW, run=None)
    assert numbers_of(night) == whole
    made = make_book(night, most_here=ROWS // 2)
    assert "Register" in made.aside
    for write in (made.write, lambda file: write_data_book(night, made.aside, file, main_name="book.xlsx")):
        file = Discarded()
        write(file)
        assert file.size
    assert set(alive) == set(KINDS)
    for kind, most in alive.items():
        assert most < 4 * HELD, f"{most} of {kind.__name__} at once"
    assert len(night.surveys) > 900
    assert len(night.linked.pairs) > 400
