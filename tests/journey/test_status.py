"""`collector status` as it is read at seven in the morning: what the last sync was, what is wrong and what to do."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, select

from collector.errors import CollectorError, DeliveryError, Incomplete, RunFailed
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting import ledger
from collector.reporting.database import writing
from collector.reporting.tables import raw_submissions, syncs
from jobs.pull import Means, pull
from jobs.runs import run_recorded
from jobs.status import status_command
from jobs.troubles import refuse_gaps
from tests.support.attendance import FORM, programme
from tests.support.databases import open_databases
from tests.support.loading import SECRET, START
from tests.support.page_server import TOKEN, page_server, set_state

COUNT = 60


@pytest.fixture(scope="module")
def url():
    with page_server() as url:
        yield url


@pytest.fixture
def office(url, database_url, tmp_path, capsys):
    """Sixty submissions on a server; runs of jobs on a database, and what status says after them."""
    set_state(url, COUNT)
    with open_databases(database_url, tmp_path) as databases:
        raw = database_url if "postgresql" in database_url else f"sqlite:///{tmp_path / 'raw.db'}"
        (tmp_path / "settings.toml").write_text(f'[database]\nurl = "{database_url}"\n[raw]\nurl = "{raw}"\n', "utf-8")

        def run(how="complete", job="sync"):
            def work(run):
                with Client(url, TOKEN, patience=Patience(attempts=1)) as client:
                    means = {"secret": SECRET, "now": lambda: START, "means": Means(how)}
                    refuse_gaps(pull(client, databases, programme(), [FORM], run=run, **means))

            try:
                run_recorded(databases, job, work, now=lambda: START)
            except CollectorError as error:
                return error

        def status(minutes=5, *, as_json=False):
            """What it prints, and the error it ends with."""
            capsys.readouterr()
            error = None
            try:
                status_command(tmp_path / "settings.toml", now=START + timedelta(minutes=minutes), as_json=as_json)
            except CollectorError as caught:
                error = caught
            return capsys.readouterr().out, error

        yield SimpleNamespace(run=run, status=status, databases=databases, url=url)


def test_strategy_cost_and_blind_spots_of_the_last_sync_are_told_and_kept_with_its_run(office):
    for how, strategy, cannot_see in (
        ("complete", "sweep", "nothing"),
        ("quick", "quick", "edits, validations and files of all but the newest submissions"),
        ("full", "full", "nothing"),
    ):
        assert office.run(how) is None
        told, error = office.status()
        with office.databases.reporting.connect() as connection:
            row = connection.execute(select(syncs).order_by(syncs.c.run.desc()).limit(1)).one()
        assert (row.strategy, row.cannot_see) == (strategy, cannot_see)
        line = next(line for line in told.split("Last sync of each form")[1].splitlines() if line.startswith(FORM))
        assert line.split() == [FORM, strategy, str(row.requests), "60", "0", "0"]
        assert f"Not seen of {FORM}: {cannot_see}." in told
        assert error is None


def test_a_form_has_its_whole_name_where_the_screen_is_narrow(office):
    office.run()
    told, _ = office.status()
    assert any(line.startswith(f"{FORM} ") for line in told.splitlines())
    assert "…" not in told


def test_a_run_that_failed_says_when_and_why_and_what_to_do(office):
    set_state(office.url, COUNT, status=503)
    failure = office.run(job="nightly")
    _, error = office.status()
    assert isinstance(error, RunFailed)
    assert str(error) == f"run 1 (nightly, 2026-07-07 02:00) failed: {type(failure).__name__}: {failure}"


def test_a_night_that_failed_is_told_though_quick_pulls_came_after_it(office):
    set_state(office.url, COUNT, status=503)
    office.run(job="nightly")
    set_state(office.url, COUNT)
    for _ in range(6):
        office.run("quick", job="pull")
    told, error = office.status(as_json=True)
    assert error is None
    assert [(run["id"], run["job"]) for run in json.loads(told)["runs"]][-2:] == [(3, "pull"), (1, "nightly")]
    assert "nightly" in office.status()[0]


def test_held_deletions_are_told_with_the_reason_and_both_ways_out(office):
    office.run()
    set_state(office.url, COUNT, hidden=range(1, 31))
    office.run()
    told, error = office.status()
    assert (
        f"ALARM {FORM}: 30 deletions are held: 30 of 60 submissions vanished at once, more than 5%. If they are meant: "
        f"`collector sync confirm --form {FORM} --held 30`; if not: give the account its access back, then "
        "`collector sync`." in told
    )
    assert isinstance(error, RunFailed)


def test_a_run_that_goes_on_is_no_failure_and_one_that_goes_on_for_hours_is(office):
    office.run()
    begin(office, "nightly")
    with ledger.run_lock(office.databases.reporting, "nightly", START):
        assert office.status(60)[1] is None
        told, error = office.status(5 * 60)
        assert "run 2 (nightly, 2026-07-07 02:00) has been running for 5.0 hours" in str(error)
        assert "end its process" in str(error)
        assert "running" in told


def test_a_run_that_was_killed_is_told_apart_from_one_that_goes_on(office):
    office.run()
    begin(office, "nightly")
    told, error = office.status(1)
    assert "run 2 (nightly, 2026-07-07 02:00) was killed before it ended" in str(error)
    assert "killed" in told


def test_while_a_run_goes_on_the_one_before_it_is_judged(office):
    set_state(office.url, COUNT, status=503)
    office.run()
    begin(office, "sync")
    with ledger.run_lock(office.databases.reporting, "sync", START):
        assert "run 1 (sync, 2026-07-07 02:00) failed" in str(office.status()[1])


def test_a_night_that_is_missed_is_an_alarm(office):
    office.run()
    assert office.status(60)[1] is None
    told, error = office.status(28 * 60)
    assert isinstance(error, DeliveryError)
    assert "ALARM No workbook arrived: one was due on 2026-07-08 02:00" in told
    assert "`collector run nightly` makes one now" in str(error)


def test_what_the_equation_does_not_hold_for_is_named(office, monkeypatch):
    office.run()
    monkeypatch.setattr("jobs.page.Writer.write", lambda self, batch: [])
    set_state(office.url, COUNT + 1)
    error = office.run()
    assert isinstance(error, Incomplete)
    told, _ = office.status()
    assert f"ALARM {FORM}: the equation does not hold: +{COUNT + 1}" in told


def test_a_form_is_not_complete_where_what_was_ever_seen_is_not_accounted_for(office):
    office.run()
    with writing(office.databases.raw) as connection:
        connection.execute(delete(raw_submissions).where(raw_submissions.c.submission_id == COUNT))
    assert isinstance(office.run(), Incomplete)
    told, _ = office.status()
    line = next(line for line in told.splitlines() if line.startswith(FORM))
    assert line.split()[-1] == "no"
    assert f"not in the raw store, which lost them or is an older one: {COUNT}" in told


def test_asking_whether_a_run_goes_on_keeps_no_run_out(office):
    engine = office.databases.reporting
    assert not ledger.is_run_locked(engine)
    with ledger.run_lock(engine, "sync", START):
        assert ledger.is_run_locked(engine)
    assert not ledger.is_run_locked(engine)
    assert office.run() is None


def begin(office, job):
    """A run that says it is running, since START."""
    with writing(office.databases.reporting) as connection:
        ledger.start_run(connection, job, START)
