"""A past night made again is the database as it stood then, whatever happened on the server afterwards."""

import random

import pytest

from collector.form.judging.policy import Policy
from jobs.past import History, rebuilt
from jobs.pull import Means
from tests.conftest import KINDS
from tests.model.follower import Follower
from tests.model.world import READER, open_world
from tests.support.databases import open_databases, tables_of
from tests.support.loading import SECRET
from tests.support.material import PROGRAMME

NIGHTS, STEPS, SEEDS = 4, 8, range(3)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with open_world(tmp_path_factory.mktemp("world"), READER) as world:
        yield world


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_night_can_be_made_again(request, world, kind, seed, tmp_path):
    if kind == "sqlite":
        play(world, f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path, seed)
    else:
        with request.getfixturevalue("postgresql").database() as url:
            play(world, url, tmp_path, seed)


def play(world, url, folder, seed):
    with open_databases(url, folder) as databases:
        follower, chance = Follower(world, databases), random.Random(seed)
        world.begin()
        nights = []
        for _ in range(NIGHTS):
            for _ in range(STEPS):
                world.step(chance)
            follower.pull(Means("complete", is_confirmed=True))
            (run,) = follower.rows("SELECT max(id) FROM runs")[0]
            nights.append((run, tables_of(databases.reporting)))
        past = History(databases, PROGRAMME, SECRET, Policy())
        for number, (run, then) in enumerate(nights):
            with rebuilt(past, run) as (engine, replay):
                again = tables_of(engine) | {"reporting_migration": then["reporting_migration"]}
            assert (replay.lost_entries, replay.lost_states, replay.is_by_this_engine) == ([], set(), True)
            assert {name for name in then if again.get(name, []) != then[name]} == set(), f"night {number}"
