"""Rules that depend on a few answers alone are asked once for the same answers: most of a register's rows are alike.

Used by rules.py and hearing.py. The key is what the rule reads; a rule that asks the time, chance, positions or lists
has none. What is remembered stays in the process, and is forgotten when it grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from collector.form.instance.tree import Instance
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.expression import Expression
from collector.form.xpath.nodes import Node

Key: TypeAlias = "tuple[str | None, ...]"
KeyOf: TypeAlias = Callable[[Node, Instance], Key]
Get: TypeAlias = "Callable[[Node, Instance], str | None]"

PURE = frozenset(
    {"not", "true", "false", "boolean", "number", "string", "int", "round", "if", "coalesce", "concat", "regex"}
    | {"selected", "count-selected", "selected-at", "string-length", "normalize-space", "contains", "starts-with"}
    | {"ends-with", "substr", "substring-before", "substring-after", "translate", "decimal-time", "decimal-date-time"}
    | {"date", "date-time", "format-date", "format-date-time", "abs", "pow", "boolean-from-string"}
)
"""Functions whose value depends on their arguments alone; those of dates also on the zone, which is in the key."""
MOST = 20_000
"""Remembered for one rule before all of it is forgotten."""


def compile_key(expression: Expression, form_node: FormNode, model: FormModel) -> KeyOf | None:
    """The function that gives what a rule reads from a node; None where that is not a handful of answers."""
    if expression.functions - PURE or expression.instances or not expression.is_deterministic:
        return None
    getters = [_getter(path, form_node, model) for path in sorted(expression.paths)]
    known = [getter for getter in getters if getter is not None]
    if len(known) < len(getters) or not known or len(known) > 6:
        return None
    if len(known) == 1:
        only = known[0]
        return lambda node, instance: (only(node, instance),)
    if len(known) == 2:
        first, second = known
        return lambda node, instance: (first(node, instance), second(node, instance))
    return lambda node, instance: tuple([get(node, instance) for get in known])


def _getter(path: str, form_node: FormNode, model: FormModel) -> Get | None:
    if path == ".":
        return lambda node, instance: node.text
    name = path.removeprefix("../")
    if "/" not in name and name not in ("", "..", "*") and path != name and form_node.parent is not None:
        return _sibling(name, form_node.parent.children)
    inside = path.removeprefix(f"/{model.name}/")
    target = model.by_path.get(inside) if inside != path else None
    if target is None or not target.is_leaf or any(node.is_repeat for node in _around(target)):
        return None
    index = target.index
    return lambda node, instance: _text(instance.found[index][0])


def _sibling(name: str, children: list[FormNode]) -> Get | None:
    """A leaf beside the node; its place among them is fixed where no repeat comes before it."""
    for position, child in enumerate(children):
        if child.is_repeat:
            return None
        if child.name == name:
            if not child.is_leaf:
                return None
            return lambda node, instance: _text(node.parent.children[position]) if node.parent else None
    return None


def _text(node: Node) -> str | None:
    return node.text if node.is_relevant else None


def _around(node: FormNode | None) -> Iterable[FormNode]:
    while node is not None:
        yield node
        node = node.parent
