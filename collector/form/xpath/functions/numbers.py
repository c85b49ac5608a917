"""Functions on numbers, by IEEE 754 in both engines: nothing raises, what is impossible is NaN. Used by dialects.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from decimal import Context as Precision

from collector.form.xpath import clock
from collector.form.xpath.code import Builder, Function
from collector.form.xpath.coercions import collect_number, enketo_number, enketo_text_of, java_int, typed
from collector.form.xpath.context import Context
from collector.form.xpath.functions.defaults import with_context_node
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import NAN, Moment, Value, java_number

Numeric = Callable[[float], float]


def _quiet(function: Numeric, on_error: float = NAN) -> Callable[[Context, float], float]:
    def call(context: Context, number: float) -> float:
        try:
            return function(number)
        except (ValueError, OverflowError):
            return on_error

    return call


def _logarithm(function: Numeric) -> Callable[[Context, float], float]:
    def call(context: Context, number: float) -> float:
        if number == 0:
            return -math.inf
        return function(number) if number > 0 else NAN

    return call


def power(context: Context, base: float, exponent: float) -> float:
    if exponent != exponent or (abs(base) == 1 and math.isinf(exponent)):
        return NAN  # Python says 1 for 1 ** NaN
    try:
        return math.pow(base, exponent)
    except ValueError:  # zero to a negative power, or a root of a negative number
        return math.inf if base == 0 else NAN
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def truncated(context: Context, number: float) -> float:
    return math.copysign(float(math.trunc(number)), number) if math.isfinite(number) else number


MATHEMATICS: dict[str, Function] = {
    "abs": Function(_quiet(abs), "number", "number"),
    "int": Function(truncated, "number", "number"),
    "pow": Function(power, "number number", "number"),
    "sqrt": Function(_quiet(math.sqrt), "number", "number"),
    "exp": Function(_quiet(math.exp, math.inf), "number", "number"),
    "exp10": Function(lambda context, number: power(context, 10.0, number), "number", "number"),
    "log": Function(_logarithm(math.log), "number", "number"),
    "log10": Function(_logarithm(math.log10), "number", "number"),
    "sin": Function(_quiet(math.sin), "number", "number"),
    "cos": Function(_quiet(math.cos), "number", "number"),
    "tan": Function(_quiet(math.tan), "number", "number"),
    "asin": Function(_quiet(math.asin), "number", "number"),
    "acos": Function(_quiet(math.acos), "number", "number"),
    "atan": Function(_quiet(math.atan), "number", "number"),
    "atan2": Function(lambda context, y, x: math.atan2(y, x), "number number", "number"),
    "pi": Function(lambda context: math.pi, "", "number"),
}

COMMON: dict[str, Function | Builder] = {
    **MATHEMATICS,
    "random": Function(lambda context: context.world.random.random(), "", "number", is_deterministic=False),
}

# Collect

_SMALLEST, _LARGEST = 5e-324, 1.7976931348623157e308
"""Where JavaRosa starts to look for a maximum and a minimum; so its maximum of negative numbers is almost zero."""


_PRECISION = Precision(prec=400)
"""Digits enough for every float with 30 decimals."""


def collect_round(context: Context, number: float, digits: float = 0.0) -> float:
    """Half away from zero above it, half towards zero below; negative digits round up and cut."""
    places = java_int(digits)
    if not math.isfinite(number):
        return number
    if abs(places) > 30:
        return NAN
    exact = Decimal(java_number(number))
    if places >= 0:
        mode = ROUND_HALF_DOWN if number < 0 else ROUND_HALF_UP
        return float(exact.quantize(Decimal(1).scaleb(-places), mode, _PRECISION)) + 0.0  # never minus zero
    scaled = math.trunc(float(exact.scaleb(places)) + 0.5)
    return float(Decimal(max(min(scaled, 2**63 - 1), -(2**63))).scaleb(-places))


def _collect_numbers(context: Context, values: tuple[Value, ...]) -> list[float]:
    """The numbers among the values, or among the nodes of the only one."""
    if len(values) == 1 and type(values[0]) is list:
        values = tuple(typed(node, context) for node in values[0])
    numbers = [collect_number(value, context) for value in values]
    return [number for number in numbers if number == number]


def collect_max(context: Context, *values: Value) -> float:
    numbers = _collect_numbers(context, values)
    return max(_SMALLEST, *numbers) if numbers else NAN


def collect_min(context: Context, *values: Value) -> float:
    numbers = _collect_numbers(context, values)
    return min(_LARGEST, *numbers) if numbers else NAN


def collect_sum(context: Context, nodes: list[Node]) -> float:
    return sum(_collect_numbers(context, (nodes,)), 0.0)


def _with_hours(function: Function) -> Function:
    """The same function, taking a date with its hours: elsewhere JavaRosa counts whole days."""

    def days(value: Value, context: Context) -> float:
        if isinstance(value, Moment):
            return (value.millis - clock.midnight(1970, 1, 1, context.world.zone)) / clock.DAY
        return collect_number(value, context)

    def call(context: Context, *values: Value) -> Value:
        return function.call(context, *[days(value, context) for value in values])

    return replace(function, call=call, parameters=function.parameters.replace("number", "any"))


COLLECT: dict[str, Function | Builder] = {
    **{name: _with_hours(MATHEMATICS[name]) for name in MATHEMATICS if name not in {"int", "pi"}},
    "number": Function(lambda context, number: number, "number", "number"),
    "round": Function(collect_round, "number number?", "number"),
    "max": Function(collect_max, "any*", "number"),
    "min": Function(collect_min, "any*", "number"),
    "sum": Function(collect_sum, "nodes", "number"),
}

# Enketo


def _javascript_round(number: float) -> float:
    """Half away from zero."""
    if not math.isfinite(number):
        return number
    floor = math.floor(abs(number))
    return math.copysign(floor + (abs(number) - floor >= 0.5), number)


def enketo_round(context: Context, number: float, digits: float | None = None) -> float:
    if digits is None:
        return _javascript_round(number)
    places = truncated(context, digits)
    scale = power(context, 10.0, abs(places))
    if places > 0:
        return _javascript_round(number * scale) / scale
    return scale * _javascript_round(number / scale)


def _enketo_numbers(context: Context, values: tuple[Value, ...]) -> list[float]:
    numbers: list[float] = []
    for value in values:
        if type(value) is list:
            numbers += [enketo_number(enketo_text_of(node), context) for node in value]
        else:
            numbers.append(enketo_number(value, context))
    return numbers


def enketo_max(context: Context, *values: Value) -> float:
    numbers = _enketo_numbers(context, values)
    return NAN if not numbers or any(number != number for number in numbers) else max(numbers)


def enketo_min(context: Context, *values: Value) -> float:
    numbers = _enketo_numbers(context, values)
    return NAN if not numbers or any(number != number for number in numbers) else min(numbers)


def enketo_sum(context: Context, nodes: list[Node]) -> float:
    return sum(
        reversed(_enketo_numbers(context, (nodes,))), 0.0
    )  # from the last: sums of fractions depend on the order


ENKETO: dict[str, Function | Builder] = {
    "number": with_context_node(Function(lambda context, number: number, "number", "number")),
    "round": Function(enketo_round, "number number?", "number"),
    "floor": Function(lambda context, number: _whole(math.floor, number), "number", "number"),
    "ceiling": Function(lambda context, number: _whole(math.ceil, number), "number", "number"),
    "max": Function(enketo_max, "any*", "number"),
    "min": Function(enketo_min, "any*", "number"),
    "sum": Function(enketo_sum, "nodes", "number"),
}


def _whole(function: Callable[[float], int], number: float) -> float:
    return float(function(number)) if math.isfinite(number) else number
