"""Verdicts on small forms: what is found, what cannot be checked, which finding follows from which."""

import pytest

from collector.form.judging.judge import judge_of
from collector.form.judging.verdict import Outcome
from tests.support.xforms import xform_of

START = {"start": "2026-07-05T23:50:00.000+03:00", "end": "2026-07-06T00:10:00.000+03:00"}


def judge(survey, choices="", media=None):
    return judge_of(xform_of(survey, choices), media)


def found(verdict):
    return [(finding.code, finding.path, finding.caused_by) for finding in verdict.findings]


ROWS = judge(
    """
type         | name  | relevant | constraint | calculation    | repeat_count | required
integer      | n     |          |            |                |              | yes
begin repeat | row   |          |            |                | ${n}         |
integer      | age   |          | . < 120    |                |              |
text         | job   | ${age} > 17 |         |                |              |
end repeat   |       |          |            |                |              |
calculate    | adults |         |            | count(${row}[age > 17]) |     |
calculate    | share |          |            | ${adults} div ${n} |          |
"""
)
GOOD = {"n": "2", "row": [{"row/age": "40", "row/job": "x"}, {"row/age": "9"}], "adults": "1", "share": "0.5"}


def test_a_submission_that_keeps_every_rule_passes_with_nothing_else():
    verdict = ROWS.judge_json(GOOD)
    assert verdict.outcome is Outcome.PASS
    assert verdict.findings == ()


def test_one_wrong_answer_is_one_line_and_the_rest_follows_from_it():
    rows = [{"row/age": "40", "row/job": "x"}, {"row/age": "500"}]
    verdict = ROWS.judge_json(GOOD | {"row": rows})
    assert found(verdict) == [("constraint", "row[2]/age", ""), ("calculate", "adults", "row[2]/age")]
    assert [finding.path for finding in verdict.roots] == ["row[2]/age"]


def test_a_calculation_changed_by_hand_is_found_once_and_what_reads_it_follows():
    assert found(ROWS.judge_json(GOOD | {"adults": "2"})) == [
        ("calculate", "adults", ""),
        ("calculate", "share", "adults"),
    ]


def test_a_row_that_the_servers_json_may_have_lost_is_no_violation_and_one_too_many_is():
    lost = ROWS.judge_json(GOOD | {"n": "3", "share": "0.3333333333333333"}).findings[0]
    assert (lost.outcome, lost.reason) == (Outcome.CANNOT_CHECK, "json_lossy")
    assert found(ROWS.judge_json(GOOD | {"n": "1", "share": "1"})) == [("repeat_count", "row[1]", "")]


def test_a_repeat_without_any_row_is_named_without_index():
    xml = "<data><n>2</n><adults>0</adults><share>0</share></data>"
    assert found(ROWS.judge_xml(xml)) == [("repeat_count", "row", "")]


def test_xml_loses_no_rows_so_that_a_missing_one_is_a_violation():
    xml = "<data><n>2</n><row><age>9</age></row><adults>0</adults><share>0</share></data>"
    assert found(ROWS.judge_xml(xml)) == [("repeat_count", "row[1]", "")]


COUNTED = judge(
    """
type         | name | repeat_count | relevant
integer      | n    |              |
begin repeat | row  | ${n}         | ${n} > 1
text         | x    |              |
end repeat   |      |              |
"""
)


def test_rows_that_were_never_asked_are_not_missing():
    assert COUNTED.judge_xml("<data><n>1</n></data>").outcome is Outcome.PASS


def test_an_empty_row_too_many_says_nothing_wrong():
    rows = "<row><x>a</x></row><row><x>b</x></row><row><x/></row>"
    assert COUNTED.judge_xml(f"<data><n>2</n>{rows}</data>").outcome is Outcome.PASS


def test_what_reads_a_question_of_unknown_relevance_is_left_open():
    survey = """
type         | name | relevant          | constraint
begin repeat | row  |                   |
text         | x    | count(${row}[y = 'c']) > 1 |
text         | y    |                   | ${x} = 'b'
end repeat   |      |                   |
"""
    verdict = judge(survey).judge_json({"row": [{"row/x": "a", "row/y": "c"}]}, "collect")
    assert {finding.reason for finding in verdict.findings} == {"engine_internal", "relevance_unknown"}
    assert verdict.outcome is Outcome.CANNOT_CHECK


def test_time_is_that_of_the_submission_and_a_rule_that_midnight_broke_is_no_violation():
    survey = "type|name|constraint\nstart|start|\nend|end|\ndate|day|. >= today()"
    clock = judge(survey)
    assert clock.judge_json(START | {"day": "2026-07-06"}).outcome is Outcome.PASS
    (finding,) = clock.judge_json(START | {"day": "2026-07-05"}, "enketo").findings
    assert finding.reason == "time_dependent"
    assert found(clock.judge_json(START | {"day": "2026-07-04"}, "enketo")) == [("constraint", "day", "")]


def test_without_any_time_a_rule_that_asks_for_it_cannot_be_checked():
    (finding,) = judge("type|name|constraint\ndate|day|. <= today()").judge_json({"day": "2026-07-05"}).findings
    assert (finding.outcome, finding.reason) == (Outcome.CANNOT_CHECK, "time_context_missing")


def test_engines_that_disagree_make_no_violation_unless_the_client_is_known():
    survey = "type|name|constraint\ndeviceid|device|\ntext|phone|regex(., '[0-9]{4}')"
    phones = judge(survey)
    (finding,) = phones.judge_json({"phone": "12345"}).findings
    assert finding.outcome is Outcome.ENGINE_DEPENDENT
    assert finding.answers == {"collect": "violation", "enketo": "pass"}
    assert found(phones.judge_json({"phone": "12345", "device": "collect:a1"})) == [("constraint", "phone", "")]
    assert phones.judge_json({"phone": "12345", "device": "ee.example.org:a1"}).outcome is Outcome.PASS
    assert found(phones.judge_json({"phone": "1"})) == [("constraint", "phone", "")]


