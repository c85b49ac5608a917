"""The service in the model: its databases, and pulls that are killed between two statements or answered badly."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text

from collector.errors import RunInProgress
from collector.reporting import raw
from collector.reporting.ledger import pairs
from jobs.pull import Means, PullResult, pull
from jobs.runs import run_recorded
from jobs.wiring import Databases
from tests.model.forms import FORM
from tests.model.world import World
from tests.support.loading import SECRET
from tests.support.material import PROGRAMME

PAGES = r"/(data|history)/\?"
MOST_COMMITS = 18
"""Of a pull in the model: it is killed before one of them."""

LOST = ("close", "act-then-close")
REFUSED = (429, 500, 502)
SPOILED = ("html", "truncate", "cut", "duplicate-row", "wrong-count")
ONLY_OF_PAGES = ("duplicate-row", "wrong-count")


class Killed(BaseException):
    """The process ended between two statements: what was not committed is gone."""


@dataclass(frozen=True)
class Fault:
    """What the server does to `times` requests, after `after` that it answers well: see collector/sandbox/faults.py.

    what: of LOST, REFUSED, SPOILED; is_in_pages_only: other requests are answered well, and not counted.
    """

    what: Any
    after: int
    times: int
    is_in_pages_only: bool = True


@dataclass
class Follower:
    """The service: pulls into its databases."""

    world: World
    databases: Databases

    def pull(self, means: Means) -> PullResult:
        """One run that nothing disturbs."""
        return self._unlocked(means)

    def pull_disturbed(self, chance: random.Random, means: Means) -> str:
        """One run that is killed or answered badly, and may fail; returns how it came out."""
        if chance.choice((True, False)):
            return self.pull_killed(chance.randint(1, MOST_COMMITS), means)
        how = Fault(chance.choice((*LOST, *REFUSED, *SPOILED)), chance.randint(0, 6), chance.choice((1, 9)))
        return self.pull_answered_badly(how, means)

    def pull_killed(self, at: int, means: Means) -> str:
        """One run whose process ends before its commit number `at`; returns how it came out."""
        with killed_at(self.databases, at):
            outcome = self._outcome(means)
        for engine in {self.databases.reporting, self.databases.raw}:
            engine.dispose()  # the connections of a process go with it
        return outcome

    def pull_answered_badly(self, fault: Fault, means: Means) -> str:
        """One run during which the server has a fault; returns how it came out."""
        faults = self.world.sandbox.faults
        how = {"after": fault.after, "times": fault.times, "retry_after": 0}
        path = PAGES if fault.is_in_pages_only or fault.what in ONLY_OF_PAGES else ""
        if isinstance(fault.what, int):
            faults.add("status", path=path, status=fault.what, **how)
        else:
            faults.add(fault.what, path=path, **how)
        try:
            return self._outcome(means)
        finally:
            faults.clear()

    def rows(self, statement: str) -> list[Any]:
        with self.databases.reporting.connect() as connection:
            return list(connection.execute(text(statement)))

    def received(self) -> dict[str, tuple[int, Any]]:
        """Every state in the raw store: digest → `_id` and the submission."""
        with self.databases.raw.connect() as connection:
            statement = text("SELECT digest, submission_id FROM raw_submissions")
            numbers = pairs(connection.execute(statement))
            bodies = raw.raw_bodies(connection, self.world.asset_uid, numbers)
        return {digest: (number, json.loads(bodies[digest])) for digest, number in numbers.items()}

    def _outcome(self, means: Means) -> str:
        try:
            self._unlocked(means)
        except (Exception, Killed) as error:
            return type(error).__name__
        return "well"

    def _unlocked(self, means: Means) -> PullResult:
        """Pull once PostgreSQL has noticed that the holder of the lock is gone."""
        until = time.monotonic() + 10
        while True:
            try:
                return self._pull(means)
            except RunInProgress:
                assert time.monotonic() < until
                time.sleep(0.02)

    def _pull(self, means: Means) -> PullResult:
        now = self.world.clock.now
        with self.world.client() as client:
            return run_recorded(
                self.databases,
                "sync",
                lambda run: pull(
                    client, self.databases, PROGRAMME, [FORM], run=run, secret=SECRET, now=now, means=means
                ),
                now=now,
            )


@contextmanager
def killed_at(databases: Databases, at: int) -> Iterator[None]:
    """Before commit number `at` the process ends: it neither commits nor runs a statement any more.

    What the next process finds is what was committed, so that these are all the places between two statements.
    """
    left = [at]

    def commit(*_: object) -> None:
        left[0] -= 1
        step()

    def step(*_: object) -> None:
        if left[0] <= 0:
            raise Killed

    listeners = ("commit", commit), ("before_cursor_execute", step)
    listened = [(engine, *each) for engine in {databases.reporting, databases.raw} for each in listeners]
    for engine, name, listener in listened:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for engine, name, listener in listened:
            event.remove(engine, name, listener)
