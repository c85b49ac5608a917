"""A pull while a disk is full, that of PostgreSQL or that of the raw store beside it: a clear error, nothing lost."""

import shutil
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from collector.errors import DatabaseFull
from collector.reporting.database import open_engine
from tests.journey.pulls import CHANGES, FIRST, SECOND, pull_again, pull_all, state
from tests.journey.test_broken_pull import Counter, no_more_room
from tests.support.page_server import page_server, set_state

pytestmark = pytest.mark.postgresql

AT = 6  # moments spread over the statements of a pull
FULL = """
CREATE TABLE full_since (at int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM full_since) THEN
    RAISE 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
  END IF;
  RETURN NULL;
END $$;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'full_since' LOOP
    EXECUTE format('CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON %%I EXECUTE FUNCTION refuse()', name);
  END LOOP;
END $$
"""
"""From the moment on that somebody says so, the server refuses what takes room, by the error of a full disk."""


def execute(database_url, statement):
    engine = open_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def is_full(error):
    assert error.exit_code == 43
    assert "nothing of this step was kept. Free some" in str(error)
    return True


@pytest.mark.parametrize("pulls", ["postgresql"], indirect=True)
def test_a_server_whose_disk_fills_up_anywhere_in_a_pull_says_so_and_the_next_ends_the_same(pulls):
    url, copy = pulls
    whole, counter = copy(0), Counter()
    pull_all(url, *whole, counter.watch)
    expected = state(*whole)
    for number in range(1, AT + 1):
        databases = copy(number)
        execute(databases[0], FULL)
        moment = Counter(number * counter.count // (AT + 1), partial(fill, databases[0]))
        with pytest.raises(DatabaseFull, match="out of disk") as caught:
            pull_all(url, *databases, moment.watch)
        assert is_full(caught.value)
        execute(databases[0], "DROP FUNCTION refuse CASCADE; DROP TABLE full_since")
        pull_again(url, *databases)
        assert state(*databases) == expected, f"full at statement {moment.at}"


def fill(database_url, _):
    execute(database_url, "INSERT INTO full_since VALUES (1)")


@contextmanager
def small_disk(server):
    """A folder on a disk of its own, which is the server's tablespace `small`."""
    with TemporaryDirectory(prefix="collector-disk-") as folder:  # where the server's user may come in
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("no disk may be mounted here")
        try:
            shutil.chown(folder, server.owner)
            server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            yield Path(folder)
            server.execute("DROP TABLESPACE small")
        finally:
            subprocess.run(["umount", folder], check=True)


def fill_up(disk):
    """Put zeros into a file until there is no room."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def test_a_disk_that_is_full_says_so_and_the_next_pull_ends_the_same(postgresql, tmp_path):
    with ExitStack() as stack:
        url = stack.enter_context(page_server())
        disk = stack.enter_context(small_disk(postgresql))
        first = stack.enter_context(postgresql.database())
        set_state(url, FIRST)
        pull_all(url, first, tmp_path)
        set_state(url, SECOND, CHANGES)
        template = first.split("/")[3].split("?")[0]
        whole = stack.enter_context(postgresql.database(template))
        pull_all(url, whole, tmp_path)
        small = stack.enter_context(postgresql.database(template, tablespace="small"))
        for _ in range(2):  # the first connection to a database takes room itself: the pull does not come to its work
            fill_up(disk)
            with pytest.raises(DatabaseFull, match="out of disk") as caught:
                pull_all(url, small, tmp_path)
            assert is_full(caught.value)
            (disk / "filler").unlink()
            state(small, tmp_path)
        pull_again(url, small, tmp_path)
        assert state(small, tmp_path) == state(whole, tmp_path)


def test_a_raw_store_on_a_full_disk_beside_a_server_that_has_room_is_named_and_nothing_is_loaded(postgresql, tmp_path):
    with page_server() as url, postgresql.database() as first:
        set_state(url, FIRST)
        raw = [tmp_path / str(number) / "raw.db" for number in range(2)]
        raw_urls = [f"sqlite:///{path}" for path in raw]
        pull_all(url, first, tmp_path, raw_url=raw_urls[0])
        shutil.copytree(raw[0].parent, raw[1].parent)
        set_state(url, SECOND, CHANGES)
        with postgresql.database(first.split("/")[3].split("?")[0]) as whole:
            pull_all(url, whole, tmp_path, raw_url=raw_urls[1])
            expected = state(whole, tmp_path, raw_urls[1])
        with no_more_room(raw[0].parent), pytest.raises(DatabaseFull, match=r"raw\.db: the disk is full") as caught:
            pull_all(url, first, tmp_path, raw_url=raw_urls[0])
        assert is_full(caught.value)
        pull_all(url, first, tmp_path, raw_url=raw_urls[0])
        assert state(first, tmp_path, raw_urls[0]) == expected
