"""Operators, as each engine understands them. Used by dialects.py, which hands them to the compiler.

Collect unpacks node-sets to typed values and compares with a tolerance. Enketo compares node-sets by XPath 1.0 ("some
node"), and takes texts that look like dates for dates.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from collector.form.xpath import clock
from collector.form.xpath.code import Code, RunBoolean, RunNodes, failing
from collector.form.xpath.coercions import (
    DATE_TEXT,
    NEARLY_ZERO,
    collect_boolean,
    collect_number,
    collect_scalar,
    collect_text,
    date_text_days,
    enketo_boolean,
    enketo_number,
    enketo_text,
    enketo_text_of,
    typed,
)
from collector.form.xpath.context import Context
from collector.form.xpath.dates import enketo_date
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import NAN, Moment, Value

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler

Operator = Callable[["Compiler", Code, Code], Code]


def divided(left: float, right: float) -> float:
    if right:
        return left / right
    if left != left or not left or right != right:
        return NAN
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """With the sign of the dividend; NaN for zero or an infinite dividend."""
    return NAN if not right or math.isinf(left) else math.fmod(left, right)


def _failure(left: Code, right: Code) -> Code | None:
    failed = left.failure or right.failure
    return failing(failed.reason, failed.detail) if failed else None


def _arithmetic(apply: Callable[[float, float], float]) -> Operator:
    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        first, second = compiler.number(left), compiler.number(right)
        return _failure(left, right) or Code(
            lambda node, context: apply(first(node, context), second(node, context)), "number"
        )

    return build


ARITHMETIC: dict[str, Operator] = {
    **{"+": _arithmetic(operator.add), "-": _arithmetic(operator.sub), "*": _arithmetic(operator.mul)},
    **{"div": _arithmetic(divided), "mod": _arithmetic(remainder)},
}

_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
}

# Collect


def collect_equal(left: Value, right: Value, context: Context) -> bool:
    """Two values that are not node-sets: as booleans, else as numbers, else as texts, if one of them is such."""
    if type(left) is str and type(right) is str:
        return left == right
    if type(left) is bool or type(right) is bool:
        return collect_boolean(left, context) is collect_boolean(right, context)
    if type(left) is float or type(right) is float:
        return abs(collect_number(left, context) - collect_number(right, context)) < NEARLY_ZERO
    return collect_text(left, context) == collect_text(right, context)


def _collect_with_text(nodes: RunNodes, text: str, is_equal: bool) -> RunBoolean:
    """A field compared with a text, which is most of what forms compare: quickly for one field that holds a text."""

    def run(node: Node, context: Context) -> bool:
        found = nodes(node, context)
        value = typed(found[0], context) if len(found) == 1 else collect_scalar(found, context)
        if type(value) is str:
            return (value == text) is is_equal
        return collect_equal(value, text, context) is is_equal

    return run


def _collect_equality(is_equal: bool) -> Operator:
    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        first, second = compiler.scalar(left), compiler.scalar(right)
        if left.kind == "nodes" and type(right.constant) is str and not left.failure:
            return Code(_collect_with_text(compiler.nodes(left), right.constant, is_equal), "boolean")
        return _failure(left, right) or Code(
            lambda node, context: collect_equal(first(node, context), second(node, context), context) is is_equal,
            "boolean",
        )

    return build


def _collect_relation(holds: Callable[[float, float], bool]) -> Operator:
    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        first, second = compiler.number(left), compiler.number(right)
        return _failure(left, right) or Code(
            lambda node, context: holds(first(node, context), second(node, context)), "boolean"
        )

    return build


def _no_union(compiler: Compiler, left: Code, right: Code) -> Code:
    return failing("evaluation_error", f"{compiler.dialect.name} has no union |")


COLLECT: dict[str, Operator] = {
    **ARITHMETIC,
    **{"=": _collect_equality(True), "!=": _collect_equality(False), "|": _no_union},
    **{sign: _collect_relation(holds) for sign, holds in _RELATIONS.items()},
}

# Enketo


def _days(value: Value, context: Context) -> Value:
    """The other side of a date: a text or node becomes a date too, then both are days."""
    if type(value) is str or type(value) is list:
        value = enketo_date(value, context)
    return value.millis / clock.DAY if isinstance(value, Moment) else value


def _undated(value: Value, context: Context) -> Value:
    """Days instead of a date's text, of the first node of a set too."""
    if type(value) is str or type(value) is list:
        text = enketo_text(value, context)
        if len(text) > 7 and text[4] == "-" and DATE_TEXT.fullmatch(text):
            return date_text_days(text, context)
    return value


