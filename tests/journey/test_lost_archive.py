"""A raw store that lost something, or is an older one: it is said, and a full read mends what can be mended."""

import pytest
from sqlalchemy import delete, func, select, update

from collector.reporting.archive_tables import raw_journal
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.tables import raw_frames, raw_submissions
from collector.sandbox.options import Options
from collector.sandbox.server import serve
from jobs.rebuild import replay
from tests.support.attendance import programme
from tests.support.databases import tables_of
from tests.support.loading import SECRET
from tests.support.site import CLOCK, Site, complete


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("sandbox"), options=Options(now=CLOCK, import_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture
def site(sandbox, databases, tmp_path):
    """Thirty submissions, followed."""
    site = Site(sandbox, databases, tmp_path)
    site.deploy(("text", "q"))
    site.send(*({"q": str(number)} for number in range(30)))
    assert complete(site.pull("complete"))
    return site


@pytest.fixture
def replayed(site, tmp_path):
    """A function that replays into an empty database: what was lost, and the tables."""

    def replayed(name, **how):
        engine = open_engine(f"sqlite:///{tmp_path / f'{name}.db'}")
        migrate(engine, "reporting")
        try:
            lost = replay(site.databases.raw, engine, programme(), secret=SECRET, **how).lost
            return lost, tables_of(engine)
        finally:
            engine.dispose()

    return replayed


def test_what_the_raw_store_has_not_is_named_and_kept_again_by_a_full_read(site):
    ids = sorted(number for (number,) in site.rows("submissions", "submission_id"))
    with writing(site.databases.raw) as connection:
        connection.execute(delete(raw_submissions).where(raw_submissions.c.submission_id > ids[-4]))
    result = site.pull("complete")
    assert (result.seen, result.missing) == (27, 0)
    lost = " ".join(map(str, ids[-3:]))
    assert result.unexplained == f"not in the raw store, which lost them or is an older one: {lost}"
    assert complete(site.pull("full"))
    assert complete(site.pull())


def test_a_full_read_mends_a_damaged_frame_and_a_replay_is_whole_again(site, replayed):
    with writing(site.databases.raw) as connection:
        connection.execute(update(raw_frames).values(body=b"rust"))
    lost, _ = replayed("before")
    assert "wholly lost are _id" in lost[0]
    assert complete(site.pull("full"))
    lost, tables = replayed("after")
    assert (lost, tables) == ((), tables_of(site.databases.reporting))


def test_over_an_older_raw_store_no_replay_says_that_it_is_whole(site, replayed):
    """As when a disk was restored from a backup: what was done since is not in the journal."""
    site.send({"q": "later"})
    with site.databases.raw.connect() as connection:
        backup = connection.scalar(select(func.max(raw_journal.c.id)))
    assert complete(site.pull())
    with writing(site.databases.raw) as connection:
        connection.execute(delete(raw_journal).where(raw_journal.c.id > backup))
    site.pull("full")
    history = next(name for (name,) in site.rows("archive_position", "history"))
    lost, _ = replayed("since", history=history)
    assert "when the database had 31 submissions already" in lost[0]
