"""Vectors of single expressions: what engines' own test suites and our own expressions gave on the real engines.

Format: README.md beside the vectors. An expected error is met only by our own error, never by a crash.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collector.errors import CannotEvaluate, ExpressionSyntax
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import COLLECT, ENKETO
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import Moment
from tests.conformance.outcome import Outcome
from tests.conformance.trees import from_values, node_at, tree

BY_LETTER = {"J": COLLECT, "E": ENKETO}
BY_ENGINE = {"javarosa": COLLECT, "enketo": ENKETO}
CROSS_NOW = datetime(2026, 11, 23, 17, 7, tzinfo=UTC)
"""When the engines answered the cases that have no time of their own."""

SPECIAL_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": 0.0}


def vectors(folder: Path) -> Iterator[Outcome]:
    """Files of the engines' own suites."""
    for path in sorted(folder.glob("xpath_*.json")):
        for record in json.loads(path.read_text("utf-8")):
            if record["dialect"] in BY_LETTER and not record["nondeterministic"] and not record["expected_fail"]:
                yield _compared(path.name, record)


def _compared(file: str, record: dict[str, Any]) -> Outcome:
    dialect = BY_LETTER[record["dialect"]]
    is_lost = str(record["instance"]).startswith("ERR ")
    document = tree(None if is_lost else record["instance"])
    now = datetime.fromisoformat(record["now"]).astimezone(ZoneInfo(record["tz"]))
    node = node_at(document, record["context"])
    if is_lost:
        difference = "the vector has no instance: the engine could not write it"
    elif node is None:
        difference = "the context node is not in our tree"
    else:
        context = Context(node, World(document.children[0], now))
        difference = _difference(record, dialect, document, context)
    return Outcome(*(file, dialect.name, record["id"], record["expr"], record["scope"], record["asserted"]), difference)


def _difference(record: dict[str, Any], dialect: Dialect, document: Node, context: Context) -> str:
    expected = record["expected"]
    try:
        got = READERS[record["result"]](record, dialect, document, context)
    except (CannotEvaluate, ExpressionSyntax) as error:
        return "" if record["result"] == "error" else f"expected {expected!r}, got {type(error).__name__}: {error}"
    if record["result"] == "error":
        return f"expected an error, got {got!r}"
    return "" if _agree(expected, got) else f"expected {expected!r}, got {got!r}"


def _agree(expected: Any, got: Any) -> bool:
    if isinstance(expected, dict) and "$num" in expected:
        expected = SPECIAL_NUMBERS[expected["$num"]]
    if isinstance(got, float):
        return same_number(float(expected), got)
    return bool(str(expected) == got if isinstance(got, str) else expected == got)


def same_number(expected: float, got: float) -> bool:
    if expected != expected or got != got:
        return expected != expected and got != got
    return expected == got or math.isclose(expected, got, rel_tol=1e-12, abs_tol=1e-9)


def _nodeset(record: dict[str, Any], dialect: Dialect, document: Node, context: Context) -> Any:
    found = compile_expression(record["expr"], dialect).nodes(context)
    wanted = [node_at(document, path) for path in record["expected"]]
    if {id(node) for node in found} == {id(node) for node in wanted} and len(found) == len(wanted):
        return record["expected"]
    return [node.path for node in found]


def _rounded(record: dict[str, Any], dialect: Dialect, document: Node, context: Context) -> float:
    number = compile_expression(record["expr"], dialect).number(context)
    return math.floor(number * record["factor"] + 0.5) / record["factor"] if number == number else number


def _date(record: dict[str, Any], dialect: Dialect, document: Node, context: Context) -> Any:
    value = compile_expression(record["expr"], dialect).evaluate(context)
    wanted = datetime.fromisoformat(record["expected"]).timestamp() * 1000
    return record["expected"] if isinstance(value, Moment) and value.millis == wanted else value


READERS: dict[str, Callable[[dict[str, Any], Dialect, Node, Context], Any]] = {
    "boolean": lambda record, dialect, _, context: compile_expression(record["expr"], dialect).boolean(context),
    "number": lambda record, dialect, _, context: compile_expression(record["expr"], dialect).number(context),
    "string": lambda record, dialect, _, context: compile_expression(record["expr"], dialect).text(context),
    "error": lambda record, dialect, _, context: compile_expression(record["expr"], dialect).text(context),
    "string_length": lambda record, dialect, _, context: len(compile_expression(record["expr"], dialect).text(context)),
    "nodeset": _nodeset,
    "nodeset_unordered": _nodeset,
    "number_rounded": _rounded,
    "date": _date,
}


def cross_engine(folder: Path) -> Iterator[Outcome]:
    """Our own expressions, put to the real engines: each case is three comparisons an engine."""
    for name in ("cross_engine_cases.json", "fuzz_mainstream.json"):
        path = folder / name
        for record in json.loads(path.read_text("utf-8")) if path.exists() else ():
            document = from_values(record["nodes"])
            now = CROSS_NOW.astimezone(ZoneInfo(record["tz"]))
            for engine, dialect in BY_ENGINE.items():
                for kind in ("string", "boolean", "number"):
                    node = node_at(document, "/data/" + record["context"])
                    assert node is not None
                    context = Context(node, World(document.children[0], now))
                    difference = _cross_difference(record, dialect, kind, record[engine], context)
                    id = f"{record['id']}:{engine}:{kind}"
                    yield Outcome(name, dialect.name, id, record["expr"], "odk", True, difference)


def _cross_difference(record: dict[str, Any], dialect: Dialect, kind: str, answer: Any, context: Context) -> str:
    expected = answer[kind]
    is_error = str(expected).startswith("ERR")
    try:
        expression = compile_expression(record["expr"], dialect)
        got: Any = {"string": expression.text, "boolean": expression.boolean, "number": expression.number}[kind](
            context
        )
    except (CannotEvaluate, ExpressionSyntax) as error:
        return "" if is_error else f"expected {expected!r}, got {error}"
    if is_error:
        return f"expected an error, got {got!r}"
    agrees = same_number(float(expected), got) if kind == "number" else expected == got
    return "" if agrees else f"expected {expected!r}, got {got!r}"


def corpus(folder: Path) -> Iterator[Outcome]:
    """Expressions of public forms: each parses, in both dialects alike, or is refused for a stated reason."""
    path = folder / "expr_corpus.json"
    for at, record in enumerate(json.loads(path.read_text("utf-8")) if path.exists() else ()):
        for dialect in (COLLECT, ENKETO):
            try:
                compile_expression(record["expr"], dialect)
                difference = ""
            except ExpressionSyntax as error:
                difference = f"refused: column {error.column}: {error.problem}"
            yield Outcome(path.name, dialect.name, f"corpus-{at}", record["expr"], "odk", True, difference)
