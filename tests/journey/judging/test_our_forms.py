"""Our three forms, filled by JavaRosa: nobody is accused falsely, and each rule broken once is found once."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from collector.form.judging.judge import Judge
from collector.form.judging.verdict import Finding, Outcome
from collector.form.xform.model import FormNode
from collector.sandbox.instance import answers
from tests.support.material import PROGRAMME, workbook

pytestmark = pytest.mark.java

WRONG = ("-1", "0", "99", "9999999", "5000000", "ab", "2020-01-01", "2031-01-01", "00:00:00.000+03:00")
FORMS = sorted(PROGRAMME.forms)
CODES = {
    "required": "required",
    "relevant": "answer_in_irrelevant",
    "constraint": "constraint",
    "calculation": "calculate",
    "choice_filter": "choice_not_offered",
    "repeat_count": "repeat_count",
}
"""By column of the sheet, the finding of a rule in it."""
RULES = {
    "attendance": {"required": 34, "relevant": 36, "constraint": 8, "calculation": 4, "choice_filter": 3},
    "pre_survey": {"required": 18, "relevant": 8, "constraint": 3, "calculation": 4},
    "post_survey": {"required": 18, "relevant": 8, "constraint": 3, "calculation": 4},
}
"""How many rules each form has; change them with the forms, so that none slips away unseen."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dialect", [None, "collect"])
def test_what_the_engine_of_the_tablets_let_pass_passes_with_nothing_else(form, dialect, judges, filled):
    assert len(filled[form]) > 20
    for xml in filled[form]:
        verdict = judges[form].judge_xml(xml, dialect=dialect)
        assert verdict.findings == ()
        assert verdict.unchecked == ()


@pytest.mark.parametrize("form", FORMS)
def test_the_servers_json_of_them_passes_too(form, judges, filled):
    for given in as_json(judges[form], filled[form]):
        assert judges[form].judge_json(given).findings == ()


@pytest.mark.parametrize("form", FORMS)
def test_each_rule_of_the_sheet_broken_once_is_found_once(form, judges, filled):
    """By row, column and rule as it is written, at the answer; what else is found follows from it."""
    judge = judges[form]
    given = as_json(judge, filled[form])
    rules = list(rules_of_sheet(form))
    assert Counter(rule.column for rule in rules) == RULES[form]
    assert [rule for rule in rules if not is_found_alone(judge, given, rule)] == []


@dataclass(frozen=True)
class SheetRule:
    """A cell of the survey sheet that asks something of answers. path: of its question or group."""

    row: int
    path: str
    column: str
    text: str


def rules_of_sheet(form: str) -> Iterator[SheetRule]:
    """Every rule, read off the cells themselves."""
    groups: list[str] = []
    for number, row in enumerate(workbook(form).sheets["survey"].rows, start=2):
        if row["type"].startswith("end_"):
            groups.pop()
            continue
        path = "/".join([*groups, row["name"]])
        yield from (SheetRule(number, path, column, row[column]) for column in CODES if row.get(column))
        if row["type"].startswith("begin_"):
            groups.append(row["name"])


def as_json(judge: Judge, filled: list[bytes]) -> list[dict[str, Any]]:
    repeats = [node.path for node in judge.model.nodes if node.is_repeat]
    return [answers(xml, repeats) for xml in filled]


def is_found_alone(judge: Judge, given: list[dict[str, Any]], rule: SheetRule) -> bool:
    """Whether an answer that breaks the rule gives its finding, and no other that stands for itself."""
    below = [node for node in judge.model.by_path[rule.path].walk() if node.is_leaf]
    for node in below:
        for broken in breaches(judge, given, CODES[rule.column], node):
            roots = judge.judge_json(broken).roots
            if any(
                (found.code, found.row, found.column) == (CODES[rule.column], rule.row, rule.column) for found in roots
            ):
                return [of_rule(found) for found in roots] == [(Outcome.VIOLATION, rule.text, node.path)]
    return False


def of_rule(finding: Finding) -> tuple[Outcome, str, str]:
    return finding.outcome, finding.rule, re.sub(r"\[\d+\]", "", finding.path)


def breaches(judge: Judge, given: list[dict[str, Any]], code: str, node: FormNode) -> Iterator[dict[str, Any]]:
    """Submissions that differ in one answer from a good one."""
    repeat = next((each for each in around(node) if each.is_repeat), None)
    for good in given:
        rows = good.get(repeat.path, []) if repeat else [good]
        for index, here in enumerate(rows or ([{}] if code == "answer_in_irrelevant" else [])):
            if bool(here.get(node.path)) == (code == "answer_in_irrelevant"):
                continue
            for text in [None] if code == "required" else texts_for(judge, node):
                broken = copy.deepcopy(good)
                row = (broken.setdefault(repeat.path, [{}]))[index] if repeat else broken
                if text == row.pop(node.path, None):
                    continue
                yield broken if text is None else (row.update({node.path: text}) or broken)


def around(node: FormNode) -> Iterator[FormNode]:
    while node.parent is not None:
        node = node.parent
        yield node


def texts_for(judge: Judge, node: FormNode) -> tuple[str, ...]:
    """Answers to try: choices of the list, alone and in pairs, or values at the edges of what is possible."""
    if node.control is None or not node.control.is_select:
        return WRONG
    listed = judge.model.instances[re.findall(r"instance\('(\w+)'\)", node.control.nodeset)[0]]
    names = [item.child("name").text for item in listed.children]
    return (*names, *(f"{one} {other}" for one in names for other in names if one != other))
