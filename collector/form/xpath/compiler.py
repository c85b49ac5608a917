"""A tree to closures, in one dialect. Used by expression.py and, through `Compiler`, by builders of functions.

Everything that can be decided once is decided here: conversions that are not needed are not made, names of paths are
resolved to tuples, functions are looked up. An unknown function fails only when it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from collector.errors import CannotEvaluate
from collector.form.xpath.code import (
    Code,
    Dialect,
    Function,
    Run,
    RunBoolean,
    RunNodes,
    RunNumber,
    RunText,
    Usage,
    failing,
)
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node
from collector.form.xpath.syntax.tree import (
    Binary,
    Call,
    Expr,
    Filtered,
    Logic,
    Negation,
    Number,
    Path,
    Text,
    Variable,
)
from collector.form.xpath.values import Value

COUNTING = frozenset({"count", "count-non-empty", "position"})


class Compiler:
    """Compiles one expression. usage: what it depends on, complete when the compiling is done."""

    def __init__(self, dialect: Dialect, repeats: frozenset[str] = frozenset()) -> None:
        self.dialect = dialect
        self.coercions = dialect.coercions
        self.repeats = repeats
        self.usage = Usage()
        self.is_position_used = False

    def compile(self, tree: Expr) -> Code:
        if isinstance(tree, Path):
            is_list = isinstance(tree.start, Call) and tree.start.name == "instance"
            self.usage.is_filtered |= not is_list and any(step.predicates for step in tree.steps)
            return self.dialect.path(self, tree)
        if isinstance(tree, Call):
            return self.call(tree)
        if isinstance(tree, Binary):
            return self.dialect.operators[tree.operator](self, self.compile(tree.left), self.compile(tree.right))
        if isinstance(tree, Logic):
            return self.logic(tree)
        if isinstance(tree, Number | Text):
            return constant(tree.value)
        if isinstance(tree, Negation):
            return self.negation(self.compile(tree.operand))
        if isinstance(tree, Filtered):
            return self.filtered(tree)
        name = cast(Variable, tree).name
        return failing("function_unsupported", f"the variable ${name}: forms have no variables")

    # conversions

    def boolean(self, code: Code) -> RunBoolean:
        run, convert = code.run, self.coercions.boolean
        if code.kind == "boolean":
            return cast(RunBoolean, run)
        return lambda node, context: convert(run(node, context), context)

    def number(self, code: Code) -> RunNumber:
        run, convert = code.run, self.coercions.number
        if code.kind == "number":
            return cast(RunNumber, run)
        if code.constant is not None and code.kind == "boolean":
            number = 1.0 if code.constant else 0.0
            return lambda node, context: number
        return lambda node, context: convert(run(node, context), context)

    def text(self, code: Code) -> RunText:
        run, convert = code.run, self.coercions.text
        if code.kind == "text":
            return cast(RunText, run)
        return lambda node, context: convert(run(node, context), context)

    def scalar(self, code: Code) -> Run:
        """One value: a node-set gives its node's."""
        run, convert = code.run, self.coercions.scalar
        if code.kind not in {"nodes", "any"}:
            return run
        return lambda node, context: convert(run(node, context), context)

    def nodes(self, code: Code) -> RunNodes:
        """A node-set; anything else is an error when it is evaluated."""
        run = code.run
        if code.kind == "nodes":
            return cast(RunNodes, run)

        def checked(node: Node, context: Context) -> list[Node]:
            value = run(node, context)
            if type(value) is not list:
                raise CannotEvaluate("evaluation_error", "a value stands where fields are wanted")
            return value

        return checked

    def converted(self, kind: str, code: Code) -> Run:
        """kind: of a parameter, see Function."""
        if kind == "any":
            return code.run
        converters: dict[str, Callable[[Code], Run]] = {
            **{"text": self.text, "number": self.number, "boolean": self.boolean},
            **{"scalar": self.scalar, "nodes": self.nodes},
        }
        return converters[kind](code)

    # parts of expressions

    def logic(self, tree: Logic) -> Code:
        codes = [self.compile(operand) for operand in tree.operands]
        parts = tuple(self.boolean(code) for code in codes)
        run = _all_of(parts) if tree.operator == "and" else _any_of(parts)
        return Code(run, "boolean", failure=codes[0].failure)

    def negation(self, operand: Code) -> Code:
        number = self.number(operand)
        if type(operand.constant) is float:
            return constant(-operand.constant)
        return Code(lambda node, context: -number(node, context), "number", failure=operand.failure)

    def filtered(self, tree: Filtered) -> Code:
        if not self.dialect.has_filtered_expressions:
            return failing("evaluation_error", "predicates may only stand behind a path")
        self.usage.is_filtered = True
        operand = self.compile(tree.operand)
        nodes = self.nodes(operand)
        filters = [self.predicate(predicate) for predicate in tree.predicates]

        def run(node: Node, context: Context) -> Value:
            found = nodes(node, context)
            for keep in filters:
                found = keep(found, context)
            return found

        return Code(run, "nodes", failure=operand.failure)

    def call(self, tree: Call) -> Code:
        self.usage.functions.add(tree.name)
        if tree.name in COUNTING:
            self.usage.counted.update(_last_names(tree.arguments))
        function = self.dialect.functions.get(tree.name)
        if function is None:
            return failing("function_unsupported", f"{tree.name}() is not known to {self.dialect.name}")
        if isinstance(function, Function):
            return self.plain_call(tree, function)
        return function(self, tree)

    def plain_call(self, tree: Call, function: Function) -> Code:
        self.usage.is_deterministic &= function.is_deterministic
        kinds = parameter_kinds(function.parameters, len(tree.arguments))
        if kinds is None:
            given, wanted = len(tree.arguments), function.parameters or "no arguments"
            return failing("evaluation_error", f"{tree.name}() has {given} arguments; it takes: {wanted}")
        codes = [self.compile(argument) for argument in tree.arguments]
        failure = next((code.failure for code in codes if code.failure), None)
        arguments = [self.converted(kind, code) for kind, code in zip(kinds, codes, strict=True)]
        return Code(_called(function.call, arguments), function.gives, failure=failure)

    def predicate(self, tree: Expr) -> Callable[[list[Node], Context], list[Node]]:
        """Compiles to a function that keeps the nodes for which the predicate holds."""
        outside, self.is_position_used = self.is_position_used, False
        code = self.compile(tree)
        is_positional, self.is_position_used = self.is_position_used, outside
        return self.dialect.predicate(self, code, is_positional)


