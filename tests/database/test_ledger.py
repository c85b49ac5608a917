"""Runs, their lock, how far each form has come, and the completeness equation."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from collector.errors import RunInProgress
from collector.reporting import ledger
from collector.reporting.database import open_engine, writing
from collector.reporting.load import load
from collector.reporting.tables import completeness, runs, submissions
from tests.support.loading import START


def marks(number):
    return f"mark{number}", "1:standard"


def stored(connection, run, *numbers, form="attendance", verdict="accepted"):
    rows = [
        (form, f"root{number}", number, "", "", START, None, "", verdict, f"digest{number}", run, run, *marks(number))
        for number in numbers
    ]
    load(connection, submissions, rows)


@pytest.fixture
def connection(databases):
    with databases.reporting.begin() as connection:
        yield connection


@pytest.fixture
def run(connection):
    return ledger.start_run(connection, "pull", START)


def test_a_second_run_is_told_who_holds_the_lock_and_since_when(databases):
    other = open_engine(databases.reporting.url.render_as_string(hide_password=False))
    later = START + timedelta(minutes=7)
    with ledger.run_lock(databases.reporting, "nightly", START):
        with writing(databases.reporting) as connection:
            ledger.start_run(connection, "nightly", START)
        with (
            pytest.raises(RunInProgress, match=r"run 1 \('nightly'\).*2026-07-06 23:00 UTC, 7 minutes.*'pull' again"),
            ledger.run_lock(other, "pull", later),
        ):
            pass
    with ledger.run_lock(other, "pull", later):
        pass
    other.dispose()


def test_the_lock_is_given_back_when_the_run_fails(databases):
    with pytest.raises(ZeroDivisionError), ledger.run_lock(databases.reporting, "pull", START):
        raise ZeroDivisionError
    with ledger.run_lock(databases.reporting, "pull", START):
        pass


def test_a_killed_run_is_marked_as_abandoned_by_the_next(connection):
    first = ledger.start_run(connection, "pull", START)
    second = ledger.start_run(connection, "pull", START)
    ledger.finish_run(connection, second, START, "failed", "ServerUnreachable: no answer")
    third = ledger.start_run(connection, "pull", START)
    rows = connection.execute(select(runs.c.id, runs.c.state, runs.c.message).order_by(runs.c.id)).all()
    assert rows == [
        (first, "abandoned", None),
        (second, "failed", "ServerUnreachable: no answer"),
        (third, "running", None),
    ]


@pytest.mark.parametrize(("overlap", "start"), [(0, 30), (1, 20), (2, 10), (3, 0), (99, 0)])
def test_a_pull_starts_so_far_back_that_the_newest_are_read_again(connection, run, overlap, start):
    stored(connection, run, 10, 20, 30)
    stored(connection, run, 40, 50, form="pre_survey")
    ledger.move_watermark(connection, "attendance", 30, START)
    assert ledger.start_after(connection, "attendance", overlap) == start


def test_a_first_pull_starts_at_the_beginning(connection):
    assert ledger.start_after(connection, "attendance", 100) == 0


def test_a_watermark_never_goes_back(connection):
    for last_id in (10, 7):
        ledger.move_watermark(connection, "attendance", last_id, START)
    assert ledger.watermark(connection, "attendance") == 10


def test_what_is_known_of_a_page_is_found_by_number_and_by_identity(connection, run):
    stored(connection, run, 10, 20, 30)
    assert ledger.known_between(connection, "attendance", 10, 30) == {20: "mark20", 30: "mark30"}
    assert set(ledger.known_by_id(connection, "attendance", [10, 20, 99])) == {10, 20}
    known = ledger.known_by_root(connection, "attendance", ["root10", "root99"])
    assert known == {"root10": ledger.Known(10, "root10", "digest10", run, run, *marks(10), is_accepted=True)}
    assert ledger.known_by_root(connection, "pre_survey", ["root10"]) == {}


def test_a_page_of_any_size_can_be_asked_for(connection, run):
    stored(connection, run, *range(1, 1201))
    assert len(ledger.known_by_root(connection, "attendance", [f"root{n}" for n in range(2000)])) == 1200


def test_verdicts_are_counted_and_the_equation_is_written_once_a_run_and_form(connection, run):
    stored(connection, run, 1, 2)
    stored(connection, run, 3, verdict="quarantined")
    accepted, quarantined = ledger.count_verdicts(connection, "attendance")
    counts = {"accepted": accepted, "quarantined": quarantined, "pages": 1, "new": 3, "changed": 0, "unchanged": 0}
    for on_server in (4, 3):
        ledger.write_completeness(connection, run, "attendance", on_server=on_server, **counts)
    assert connection.execute(select(completeness)).all() == [(run, "attendance", 3, 2, 1, 1, 3, 0, 0)]


def test_a_form_without_submissions_counts_nothing(connection):
    assert ledger.count_verdicts(connection, "attendance") == (0, 0)
