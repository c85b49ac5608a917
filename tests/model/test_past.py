"""A past night made again is the database as it stood then, whatever happened on the server afterwards."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from collector.form.judging.policy import Policy
from jobs.past import History, rebuilt
from jobs.pull import Means
from tests.conftest import KINDS
from tests.model.follower import Follower
from tests.model.world import READER, open_world
from tests.support.databases import open_databases
from tests.support.loading import SECRET
from tests.support.material import PROGRAMME

NIGHTS, STEPS, SEEDS = 4, 8, range(3)
TABLES = ("submissions", "attendance", "attendance_register", "revisions", "revision_changes")
TAKEN_ANEW = {"last_run", "fingerprint", "judged_by"}  # by which run, and by what, a state was judged last


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with open_world(tmp_path_factory.mktemp("world"), READER) as world:
        yield world


def dump(engine):
    """Every row of the tables, without what was not answered: later form versions add columns."""
    found = {}
    with engine.connect() as connection:
        for table in TABLES:
            rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()
            found[table] = sorted(str(sorted(told(row).items())) for row in rows)
    return found


def told(row):
    """What both databases write alike: no times, and no truth values, which are 0 and 1 on one of them."""
    return {
        name: str(value)
        for name, value in row.items()
        if name not in TAKEN_ANEW
        and isinstance(value, str | int | date)
        and value not in (0, 1)
        and ":" not in str(value)
    }


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
            nights.append((run, world.clock.now() + timedelta(days=1), dump(databases.reporting)))
        past = History(databases, PROGRAMME, SECRET, Policy())
        for number, (run, made_at, then) in enumerate(nights):
            with rebuilt(past, run, made_at) as engine:
                again = dump(engine)
            for table in TABLES:
                assert again[table] == then[table], f"night {number}, {table}"
