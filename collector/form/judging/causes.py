"""Faults → findings: what each rule read, and which finding another follows from. Used by court.py.

One wrong answer can break many rules: the calculations that read it, questions it should have hidden. A person wants
one line. A finding follows from another when its rule, or the relevance of its question, read that other's answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from collector.form.instance.tree import Instance, place
from collector.form.judging.hearing import Fault
from collector.form.judging.messages import MESSAGES, REASONS
from collector.form.judging.relevance import governing
from collector.form.judging.rules import Rule
from collector.form.judging.verdict import Finding, Outcome
from collector.form.xform.model import FormNode
from collector.form.xpath.nodes import Node

BY_RELEVANCE = frozenset({"answer_in_irrelevant", "required", "relevant"})
COLUMNS = {"required": "required", "answer_in_irrelevant": "relevant"}


def explain(faults: Sequence[Fault], instance: Instance, relevances: Mapping[FormNode, Rule]) -> tuple[Finding, ...]:
    """The findings of a hearing, in the order of the form, each with its cause."""
    faulty = {id(fault.node): fault for fault in reversed(faults)}
    names = {fault.node.name for fault in faults}
    reads = [_nodes_read(fault, instance, relevances, names) for fault in faults]
    roots: dict[int, str] = {}
    first_of: dict[tuple[int, ...], Fault] = {}
    findings = []
    for fault, read in zip(faults, reads, strict=True):
        finding = _finding(fault, read, relevances)
        cause = _cause(fault, [below for node in read for below in _subtree(node)], faulty, first_of)
        if cause is not None:
            finding = replace(finding, caused_by=roots.get(id(cause), "") or place(cause))
            roots[id(fault.node)] = finding.caused_by
        findings.append(finding)
    return tuple(findings)


def _cause(
    fault: Fault, read: Sequence[Node], faulty: Mapping[int, Fault], first_of: dict[tuple[int, ...], Fault]
) -> Node | None:
    """The node of the fault that this one follows from, or None."""
    for node in read:
        cause = faulty.get(id(node))
        if cause is not None and cause.node is not fault.node:
            return cause.node
    if fault.code in BY_RELEVANCE and read:
        first = first_of.setdefault(tuple(sorted(map(id, read))), fault)
        return None if first is fault else first.node
    return None


def _nodes_read(fault: Fault, instance: Instance, relevances: Mapping[FormNode, Rule], names: set[str]) -> list[Node]:
    """The nodes that decided about a fault, those of its relevance among them, without the node itself."""
    rules = [fault.rule] if fault.rule else []
    node: Node | None = fault.node
    while fault.code in BY_RELEVANCE and node is not None:
        rule = relevances.get(node.definition) if isinstance(node.definition, FormNode) else None
        rules += [rule] if rule else []
        node = node.parent
    found: dict[int, Node] = {}
    for rule in rules:
        for path in rule.paths:
            found.update((id(each), each) for each in _resolve(path, fault.node, instance, names))
    found.pop(id(fault.node), None)
    return list(found.values())


def _resolve(path: str, node: Node, instance: Instance, names: set[str]) -> list[Node]:
    """The nodes a path means from a node; in the repeat's row the node stands in, where it stands in one.

    A path of a predicate is read from somewhere else: then every node of its name counts that has a fault.
    """
    steps = [step for step in path.replace("current()/", "").split("/") if step not in ("", ".")]
    if not steps:
        return []
    at = [instance.root] if path.startswith("/") else [node]
    for step in steps[1:] if path.startswith("/") else steps:
        at = [found for each in at for found in _step(each, step, node)]
    if not at and steps[-1] in names:
        at = [each for nodes in instance.found for each in nodes if each.name == steps[-1]]
    return at


def _step(at: Node, step: str, node: Node) -> list[Node]:
    if step == "..":
        return [at.parent] if at.parent is not None else []
    named = [child for child in at.children if child.name == step]
    around = [child for child in named if _is_around(child, node)]
    return around if around and len(named) > 1 else named


def _is_around(group: Node, node: Node | None) -> bool:
    while node is not None:
        if node is group:
            return True
        node = node.parent
    return False


def _subtree(node: Node) -> Iterator[Node]:
    """The node itself, and of a repeat or a group what is in it: count(row) reads its rows."""
    yield node
    for child in node.children:
        yield from _subtree(child)


def _finding(fault: Fault, read: Sequence[Node], relevances: Mapping[FormNode, Rule]) -> Finding:
    form_node, rule = fault.node.definition, fault.rule
    if fault.code == "answer_in_irrelevant":
        rule = governing(fault.node, relevances)
    of_rule = rule.form_node if rule else form_node
    column = rule.sheet_column if rule else fault.column or COLUMNS.get(fault.code, "")
    answered = [node for node in (fault.node, *read) if not node.children]
    return Finding(
        outcome=fault.outcome,
        code=fault.code,
        path=place(fault.node),
        reason=fault.reason,
        rule=rule.written if rule else _cell(form_node, column),
        row=(of_rule.row or None) if isinstance(of_rule, FormNode) else None,
        column=column,
        reads=_places(read),
        values={place(node): node.text for node in answered},
        messages=_messages(fault, form_node if isinstance(form_node, FormNode) else None),
    )


def _cell(form_node: object, column: str) -> str:
    return form_node.written.get(column, "") if isinstance(form_node, FormNode) else ""


def _places(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Where nodes stand; the rows of a repeat, or a question in many of them, once and without index."""
    same = Counter(id(node.definition) for node in nodes)
    places = []
    for node in nodes:
        form_node = node.definition
        is_one = same[id(form_node)] == 1
        places.append(place(node) if is_one or not isinstance(form_node, FormNode) else form_node.path)
    return tuple(dict.fromkeys(filter(None, places)))


def _messages(fault: Fault, form_node: FormNode | None) -> Mapping[str, str]:
    if fault.outcome is Outcome.CANNOT_CHECK:
        problem = fault.rule.problem if fault.rule else ""
        return {"": ": ".join(filter(None, (REASONS.get(fault.reason, fault.reason), problem)))}
    if form_node is not None:
        own = {"constraint": form_node.bind.constraint_messages, "required": form_node.bind.required_messages}
        if texts := own.get(fault.code):
            return texts
    return {"": MESSAGES[fault.code]} if fault.code in MESSAGES else {}
