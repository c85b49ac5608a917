"""Steps of paths that both engines share: walking down by names, along an axis, and filtering by predicates.

Used by paths_collect.py and paths_enketo.py. Names lose their prefix: forms have one namespace that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from collector.errors import CannotEvaluate
from collector.form.xpath.code import RunBoolean
from collector.form.xpath.context import Context
from collector.form.xpath.nodes import Node

Keep = Callable[[list[Node], Context], list[Node]]
"""A predicate: the nodes for which it holds, in their order."""


DOCUMENT = "#document"
"""Name of the node above a root element, where there is one."""


def local_name(name: str) -> str:
    return name.rpartition(":")[2]


def secondary(context: Context, id: str) -> Node:
    """Root element of an instance. Raises CannotEvaluate when the form has none of this id, or its file is missing."""
    world = context.world
    root = world.instances.get(id)
    if root is None:
        if id == world.root.name:
            return world.root
        raise CannotEvaluate("external_file_missing", f"instance('{id}') is not there")
    return root


def document(root: Node) -> Node:
    """The node above a root element."""
    if root.parent is not None:
        return root.parent
    above = Node(DOCUMENT)
    above.children = [root]
    return above


def chain(node: Node) -> list[Node]:
    """The node and all above it, the root element first; without the document."""
    found: list[Node] = []
    while True:
        if node.name != DOCUMENT:
            found.append(node)
        if node.parent is None:
            return found[::-1]
        node = node.parent


def spend(context: Context, nodes: int) -> None:
    """Count visited nodes against the budget, so that no expression runs for hours."""
    context.budget -= nodes
    if context.budget < 0:
        raise CannotEvaluate("too_expensive", "the expression visits too many nodes")


def keep_where(holds: RunBoolean, is_positional: bool) -> Keep:
    """A filter of a condition; position() and last() count in the list that is filtered."""

    def keep(nodes: list[Node], context: Context) -> list[Node]:
        spend(context, len(nodes))
        return [node for node in nodes if holds(node, context)]

    return keep_numbered(holds) if is_positional else keep


def keep_numbered(holds: RunBoolean) -> Keep:
    def keep(nodes: list[Node], context: Context) -> list[Node]:
        spend(context, len(nodes))
        outside = context.position, context.size
        context.size = len(nodes)
        kept: list[Node] = []
        try:
            for position, node in enumerate(nodes, 1):
                context.position = position
                if holds(node, context):
                    kept.append(node)
        finally:
            context.position, context.size = outside
        return kept

    return keep


def descendants(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from descendants(child)


def _ancestors(node: Node) -> Iterator[Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def _with_self(node: Node, others: Iterable[Node]) -> Iterator[Node]:
    yield node
    yield from others


AXES: dict[str, Callable[[Node], Iterable[Node]]] = {
    "child": lambda node: node.children,
    "parent": lambda node: () if node.parent is None else (node.parent,),
    "self": lambda node: (node,),
    "attribute": lambda node: node.attributes or (),
    "descendant": descendants,
    "descendant-or-self": lambda node: _with_self(node, descendants(node)),
    "ancestor": _ancestors,
    "ancestor-or-self": lambda node: _with_self(node, _ancestors(node)),
}
"""Nodes along an axis, nearest first."""


def unique(nodes: Iterable[Node]) -> list[Node]:
    """Without repetitions, in the order of first appearance."""
    return list({id(node): node for node in nodes}.values())
