"""Truth, choice between values, checklists. Used by dialects.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Code, Function, failing
from collector.form.xpath.coercions import (
    collect_boolean,
    collect_number,
    collect_scalar,
    enketo_boolean,
    enketo_number,
    enketo_text_of,
    java_int,
    typed,
)
from collector.form.xpath.compiler import constant
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node
from collector.form.xpath.syntax.tree import Call
from collector.form.xpath.values import Value

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler


def _wrong_count(tree: Call, wanted: str) -> Code:
    return failing("evaluation_error", f"{tree.name}() has {len(tree.arguments)} arguments; it takes {wanted}")


def build_if(compiler: Compiler, tree: Call) -> Code:
    """Only the branch that is taken is evaluated; where the engine is not lazy, a branch that must fail still fails."""
    if len(tree.arguments) != 3:
        return _wrong_count(tree, "a condition and two values")
    codes = condition, yes, no = [compiler.compile(argument) for argument in tree.arguments]
    failures = [code.failure for code in codes if code.failure]
    if failures and (condition.failure or not compiler.dialect.is_if_lazy):
        return failing(failures[0].reason, failures[0].detail)
    holds, then, otherwise = compiler.boolean(condition), yes.run, no.run
    return Code(
        lambda node, context: then(node, context) if holds(node, context) else otherwise(node, context),
        yes.kind if yes.kind == no.kind else "any",
    )


def _constant(value: bool) -> Builder:
    def build(compiler: Compiler, tree: Call) -> Code:
        return _wrong_count(tree, "none") if tree.arguments else constant(value)

    return build


def build_once(compiler: Compiler, tree: Call) -> Code:
    """The answer that is there already, or else the value."""
    compiler.usage.is_deterministic = False
    if len(tree.arguments) != 1:
        return _wrong_count(tree, "one")
    value, text_of = compiler.compile(tree.arguments[0]), compiler.coercions.text_of
    scalar, run = compiler.coercions.scalar, value.run

    def once(node: Node, context: Context) -> Value:
        fresh = run(node, context)  # first, as both engines do: an error in it counts
        return scalar([node], context) if text_of(node) else fresh

    return Code(once, "any", failure=value.failure)


COMMON: dict[str, Function | Builder] = {
    "if": build_if,
    "once": build_once,
    "true": _constant(True),
    "false": _constant(False),
    "boolean": Function(lambda context, value: value, "boolean", "boolean"),
    "not": Function(lambda context, value: not value, "boolean", "boolean"),
}

# Collect


def build_collect_coalesce(compiler: Compiler, tree: Call) -> Code:
    """The first value unless it is empty or NaN; the second is not evaluated before."""
    if len(tree.arguments) != 2:
        return _wrong_count(tree, "two")
    first, second = (compiler.compile(argument) for argument in tree.arguments)
    run, otherwise = first.run, second.run

    def coalesce(node: Node, context: Context) -> Value:
        value = run(node, context)
        scalar = collect_scalar(value, context)
        return otherwise(node, context) if scalar == "" or scalar != scalar else value

    return Code(coalesce, "any", failure=first.failure)


def _collect_factors(context: Context, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(values) == 1 and type(values[0]) is list:
        return tuple(typed(node, context) for node in values[0])
    return values


def collect_checklist(context: Context, least: float, most: float, *values: Value) -> bool:
    """Whether as many factors hold; a limit below 0 is none."""
    low, high = java_int(least), java_int(most)
    held = sum(collect_boolean(value, context) for value in _collect_factors(context, values))
    return (low < 0 or held >= low) and (high < 0 or held <= high)


def collect_weighted_checklist(context: Context, least: float, most: float, *values: Value) -> bool:
    """Whether the weights of the factors that hold add up to something between the limits, -1 being a number."""
    factors, weights = values[::2], values[1::2]
    if len(factors) != len(weights):
        raise CannotEvaluate("evaluation_error", "weighted-checklist() needs a weight for each factor")
    if len(values) == 2 and all(type(value) is list for value in values):
        factors, weights = _collect_factors(context, factors), _collect_factors(context, weights)
        if len(factors) != len(weights):
            raise CannotEvaluate("evaluation_error", "weighted-checklist() needs a weight for each factor")
    pairs = [
        (collect_boolean(factor, context), collect_number(weight, context))
        for factor, weight in zip(factors, weights, strict=True)
    ]
    return least <= sum(weight for holds, weight in pairs if holds) <= most


COLLECT: dict[str, Function | Builder] = {
    "coalesce": build_collect_coalesce,
    "checklist": Function(collect_checklist, "number number any*", "boolean"),
    "weighted-checklist": Function(collect_weighted_checklist, "number number any*", "boolean"),
    "depend": Function(lambda context, value, *others: value, "any any*", "any"),
}

# Enketo


def _enketo_booleans(context: Context, value: Value) -> list[bool]:
    """A node counts when its text is not blank."""
    if type(value) is list:
        return [bool(enketo_text_of(node).strip()) for node in value]
    return [enketo_boolean(value, context)]


def _enketo_weights(context: Context, value: Value) -> list[float]:
    values = [enketo_text_of(node) for node in value] if type(value) is list else [value]
    return [enketo_number(each, context) for each in values]


def enketo_checklist(context: Context, least: float, most: float, *values: Value) -> bool:
    held = sum(sum(_enketo_booleans(context, value)) for value in values)
    return (least < 0 or held >= least) and (most < 0 or held <= most)


def enketo_weighted_checklist(context: Context, least: float, most: float, *values: Value) -> bool:
    """As in Collect, but a limit below 0 is none, and node-sets may stand at every place."""
    factors = [each for value, _ in _pairs(values) for each in _enketo_booleans(context, value)]
    weights = [each for _, value in _pairs(values) for each in _enketo_weights(context, value)]
    weights += [math.nan] * (len(factors) - len(weights))
    total = sum(weight for holds, weight in zip(factors, weights, strict=False) if holds and weight == weight)
    return (least < 0 or total >= least) and (most < 0 or total <= most)


def _pairs(values: tuple[Value, ...]) -> list[tuple[Value, Value]]:
    return list(zip(values[::2], values[1::2], strict=False))


def build_enketo_coalesce(compiler: Compiler, tree: Call) -> Code:
    if len(tree.arguments) != 2:
        return _wrong_count(tree, "two")
    codes = [compiler.compile(argument) for argument in tree.arguments]
    first, second = (compiler.text(code) for code in codes)
    failure = codes[0].failure or codes[1].failure
    return Code(lambda node, context: first(node, context) or second(node, context), "text", failure=failure)


ENKETO: dict[str, Function | Builder] = {
    "coalesce": build_enketo_coalesce,
    "checklist": Function(enketo_checklist, "number number any*", "boolean"),
    "weighted-checklist": Function(enketo_weighted_checklist, "number number any*", "boolean"),
}
