"""What only whole forms show: rows that count themselves, and calculated dates whose type is text."""

import pytest

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
    judge = judge_of(xform_of(survey))
    assert judge.judge_json({"row": rows}).outcome is Outcome.ENGINE_DEPENDENT
    assert judge.judge_json({"row": rows}, "enketo").outcome is Outcome.CANNOT_CHECK


ALONE = """
type         | name  | calculation
begin repeat | row   |
text         | x     |
calculate    | count | count(${row})
calculate    | last  | position(..) = count(${row})
end repeat   |       |
"""


def test_collect_counts_a_row_alone_where_no_question_outside_counts_too():
    """As JavaRosa wrote it: of three rows, each counts itself; with the same rule outside, all are counted."""
    rows = [{"row/x": "a", "row/count": "1", "row/last": last} for last in ("1", "0", "0")]
    assert judge_of(xform_of(ALONE)).judge_json({"row": rows}, "collect").findings == ()
    shared = judge_of(xform_of(ALONE + "calculate | total | count(${row})"))
    reasons = {finding.reason for finding in shared.judge_json({"row": rows, "total": "3"}, "collect").findings}
    assert reasons == {"engine_internal"}


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


NUMBERS = judge_of(
    xform_of(
        """
    type      | name | calculation
    decimal   | a    |
    calculate | b    | ${a} * 12
    calculate | c    | concat(${b}, ' IQD')
    calculate | d    | string(${b})
    calculate | e    | concat(if(${a} > 5, ${b}, 'none'), ' IQD')
    """
    )
)


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ("1.23456775E7", "148148130", "148148130"),
        ("2.5E8", "3000000000", "3.0E9"),
        ("1543209.6875", "1.851851625E7", "1.851851625E7"),
    ],
)
def test_a_text_with_a_large_calculated_number_has_it_as_java_writes_it(a, b, text):
    """A whole number beyond 2^31 is stored in digits, and read as 3.0E9."""
    said = {"a": a, "b": b, "c": f"{text} IQD", "d": text, "e": f"{text} IQD"}
    assert NUMBERS.judge_json(said, "collect").findings == ()
