"""What the reporting database has loaded, the raw store has kept: killed before any commit of a page, in any order."""

from itertools import count

from sqlalchemy import text

from jobs import page
from tests.model.follower import Killed, killed_at
from tests.support.attendance import submission
from tests.support.databases import MOVING, contents
from tests.support.loading import destination, load_records, rows_of

FIRST = submission(1), submission(2)
SECOND = submission(2, head_f="many"), submission(3)


def not_kept(databases):
    """Digests of loaded submissions that nobody could load again: the server shows their later states only."""
    with databases.raw.connect() as connection:
        kept = set(connection.scalars(text("SELECT digest FROM raw_submissions")))
    return {digest for (digest,) in rows_of(databases, "submissions", "digest")} - kept


def kill_everywhere(databases):
    """Load a page and be killed before its first commit, then before its second, until it ends; what was not kept."""
    load_records(destination(databases), *FIRST)
    lost = []
    for at in count(1):
        to = destination(databases)
        try:
            with killed_at(databases, at):
                load_records(to, *SECOND)
        except Killed:
            lost.append(not_kept(databases))
        else:
            return lost


def test_whatever_is_loaded_was_kept_before(databases):
    lost = kill_everywhere(databases)
    assert len(lost) >= 3  # the raw store, the journal, the reporting database
    assert not set().union(*lost)
    once = contents(databases.reporting, but=MOVING)
    load_records(destination(databases), *SECOND)
    assert {**contents(databases.reporting, but=MOVING), "runs": once["runs"]} == once


def test_kept_last_it_would_be_loaded_and_not_there_to_be_loaded_again(databases, monkeypatch):
    keep, write, waiting = page._keep_raw, page._write, []

    def write_first(*asked, **how):
        counts = write(*asked, **how)
        while waiting:
            keep(waiting.pop())
        return counts

    monkeypatch.setattr(page, "_keep_raw", waiting.append)
    monkeypatch.setattr(page, "_write", write_first)
    assert any(kill_everywhere(databases))
