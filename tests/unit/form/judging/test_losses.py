"""Which findings on JSON ask for the XML: those that what the JSON leaves out may explain, and no others."""

import pytest

from collector.form.judging.judge import judge_of
from tests.support.xforms import xform_of

ROWS = "type|name|required|calculation\nbegin repeat|row||\ninteger|x|{required}|\nend repeat|||\ncalculate|n||{rule}"
TYPED = "type|name|constraint\n{type}|a|{rule}"


def asks_for_xml(survey, answers, choices=""):
    judge = judge_of(xform_of(survey, choices))
    found = judge.judge_json(answers, "collect").findings
    assert found
    return any(map(judge.may_be_lost, found))


@pytest.mark.parametrize(
    ("required", "rule", "is_lossy"),
    [
        ("", "count(${row})", True),
        ("", "sum(${x})", True),
        ("yes", "count(${row})", False),
        ("", "1 + 1", False),
    ],
)
def test_a_count_of_rows_that_can_be_empty_may_be_right_in_xml(required, rule, is_lossy):
    survey = ROWS.format(required=required, rule=rule)
    assert asks_for_xml(survey, {"n": "7", "row": [{"row/x": "1"}]}) is is_lossy


@pytest.mark.parametrize(
    ("type", "rule", "answer", "is_lossy"),
    [
        ("text", "string-length(.) > 3", "ab", True),
        ("text", "${a} = 'abc'", "ab", True),
        ("integer", ". > 3", "1", False),
        ("integer", ". > 3", "one", False),
    ],
)
def test_blanks_at_the_ends_matter_to_rules_of_typed_text_alone(type, rule, answer, is_lossy):
    assert asks_for_xml(TYPED.format(type=type, rule=rule), {"a": answer}) is is_lossy


def test_a_rule_about_positions_depends_on_rows_before():
    survey = "type|name|constraint\nbegin repeat|row|\ninteger|x|. = position(..)\nend repeat||"
    assert asks_for_xml(survey, {"row": [{"row/x": "2"}]})


def test_a_choice_that_is_not_offered_is_no_matter_of_losses():
    survey = "type|name|constraint\nbegin repeat|row|\ninteger|x|\nend repeat||\nselect_one yn|a|"
    assert not asks_for_xml(survey, {"a": "maybe"}, "list_name|name\nyn|yes\nyn|no")
