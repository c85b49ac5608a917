"""Expressions that cannot be read, and functions that KoboCollect does not have or that want other arguments.

The converter and ODK Validate pass a misspelt function: it fails on the tablet, at the first answer that reaches it.
Source: the table of functions of collector/form/xpath/dialects.py, which is JavaRosa's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from collector.form.review.remarks import Remark, Weight
from collector.form.review.rules import Rule, walk
from collector.form.xpath.code import Function
from collector.form.xpath.compiler import Compiler, parameter_kinds
from collector.form.xpath.dialects import COLLECT, ENKETO
from collector.form.xpath.syntax.tree import Binary, Call, Text

SPOKEN = {"text": "text", "number": "a number", "boolean": "true or false", "scalar": "a value", "nodes": "questions"}

ORDER = frozenset({"<", "<=", ">", ">="})
NUMBER = re.compile(r"-?\d+(\.\d*)?|-?\.\d+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
REMEDY = "give it what it takes: the tablet stops at this question."
LEFT_TO_THE_ENGINE = frozenset({"distance", "extract-signed"})
"""Newer engines take more of these than older ones."""


def expression_remarks(rules: Iterable[Rule]) -> Iterator[Remark]:
    """What is wrong with each expression by itself."""
    for rule in rules:
        if rule.tree is None:
            if rule.column != "default":
                yield _remark("expression", rule, f"the expression cannot be read: {rule.problem}", "correct it.")
            continue
        for part in walk(rule.tree):
            if isinstance(part, Call):
                yield from _call(rule, part)
            elif isinstance(part, Binary) and part.operator in ORDER:
                yield from _order(rule, part)


def _call(rule: Rule, call: Call) -> Iterator[Remark]:
    function = COLLECT.functions.get(call.name)
    if call.name in LEFT_TO_THE_ENGINE:
        return
    if function is None:
        yield _unknown(rule, call)
    elif isinstance(function, Function):
        if parameter_kinds(function.parameters, len(call.arguments)) is None:
            wanted = _wanted(function.parameters)
            problem = f"{call.name}() has {len(call.arguments)} arguments; it takes {wanted}"
            yield _remark("arguments", rule, problem, REMEDY)
    else:
        failure = Compiler(COLLECT).compile(call).failure
        if failure and failure.reason == "evaluation_error":
            yield _remark("arguments", rule, failure.detail, REMEDY)


def _order(rule: Rule, comparison: Binary) -> Iterator[Remark]:
    """`. > '2026-01-01'`: KoboCollect makes a number of the text, which it is not, and nothing is ever more or less."""
    for side in (comparison.left, comparison.right):
        if isinstance(side, Text) and not NUMBER.fullmatch(side.value.strip()):
            problem = f"'{side.value}' is text: it is neither more nor less than anything, so that this never holds"
            remedy = f"write date('{side.value}')." if DAY.fullmatch(side.value) else "compare with a number or a date."
            weight = Weight.WARNING
            yield Remark("never_compared", problem, remedy, row=rule.row, column=rule.column, weight=weight)


def _unknown(rule: Rule, call: Call) -> Remark:
    near = get_close_matches(call.name, COLLECT.functions, n=1)
    advice = f"did you mean {near[0]}()?" if near else "see docs.getodk.org/form-operators-functions."
    if call.name in ENKETO.functions:
        problem = f"{call.name}() is known to web forms, but not to KoboCollect, which stops there"
        return _remark("web_only_function", rule, problem, advice)
    problem = f"there is no function {call.name}(); the converter accepts it, and the tablet stops there"
    return _remark("unknown_function", rule, problem, advice)


def _wanted(parameters: str) -> str:
    """Kinds of parameters in words.

    >>> _wanted("text number number?")
    'text, a number, perhaps a number'
    """
    words = []
    for kind in parameters.split():
        said = SPOKEN.get(kind.rstrip("?*"), "anything")
        words.append(
            f"perhaps {said}" if kind.endswith("?") else f"any number of them ({said})" if kind[-1] == "*" else said
        )
    return ", ".join(words) or "none"


def _remark(code: str, rule: Rule, problem: str, remedy: str) -> Remark:
    weight = Weight.WARNING if rule.column == "default" else Weight.MISTAKE
    return Remark(code, problem, remedy, row=rule.row, column=rule.column, weight=weight)
