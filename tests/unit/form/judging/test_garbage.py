"""A judged submission leaves nothing behind that only the garbage collector could find."""

import gc

import pytest

from collector.form.judging.judge import judge_of
from tests.support.xforms import xform_of

SURVEY = """
type         | name  | constraint | relevant  | calculation
begin repeat | row   |            |           |
integer      | n     | . < 9      |           |
text         | why   |            | ${n} > 5  |
end repeat   |       |            |           |
calculate    | count |            |           | count(${row})
calculate    | large |            |           | count(${row}[n > 5])
"""


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 12, 7)], ids=["right", "wrong"])
def test_a_judged_submission_is_gone_at_once(numbers):
    judge = judge_of(xform_of(SURVEY))
    rows = [{"row/n": str(number), "row/why": "" if number < 6 else "x"} for number in numbers]
    answers = {"row": rows, "count": "3", "large": "1"}
    judge.judge_json(answers)
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            judge.judge_json(answers)
        assert gc.collect() == 0
    finally:
        gc.enable()
