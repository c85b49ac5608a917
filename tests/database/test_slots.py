"""Each slot of the schedule runs once, whoever schedules it, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import event, text

from collector.errors import RunInProgress, ServerUnreachable
from collector.reporting import journal, ledger, slots
from collector.reporting.database import writing
from jobs.archive import recorded
from jobs.runs import SlotServed, run_recorded
from tests.support.databases import open_databases

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
DUE = NOW - timedelta(hours=1)


def states(databases):
    with databases.reporting.connect() as connection:
        return [(job, state) for job, _, state, _ in slots.last_slots(connection)]


def test_a_slot_that_was_served_is_not_run_again(databases):
    ran = []
    run_recorded(databases, "nightly", ran.append, now=lambda: NOW, due_at=DUE)
    with pytest.raises(SlotServed):
        run_recorded(databases, "nightly", ran.append, now=lambda: NOW, due_at=DUE)
    assert len(ran) == 1
    assert states(databases) == [("nightly", "succeeded")]


def test_two_schedulers_at_once_run_a_slot_once(databases):
    ran, outcomes = [], []
    together = threading.Barrier(2)

    def scheduler():
        together.wait()
        while True:
            try:
                run_recorded(databases, "nightly", ran.append, now=lambda: NOW, due_at=DUE)
                outcomes.append("ran")
            except SlotServed:
                outcomes.append("served")
            except RunInProgress:
                continue
            return

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ran", "served"]
    assert len(ran) == 1


@pytest.mark.postgresql
def test_a_run_that_lost_its_lock_with_its_connection_writes_nothing_beside_the_next(postgresql, tmp_path):
    """An idle connection is what a firewall cuts: the database gives the lock back, and the run does not know."""
    with postgresql.database() as url, open_databases(url, tmp_path) as databases:

        def overtaken(run):
            cut_the_lock(databases)
            run_recorded(databases, "sync", lambda run: None, now=lambda: NOW)
            with recorded(databases, "recounted", {}, at=NOW, run=run):
                pytest.fail("the step must not be done")

        with pytest.raises(RunInProgress, match="run 1 has lost its lock"):
            run_recorded(databases, "pull", overtaken, now=lambda: NOW)
        with databases.reporting.connect() as connection:
            states = [(run.id, run.job, run.state) for run in ledger.last_runs(connection)]
        assert states == [(2, "sync", "succeeded"), (1, "pull", "abandoned")]
        assert noted_as_done(databases) == ["run", "run", "run_ended"]


@pytest.mark.postgresql
def test_what_a_run_is_writing_when_the_next_one_begins_is_done_and_noted_as_done(postgresql, tmp_path):
    """Where the lock was lost: the next run waits for that step, and has to know how it ended."""
    with postgresql.database() as url, open_databases(url, tmp_path) as databases, ThreadPoolExecutor() as threads:

        def is_waited_for():
            with databases.reporting.connect() as connection:
                return connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))

        def overtaken(run):
            with recorded(databases, "recounted", {}, at=NOW, run=run, form="attendance"):
                cut_the_lock(databases)
                begun = threads.submit(run_recorded, databases, "sync", lambda run: None, now=lambda: NOW)
                while not is_waited_for():
                    assert not begun.done()
            begun.result()

        with pytest.raises(RunInProgress, match="run 1 has lost its lock"):
            run_recorded(databases, "pull", overtaken, now=lambda: NOW)
        assert noted_as_done(databases) == ["run", "recounted", "run", "run_ended"]
        with databases.reporting.connect() as connection, databases.raw.connect() as raw:
            history, last = journal.position(connection)
            assert last == list(journal.entries(raw, history))[-1].id


@pytest.mark.postgresql
def test_what_an_overtaken_run_was_about_to_do_is_not_noted_as_done(postgresql, tmp_path):
    """Though the next run goes on between its note and its being refused."""
    with postgresql.database() as url, open_databases(url, tmp_path) as databases:
        has_gone_on = Event()

        def go_on(_):
            if not has_gone_on.is_set():
                has_gone_on.set()
                with recorded(databases, "recounted", {}, at=NOW, run=2, form="attendance"):
                    pass

        def next_run(_):
            event.listen(databases.raw, "commit", go_on)
            try:
                with recorded(databases, "files", {}, at=NOW, run=1, form="attendance"):
                    pytest.fail("the step must not be done")
            finally:
                has_gone_on.set()

        def overtaken(_):
            cut_the_lock(databases)
            run_recorded(databases, "sync", next_run, now=lambda: NOW)

        with pytest.raises(RunInProgress, match="run 1 has lost its lock"):
            run_recorded(databases, "pull", overtaken, now=lambda: NOW)
        done = noted_as_done(databases)
        assert (done[:2], done[-1]) == (["run", "run"], "run_ended")
        assert "files" not in done


def cut_the_lock(databases):
    with databases.reporting.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"))


def noted_as_done(databases):
    """What a replay would do."""
    with databases.reporting.connect() as connection, databases.raw.connect() as raw:
        history, _ = journal.position(connection)
        return [entry.kind for entry in journal.entries(raw, history)]


def test_a_slot_whose_scheduler_was_killed_runs_again(databases):
    with writing(databases.reporting) as connection:
        assert slots.claim_slot(connection, "nightly", DUE, claimed_by="elsewhere:1", now=NOW)
    ran = []
    run_recorded(databases, "nightly", ran.append, now=lambda: NOW, due_at=DUE)
    assert len(ran) == 1


def test_a_failed_run_says_why_in_its_run_and_its_slot(databases):
    def work(run):
        raise ServerUnreachable("no answer from the server; try again later")

    with pytest.raises(ServerUnreachable):
        run_recorded(databases, "nightly", work, now=lambda: NOW, due_at=DUE)
    with databases.reporting.connect() as connection:
        run = ledger.last_runs(connection)[0]
    assert (run.state, run.message) == ("failed", "ServerUnreachable: no answer from the server; try again later")
    assert states(databases) == [("nightly", "failed")]


def test_an_error_that_is_not_ours_is_named_but_not_quoted(databases):
    def work(run):
        raise ValueError("card 1234567")

    with pytest.raises(ValueError, match="card"):
        run_recorded(databases, "pull", work, now=lambda: NOW)
    with databases.reporting.connect() as connection:
        assert ledger.last_runs(connection)[0].message == "ValueError"
