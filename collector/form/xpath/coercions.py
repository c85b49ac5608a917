"""How values become booleans, numbers, texts and dates: one set of rules for each engine. Used by dialects.py.

Collect is JavaRosa: a node has the type of its bind, several nodes are an error where one value is wanted.
Enketo is XPath 1.0 with dates: a node is a text, and a text that looks like a date is one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from collector.errors import CannotEvaluate
from collector.form.xpath import clock
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import NAN, Moment, Value, java_number, javascript_number

NEARLY_ZERO = 1e-12
"""JavaRosa takes numbers that differ by less for equal, and smaller ones for zero."""


@dataclass(frozen=True, slots=True)
class Coercions:
    """The conversions of one engine. scalar: one value out of a node-set; text_of: the text of one node."""

    scalar: Callable[[Value, Context], Value]
    boolean: Callable[[Value, Context], bool]
    number: Callable[[Value, Context], float]
    text: Callable[[Value, Context], str]
    text_of: Callable[[Node], str]
    values: Callable[[list[Node], Context], list[Value]]
    """Each node of a set as a value of its own."""


# Collect

_JAVA_NUMBER = re.compile(r"-?(\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_KIND_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)


def java_text_number(text: str) -> float:
    """A text as a number, in JavaRosa: a comma may stand for the point; no exponent, no Infinity."""
    if text.isdigit() and text.isascii():
        return float(text)
    text = text.replace(",", ".").strip(_JAVA_BLANKS)
    return float(text) if _JAVA_NUMBER.fullmatch(text) else NAN


_JAVA_BLANKS = "".join(map(chr, range(33)))
"""What Java's String.trim takes away."""


def typed(node: Node, context: Context) -> Value:
    """A node's answer in the type of its bind; "" when it is empty or blank; the text when it does not fit the type."""
    text = node.text
    read = _BY_KIND.get(node.kind)
    if read is not None and text:
        return read(text, context)
    return text if text and not text.isspace() else ""


def _typed_number(text: str, context: Context) -> Value:
    try:
        return float(text) if "_" not in text else text
    except ValueError:
        return text if not text.isspace() else ""


def _typed_boolean(text: str, context: Context) -> Value:
    return text.strip() == "1"  # what JavaRosa takes for true when it reads an answer


def _typed_date(text: str, context: Context) -> Value:
    millis = clock.java_date_time(text, context.world.zone)
    return text if millis != millis else Moment(millis)


def _typed_time(text: str, context: Context) -> Value:
    today = context.world.now
    millis = clock.java_time(text, today.year, today.month, today.day, context.world.zone)
    return text if millis != millis else Moment(millis)


_BY_KIND: dict[str, Callable[[str, Context], Value]] = {
    **{"int": _typed_number, "integer": _typed_number, "long": _typed_number, "decimal": _typed_number},
    **{"boolean": _typed_boolean, "date": _typed_date, "dateTime": _typed_date, "time": _typed_time},
}


def collect_scalar(value: Value, context: Context) -> Value:
    if type(value) is not list:
        return value
    if len(value) == 1:
        return typed(value[0], context)
    if not value:
        return ""
    raise CannotEvaluate("evaluation_error", f"'{value[0].name}' is repeated where one value is wanted")


def collect_boolean(value: Value, context: Context) -> bool:
    value = collect_scalar(value, context)
    if type(value) is float:
        return abs(value) > NEARLY_ZERO
    return True if isinstance(value, Moment) else bool(value)


def collect_number(value: Value, context: Context) -> float:
    if type(value) is list:
        value = collect_scalar(value, context)
    if type(value) is float:
        return value
    if type(value) is str:
        return java_text_number(value)
    if isinstance(value, Moment):
        return float(clock.day_number(value.millis, context.world.zone))
    return 1.0 if value else 0.0


def collect_text(value: Value, context: Context) -> str:
    value = collect_scalar(value, context)
    if type(value) is str:
        return value
    if type(value) is float:
        return collect_number_text(value)
    if isinstance(value, Moment):
        return clock.local(value.millis, context.world.zone).date().isoformat()
    return "true" if value else "false"


