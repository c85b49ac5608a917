"""A pull that is killed at any moment and started again ends in the database of a pull that was not."""

import os
import random
import signal
import time
import warnings
from contextlib import suppress

import pytest
from sqlalchemy import event

from tests.journey.pulls import SECOND, pull_again, pull_all, state

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system: nothing to kill")

AT_STATEMENTS, AT_MOMENTS = 12, 5


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
