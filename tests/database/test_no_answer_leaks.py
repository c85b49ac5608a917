"""What a person answered is in the raw store and in the form's columns that are meant for it, and nowhere else."""

import json
import traceback

import pytest

from jobs.rejudge import rejudge as judge_again
from tests.support.attendance import VERSION, submission
from tests.support.databases import contents
from tests.support.loading import destination, load_records

CANARY = "canary3917846"
HARMLESS = {"media", "form_versions"}


def spoilt():
    """Submissions that break a rule each, every one by an answer with the canary in it."""
    rows = json.loads(submission(1))["register"]
    broken = [{**rows[0], "register/card": CANARY}, {**rows[1], "register/sex": CANARY}]
    yield submission(1, register=broken)
    yield submission(2, venue=CANARY, session_date=CANARY, issues=f"none {CANARY}", head_f=CANARY)
    yield submission(3, not_held=CANARY, register_rows=CANARY, headcount_gap=CANARY)
    yield submission(4, register=CANARY, time_end=[CANARY], venue_gps={"at": CANARY})
    yield submission(5, nobody_asked=CANARY, _submitted_by=CANARY * 30)
    yield submission(6, enumerator=f"{CANARY}\0", __version__="v?")


def test_no_answer_of_a_finding_is_in_the_reporting_database_or_the_log(databases, capfd):
    load_records(destination(databases), *spoilt())
    judge_again(destination(databases))
    tables = contents(databases.reporting)
    assert len(tables["findings"]) > 12
    assert CANARY not in repr({name: rows for name, rows in tables.items() if name not in HARMLESS})
    assert not any(CANARY in text for text in capfd.readouterr())


@pytest.mark.parametrize("table", ["findings", "submissions"])
def test_no_answer_is_in_the_traceback_of_a_failure_while_writing(databases, capfd, table):
    to = destination(databases)
    to.versions.get(VERSION)
    with databases.reporting.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME COLUMN form TO was_form")
    with pytest.raises(Exception, match=table) as failure:
        load_records(to, *spoilt())
    assert CANARY not in "".join(traceback.format_exception(failure.value))
    assert not any(CANARY in text for text in capfd.readouterr())
