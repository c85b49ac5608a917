"""Location paths as Enketo's web forms understand them: XPath 1.0, with predicates that count in the whole node-set.

Absolute paths through a repeat that holds the question mean the question's own instance: web forms write its position
into the expression. Used by dialects.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from collector.form.xpath.code import Code, RunNodes, failing
from collector.form.xpath.context import Context
from collector.form.xpath.index import equality_index
from collector.form.xpath.nodes import NONE, Node
from collector.form.xpath.paths_collect import written
from collector.form.xpath.steps import AXES, Keep, chain, document, keep_where, local_name, secondary, spend, unique
from collector.form.xpath.syntax.tree import Call, Path, Step, Text

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler

_MANY_TO_ONE = frozenset({"parent", "ancestor", "ancestor-or-self", "descendant", "descendant-or-self"})
"""Axes on which several nodes may reach the same one."""


def enketo_path(compiler: Compiler, tree: Path) -> Code:
    unknown = next((step.axis for step in tree.steps if step.axis not in AXES), None)
    if unknown:
        return failing("evaluation_error", f"the axis {unknown} is not supported")
    if isinstance(tree.start, Call) and tree.start.name == "instance":
        return _in_instance(compiler, tree, tree.start)
    if isinstance(tree.start, str) or (isinstance(tree.start, Call) and tree.start.name == "current"):
        compiler.usage.paths.add(written(tree))
    if not isinstance(tree.start, str):
        return _from_expression(compiler, tree)
    names = _plain_names(tree.steps)
    if tree.start == "/":
        if names is None:
            return Code(_walk(lambda node, context: [document(context.world.root)], compiler, tree.steps), "nodes")
        anchors = _anchors(compiler.repeats, names)
        return Code(_anchored(names, anchors) if anchors else _absolute(names), "nodes")
    ups = next((at for at, step in enumerate(tree.steps) if not _is_parent(step)), len(tree.steps))
    names = _plain_names(tree.steps[ups:])
    if names is None:
        return Code(_walk(lambda node, context: [node], compiler, tree.steps), "nodes")
    return Code(_relative(ups, names), "nodes")


def _is_parent(step: Step) -> bool:
    return step.axis == "parent" and step.test == "node()" and not step.predicates


def _plain_names(steps: tuple[Step, ...]) -> tuple[str, ...] | None:
    """The names of steps that only go down, without `.`; None when a step is anything else."""
    names: list[str] = []
    for step in steps:
        is_self = step.axis == "self" and step.test == "node()"
        if step.predicates or not (is_self or (step.axis == "child" and step.test[-1] not in ")*")):
            return None
        if not is_self:
            names.append(local_name(step.test))
    return tuple(names)


def _down(nodes: list[Node], names: tuple[str, ...]) -> list[Node]:
    for name in names:
        nodes = nodes[0].named(name) if len(nodes) == 1 else [child for node in nodes for child in node.named(name)]
    return nodes


def _absolute(names: tuple[str, ...]) -> RunNodes:
    if not names:
        return lambda node, context: [document(context.world.root)]
    first, rest = names[0], names[1:]

    def run(node: Node, context: Context) -> list[Node]:
        root = context.world.root
        return _down([root], rest) if root.name == first else NONE

    return run


def _anchors(repeats: frozenset[str], names: tuple[str, ...]) -> tuple[int, ...]:
    """How many names of the path lead to a repeat that the path goes through, the innermost first."""
    return tuple(count for count in range(len(names) - 1, 1, -1) if "/" + "/".join(names[:count]) in repeats)


def _anchored(names: tuple[str, ...], anchors: tuple[int, ...]) -> RunNodes:
    plain = _absolute(names)

    def run(node: Node, context: Context) -> list[Node]:
        origin = chain(context.current)
        for count in anchors:
            if len(origin) >= count and all(origin[at].name == names[at] for at in range(count)):
                return _down([origin[count - 1]], names[count:])
        return plain(node, context)

    return run


def _relative(ups: int, names: tuple[str, ...]) -> RunNodes:
    if len(names) == 1 and ups < 2:
        (name,) = names  # what forms write for almost every row: card, ../card
        if not ups:
            return lambda node, context: node.named(name)
        return lambda node, context: node.parent.named(name) if node.parent is not None else NONE

    def run(node: Node, context: Context) -> list[Node]:
        for _ in range(ups):
            if node.parent is None:
                return NONE
            node = node.parent
        return _down([node], names) if names else [node]

    return run


def _in_instance(compiler: Compiler, tree: Path, start: Call) -> Code:
    argument = start.arguments[0] if len(start.arguments) == 1 else None
    if not isinstance(argument, Text):
        return failing("evaluation_error", "instance() wants one text in quotes")
    name = argument.value
    compiler.usage.instances.add(name)

    def above(node: Node, context: Context) -> list[Node]:
        return [document(secondary(context, name))]

    at = next((at for at, step in enumerate(tree.steps) if step.predicates), None)
    index = equality_index(compiler, tree.steps)
    if index is None or at is None or _plain_names(tree.steps[:at]) is None:
        return Code(_walk(above, compiler, tree.steps), "nodes")
    parents = _walk(above, compiler, tree.steps[:at])
    first = index

    def filtered(node: Node, context: Context) -> list[Node]:
        return first(parents(node, context), context)

    rest = Step("self", "node()", tree.steps[at].predicates[1:])
    steps = (*((rest,) if rest.predicates else ()), *tree.steps[at + 1 :])
    return Code(_walk(filtered, compiler, steps) if steps else filtered, "nodes")


def _from_expression(compiler: Compiler, tree: Path) -> Code:
    start = compiler.compile(tree.start)  # type: ignore[arg-type]  # not a text
    return Code(_walk(compiler.nodes(start), compiler, tree.steps), "nodes", failure=start.failure)


def _walk(start: RunNodes, compiler: Compiler, steps: tuple[Step, ...]) -> RunNodes:
    """Any steps at all, one after the other."""
    walkers = [_walker(compiler, step) for step in steps]

    def run(node: Node, context: Context) -> list[Node]:
        nodes = start(node, context)
        for walk in walkers:
            nodes = walk(nodes, context)
        return nodes

    return run


_TESTS: dict[str, Callable[[Node], bool]] = {
    "*": lambda node: not node.name.startswith("#"),
    "node()": lambda node: True,
    "text()": lambda node: node.name == "#text",
    "comment()": lambda node: node.name == "#comment",
    "processing-instruction()": lambda node: node.name == "#instruction",
}
"""Node tests that are not names; what is not an element has a name that begins with #."""


