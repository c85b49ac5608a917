"""Functions on nodes and their places: count, position, current, indexed-repeat, randomize. Used by dialects.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Code, Function, failing
from collector.form.xpath.coercions import COLLECT as COLLECT_COERCIONS
from collector.form.xpath.coercions import enketo_text_of, java_int
from collector.form.xpath.context import Context
from collector.form.xpath.functions.shuffle import java_shuffled, javascript_shuffled
from collector.form.xpath.nodes import Node
from collector.form.xpath.steps import chain, document, local_name, secondary
from collector.form.xpath.syntax.tree import Call, Path, Text
from collector.form.xpath.values import Value

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler


def own_position(node: Node) -> int:
    """Place of a node among the siblings of its name, from 1."""
    if node.parent is None:
        return 1
    return node.parent.named(node.name).index(node) + 1


def build_current(compiler: Compiler, tree: Call) -> Code:
    if tree.arguments:
        return failing("evaluation_error", "current() takes no arguments")
    return Code(lambda node, context: [context.current], "nodes")


def build_last(compiler: Compiler, tree: Call) -> Code:
    compiler.is_position_used = True
    if tree.arguments:
        return failing("evaluation_error", "last() takes no arguments")
    return Code(lambda node, context: float(context.size), "number")


def build_instance(compiler: Compiler, tree: Call) -> Code:
    """instance() alone; with steps behind it the path takes it."""
    argument = tree.arguments[0] if len(tree.arguments) == 1 else None
    if not isinstance(argument, Text):
        return failing("evaluation_error", "instance() wants one text in quotes")
    compiler.usage.instances.add(argument.value)
    return Code(lambda node, context: [document(secondary(context, argument.value))], "nodes")


def build_indexed_repeat(compiler: Compiler, tree: Call) -> Code:
    """indexed-repeat(target, repeat, index, …): the target inside the index-th instance of each repeat around it.

    An index below 1 means the first instance in Collect; Enketo refuses it.
    """
    paths = [tree.arguments[0], *tree.arguments[1::2]] if tree.arguments else []
    if len(tree.arguments) not in {3, 5, 7, 9, 11} or not all(isinstance(path, Path) for path in paths):
        return failing("evaluation_error", "indexed-repeat() takes a path, then pairs of a repeat's path and a number")
    names_of = [_names(path) for path in paths if isinstance(path, Path)]
    for path in paths:
        compiler.compile(path)  # for what the expression depends on
    indexes = [compiler.number(compiler.compile(index)) for index in tree.arguments[2::2]]
    is_lenient = compiler.dialect.name == "collect"

    def run(node: Node, context: Context) -> Value:
        target, *repeats = (_resolved(ups, names, node, context) for ups, names in names_of)
        places: dict[int, int] = {}
        for repeat, index in zip(repeats, indexes, strict=True):
            position = java_int(index(node, context))
            if target[: len(repeat)] != repeat or len(repeat) >= len(target):
                raise CannotEvaluate("evaluation_error", "indexed-repeat(): a repeat is not around the field")
            if position < 1 and not is_lenient:
                raise CannotEvaluate("evaluation_error", "indexed-repeat(): positions begin with 1")
            places[len(repeat)] = max(position, 1)
        return _at_places(target, places, node, context)

    return Code(run, "nodes")


def _names(path: Path) -> tuple[int, tuple[str, ...]]:
    """(parents to climb, or -1 for an absolute path; names below)."""
    ups = -1 if path.start == "/" else sum(step.axis == "parent" for step in path.steps)
    return ups, tuple(local_name(step.test) for step in path.steps if step.axis == "child")


def _resolved(ups: int, names: tuple[str, ...], node: Node, context: Context) -> tuple[str, ...]:
    """The names of a path from the root element."""
    if ups < 0:
        return names
    above = [each.name for each in chain(node)]
    return (*above[: len(above) - ups], *names)


def _at_places(target: tuple[str, ...], places: dict[int, int], node: Node, context: Context) -> list[Node]:
    """Nodes of the target path: at the given place where there is one, else in the context's own branch."""
    origin, follows = chain(node), True
    nodes = [context.world.root]
    for depth, name in enumerate(target[1:], 2):
        same = [child for parent in nodes for child in parent.named(name)]
        if depth in places:
            own = [child for parent in nodes for child in parent.named(name)[places[depth] - 1 : places[depth]]]
            follows = follows and len(origin) >= depth and own == [origin[depth - 1]]
            nodes = own
        elif follows and len(origin) >= depth and origin[depth - 1] in same:
            nodes = [origin[depth - 1]]
        else:
            follows, nodes = False, same
    return [each for each in nodes if each.is_relevant]


COMMON: dict[str, Function | Builder] = {
    "current": build_current,
    "indexed-repeat": build_indexed_repeat,
    "count": Function(lambda context, nodes: float(len(nodes)), "nodes", "number"),
}

# Collect


def build_collect_position(compiler: Compiler, tree: Call) -> Code:
    compiler.is_position_used |= not tree.arguments
    if not tree.arguments:
        return Code(lambda node, context: float(context.position or own_position(node)), "number")
    if len(tree.arguments) > 1:
        return failing("evaluation_error", "position() takes one path or nothing")
    nodes = compiler.nodes(compiler.compile(tree.arguments[0]))

    def run(node: Node, context: Context) -> float:
        found = nodes(node, context)
        return float(own_position(found[0])) if found else 0.0

    return Code(run, "number")


def collect_count_non_empty(context: Context, nodes: list[Node]) -> float:
    """JavaRosa looks the nodes up in the submission, wherever they are from."""
    if nodes and chain(nodes[0])[:1] != [context.world.root]:
        raise CannotEvaluate("evaluation_error", "count-non-empty() of nodes that are not the submission's")
    return float(sum(bool(node.children) or COLLECT_COERCIONS.text_of(node) != "" for node in nodes))


COLLECT: dict[str, Function | Builder] = {
    "position": build_collect_position,
    "count-non-empty": Function(collect_count_non_empty, "nodes", "number"),
    "randomize": Function(java_shuffled, "nodes number?", "nodes", is_deterministic=False),
}

# Enketo


def build_enketo_position(compiler: Compiler, tree: Call) -> Code:
    compiler.is_position_used |= not tree.arguments
    if not tree.arguments:
        return Code(lambda node, context: float(context.position or 1), "number")
    if len(tree.arguments) > 1:
        return failing("evaluation_error", "position() takes one path or nothing")
    nodes = compiler.nodes(compiler.compile(tree.arguments[0]))

    def run(node: Node, context: Context) -> float:
        found = nodes(node, context)
        if not found:
            raise CannotEvaluate("evaluation_error", "position() of nothing")
        return float(own_position(found[0]))

    return Code(run, "number")


def _name(context: Context, nodes: list[Node]) -> str:
    return nodes[0].name if nodes else ""


def build_name(compiler: Compiler, tree: Call) -> Code:
    if not tree.arguments:
        return Code(lambda node, context: node.name, "text")
    return compiler.plain_call(tree, Function(_name, "nodes", "text"))


def enketo_count_non_empty(context: Context, nodes: list[Node]) -> float:
    return float(sum(enketo_text_of(node) != "" for node in nodes))


ENKETO: dict[str, Function | Builder] = {
    "instance": build_instance,
    "position": build_enketo_position,
    "last": build_last,
    "name": build_name,
    "local-name": build_name,
    "count-non-empty": Function(enketo_count_non_empty, "nodes", "number"),
    "randomize": Function(javascript_shuffled, "nodes number?", "nodes", is_deterministic=False),
}
