"""The door of the engine: a text becomes an Expression once, which is then evaluated in many contexts.

    expression = compile_expression(". >= 1 and . <= 30", COLLECT)
    expression.boolean(Context(node, World(root, now)))

Used by collector/form/judging and jobs/xpath.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from collector.errors import CannotEvaluate, ExpressionSyntax
from collector.form.xpath.code import Code, Dialect
from collector.form.xpath.compiler import Compiler
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.values import Value

T = TypeVar("T")

NO_REPEATS: frozenset[str] = frozenset()


class Expression:
    """A compiled expression. Evaluating raises CannotEvaluate, and nothing else.

    source: as written. functions, paths, instances: what it uses; paths as written, without predicates.
    counted: last names of the paths whose nodes it counts or numbers.
    is_filtered: whether paths have predicates, those into lists (instance('…')/…) apart.
    is_deterministic: false when it asks for the time, chance, the tablet, or the answer that is there already.
    failure: set when it is certain to fail whatever the answers are.
    """

    __slots__ = (
        *("counted", "dialect", "failure", "functions", "instances", "is_deterministic", "is_filtered"),
        *("paths", "source"),
        *("_boolean", "_nodes", "_number", "_run", "_text"),
    )

    def __init__(self, source: str, compiler: Compiler, code: Code) -> None:
        usage = compiler.usage
        self.source, self.dialect, self.failure = source, compiler.dialect, code.failure
        self.functions, self.instances = frozenset(usage.functions), frozenset(usage.instances)
        self.paths, self.counted = frozenset(usage.paths), frozenset(usage.counted)
        self.is_deterministic, self.is_filtered = usage.is_deterministic, usage.is_filtered
        self._run, self._boolean, self._number = code.run, compiler.boolean(code), compiler.number(code)
        self._text, self._nodes = compiler.text(code), compiler.nodes(code)

    def __repr__(self) -> str:
        return f"Expression({self.source!r}, {self.dialect.name})"

    def evaluate(self, context: Context) -> Value:
        """The value as it comes: bool, float, str, Moment or a list of nodes."""
        return _bounded(self._run, context)

    def boolean(self, context: Context) -> bool:
        return _bounded(self._boolean, context)

    def number(self, context: Context) -> float:
        return _bounded(self._number, context)

    def text(self, context: Context) -> str:
        return _bounded(self._text, context)

    def nodes(self, context: Context) -> list[Node]:
        """The node-set; do not change it. Raises CannotEvaluate when the value is not a node-set."""
        return _bounded(self._nodes, context)


def _bounded(run: Callable[[Node, Context], T], context: Context) -> T:
    try:
        return run(context.node, context)
    except RecursionError:
        raise CannotEvaluate("too_expensive", "the expression goes too deep") from None


def compile_expression(text: str, dialect: Dialect, repeats: frozenset[str] = NO_REPEATS) -> Expression:
    """Parse and compile an expression. Raises ExpressionSyntax with the column of the mistake.

    repeats: paths of the form's repeats ("/data/r"); web forms let an absolute path through a repeat mean the
    question's own instance, and Collect needs no telling.
    """
    compiler = Compiler(dialect, repeats)
    try:
        return Expression(text, compiler, compiler.compile(_parsed(text)))
    except RecursionError:
        raise ExpressionSyntax(text, 1, "too many parts inside each other; split it over calculations.") from None


_parsed = lru_cache(maxsize=4096)(parse)
