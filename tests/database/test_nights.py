"""What one night leaves for the next: results by indicator, and what became of submissions since."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.form.history import HeldDeletions, Result
from collector.reporting import nights
from collector.reporting.ledger import start_run
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tombstones import hold
from tests.support.stored_campaign import StoredCampaign

NOW = datetime(2026, 7, 6, 23, tzinfo=UTC)
TOLD = (Result("I01", "", 0.9, 9, 10), Result("I12", "professional", None, None, 8))


@pytest.fixture
def connection(databases):
    with databases.reporting.connect() as connection:
        yield connection


def test_the_newest_night_before_a_moment_comes_back_with_what_it_told(connection):
    for day in range(3):
        run = start_run(connection, "nightly", NOW)
        nights.save_night(connection, run, NOW + timedelta(days=day), "0.1.0", TOLD[: day + 1])
    assert nights.night_before(connection, NOW) is None
    past = nights.night_before(connection, NOW + timedelta(days=1, seconds=1))
    assert (past.made_at, past.results) == (NOW + timedelta(days=1), TOLD)


def test_the_same_run_again_replaces_what_it_told(connection):
    run = start_run(connection, "nightly", NOW)
    for told in (TOLD, (Result("I01", "", 0.5, 5, 10), TOLD[1])):
        nights.save_night(connection, run, NOW, "0.1.0", told)
    assert nights.night_before(connection, NOW + timedelta(hours=1)).results[0].value == 0.5


def test_submissions_that_came_after_a_run_are_told_and_no_others(connection):
    campaign = StoredCampaign(connection)
    campaign.report("ERB-01")
    first, campaign.run = campaign.run, start_run(connection, "pull", NOW)
    campaign.survey("before", "ERB-01", "k1", right=True)
    (arrival,) = nights.arrivals_after(connection, first)
    assert (arrival.form, arrival.submission_id, arrival.first_run) == ("pre_survey", 2, campaign.run)


def test_every_change_comes_back_with_who_when_old_and_new(connection):
    run = start_run(connection, "sync", NOW)
    changes = (("head_f", "4", "5"), ("register[3]/sex", "f", None))
    edit = Revision(7, "root-7", "edited", "old", "new", NOW - timedelta(hours=2), "officer", changes)
    write_revisions(connection, "attendance", [edit, Revision(8, "root-8", "deleted", "last")], run, NOW)
    edited, deleted = nights.revised(connection)
    assert (edited.kind, edited.by, edited.at, edited.changes) == ("edited", "officer", edit.at, changes)
    assert (deleted.kind, deleted.changes, deleted.seen_at) == ("deleted", (), NOW)


def test_held_deletions_are_counted_by_form(connection):
    hold(connection, "attendance", [1, 2, 3], start_run(connection, "sync", NOW), "too many at once")
    assert nights.held(connection) == (HeldDeletions("attendance", 3),)
