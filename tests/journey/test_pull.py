"""A pull over HTTP: what it asks of the server, what it finds again, and whether it notices what is missing."""

import subprocess
import sys

import pytest
from sqlalchemy import select

from collector.errors import FormError, ServerError
from collector.kobo.client import Client
from collector.reporting import forms, ledger
from collector.reporting.database import writing
from collector.reporting.tables import completeness
from jobs.pull import Means, pull
from tests.support.attendance import FORM, programme, scattered_uuid
from tests.support.loading import SECRET, START, rows_of
from tests.support.page_server import ROOT, TOKEN, page_server, set_state


@pytest.fixture(scope="module")
def server():
    with page_server() as url:
        yield url


@pytest.fixture
def pull_once(server, databases):
    """Pull attendance in a run of its own; returns what it came to."""

    def pull_once(keys=(FORM,), how="quick", **options):
        with writing(databases.reporting) as connection:
            run = ledger.start_run(connection, "pull", START)
        options = {"run": run, "secret": SECRET, "now": lambda: START, "means": Means(how, 10, 5), **options}
        with Client(server, TOKEN) as client:
            return pull(client, databases, programme(), keys, **options).forms[0]

    set_state(server, 0)
    return pull_once


def test_a_pull_takes_everything_and_the_equation_holds(server, databases, pull_once):
    set_state(server, 35, {3: {"head_f": "many"}})
    result = pull_once()
    assert (result.new, result.accepted, result.quarantined, result.on_server, result.missing) == (35, 34, 1, 35, 0)
    with databases.reporting.connect() as connection:
        row = connection.execute(select(completeness)).one()
    assert (row.on_server, row.accepted, row.quarantined, row.pages, row.new) == (35, 34, 1, 4, 35)


def test_a_first_pull_counts_what_it_asks_for_the_project_and_its_version_too(server, pull_once):
    set_state(server, 35)
    assert pull_once().requests == set_state(server, 35)


def test_a_pull_with_nothing_new_costs_two_requests(server, pull_once):
    set_state(server, 35)
    pull_once()
    set_state(server, 35)
    assert pull_once().unchanged == 5
    assert set_state(server, 35) == 2


def test_a_pull_reads_the_newest_again_and_a_complete_one_everything(server, pull_once):
    set_state(server, 35)
    pull_once()
    set_state(server, 35, {2: {"head_f": "8"}, 33: {"head_f": "8"}})
    assert pull_once().changed == 1
    result = pull_once(how="full")
    assert (result.changed, result.unchanged) == (1, 34)


def test_a_lower_number_that_appears_late_is_found(server, databases, pull_once):
    set_state(server, 35, hidden=[32])
    assert pull_once().on_server == 34
    set_state(server, 35)
    assert pull_once().new == 1
    assert (scattered_uuid(32),) in rows_of(databases, "submissions", "root_uuid")


def test_what_arrives_while_we_pull_is_taken_too(server, pull_once):
    set_state(server, 20)
    result = pull_once(report=lambda form, done, total: set_state(server, 23))
    assert (result.on_server, result.accepted) == (23, 23)


def test_a_count_that_does_not_fit_makes_a_quick_pull_complete(server, databases, pull_once):
    set_state(server, 20, hidden=[4])
    pull_once()
    set_state(server, 20, hidden=[5])
    unnoticed = pull_once()
    assert (unnoticed.strategy, unnoticed.missing) == ("quick", 0)
    set_state(server, 20, hidden=[5, 6])
    result = pull_once()
    assert (result.strategy, result.new, result.deleted, result.missing, result.unexplained) == ("sweep", 1, 2, 0, "")
    assert rows_of(databases, "tombstones", "submission_id", "reason") == [(5, "deleted"), (6, "deleted")]


def test_a_pull_that_breaks_off_keeps_its_pages_and_goes_on_next_time(server, databases, pull_once):
    def break_down(form, done, total):
        set_state(server, 35, status=500 if done == 10 else 200)  # by now two more pages are here

    set_state(server, 35)
    with pytest.raises(ServerError):
        pull_once(report=break_down)
    assert len(rows_of(databases, "submissions", "root_uuid")) == 30
    set_state(server, 35)
    assert pull_once().new == 5


def test_progress_is_told_page_by_page(server, pull_once):
    told = []
    set_state(server, 25)
    pull_once(report=lambda *progress: told.append(progress))
    assert told == [(FORM, 10, 25), (FORM, 20, 25), (FORM, 25, 25)]


def test_the_form_is_known_before_its_first_submission(server, databases, pull_once):
    pull_once()
    with databases.reporting.connect() as connection:
        version = forms.latest_version(connection, FORM)
    assert version.question("register/card")
    assert version.choices["sessions_plan.csv"]


def test_an_unknown_form_is_named_with_the_known_ones(pull_once):
    with pytest.raises(FormError, match=r"no form 'attendence'.*attendance, pre_survey"):
        pull_once(["attendence"])


def test_a_form_without_a_project_says_what_to_do(pull_once):
    with pytest.raises(ServerError, match=r"'pre_survey' has no project.*deploy it"):
        pull_once(["pre_survey"])


ALONE = """
import sys
from tests.bench.pull import pulled
outcome = pulled(*sys.argv[1:], "full")
print(outcome["changed"], "pyxform" in sys.modules)
"""


def test_pyxform_is_loaded_neither_for_a_new_version_nor_for_a_known_one(server, tmp_path):
    where = server, f"sqlite:///{tmp_path / 'reporting.db'}", str(tmp_path)
    told = []
    for changes in ({}, {1: {"head_f": "8"}, 2: {"head_f": "many"}}):
        set_state(server, 3, changes)
        command = [sys.executable, "-c", ALONE, *where]
        told.append(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert told == ["0 False\n", "2 False\n"]
