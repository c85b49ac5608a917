"""A pull that is killed at any moment and started again ends in the database of a pull that was not.

The second pull of a form is killed: there are edits, removed rows, new submissions, bad ones and unchanged ones.
"""

import os
import random
import signal
import time
import warnings
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import event, select

from collector.errors import RunInProgress
from collector.kobo.client import Client
from collector.reporting import raw
from collector.reporting.tables import raw_submissions
from jobs.pull import Means, pull
from jobs.runs import run_recorded
from tests.conftest import KINDS
from tests.support.attendance import programme
from tests.support.databases import MOVING, contents, open_databases
from tests.support.loading import SECRET, START
from tests.support.page_server import TOKEN, page_server, set_state

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system: nothing to kill")

FIRST, SECOND = 25, 40
CHANGES = {
    3: {"venue_type": "hotel"},
    7: {"register": None, "head_f": "0"},
    12: {"head_f": "many"},
    24: {"__version__": "vNobodyKnows"},
    31: {"_submission_time": "yesterday"},
    33: {"register": [{"register/card": "x"}]},
}
PAGE_SIZE = 9
AT_STATEMENTS, AT_MOMENTS = 22, 8


def pull_all(url, database_url, folder, watch=lambda engine: None):
    with open_databases(database_url, folder) as databases, Client(url, TOKEN) as client:
        watch(databases.reporting)
        watch(databases.raw)
        work = {"secret": SECRET, "now": lambda: START, "means": Means(page_size=PAGE_SIZE, overlap=FIRST)}
        return run_recorded(
            databases,
            "pull",
            lambda run: pull(client, databases, programme(), ["attendance"], run=run, **work),
            now=lambda: START,
        )


class Killer:
    """Counts statements and commits; kills its own process at one of them."""

    def __init__(self, at):
        self.at, self.count = at, 0

    def watch(self, engine):
        event.listen(engine, "before_cursor_execute", self.step)
        event.listen(engine, "commit", self.step)

    def step(self, *_):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(work):
    """Do `work` in a forked child; returns its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads that other tests left
        child = os.fork()
    if child == 0:
        status = 1
        with suppress(BaseException):
            work()
            status = 0
        os._exit(status)
    return child


def wait(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def pull_again(url, database_url, folder):
    """Start again, until PostgreSQL has noticed that the holder of the lock is gone."""
    until = time.monotonic() + 10
    while True:
        try:
            return pull_all(url, database_url, folder)
        except RunInProgress:
            assert time.monotonic() < until
            time.sleep(0.05)


def state(database_url, folder):
    """What the databases hold, but for run ids, times, and what each run counted."""
    with open_databases(database_url, folder) as databases:
        reporting = contents(databases.reporting, but=MOVING)
        kept = {
            name: rows
            for name, rows in reporting.items()
            if name not in {"runs", "completeness", "syncs", "raw_frames"}
        }
        columns = raw_submissions.c.asset_uid, raw_submissions.c.digest, raw_submissions.c.submission_id
        with databases.raw.connect() as connection:
            records = connection.execute(select(*columns).order_by(*columns)).all()
            kept["raw_submissions"] = [(*row, raw.raw_submission(connection, row[0], row[1])) for row in records]
        return kept


@contextmanager
def sqlite_copies(folder):
    """Where the first pull goes, and a function that makes a copy of it."""
    first = folder / "first"
    first.mkdir()

    def copy(number):
        made = Path(copytree(first, folder / str(number)))
        return f"sqlite:///{made / 'reporting.db'}", made

    yield f"sqlite:///{first / 'reporting.db'}", first, copy


@contextmanager
def postgresql_copies(server, folder):
    """The same with a database as the template of others."""
    with server.database() as first, ExitStack() as made:
        template = first.split("/")[3].split("?")[0]
        yield first, folder, lambda number: (made.enter_context(server.database(template)), folder)


@pytest.fixture(params=KINDS)
def pulls(request, tmp_path):
    """Address of the server after the second state, and a function that gives a database after the first pull."""
    if request.param == "sqlite":
        copies = sqlite_copies(tmp_path)
    else:
        copies = postgresql_copies(request.getfixturevalue("postgresql"), tmp_path)
    with page_server() as url, copies as (database_url, folder, copy):
        set_state(url, FIRST)
        pull_all(url, database_url, folder)
        set_state(url, SECOND, CHANGES)
        yield url, copy


def statements_of(url, database_url, folder):
    killer = Killer(at=0)
    pull_all(url, database_url, folder, killer.watch)
    return killer.count


def test_killed_at_any_statement_and_started_again_ends_the_same(pulls):
    url, copy = pulls
    whole = copy(0)
    total = statements_of(url, *whole)
    expected = state(*whole)
    assert len(expected["submissions"]) == SECOND
    for number in range(1, AT_STATEMENTS + 1):
        databases = copy(number)
        killer = Killer(at=number * total // (AT_STATEMENTS + 1))
        child = in_child(lambda at=databases, watch=killer.watch: pull_all(url, *at, watch))
        assert wait(child) == -signal.SIGKILL, f"not killed at statement {killer.at}"
        pull_again(url, *databases)
        assert state(*databases) == expected, f"killed at statement {killer.at} of {total}"


def test_killed_at_any_moment_and_started_again_ends_the_same(pulls):
    url, copy = pulls
    whole = copy(0)
    began = time.monotonic()
    assert wait(in_child(lambda: pull_all(url, *whole))) == 0
    lasts = time.monotonic() - began
    expected = state(*whole)
    chance = random.Random(2)
    for number in range(1, AT_MOMENTS + 1):
        databases = copy(number)
        child = in_child(lambda at=databases: pull_all(url, *at))
        time.sleep(chance.uniform(0, lasts))
        os.kill(child, signal.SIGKILL)
        wait(child)
        pull_again(url, *databases)
        assert state(*databases) == expected, f"killed at moment {number}"
