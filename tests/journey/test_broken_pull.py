"""A pull whose database fails under it, or that another pull meets: a clear error, nothing lost, nothing twice."""

import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from collector.errors import DatabaseFull, DatabaseUnreachable, RunInProgress
from tests.journey.pulls import pull_again, pull_all, state

AT = 9  # moments spread over the statements of a pull


class Counter:
    """Counts statements; calls `act` with the connection before one of them."""

    def __init__(self, at=0, act=None):
        self.at, self.act, self.count = at, act, 0

    def watch(self, engine):
        event.listen(engine, "before_cursor_execute", self.step)

    def step(self, connection, *_):
        self.count += 1
        if self.count == self.at:
            self.act(connection)


def moments(url, databases):
    """Numbers of statements, spread over a pull that is left alone; and what it ends in."""
    counter = Counter()
    pull_all(url, *databases, counter.watch)
    return [number * counter.count // (AT + 1) for number in range(1, AT + 1)], state(*databases)


def cut(connection):
    """As an administrator or a failing network would, from outside."""
    pid = connection.connection.driver_connection.info.backend_pid
    with connection.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@pytest.mark.postgresql
@pytest.mark.parametrize("pulls", ["postgresql"], indirect=True)
def test_a_connection_cut_anywhere_says_so_and_the_next_pull_ends_the_same(pulls):
    url, copy = pulls
    at, expected = moments(url, copy(0))
    for number, moment in enumerate(at, 1):
        databases = copy(number)
        with pytest.raises(DatabaseUnreachable, match=r"was cut|does not answer"):
            pull_all(url, *databases, Counter(moment, cut).watch)
        pull_again(url, *databases)
        assert state(*databases) == expected, f"cut at statement {moment}"


@contextmanager
def no_more_room(folder):
    """No file may grow beyond what it is, as on a full disk."""
    resource = pytest.importorskip("resource", reason="no limits on files on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(path.stat().st_size for path in folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("pulls", ["sqlite"], indirect=True)
def test_a_full_disk_says_so_and_the_next_pull_ends_the_same(pulls):
    url, copy = pulls
    _, expected = moments(url, copy(0))
    database_url, folder = copy(1)
    with no_more_room(folder), pytest.raises(DatabaseFull, match="full or fails"):
        pull_all(url, database_url, folder)
    pull_again(url, database_url, folder)
    assert state(database_url, folder) == expected


def test_of_two_pulls_at_once_one_is_told_and_nothing_comes_twice(pulls):
    url, copy = pulls
    whole, databases = copy(0), copy(1)
    pull_all(url, *whole)
    inside, told = threading.Event(), threading.Event()
    failures = []

    def first():
        def hold(_):
            inside.set()
            told.wait(timeout=60)

        counter = Counter(12, hold)
        try:
            pull_all(url, *databases, counter.watch)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(timeout=60)
    with pytest.raises(RunInProgress):
        pull_all(url, *databases)
    told.set()
    thread.join(timeout=60)
    assert failures == []
    assert state(*databases) == state(*whole)