def _operands(left: Value, right: Value, context: Context) -> tuple[Value, Value]:
    if isinstance(left, Moment) or isinstance(right, Moment):
        if type(left) is bool or type(right) is bool:
            return left, right
        return _days(left, context), _days(right, context)
    return _undated(left, context), _undated(right, context)


def enketo_equal(left: Value, right: Value, context: Context, same: Callable[[object, object], bool]) -> bool:
    """XPath 1.0 §3.4, after dates became days; same: == or !=, so that `!=` too looks for some node."""
    left, right = _operands(left, right, context)
    if type(left) is list and type(right) is list:
        texts = [enketo_text_of(node) for node in right]
        return any(same(enketo_text_of(node), text) for node in left for text in texts)
    if type(left) is bool or type(right) is bool:
        return same(enketo_boolean(left, context), enketo_boolean(right, context))
    if type(left) is list or type(right) is list:
        nodes, other = (left, right) if type(left) is list else (right, left)
        return _some_node(nodes, other, context, same)  # type: ignore[arg-type]  # one of the two is a list
    if type(left) is float or type(right) is float:
        return same(enketo_number(left, context), enketo_number(right, context))
    return same(enketo_text(left, context), enketo_text(right, context))


def _some_node(nodes: list[Node], other: Value, context: Context, same: Callable[[object, object], bool]) -> bool:
    if type(other) is str:
        return any(same(enketo_text_of(node), other) for node in nodes)
    return any(same(enketo_number(enketo_text_of(node), context), other) for node in nodes)


def _with_plain_text(nodes: RunNodes, text: str, same: Callable[[object, object], bool]) -> RunBoolean:
    """A field compared with a text that is no date, which is most of what forms compare: quickly for one field."""

    def run(node: Node, context: Context) -> bool:
        found = nodes(node, context)
        if len(found) == 1:
            answer = enketo_text_of(found[0])
            if answer[4:5] != "-":
                return same(answer, text)
        return enketo_equal(found, text, context, same)

    return run


def _enketo_equality(same: Callable[[object, object], bool]) -> Operator:
    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        first, second = left.run, right.run
        if left.kind == "nodes" and type(right.constant) is str and not DATE_TEXT.fullmatch(right.constant):
            return Code(_with_plain_text(compiler.nodes(left), right.constant, same), "boolean", failure=left.failure)
        return _failure(left, right) or Code(
            lambda node, context: enketo_equal(first(node, context), second(node, context), context, same), "boolean"
        )

    return build


def _enketo_relation(holds: Callable[[float, float], bool]) -> Operator:
    def compared(left: Value, right: Value, context: Context) -> bool:
        left, right = _operands(left, right, context)
        lefts = left if type(left) is list else [left]
        rights = right if type(right) is list else [right]
        numbers = [_number(value, context) for value in rights]
        return any(holds(_number(value, context), number) for value in lefts for number in numbers)

    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        first, second = left.run, right.run
        if left.kind == right.kind == "number":
            return _collect_relation(holds)(compiler, left, right)
        return _failure(left, right) or Code(
            lambda node, context: compared(first(node, context), second(node, context), context), "boolean"
        )

    return build


def _number(value: Value | Node, context: Context) -> float:
    return enketo_number(enketo_text_of(value) if isinstance(value, Node) else value, context)


def _enketo_sum(apply: Callable[[float, float], float]) -> Operator:
    plain = _arithmetic(apply)

    def build(compiler: Compiler, left: Code, right: Code) -> Code:
        if "moment" not in {left.kind, right.kind} and "any" not in {left.kind, right.kind}:
            return plain(compiler, left, right)
        first, second = left.run, right.run

        def run(node: Node, context: Context) -> float:
            one, other = _operands(first(node, context), second(node, context), context)
            return apply(enketo_number(one, context), enketo_number(other, context))

        return _failure(left, right) or Code(run, "number")

    return build


ENKETO: dict[str, Operator] = {
    **{"+": _enketo_sum(operator.add), "-": _enketo_sum(operator.sub), "*": _enketo_sum(operator.mul)},
    **{"div": _enketo_sum(divided), "mod": _enketo_sum(remainder)},
    **{"=": _enketo_equality(operator.eq), "!=": _enketo_equality(operator.ne), "|": _no_union},
    **{sign: _enketo_relation(holds) for sign, holds in _RELATIONS.items()},
}
