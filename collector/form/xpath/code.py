"""What the compiler hands around: closures with what is known of their values, functions as data, dialects as data.

Used by compiler.py, paths.py, operators.py, functions/*.py; dialects.py fills in the two dialects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from collector.errors import CannotEvaluate
from collector.form.xpath.coercions import Coercions
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import Value

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler
    from collector.form.xpath.syntax.tree import Call, Path

Run: TypeAlias = Callable[[Node, Context], Value]
RunBoolean: TypeAlias = Callable[[Node, Context], bool]
RunNumber: TypeAlias = Callable[[Node, Context], float]
RunText: TypeAlias = Callable[[Node, Context], str]
RunNodes: TypeAlias = Callable[[Node, Context], list[Node]]


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression. kind: boolean, number, text, moment, nodes or any: what `run` gives.

    constant: the value, when it depends on nothing. failure: set when evaluating it is certain to fail.
    """

    run: Run
    kind: str
    constant: Value | None = None
    failure: CannotEvaluate | None = None


def failing(reason: str, detail: str) -> Code:
    """Code that fails when, and only when, it is evaluated: a dead branch may hold anything."""

    def run(node: Node, context: Context) -> Value:
        raise CannotEvaluate(reason, detail)

    return Code(run, "any", failure=CannotEvaluate(reason, detail))


@dataclass(frozen=True, slots=True)
class Function:
    """A function that wants its arguments evaluated. call(context, *arguments) gives a value.

    parameters: blank-separated kinds of the arguments: text, number, boolean, scalar (one value), any (as it comes),
    nodes (anything else is an error); "?" behind a kind: may be left out; "*": any number of them.
    gives: the kind of the value.
    """

    call: Callable[..., Value]
    parameters: str
    gives: str
    is_deterministic: bool = True


Builder: TypeAlias = "Callable[[Compiler, Call], Code]"
"""A function that compiles its own call: it is lazy, or looks at the context node, or at the text of an argument."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The rules of one client's engine, as data.

    name: collect (JavaRosa) or enketo. functions: by name, without those the engine does not have. operators: by
    sign; each compiles two operands to code. path: compiles a location path. predicate: makes a filter of a compiled
    predicate; the flag says whether it asks for its position. is_if_lazy: whether a branch that is not taken may hold
    an unknown function.
    """

    name: str
    coercions: Coercions
    functions: Mapping[str, Function | Builder]
    operators: Mapping[str, Callable[[Compiler, Code, Code], Code]]
    path: Callable[[Compiler, Path], Code]
    predicate: Callable[[Compiler, Code, bool], Callable[[list[Node], Context], list[Node]]]
    is_if_lazy: bool
    has_filtered_expressions: bool
    """Whether predicates may follow anything but a step: (…)[1]."""


@dataclass(slots=True)
class Usage:
    """What an expression depends on, gathered while it is compiled.

    paths: as written, without predicates; is_filtered: whether one of them had some, instance('…')/… apart.
    counted: last names of paths given to count() and its like.
    """

    functions: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    is_deterministic: bool = True
    is_filtered: bool = False
