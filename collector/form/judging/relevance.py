"""Which nodes the form asks for, given the answers: to a fixpoint, since relevance depends on relevant answers only.

Used by court.py before any other rule is asked. Expressions read a node that is not relevant as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from collector.form.judging.hearing import Hearing
from collector.form.judging.memory import Keys, compile_keys
from collector.form.judging.rules import Rule
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.nodes import Node

MOST_ROUNDS = 12
"""Of rules that depend on each other in a circle; clients stop there too, each at a place of its own."""

UNKNOWN = object()
"""In place of a key, where a rule has none."""


def compile_relevance(model: FormModel, rules: Sequence[Rule]) -> Callable[[Hearing], None]:
    """The function that sets is_relevant on every node of a hearing's tree."""
    in_order, is_circular = _in_order(model, rules)
    ordered = [(rule, compile_keys(rule.form_node, [rule], model, is_own=False)) for rule in in_order]

    def decide(hearing: Hearing) -> None:
        own: dict[int, bool] = {}
        for _ in range(MOST_ROUNDS if is_circular else 1):
            if not _round(ordered, hearing, own):
                break

    return decide


def _round(rules: Sequence[tuple[Rule, Keys | None]], hearing: Hearing, own: dict[int, bool]) -> bool:
    """Ask every rule once; returns whether an answer changed. own: by id of a node, what its own rule said."""
    has_changed = False
    for rule, keys in rules:
        nodes, held = hearing.instance.found[rule.form_node.index], hearing.memory.held[rule]
        known = keys(hearing) if keys is not None and not hearing.unsure else [UNKNOWN] * len(nodes)
        for node, key in zip(nodes, known, strict=True):
            if node.parent is not None and not node.parent.is_relevant:
                continue
            holds = None if hearing.unsure else held.get(key)
            if holds is None:
                holds = _asked(rule, node, hearing)
                if holds is None:
                    hearing.unsure.append(node)
                    continue
                if keys is not None and not hearing.unsure:
                    hearing.memory.hold(held, key, holds)
            if holds is not own.get(id(node), True):
                own[id(node)] = holds
                has_changed = True
                _spread(node, holds, own)
    return has_changed


def _asked(rule: Rule, node: Node, hearing: Hearing) -> bool | None:
    return True if node in hearing.unsure else hearing.holds(rule, node, "relevant")


def _spread(node: Node, is_relevant: bool, own: Mapping[int, bool]) -> None:
    node.is_relevant = is_relevant
    for child in node.children:
        _spread(child, is_relevant and own.get(id(child), True), own)


def _in_order(model: FormModel, rules: Sequence[Rule]) -> tuple[list[Rule], bool]:
    """The rules so that each comes after those it depends on; and whether some depend on each other in a circle."""
    below: dict[str, set[str]] = {}
    for node in model.nodes:
        below.setdefault(node.name, set()).update(each.name for each in node.walk())
    governing_name: dict[str, set[Rule]] = {}
    for rule in rules:
        for node in rule.form_node.walk():
            governing_name.setdefault(node.name, set()).add(rule)
    sorter: TopologicalSorter[Rule] = TopologicalSorter()
    for rule in rules:
        names = _names_read(rule, below)
        sorter.add(rule, *(set().union(*(governing_name.get(name, set()) for name in names)) - {rule}))
    try:
        return list(sorter.static_order()), False
    except CycleError:
        return list(rules), True


def _names_read(rule: Rule, below: Mapping[str, set[str]]) -> set[str]:
    """Names of the nodes that a rule may read; by name alone, so rather too many than too few."""
    names: set[str] = set()
    for path in rule.paths:
        last = path.rpartition("/")[2]
        if last == "*":
            names |= below.keys()
        elif last not in (".", ".."):
            names |= below.get(last, set())
    return names


def governing(node: Node, rules: Mapping[FormNode, Rule]) -> Rule | None:
    """The relevance rule that keeps a node out: its own, or that of the nearest group whose rule says no."""
    while node.parent is not None:
        rule = rules.get(node.definition) if isinstance(node.definition, FormNode) else None
        if rule is not None and node.parent.is_relevant:
            return rule
        node = node.parent
    return None