def _is_named(name: str) -> Callable[[Node], bool]:
    return lambda node: node.name == name


def _walker(compiler: Compiler, step: Step) -> Keep:
    along, test = AXES[step.axis], local_name(step.test)
    keeps = [compiler.predicate(predicate) for predicate in step.predicates]
    is_text, has_repetitions = test == "text()", step.axis in _MANY_TO_ONE
    passes = _TESTS.get(test) or _is_named(test)

    def walk(nodes: list[Node], context: Context) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            if is_text and step.axis == "child" and node.text:
                found.append(node)  # the text of a leaf reads as the leaf itself
            else:
                found += [other for other in along(node) if passes(other)]
        spend(context, len(found))
        if has_repetitions and len(nodes) > 1:
            found = unique(found)
        for keep in keeps:
            found = keep(found, context)
        return found

    return walk


def enketo_predicate(compiler: Compiler, code: Code, is_positional: bool) -> Keep:
    """A number is a position, anything else a condition."""
    if type(code.constant) is float:
        position = int(code.constant) if code.constant.is_integer() and code.constant > 0 else 0
        return lambda nodes, context: nodes[position - 1 : position] if position else NONE
    if code.kind == "number":
        number = compiler.number(code)
        return keep_where(lambda node, context: number(node, context) == context.position, True)
    if code.kind == "any":
        run, boolean = code.run, compiler.coercions.boolean

        def holds(node: Node, context: Context) -> bool:
            value = run(node, context)
            return value == context.position if type(value) is float else boolean(value, context)

        return keep_where(holds, True)
    return keep_where(compiler.boolean(code), is_positional)
