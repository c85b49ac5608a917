"""Location paths as JavaRosa understands them: references into one instance, completed from the context.

As far as the names of an absolute path agree with the context's own, it means the context's own ancestors ("this
instance" of a repeat), after that all nodes of the name; a relative path means all from its start. Between instances
positions are taken over as well. Nodes that are not relevant are not found. `..` counts against the context wherever it
stands. The name of the root element is not compared. Only child, parent, self and
attribute steps exist. Used by dialects.py. Source: TreeReference.contextualize and EvaluationContext.expandReference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Code, RunNodes, failing
from collector.form.xpath.context import Context
from collector.form.xpath.index import equality_index
from collector.form.xpath.nodes import NONE, Node
from collector.form.xpath.steps import DOCUMENT, Keep, chain, keep_where, local_name, secondary
from collector.form.xpath.syntax.tree import Call, Path, Text

if TYPE_CHECKING:
    from collector.form.xpath.compiler import Compiler

Steps = tuple[tuple[str, tuple[Keep, ...]], ...]
"""Names of children with their predicates; "@name" for an attribute."""

UNBOUND = -1


def collect_path(compiler: Compiler, tree: Path) -> Code:
    """Compile a path; what JavaRosa refuses fails when it is evaluated."""
    refused = _refusal(tree)
    if refused:
        return failing("evaluation_error", f"{compiler.dialect.name} does not know {refused}")
    ups = 0 if tree.start == "/" else sum(step.axis == "parent" for step in tree.steps)
    named = [step for step in tree.steps if step.axis in {"child", "attribute"}]
    steps = tuple(
        (
            ("@" if step.axis == "attribute" else "") + local_name(step.test),
            tuple(compiler.predicate(predicate) for predicate in step.predicates),
        )
        for step in named
    )
    if isinstance(tree.start, Call) and tree.start.name == "instance":
        argument = tree.start.arguments[0]
        name = argument.value if isinstance(argument, Text) else ""
        compiler.usage.instances.add(name)
        return Code(_in_instance(name, steps, equality_index(compiler, named)), "nodes")
    compiler.usage.paths.add(written(tree))
    if tree.start == "/":
        return Code(_absolute(steps), "nodes")
    return Code(_relative(ups, steps, is_current=isinstance(tree.start, Call)), "nodes")


def written(tree: Path) -> str:
    """The path without predicates, for those who ask what an expression depends on."""
    names = {"parent": "..", "self": "."}
    steps = "/".join(names.get(step.axis, step.test) for step in tree.steps)
    return ("/" if tree.start == "/" else "" if tree.start == "" else "current()/") + steps


def _refusal(tree: Path) -> str:
    """What of the path JavaRosa has no notion of; "" when it can be evaluated."""
    start = tree.start
    if not isinstance(start, str):
        if not isinstance(start, Call) or start.name not in {"instance", "current"}:
            return "steps behind a bracket or a function"
        if start.name == "instance" and not (len(start.arguments) == 1 and isinstance(start.arguments[0], Text)):
            return "instance() without one text in quotes"
        if start.name == "instance" and tree.steps and tree.steps[0].axis == "parent":
            return "steps to a parent behind instance()"
    elif start == "/" and tree.steps and tree.steps[0].axis == "parent":
        return "steps to a parent of the whole form"
    for step in tree.steps:
        if step.axis not in {"child", "parent", "self", "attribute"}:
            return f"the axis {step.axis} (or //)"
        if step.axis in {"parent", "self"} and (step.test != "node()" or step.predicates):
            return f"a test or predicate on the axis {step.axis}"
        if step.test.endswith("()") and step.axis == "child":
            return step.test
    return ""


def _in_instance(name: str, steps: Steps, index: Keep | None) -> RunNodes:
    """instance('…')/root/item[…]: the index answers the last step's first predicate, where one can be made."""

    def run(node: Node, context: Context) -> list[Node]:
        root = secondary(context, name)
        return _expand([root], steps[1:], context, _pins(steps, 0, chain(node))[1:]) if steps else NONE

    if index is None or len(steps) < 2:
        return run
    at = next(at for at, (_, predicates) in enumerate(steps) if predicates)
    before, (_, predicates), after = steps[1:at], steps[at], steps[at + 1 :]

    def run_indexed(node: Node, context: Context) -> list[Node]:
        found: list[Node] = []
        for parent in _expand([secondary(context, name)], before, context, ()):
            found += index([parent], context)
        for keep in predicates[1:]:
            found = keep(found, context)
        return _expand(found, after, context, ()) if after else found

    return run_indexed


def _absolute(steps: Steps) -> RunNodes:
    if not steps:
        return lambda node, context: NONE
    if any(predicates or "@" in name or name == "*" for name, predicates in steps):
        return lambda node, context: _relevant(_contextual(steps, chain(node), context))
    names = tuple(name for name, _ in steps[1:])

    def run(node: Node, context: Context) -> list[Node]:
        found = [context.world.root]
        for name in names:
            found = found[0].named(name)
            if len(found) != 1:  # several: the context decides which are meant
                return _relevant(_contextual(steps, chain(node), context)) if found else NONE
        return found if found[0].is_relevant else NONE

    return run