def _last_names(arguments: Sequence[Expr]) -> set[str]:
    """The names that paths end in, those of steps to a parent left out."""
    steps = [argument.steps[-1] for argument in arguments if isinstance(argument, Path) and argument.steps]
    return {step.test.rpartition(":")[2] for step in steps if step.axis == "child"}


def constant(value: float | str | bool) -> Code:
    kind = "boolean" if type(value) is bool else "text" if type(value) is str else "number"
    return Code(lambda node, context: value, kind, constant=value)


def parameter_kinds(parameters: str, count: int) -> list[str] | None:
    """The kind of each of `count` arguments; None when there are too few or too many."""
    kinds: list[str] = []
    for kind in parameters.split():
        if kind.endswith("*"):
            kinds += [kind[:-1]] * (count - len(kinds))
        elif not kind.endswith("?"):
            kinds.append(kind)
        elif len(kinds) < count:
            kinds.append(kind[:-1])
    return kinds if len(kinds) == count else None


def _all_of(parts: Sequence[RunBoolean]) -> RunBoolean:
    if len(parts) == 2:
        first, second = parts
        return lambda node, context: first(node, context) and second(node, context)

    def run(node: Node, context: Context) -> bool:
        for part in parts:  # noqa: SIM110  # a generator costs twice the time
            if not part(node, context):
                return False
        return True

    return run


def _any_of(parts: Sequence[RunBoolean]) -> RunBoolean:
    if len(parts) == 2:
        first, second = parts
        return lambda node, context: first(node, context) or second(node, context)

    def run(node: Node, context: Context) -> bool:
        for part in parts:  # noqa: SIM110  # a generator costs twice the time
            if part(node, context):
                return True
        return False

    return run


def _called(call: Callable[..., Value], arguments: Sequence[Run]) -> Run:
    if not arguments:
        return lambda node, context: call(context)
    if len(arguments) == 1:
        (only,) = arguments
        return lambda node, context: call(context, only(node, context))
    if len(arguments) == 2:
        first, second = arguments
        return lambda node, context: call(context, first(node, context), second(node, context))
    return lambda node, context: call(context, *[argument(node, context) for argument in arguments])