def collect_number_text(number: float) -> str:
    if abs(number) < NEARLY_ZERO:
        return "0"
    whole = java_int(number)
    return str(whole) if abs(number - whole) < NEARLY_ZERO else java_number(number)


def java_int(number: float) -> int:
    """A number cut to Java's int: towards zero, at most 2^31 - 1, 0 for NaN."""
    return int(max(-2147483648.0, min(2147483647.0, number))) if number == number else 0


def collect_text_of(node: Node) -> str:
    text = node.text
    return text if node.is_relevant and not text.isspace() else ""


COLLECT = Coercions(
    scalar=collect_scalar,
    boolean=collect_boolean,
    number=collect_number,
    text=collect_text,
    text_of=collect_text_of,
    values=lambda nodes, context: [typed(node, context) for node in nodes],
)

# Enketo

DATE_TEXT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[^\n\r]*", re.ASCII)
_JAVASCRIPT_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_JAVASCRIPT_INTEGER = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_JAVASCRIPT_INFINITY = {"Infinity": float("inf"), "+Infinity": float("inf"), "-Infinity": float("-inf")}


def javascript_text_number(text: str) -> float:
    """A text as a number, as JavaScript's unary plus reads it, but NaN for an empty one."""
    if text.isdigit() and text.isascii():
        return float(text)
    text = text.strip()
    if _JAVASCRIPT_NUMBER.fullmatch(text):
        return float(text)
    if _JAVASCRIPT_INTEGER.fullmatch(text):
        return float(int(text, 0)) if len(text) < 200 else math.inf
    return _JAVASCRIPT_INFINITY.get(text, NAN)


def date_text_days(text: str, context: Context) -> float:
    """Days since 1970, with their fraction, of a text that DATE_TEXT matches: local midnight when it has no time."""
    if "T" in text:
        return clock.javascript_date(text, context.world.zone) / clock.DAY
    year, month, day = (javascript_text_number(piece) for piece in text.split("-")[:3])
    if not abs(day) < 1e8:
        return NAN
    return clock.midnight(int(year), int(month), int(day), context.world.zone) / clock.DAY


def enketo_scalar(value: Value, context: Context) -> Value:
    return (enketo_text_of(value[0]) if value else "") if type(value) is list else value


_UNREAD = frozenset({"#comment", "#instruction"})


def enketo_text_of(node: Node) -> str:
    """The text of a node, and of all below it; "" when it is not relevant."""
    if not node.is_relevant:
        return ""
    if not node.children:
        return node.text
    return node.text + "".join([enketo_text_of(child) for child in node.children if child.name not in _UNREAD])


def enketo_boolean(value: Value, context: Context) -> bool:
    if type(value) is float:
        return value == value and value != 0
    return value.millis == value.millis if isinstance(value, Moment) else bool(value)


def enketo_number(value: Value, context: Context) -> float:
    if type(value) is float:
        return value
    if type(value) is bool:
        return 1.0 if value else 0.0
    if isinstance(value, Moment):
        return value.millis / clock.DAY
    text = enketo_text(value, context).strip()
    if text.isdigit() and text.isascii():
        return float(text)
    return date_text_days(text, context) if DATE_TEXT.fullmatch(text) else javascript_text_number(text)


def enketo_text(value: Value, context: Context) -> str:
    if type(value) is str:
        return value
    if type(value) is list:
        return enketo_text_of(value[0]) if value else ""
    if type(value) is float:
        return javascript_number(value)
    if isinstance(value, Moment):
        if value.millis != value.millis:
            return "" if value.is_blank else "Invalid Date"
        return clock.iso_local(value.millis, context.world.zone)
    return "true" if value else "false"


ENKETO = Coercions(
    scalar=enketo_scalar,
    boolean=enketo_boolean,
    number=enketo_number,
    text=enketo_text,
    text_of=enketo_text_of,
    values=lambda nodes, context: [enketo_text_of(node) for node in nodes],
)
