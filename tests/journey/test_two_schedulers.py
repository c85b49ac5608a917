"""Two schedulers on one database, each with a due slot and a quick pull: nothing is lost, nothing comes twice."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from jobs.schedule import run_due, run_quick
from jobs.settings import ScheduleSettings
from tests.journey.pulls import pull_all, state
from tests.support.databases import open_databases
from tests.support.loading import START


def test_two_schedulers_at_once_serve_a_slot_once_and_end_in_the_database_of_one_pull(pulls):
    url, copy = pulls
    whole, databases = copy(0), copy(1)
    pull_all(url, *whole)
    together, served = threading.Barrier(2), []

    def schedule():
        together.wait()
        is_well = run_due(
            ScheduleSettings(),
            lambda due_at: served.append(pull_all(url, *databases, due_at=due_at)),
            lambda: START,
            sleep=lambda _: time.sleep(0.01),
        )
        return is_well, run_quick(lambda: pull_all(url, *databases))

    with ThreadPoolExecutor(2) as pool:
        assert [each.result() for each in [pool.submit(schedule) for _ in range(2)]] == [(True, True)] * 2
    assert [result.is_complete for result in served] == [True]
    ended, expected = state(*databases), state(*whole)
    assert [slot["state"] for slot in ended.pop("job_slots")] == ["succeeded"]
    assert expected.pop("job_slots") == []
    assert ended == expected
    with open_databases(*databases) as opened, opened.reporting.connect() as connection:
        assert set(connection.scalars(text("SELECT state FROM runs"))) == {"succeeded"}
