"""Choice filters by lookup: instance('sites')/root/item[district = …] asks an index instead of every item.

Made once per node and column, kept in World.indexes. Where looking up could differ from comparing one by one (numbers,
dates, typed or repeated columns), items are compared one by one. Used by paths_collect.py and paths_enketo.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from collector.form.xpath.code import Function
from collector.form.xpath.coercions import DATE_TEXT
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import NONE, Node
from collector.form.xpath.steps import Keep, local_name
from collector.form.xpath.syntax.tree import Binary, Call, Expr, Number, Path, Step, Text
from collector.form.xpath.values import Value

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler

Index = dict[str, list[Node]]

_TEXTUAL = frozenset({"string", "barcode", "binary", "select1", "select"})
"""Kinds whose answers compare as texts in both engines."""


def equality_index(compiler: Compiler, steps: Sequence[Step]) -> Keep | None:
    """A function from parents to the children of the first step with predicates that its first predicate keeps.

    None when that predicate is not `column = something that is the same for every item`.
    """
    step = next((step for step in steps if step.predicates), None)
    if step is None or step.axis != "child" or step.test == "*" or step.test.endswith("()"):
        return None
    sides = _column_and_key(compiler, step.predicates[0])
    if sides is None:
        return None
    column, key = sides
    name, scan = local_name(step.test), compiler.predicate(step.predicates[0])
    key_of, dialect = compiler.compile(key).run, compiler.dialect.name
    text_of, text = compiler.coercions.text_of, compiler.coercions.text

    def keep(parents: list[Node], context: Context) -> list[Node]:
        found: list[Node] = []
        for parent in parents:
            value = key_of(parent, context)
            place = (id(parent), name, column, dialect)
            if place not in context.world.indexes:
                index = _build(parent, name, column, is_absent_empty=dialect == "collect", text_of=text_of)
                context.world.indexes[place] = parent, index  # the parent too, so that its id stays its own
            index = context.world.indexes[place][1]
            if index is None or not _is_textual(value) or _is_dated(wanted := text(value, context)):
                found += scan(parent.named(name), context)
            elif value or type(value) is str or dialect == "collect":
                found += index.get(wanted, NONE)
        return found

    return keep


def _column_and_key(compiler: Compiler, predicate: Expr) -> tuple[str, Expr] | None:
    if isinstance(predicate, Binary) and predicate.operator == "=":
        for side, other in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
            is_column = isinstance(side, Path) and side.start == "" and len(side.steps) == 1
            if is_column and is_independent(compiler, other):
                step = side.steps[0]  # type: ignore[attr-defined]  # it is a path
                if step.axis == "child" and not step.predicates and step.test.replace("_", "").isalnum():
                    return local_name(step.test), other
    return None


def is_independent(compiler: Compiler, tree: Expr) -> bool:
    """Whether an expression is the same for every node that a predicate looks at."""
    if isinstance(tree, Number | Text):
        return True
    if isinstance(tree, Path):
        is_anchored = tree.start == "/" or (isinstance(tree.start, Call) and tree.start.name == "current")
        return is_anchored and not any(step.predicates for step in tree.steps)
    if isinstance(tree, Call) and isinstance(compiler.dialect.functions.get(tree.name), Function):
        return bool(tree.arguments) and all(is_independent(compiler, argument) for argument in tree.arguments)
    return False


def _build(
    parent: Node, name: str, column: str, *, is_absent_empty: bool, text_of: Callable[[Node], str]
) -> Index | None:
    """Items by the text of their column; None when only comparing one by one is safe."""
    index: Index = {}
    for item in parent.named(name):
        cells = item.named(column)
        if len(cells) > 1 or any(cell.kind not in _TEXTUAL for cell in cells):
            return None
        if cells or is_absent_empty:
            text = text_of(cells[0]) if cells else ""
            if _is_dated(text):
                return None
            index.setdefault(text, []).append(item)
    return index


def _is_textual(value: Value) -> bool:
    if type(value) is list:
        return len(value) <= 1 and all(node.kind in _TEXTUAL for node in value)
    return type(value) is str


def _is_dated(text: str) -> bool:
    return len(text) > 7 and text[4] == "-" and DATE_TEXT.fullmatch(text) is not None
