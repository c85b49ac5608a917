"""What only whole forms show: rows that count themselves, and calculated dates whose type is text."""

from collector.form.judging.judge import judge_of
from collector.form.judging.verdict import Outcome
from tests.support.xforms import xform_of


def test_a_question_that_counts_the_rows_around_it_accuses_nobody():
    survey = """
    type         | name | relevant
    begin repeat | row  |
    text         | x    |
    text         | last | position(..) = count(${row})
    end repeat   |      |
    """
    rows = [{"row/x": "1"}, {"row/x": "2", "row/last": "end"}]
    outcomes = {finding.outcome for finding in judge_of(xform_of(survey)).judge_json({"row": rows}).findings}
    assert outcomes == {Outcome.CANNOT_CHECK}


def test_a_calculated_date_stays_a_date_for_what_reads_it():
    survey = """
    type      | name | calculation          | relevant
    calculate | born | date('2024-12-23')   |
    calculate | days | date('2024-12-30') - ${born} |
    text      | baby |                      | ${days} < 10
    """
    born = {"born": "2024-12-23T00:00:00.000Z", "days": "7", "baby": "yes"}
    judge = judge_of(xform_of(survey))
    assert judge.judge_json(born, "collect").findings == ()
    assert judge.judge_json(born | {"born": "2024-12-23"}, "enketo").findings == ()