def _relative(ups: int, steps: Steps, *, is_current: bool) -> RunNodes:
    def run_in_full(node: Node, context: Context) -> list[Node]:
        origin = chain(context.current if is_current else node)
        depth = len(origin) - ups
        if depth < 0 or (depth == 0 and not steps):
            raise CannotEvaluate("evaluation_error", "a path leads above the root of the form")
        named = _without_wildcards(steps, origin, depth)
        if depth == 0:
            return _relevant(_expand([context.world.root], named[1:], context, ()))
        return _relevant(_expand([origin[depth - 1]], named, context, ()))

    if any(predicates or "@" in name or name == "*" for name, predicates in steps):
        return run_in_full
    names = tuple(name for name, _ in steps)
    if len(names) == 1 and not ups and not is_current:
        return _below(names[0], run_in_full)

    def run(node: Node, context: Context) -> list[Node]:
        base: Node | None = context.current if is_current else node
        for _ in range(ups):
            base = base.parent if base is not None else None
        if base is None or base.name == DOCUMENT:
            return run_in_full(node, context)
        found = [base]
        for name in names:
            if len(found) == 1:
                found = found[0].named(name)
            else:
                found = [child for parent in found for child in parent.named(name)]
        return found if len(found) == 1 and found[0].is_relevant else _relevant(found)

    return run


def _below(name: str, run_in_full: RunNodes) -> RunNodes:
    """One step down, as predicates make for every row."""

    def run(node: Node, context: Context) -> list[Node]:
        if node.name == DOCUMENT:
            return run_in_full(node, context)
        found = node.named(name)
        return found if len(found) == 1 and found[0].is_relevant else _relevant(found)

    return run


def _relevant(nodes: list[Node]) -> list[Node]:
    return [node for node in nodes if node.is_relevant]


def _contextual(written: Steps, origin: list[Node], context: Context) -> list[Node]:
    """The nodes of an absolute path: along the origin while names agree, then by name.

    Behind a predicate the positions of the origin still hold for the steps that agree with it.
    """
    steps = _without_wildcards(written, origin, 0)
    if not origin or origin[0] is not context.world.root:
        return _expand([context.world.root], steps[1:], context, _pins(steps, 0, origin)[1:])
    nodes, first = [context.world.root], 0
    while first < len(steps) and not steps[first][1] and _agrees(steps, first, origin):
        nodes = [origin[first]]
        first += 1
    first = max(first, 1)
    return _expand(nodes, steps[first:], context, _pins(steps, first, origin))


def _without_wildcards(steps: Steps, origin: list[Node], depth: int) -> Steps:
    """The steps with the origin's own names in the place of `*`, as long as they lead along the origin."""
    named: list[tuple[str, tuple[Keep, ...]]] = []
    for at, (name, predicates) in enumerate(steps):
        own = origin[depth + at].name if depth + at < len(origin) else ""
        if name not in {own, "*"} or not own:
            break
        named.append((own, predicates))
    return (*named, *steps[len(named) :])


def _pins(steps: Steps, first: int, origin: list[Node]) -> tuple[int, ...]:
    """The origin's position for each step without predicates, as long as the names agree."""
    pins: list[int] = []
    for at in range(first, len(steps)):
        if not _agrees(steps, at, origin):
            break
        own = origin[at]
        pins.append(UNBOUND if steps[at][1] or own.parent is None else own.parent.named(own.name).index(own))
    return tuple(pins)


def _agrees(steps: Steps, at: int, origin: list[Node]) -> bool:
    return at < len(origin) and steps[at][0] == origin[at].name


def _expand(nodes: list[Node], steps: Steps, context: Context, pins: tuple[int, ...]) -> list[Node]:
    """All nodes reached by the steps. pins: for each step the only position that is meant, or UNBOUND."""
    for at, (name, predicates) in enumerate(steps):
        pin = pins[at] if at < len(pins) else UNBOUND
        reached: list[Node] = []
        for node in nodes:
            if name.startswith("@"):
                found = [attribute for attribute in node.attributes or () if attribute.name == name[1:]]
            else:
                found = _alike(node) if name == "*" else node.named(name)
            if pin != UNBOUND:
                found = found[pin : pin + 1]
            for keep in predicates:
                found = keep(found, context)
            reached += found
        nodes = reached
    return nodes


def _alike(node: Node) -> list[Node]:
    """All children, for `*`. JavaRosa stops where they do not all have the same name."""
    if any(child.name != node.children[0].name for child in node.children):
        raise CannotEvaluate("evaluation_error", "a * over fields of several names")
    return node.children


def collect_predicate(compiler: Compiler, code: Code, is_positional: bool) -> Keep:
    """Only true() keeps a node: a bare number or text keeps none."""
    run = code.run
    if code.kind == "boolean":
        return keep_where(compiler.boolean(code), is_positional)
    return keep_where(lambda node, context: run(node, context) is True, is_positional)
