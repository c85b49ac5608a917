"""Whole forms with answers: what each node's state is, in JavaRosa and here, node by node.

Run by run.py. Compared: relevance, required, constraints, and calculations that are the same each time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.errors import CannotEvaluate, CollectorError
from collector.form.instance.from_xml import compile_xml_reader
from collector.form.judging.calculations import compile_comparison, is_fresh
from collector.form.judging.client import Moments, filling_of
from collector.form.judging.court import Court, open_court
from collector.form.judging.hearing import Hearing, evaluated, ready
from collector.form.judging.rules import Rule, compile_rule
from collector.form.xform.markup import Unparsable
from collector.form.xform.model import FormNode
from collector.form.xform.read import read_xform
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.nodes import Node
from tests.conformance.outcome import Outcome

FILE = "scenario_javarosa.json"
MARKS = {
    "count(": "a question that counts the rows around it: JavaRosa's count depends on what was asked before; "
    "judging says cannot_check (engine_internal)",
    "last-saved": "the form saved before is on the tablet alone: cannot_check (external_file_missing)",
    "extract-signed(": "a function of JavaRosa beyond the XForms specification: cannot_check (function_unsupported)",
    "distance('": "distance() of several points given one by one, beyond the specification: cannot_check",
    "distance(concat": "distance() of several points given one by one, beyond the specification: cannot_check",
    "distance(/data/point1,": "distance() of several points given one by one, beyond the specification: cannot_check",
    "digest(/data/my-text": "digest() with an algorithm that is itself an answer, unset: cannot_check",
    "base64-decode(": "JavaRosa gives an empty text for what is not base64; here it is cannot_check",
    '"23:14:00.000+02:00"': "a time with the offset of a place where the tablet is not is stored in the tablet's own",
    "/data/empty": "a text in a field for a time is stored as JavaRosa reads it",
}
"""What is in a rule whose differences we stand by → the reason."""
KNOWN_SCENARIOS = {f"scenario {mark}": reason for mark, reason in MARKS.items()}
INDEX = re.compile(r"\[(\d+)\]$")


def scenarios(folder: Path) -> Iterator[Outcome]:
    """One outcome a comparison; the rule compared is part of `file`, so that each has its own rate."""
    if not (folder / FILE).is_file():
        return
    document = json.loads((folder / FILE).read_text("utf-8"))
    courts: dict[str, Court | str] = {}
    for number, state in enumerate(document["states"]):
        key = state["form"]
        if key not in courts:
            courts[key] = _court(document["forms"][key])
        court = courts[key]
        if isinstance(court, str):
            yield Outcome(f"{FILE} forms", "collect", f"{key}", state["test"], "malformed", True, court)
        else:
            yield from _compare(court, state, f"state-{number}")


def _court(xform: str) -> Court | str:
    try:
        model = read_xform(xform)
    except CollectorError as error:
        return str(error)
    return open_court(model, filling_of(model), COLLECT)


def _compare(court: Court, state: dict[str, Any], id: str) -> Iterator[Outcome]:
    try:
        instance = compile_xml_reader(court.model)(state["instance"])
    except Unparsable as why:
        yield Outcome(f"{FILE} forms", "collect", id, state["test"], "malformed", True, str(why))
        return
    now = datetime.fromisoformat(state["now"][:26].rstrip("Z") + "+00:00")
    hearing = court.open(instance, Moments(now, now))
    court.decide(hearing)
    for expected in state["nodes"]:
        node = _node(instance.root, expected["ref"])
        if node is None or not isinstance(node.definition, FormNode):
            continue
        for rule, ours, theirs, written in _states(court, hearing, node, node.definition, expected):
            difference = "" if ours == theirs else f"expected {theirs}, got {ours}"
            what = f"{expected['ref']} {written}"
            mark = next((f"scenario {mark}" for mark in MARKS if mark in written), id) if difference else id
            yield Outcome(f"{FILE} {rule}", "collect", mark, what, "odk", True, difference)


def _states(
    court: Court, hearing: Hearing, node: Node, form_node: FormNode, expected: dict[str, Any]
) -> Iterator[tuple[str, object, object, str]]:
    """(rule, our state, theirs, expression) of everything that can be compared at a node."""
    if form_node in court.relevances:
        yield "relevant", node.is_relevant, expected["relevant"], form_node.bind.relevant
    if form_node.bind.required:
        rule = compile_rule(form_node, "required", form_node.bind.required, court.model, COLLECT)
        yield "required", _boolean(rule, node, hearing), expected["required"], rule.text
    if "constraint_ok" in expected and form_node.bind.constraint:
        rule = compile_rule(form_node, "constraint", form_node.bind.constraint, court.model, COLLECT)
        yield "constraint", _boolean(rule, node, hearing), expected["constraint_ok"], rule.text
    if form_node.bind.calculate and node.is_relevant and "value" in expected and not form_node.is_set:
        rule = compile_rule(form_node, "calculation", form_node.bind.calculate, court.model, COLLECT)
        if not is_fresh(rule):
            yield "calculate", _calculated(court, rule, node, hearing), node.text, rule.text


def _boolean(rule: Rule, node: Node, hearing: Hearing) -> object:
    try:
        return hearing.ask(rule, node)
    except CannotEvaluate as why:
        return str(why)


def _calculated(court: Court, rule: Rule, node: Node, hearing: Hearing) -> str:
    """The stored value where ours means the same, in one of the form's languages; else ours."""
    is_same, text = compile_comparison(node.kind), ""
    for language in court.model.languages:
        court.labelling.languages.now = language
        try:
            text = evaluated(ready(rule, hearing).text, hearing.at_end, node)
        except CannotEvaluate as why:
            return f"cannot evaluate: {why}"
        if is_same(text, node.text, hearing.at_end.world.zone):
            return node.text
    return text


def _node(root: Node, reference: str) -> Node | None:
    """The node at "/data/row[2]/x[1]"."""
    node = root
    for step in reference.split("/")[2:]:
        found = INDEX.search(step)
        name, index = step.partition("[")[0].rpartition(":")[2], int(found[1]) if found else 1
        same = [child for child in node.children if child.name == name]
        if len(same) < index:
            return None
        node = same[index - 1]
    return node
