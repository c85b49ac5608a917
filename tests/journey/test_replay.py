"""A replay of the raw store gives the database that is there: after random histories and killed pulls, every row."""

import random

import pytest
from sqlalchemy import update

from collector.errors import ArchiveDamaged, DatabaseError, DatabaseNotEmpty
from collector.reporting import journal
from collector.reporting.archive_tables import archive_position, raw_journal
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.tables import raw_frames
from jobs.pull import Means
from jobs.rebuild import replay
from jobs.runs import run_recorded
from jobs.wiring import Databases
from tests.conftest import KINDS
from tests.model.follower import Follower
from tests.model.world import open_world
from tests.support.databases import open_databases, tables_of
from tests.support.loading import SECRET, START
from tests.support.material import PROGRAMME

PAGE_SIZE = 4
HISTORIES = 4
COMPLETE = Means("complete", PAGE_SIZE, overlap=0, is_confirmed=True)


@pytest.fixture(scope="module", params=["programme", "reader"])
def world(request, tmp_path_factory):
    with open_world(tmp_path_factory.mktemp("world"), request.param) as world:
        yield world


@pytest.fixture(params=KINDS)
def target(request, tmp_path):
    """A function that gives an empty database to replay into."""
    made = []

    def fresh(url):
        engine = open_engine(url)
        made.append(engine)
        return engine

    if request.param == "sqlite":
        yield lambda number: fresh(f"sqlite:///{tmp_path / f'replayed-{number}.db'}")
    else:
        server = request.getfixturevalue("postgresql")
        opened = []

        def database(number):
            opened.append(server.database())
            return fresh(opened[-1].__enter__())

        yield database
        for engine in made:
            engine.dispose()
        for each in opened:
            each.__exit__(None, None, None)
    for engine in made:
        engine.dispose()


def lived(world, databases, seed):
    """Some days of a server, with pulls that are killed or answered badly, and a clean sync at the end."""
    chance = random.Random(seed)
    follower = Follower(world, databases)
    world.begin()
    for _ in range(6):
        world.submit(chance)
    for _ in range(chance.randint(6, 12)):
        world.step(chance)
        if chance.random() < 0.5:
            how = chance.choice(("quick", "quick", "complete", "full"))
            means = Means(how, PAGE_SIZE, overlap=0)
            follower.pull(means) if chance.random() < 0.5 else follower.pull_disturbed(chance, means)
    world.shown()
    follower.pull(COMPLETE)


def test_a_replay_equals_the_database_it_is_a_replay_of(world, target, tmp_path):
    for seed in range(HISTORIES):
        (tmp_path / str(seed)).mkdir()
        with open_databases(f"sqlite:///{tmp_path / str(seed) / 'reporting.db'}", tmp_path / str(seed)) as databases:
            lived(world, databases, seed)
            again = target(seed)
            result = replay(databases.raw, again, PROGRAMME, secret=SECRET)
            assert not result.lost
            assert tables_of(again) == tables_of(databases.reporting), f"seed {seed}"


@pytest.mark.postgresql
@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_raw_store_on_postgresql_is_replayed_into_either_kind_and_into_its_own_database(world, postgresql, tmp_path):
    with postgresql.database() as url, postgresql.database() as other, open_databases(url, tmp_path) as databases:
        lived(world, databases, seed=2)
        before = tables_of(databases.reporting)
        for target in (f"sqlite:///{tmp_path / 'again.db'}", other, url):
            engine = open_engine(target)
            assert not replay(databases.raw, engine, PROGRAMME, secret=SECRET, is_replacing=target == url).lost
            assert tables_of(engine) == before
            engine.dispose()


@pytest.fixture
def archive(world, tmp_path):
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        lived(world, databases, seed=1)
        yield databases


@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_replay_refuses_a_database_with_something_in_it_unless_told(archive):
    before = tables_of(archive.reporting)
    with pytest.raises(DatabaseNotEmpty, match="--replace"):
        replay(archive.raw, archive.reporting, PROGRAMME, secret=SECRET)
    assert tables_of(archive.reporting) == before
    replay(archive.raw, archive.reporting, PROGRAMME, secret=SECRET, is_replacing=True)
    assert tables_of(archive.reporting) == before


@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_rebuilt_database_goes_on_and_the_other_may_too(world, archive, target):
    first = target(0)
    replay(archive.raw, first, PROGRAMME, secret=SECRET)
    chance, rebuilt = random.Random(5), Databases(first, archive.raw)
    for _ in range(3):
        world.submit(chance)
        Follower(world, rebuilt).pull(COMPLETE)
    second = target(1)
    replay(archive.raw, second, PROGRAMME, secret=SECRET)
    assert tables_of(second) == tables_of(first)
    Follower(world, archive).pull(COMPLETE)
    with pytest.raises(DatabaseError, match="tells of 2 reporting databases"):
        replay(archive.raw, target(2), PROGRAMME, secret=SECRET)
    with archive.reporting.connect() as connection:
        (old, _) = journal.position(connection)
    third = target(3)
    replay(archive.raw, third, PROGRAMME, secret=SECRET, history=old)
    assert tables_of(third) == tables_of(archive.reporting)


@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_damaged_frame_is_named_with_what_is_lost_and_the_rest_is_rebuilt(archive, target):
    with writing(archive.raw) as connection:
        connection.execute(update(raw_frames).where(raw_frames.c.id == 2).values(body=b"rust"))
    result = replay(archive.raw, target(0), PROGRAMME, secret=SECRET)
    (loss,) = result.lost
    assert "frame 2 of project" in loss
    assert "states of" in loss
    assert result.submissions


@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_damaged_entry_of_the_journal_is_named(archive, target):
    with writing(archive.raw) as connection:
        connection.execute(update(raw_journal).where(raw_journal.c.kind == "run_ended").values(body=b"rust"))
    result = replay(archive.raw, target(0), PROGRAMME, secret=SECRET)
    assert all("(run_ended) is damaged" in loss for loss in result.lost)


def test_an_empty_raw_store_says_what_to_do(databases, tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(engine, "reporting")
    with pytest.raises(DatabaseError, match="sync --full"):
        replay(databases.raw, engine, PROGRAMME, secret=SECRET)
    engine.dispose()


def test_each_database_over_one_raw_store_has_a_history_of_its_own(world, archive, target, tmp_path):
    fresh = open_engine(f"sqlite:///{tmp_path / 'afresh.db'}")
    migrate(fresh, "reporting")
    other = Databases(fresh, archive.raw)
    Follower(world, other).pull(COMPLETE)
    with pytest.raises(DatabaseError, match="tells of 2 reporting databases") as refused:
        replay(archive.raw, target(0), PROGRAMME, secret=SECRET)
    newest = str(refused.value).split(": ")[1].split(" ")[0]
    again = target(1)
    replay(archive.raw, again, PROGRAMME, secret=SECRET, history=newest)
    assert tables_of(again) == tables_of(fresh)
    fresh.dispose()


@pytest.mark.parametrize("world", ["programme"], indirect=True)
def test_a_database_that_is_older_than_its_journal_is_not_said_to_be_whole(archive, target):
    count = len(tables_of(archive.reporting)["submissions"])
    with writing(archive.reporting) as connection:
        connection.execute(archive_position.delete())
    with writing(archive.raw) as connection:
        connection.execute(raw_journal.delete())
    run_recorded(archive, "export", lambda run: None, now=lambda: START)
    (loss,) = replay(archive.raw, target(0), PROGRAMME, secret=SECRET).lost
    assert f"had {count:,} submissions already" in loss


def test_losses_have_their_exit_code():
    assert ArchiveDamaged.exit_code == 47
