"""Random histories of a server and of the pulls that follow it, drawn and shrunk by hypothesis.

Each history begins on the server's first day, with databases that know the form already or nothing yet, and ends with
the law of law.py. A failure prints the fewest steps that still fail, and the line that plays them again.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import collector
import jobs
from jobs.pull import How, Means
from tests.model.follower import LOST, MOST_COMMITS, REFUSED, SPOILED, Fault, Follower
from tests.model.forms import VERSIONS
from tests.model.fresh import Fresh
from tests.model.law import PAGE_SIZE, check
from tests.model.world import MANAGER, READER, World

WAYS = {"history": (MANAGER, False), "sweep": (READER, False), "date_modified": (READER, True)}
"""Who follows the server, and whether it gives `_date_modified`, by the strategy that results."""

STEPS = 9
NOTHING, FORM_KNOWN = "nothing", "form_known"
"""What the databases hold when a history begins."""

CHANCE = st.randoms(use_true_random=False)
HOW = st.sampled_from(("quick", "complete", "full"))


def faults(kinds: Sequence[object]) -> st.SearchStrategy[Fault]:
    """One of these faults, early or late in a pull, once or for good."""
    return st.builds(Fault, st.sampled_from(kinds), st.integers(0, 6), st.sampled_from((1, 9)), st.booleans())


def places(most: int) -> st.SearchStrategy[list[int]]:
    """Where some pulls are killed: before which of their commits, of which they make about `most`."""
    return st.lists(st.integers(1, most), min_size=1, max_size=2)


@dataclass
class Played:
    """What was played: histories, and in how many of them each thing happened."""

    histories: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    strategies: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds = sorted(self.happened.items(), key=lambda kind: -kind[1])
        return f"{self.histories} histories, " + ", ".join(f"{count} with {name}" for name, count in kinds)


def load_everything() -> None:
    """Load every module of ours: hypothesis draws numbers that stand in loaded ones, so that a seed would mean others.

    With all of them a seed gives the same histories in every process.
    """
    for package in (collector, jobs):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def play(
    world: World, fresh: Fresh, *, histories: int, first_seed: int, phases: Collection[Phase] = tuple(Phase)
) -> Played:
    """Play random histories, of a seed always the same; raises what the law raises, with the steps of the shortest."""
    load_everything()
    played, follower = Played(), Follower(world, fresh.databases)
    fresh.keep(NOTHING)
    world.begin()
    follower.pull(_means("complete"))
    fresh.keep(FORM_KNOWN)
    names = {"world": world, "follower": follower, "fresh": fresh, "played": played}
    machine = type("History", (_History,), names)
    run_state_machine_as_test(
        seed(first_seed)(machine),
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=phases,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return played


class _History(RuleBasedStateMachine):
    """One history: a server, and pulls that follow it."""

    world: ClassVar[World]
    follower: ClassVar[Follower]
    fresh: ClassVar[Fresh]
    played: ClassVar[Played]

    def __init__(self) -> None:
        super().__init__()
        self.happened: set[str] = set()

    @initialize(kept=st.sampled_from((NOTHING, FORM_KNOWN)), submitted=st.integers(0, 5), chance=CHANCE)
    def begin(self, kept: str, submitted: int, chance: random.Random) -> None:
        self.fresh.put_back(kept)
        self.world.begin()
        for _ in range(submitted):
            note(self.world.submit(chance))
        if kept == FORM_KNOWN:
            self.follower.pull(_means("complete"))

    @rule(chance=CHANCE)
    def submit(self, chance: random.Random) -> None:
        self._do("submit", self.world.submit, chance)

    @rule(chance=CHANCE)
    def late(self, chance: random.Random) -> None:
        self._do("late", self.world.late, chance)

    @rule(chance=CHANCE)
    def backdate(self, chance: random.Random) -> None:
        self._do("backdate", self.world.backdate, chance)

    @precondition(lambda self: self.world.deployed < VERSIONS)
    @rule(chance=CHANCE)
    def redeploy(self, chance: random.Random) -> None:
        self._do("redeploy", self.world.redeploy, chance)

    @precondition(lambda self: self.world.deleted)
    @rule(chance=CHANCE)
    def send_again(self, chance: random.Random) -> None:
        self._do("send_again", self.world.send_again, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def edit(self, chance: random.Random) -> None:
        self._do("edit", self.world.edit, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def blank(self, chance: random.Random) -> None:
        self._do("blank", self.world.blank, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def register(self, chance: random.Random) -> None:
        self._do("register", self.world.register, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def delete(self, chance: random.Random) -> None:
        self._do("delete", self.world.delete, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def validate(self, chance: random.Random) -> None:
        self._do("validate", self.world.validate, chance)

    @precondition(lambda self: self.world.instances)
    @rule(chance=CHANCE)
    def attach(self, chance: random.Random) -> None:
        self._do("attach", self.world.attach, chance)

    @rule(how=HOW)
    def pull(self, how: How) -> None:
        self.happened.add(f"{how} pull")
        self.follower.pull(_means(how))

    @rule(places=places(MOST_COMMITS // 2))
    def quick_pulls_killed(self, places: list[int]) -> None:
        self._kill("quick", places)

    @rule(how=st.sampled_from(("complete", "full")), places=places(MOST_COMMITS))
    def syncs_killed(self, how: How, places: list[int]) -> None:
        self._kill(how, places)

    @rule(how=HOW, fault=faults(LOST))
    def pull_timed_out(self, how: How, fault: Fault) -> None:
        """Before or after the server acted."""
        self._pull_answered_badly(how, fault)

    @rule(how=HOW, fault=faults(REFUSED))
    def pull_refused(self, how: How, fault: Fault) -> None:
        self._pull_answered_badly(how, fault)

    @rule(how=HOW, fault=faults(SPOILED))
    def pull_spoiled(self, how: How, fault: Fault) -> None:
        self._pull_answered_badly(how, fault)

    def teardown(self) -> None:
        if sys.exc_info()[0]:  # a step failed, or hypothesis gave this history up: it has no end
            return
        strategy = check(self.world, self.follower)
        self.played.histories += 1
        self.played.happened.update(self.happened)
        self.played.strategies[strategy] += 1

    def _kill(self, how: How, places: list[int]) -> None:
        """One after the other, as a scheduler starts them."""
        for at in places:
            outcome = self.follower.pull_killed(at, _means(how))
            self.happened.add("killed" if outcome == "Killed" else f"{how} pull")
            note(outcome)

    def _pull_answered_badly(self, how: How, fault: Fault) -> None:
        outcome = self.follower.pull_answered_badly(fault, _means(how))
        self.happened.add(f"{fault.what}")
        note(outcome)

    def _do(self, name: str, step: Callable[[random.Random], str], chance: random.Random) -> None:
        self.happened.add(name)
        note(step(chance))


def _means(how: How) -> Means:
    return Means(how, PAGE_SIZE, overlap=0)