@pytest.mark.parametrize("half", ["7.4074065E7", "74074065"])
def test_a_calculated_number_that_java_writes_with_an_exponent_is_read_as_a_number(half):
    survey = "type|name|calculation\ndecimal|a|\ncalculate|b|${a} * 12\ncalculate|c|${b} div 2"
    answers = {"a": "12345677.5", "b": "1.4814813E8", "c": half}
    verdict = judge(survey).judge_json(answers, "collect")
    assert not [finding for finding in verdict.findings if finding.code == "calculate"]


def test_what_is_new_each_time_is_listed_as_unchecked_and_never_a_violation():
    verdict = judge("type|name|calculation\ncalculate|key|once(uuid())\ntext|a|").judge_json({"key": "k", "a": "b"})
    assert verdict.outcome is Outcome.PASS
    assert [(each.path, each.reason) for each in verdict.unchecked] == [("key", "nondeterministic")]


def test_another_version_and_another_form_are_said_whole():
    versioned = judge("type|name|calculation\ntext|a|\ncalculate|__version__|'v1'")
    (other,) = versioned.judge_json({"a": "x", "__version__": "v2"}).findings
    assert (other.outcome, other.reason) == (Outcome.CANNOT_CHECK, "form_version_unknown")
    assert versioned.judge_json({"a": "x", "__version__": "v1"}).outcome is Outcome.PASS
    (foreign,) = versioned.judge_json({"household/head": "x"}).findings
    assert (foreign.code, foreign.reason) == ("structure", "other_form")


@pytest.mark.parametrize("xml", ["<data><a>", '<!DOCTYPE d [<!ENTITY a "b">]><data><a>&a;</a></data>'])
def test_broken_xml_is_a_finding_and_the_others_go_on(xml):
    (finding,) = ROWS.judge_xml(xml).findings
    assert (finding.code, finding.reason) == ("structure", "unreadable_xml")


def test_a_missing_media_file_leaves_its_choices_unchecked():
    survey = "type|name\nselect_one_from_file plan.csv|s"
    (finding,) = judge(survey).judge_json({"s": "A"}).findings
    assert (finding.outcome, finding.reason) == (Outcome.CANNOT_CHECK, "external_file_missing")
    assert judge(survey, media={"plan.csv": b"name,label\nA,Ah"}).judge_json({"s": "A"}).outcome is Outcome.PASS


def test_a_label_in_any_language_of_the_form_is_what_the_form_calculates():
    survey = """
    type          | name | label::en | label::ckb | calculation
    select_one yn | q    | Q         | پ          |
    calculate     | said | S         | س          | jr:choice-name(${q}, '${q}')
    """
    labelled = judge(survey, "list_name|name|label::en|label::ckb\nyn|yes|Yes|بەڵێ")
    assert labelled.judge_json({"q": "yes", "said": "بەڵێ"}).outcome is Outcome.PASS
    assert labelled.judge_json({"q": "yes", "said": "Yes"}).outcome is Outcome.PASS
    assert found(labelled.judge_json({"q": "yes", "said": "No"})) == [("calculate", "said", "")]


def test_no_answer_is_in_what_goes_to_logs_and_scripts():
    verdict = ROWS.judge_json(GOOD | {"row": [{"row/age": "4711"}, {"row/age": "9"}]})
    assert "4711" in verdict.findings[0].values.values()
    assert "4711" not in repr(verdict)
    assert "4711" not in str([finding.record() for finding in verdict.findings])


@pytest.mark.parametrize("dialect", ["collect", "enketo"])
def test_no_answer_stops_the_judging_of_the_others(dialect):
    dated = judge("type|name|calculation\ntext|a|\ncalculate|b|format-date(${a}, '%Y')\ncalculate|c|${a} + 1")
    for answer in (
        "9" * 400,
        "9" * 5000,
        "1e400",
        "0000-00-00",
        "9999-12-31T23:59:59.999+14:00",
        "\x00",
        "\ud800",
        [],
        {},
    ):
        assert dated.judge_json({"a": answer, "b": "x", "c": "y"}, dialect).outcome is not Outcome.PASS


def test_ten_thousand_choices_are_judged():
    media = b"name,label,town\n" + b"".join(b"s%d,S,t%d\n" % (n, n % 7) for n in range(10_000))
    survey = "type|name|choice_filter\ntext|town|\nselect_one_from_file s.csv|site|town=${town}"
    sites = judge(survey, media={"s.csv": media})
    assert sites.judge_json({"town": "t3", "site": "s9999"}).outcome is Outcome.PASS
    assert found(sites.judge_json({"town": "t4", "site": "s9999"})) == [("choice_not_offered", "site", "")]
    assert found(sites.judge_json({"town": "t4", "site": "s10000"})) == [("choice", "site", "")]


def test_an_expression_that_nobody_can_read_says_where_and_the_others_are_asked():
    broken = judge("type|name|constraint\ninteger|a|. > (3 +\ninteger|b|. < 10")
    first, second = broken.judge_json({"a": "1", "b": "50"}).findings
    assert (first.outcome, first.reason, first.rule) == (Outcome.CANNOT_CHECK, "expression_syntax", ". > (3 +")
    assert "character 9: a value" in first.messages[""]
    assert (second.code, second.path) == ("constraint", "b")


def test_what_cannot_be_checked_has_no_message_that_accuses():
    (finding,) = judge("type|name\nselect_one_from_file plan.csv|s").judge_json({"s": "A"}).findings
    assert "not at hand" in finding.messages[""]
