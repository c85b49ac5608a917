"""What every pull asks is answered from an index, whatever is stored: none of these queries goes through a table."""

import re

import pytest
from sqlalchemy import event, text

from collector.form.judging.policy import Policy
from collector.reporting import journal, judged, ledger, tombstones
from collector.reporting.load import load
from collector.reporting.tables import findings, raw_frames, raw_submissions, submissions
from tests.support.loading import START

FORM, ASSET, MANY = "attendance", "aAttendance", 300
THROUGH_A_TABLE = re.compile(r"^SCAN (?!CONSTANT ROW|.* USING COVERING INDEX)|Seq Scan", re.MULTILINE)


@pytest.fixture
def stored(databases):
    """A ledger and a raw store; PostgreSQL takes a small table as a whole where it may, and here only where it must."""
    with databases.reporting.begin() as connection, databases.raw.begin() as raw:
        run = ledger.start_run(connection, "pull", START)
        numbers = range(1, MANY + 1)
        verdicts = ("accepted", "quarantined")
        rows = [
            (FORM, f"root{n}", n, "", "v1", START, None, "", verdicts[n % 50 == 0], f"{n}", run, run, "mark", "2:one")
            for n in numbers
        ]
        load(connection, submissions, rows)
        load(connection, findings, [(FORM, "root50", 1, "type", "head_f", None, "", "violation", "", "", "", "")])
        load(raw, raw_frames, [(1, ASSET, START, "", b"")])
        load(raw, raw_submissions, [(ASSET, f"{n}", n, f"root{n}", 1, 0, 0) for n in numbers])
        for each, tables in ((connection, "submissions, findings"), (raw, "raw_submissions")):
            if each.dialect.name == "postgresql":
                each.execute(text(f"ANALYZE {tables}"))
                each.execute(text("SET LOCAL enable_seqscan = off"))
        yield connection, raw


ASKED = {
    "what submissions were judged by": (
        lambda connection, raw: judged.standings(connection, FORM),
        ["ix_submissions_judged_by"],
    ),
    "which were judged by something else": (
        lambda connection, raw: list(judged.judged_so(connection, FORM, [("v1", "1:old"), ("v1", None)])),
        ["ix_submissions_judged_by"],
    ),
    "which verdicts another policy moves": (
        lambda connection, raw: list(judged.against_policy(connection, FORM, Policy())),
        ["ix_submissions_quarantined"],
    ),
    "how many are accepted, how many in quarantine": (
        lambda connection, raw: ledger.count_verdicts(connection, FORM),
        ["ix_submissions_quarantined"],
    ),
    "where a pull starts": (
        lambda connection, raw: ledger.start_after(connection, FORM, 100),
        ["ix_submissions_submission_id"],
    ),
    "what a sweep compares a page with": (
        lambda connection, raw: ledger.known_between(connection, FORM, 100, 200),
        ["ix_submissions_submission_id"],
    ),
    "which submissions of a page are known": (
        lambda connection, raw: ledger.known_by_id(connection, FORM, [3, 4]),
        ["ix_submissions_submission_id"],
    ),
    "how many were ever received": (
        lambda connection, raw: tombstones.count_seen(raw, [ASSET]),
        ["ix_raw_submissions_submission_id"],
    ),
    "which were received and never loaded": (
        lambda connection, raw: tombstones.unaccounted(connection, raw, FORM, [ASSET]),
        ["ix_raw_submissions_submission_id"],
    ),
    "what a killed run noted and did not do": (
        lambda connection, raw: journal.forget_undone(raw, "a history", 7),
        ["ix_raw_journal_history"],
    ),
}


@pytest.mark.parametrize("question", ASKED)
def test_no_question_of_a_pull_goes_through_a_table(stored, question):
    ask, indexes = ASKED[question]
    told = "\n".join(plans(stored, ask))
    assert not THROUGH_A_TABLE.search(told), told
    assert [index for index in indexes if index in told] == indexes, told


def test_a_question_without_an_index_is_told(stored):
    """That the check above can fail."""
    told = plans(
        stored, lambda connection, raw: connection.execute(submissions.select().where(submissions.c.digest == "7"))
    )
    assert THROUGH_A_TABLE.search("\n".join(told))


def plans(stored, ask):
    """How the databases answer each statement of some work."""
    asked = []

    def listen(connection, cursor, statement, parameters, context, is_many):
        asked.append((connection, statement, parameters))

    for each in stored:
        event.listen(each, "before_cursor_execute", listen)
    ask(*stored)
    for each in stored:
        event.remove(each, "before_cursor_execute", listen)
    explain = {"postgresql": "EXPLAIN", "sqlite": "EXPLAIN QUERY PLAN"}
    return [
        "\n".join(
            str(row[-1])
            for row in connection.exec_driver_sql(f"{explain[connection.dialect.name]} {statement}", parameters)
        )
        for connection, statement, parameters in asked
    ]
