"""What is remembered of a rule changes no verdict, and does not grow for ever."""

from collector.form.judging import hearing
from collector.form.judging.judge import judge_of
from tests.support.xforms import xform_of

SURVEY = """
type         | name | constraint | relevant         | calculation
integer      | top  |            |                  |
begin repeat | row  |            |                  |
integer      | n    | . < ${top} |                  |
text         | why  |            | ${n} > 5         |
calculate    | half |            |                  | ${n} div 2
end repeat   |      |            |                  |
"""


def verdict(judge, top, *numbers):
    rows = [{"row/n": str(n), "row/half": str(n / 2), "row/why": "x"} for n in numbers]
    return [(each.code, each.path) for each in judge.judge_json({"top": str(top), "row": rows}, "collect").findings]


def test_a_judge_that_has_seen_much_says_what_a_new_one_says():
    used = judge_of(xform_of(SURVEY))
    for top in (4, 9, 4, 7):
        for numbers in ((1, 8, 3), (8, 8), (6, 5, 1, 9)):
            assert verdict(used, top, *numbers) == verdict(judge_of(xform_of(SURVEY)), top, *numbers)


def test_what_is_remembered_is_forgotten_when_it_grows(monkeypatch):
    monkeypatch.setattr(hearing, "MOST", 3)
    judge = judge_of(xform_of(SURVEY))
    for top in range(20):
        verdict(judge, top, 1, 2, 3)
    rules = judge._courts["collect"].relevances.values()
    assert all(0 < len(rule.remembered) <= 3 for rule in rules)
