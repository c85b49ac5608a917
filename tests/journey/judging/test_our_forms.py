"""Our three forms, filled by JavaRosa: nobody is accused falsely, and each rule broken once is found once."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from collector.form.judging.checks import NEVER
from collector.form.judging.judge import Judge
from collector.form.judging.verdict import Outcome
from collector.form.xform.model import FormNode
from collector.sandbox.instance import answers
from tests.support.material import PROGRAMME

pytestmark = pytest.mark.java

WRONG = ("-1", "0", "99", "9999999", "5000000", "ab", "2020-01-01", "2031-01-01", "00:00:00.000+03:00")
FORMS = sorted(PROGRAMME.forms)


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
def test_each_rule_broken_once_is_found_once(form, judges, filled):
    """What else is found follows from it: a person gets one line."""
    judge = judges[form]
    given = as_json(judge, filled[form])
    rules = [(code, node) for node in judge.model.nodes if node.is_leaf for code in rules_of(node)]
    assert len(rules) > 50
    assert [(code, node.path) for code, node in rules if not is_found_alone(judge, given, code, node)] == []


def as_json(judge: Judge, filled: list[bytes]) -> list[dict[str, Any]]:
    repeats = [node.path for node in judge.model.nodes if node.is_repeat]
    return [answers(xml, repeats) for xml in filled]


def rules_of(node: FormNode) -> Iterator[str]:
    if node.bind.constraint and node.control:
        yield "constraint"
    if node.bind.required not in NEVER and node.control:
        yield "required"
    if node.bind.calculate:
        yield "calculate"
    if node.bind.relevant or (node.parent and node.parent.bind.relevant and not node.parent.is_repeat):
        yield "answer_in_irrelevant"


def is_found_alone(judge: Judge, given: list[dict[str, Any]], code: str, node: FormNode) -> bool:
    """Whether some answer that breaks the rule gives this finding, and no other that stands for itself."""
    for broken in breaches(judge, given, code, node):
        roots = judge.judge_json(broken).roots
        if any(finding.code == code for finding in roots):
            return [(finding.code, finding.outcome) for finding in roots] == [(code, Outcome.VIOLATION)]
    return False


def breaches(judge: Judge, given: list[dict[str, Any]], code: str, node: FormNode) -> Iterator[dict[str, Any]]:
    """Submissions that differ in one answer from a good one."""
    for good in given:
        for index, here in enumerate(rows_of(good, node)):
            if bool(here.get(node.path)) == (code == "answer_in_irrelevant"):
                continue
            for text in [None] if code == "required" else texts_for(judge, node):
                broken = copy.deepcopy(good)
                row = rows_of(broken, node)[index]
                if text == row.pop(node.path, None):
                    continue
                yield broken if text is None else (row.update({node.path: text}) or broken)


def rows_of(given: dict[str, Any], node: FormNode) -> list[dict[str, Any]]:
    repeat = node.parent
    while repeat is not None and not repeat.is_repeat:
        repeat = repeat.parent
    return given.get(repeat.path, []) if repeat else [given]


def texts_for(judge: Judge, node: FormNode) -> tuple[str, ...]:
    """Answers to try: choices of the list, alone and in pairs, or values at the edges of what is possible."""
    if node.control is None or not node.control.is_select:
        return WRONG
    listed = judge.model.instances[re.findall(r"instance\('(\w+)'\)", node.control.nodeset)[0]]
    names = [item.child("name").text for item in listed.children]
    return (*names, *(f"{one} {other}" for one in names for other in names if one != other))
