"""What is asked of each question, compiled once a form and dialect, in the order a person would care.

Used by court.py. Of an answer: type, choices, scale, file, what may not change, the form's own constraint; the first
that fails is told, since the rest would say the same again. Of an empty one: whether it had to be answered.
Constraints and required are asked of questions that a client shows, and of no other: no client asks them elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from collector.errors import CannotEvaluate
from collector.form.judging.calculations import compile_comparison, is_compared, is_fresh
from collector.form.judging.choices import Check, compile_choices
from collector.form.judging.hearing import Hearing
from collector.form.judging.rules import LABELS, Rule, compile_rule
from collector.form.judging.types import compile_range, compile_type
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.nodes import Node

ALWAYS, NEVER = "true()", frozenset({"", "false()"})


@dataclass(slots=True)
class Languages:
    """The languages of a form and the one that labels are in at this moment."""

    all: tuple[str, ...]
    now: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a leaf: `answered` of an answer, in order, until one fails; `empty` of none.

    calculated: its value, answered or not. fresh: a calculation that nobody can check.
    """

    form_node: FormNode
    answered: tuple[Check, ...]
    empty: Callable[[Node, Hearing], None] | None
    calculated: Callable[[Node, Hearing], None] | None
    fresh: Rule | None = None


def compile_plan(form_node: FormNode, model: FormModel, dialect: Dialect, languages: Languages) -> Plan:
    """languages: lets labels be tried in each language."""
    calculation, fresh = None, None
    if is_compared(form_node):
        rule = compile_rule(form_node, "calculation", form_node.bind.calculate, model, dialect)
        if is_fresh(rule):
            fresh = rule
        else:
            calculation = _calculation(rule, languages)
    return Plan(form_node, _answered(form_node, model, dialect), _empty(form_node, model, dialect), calculation, fresh)


def _answered(form_node: FormNode, model: FormModel, dialect: Dialect) -> tuple[Check, ...]:
    control, checks = form_node.control, list[Check]()
    if control is not None and control.is_select:
        checks.append(compile_choices(form_node, control, model, dialect))
    elif (judge := compile_type(form_node)) is not None:
        checks.append(_type(judge))
    if control is None:
        return tuple(checks)
    if control.kind == "range" and (is_on_scale := compile_range(control)) is not None:
        checks.append(_range(is_on_scale))
    if control.kind == "upload":
        checks.append(_attachment)
    if form_node.bind.readonly.strip() == ALWAYS and not (form_node.bind.calculate or form_node.is_set):
        checks.append(_unchanged)
    if form_node.bind.constraint:
        checks.append(_constraint(compile_rule(form_node, "constraint", form_node.bind.constraint, model, dialect)))
    return tuple(checks)


def _type(judge: Callable[[str], tuple[str, str] | None]) -> Check:
    def check(node: Node, text: str, hearing: Hearing) -> bool:
        fault = judge(text)
        if fault is not None:
            hearing.violation(fault[0], node, None, fault[1], "type")
        return fault is not None

    return check


def _range(is_on_scale: Callable[[str], bool]) -> Check:
    def check(node: Node, text: str, hearing: Hearing) -> bool:
        is_off = not is_on_scale(text)
        if is_off:
            hearing.violation("range", node, column="parameters")
        return is_off

    return check


def _attachment(node: Node, text: str, hearing: Hearing) -> bool:
    files = hearing.instance.attachments
    is_missing = files is not None and text not in files and text.replace(" ", "_") not in files
    if is_missing:
        hearing.violation("attachment_missing", node, column="type")
    return is_missing


def _unchanged(node: Node, text: str, hearing: Hearing) -> bool:
    form_node = node.definition
    is_changed = isinstance(form_node, FormNode) and text.strip() != form_node.default
    if is_changed:
        hearing.violation("readonly_changed", node, column="read_only")
    return is_changed


def _constraint(rule: Rule) -> Check:
    def check(node: Node, text: str, hearing: Hearing) -> bool:
        holds = hearing.holds(rule, node, "constraint")
        if holds is False:
            hearing.breaks(rule, node, "constraint")
        return holds is not True

    return check


def _empty(form_node: FormNode, model: FormModel, dialect: Dialect) -> Callable[[Node, Hearing], None] | None:
    required, readonly = form_node.bind.required.strip(), form_node.bind.readonly.strip()
    if form_node.control is None or required in NEVER or readonly == ALWAYS:
        return None
    rule = compile_rule(form_node, "required", required, model, dialect)

    def check(node: Node, hearing: Hearing) -> None:
        if required == ALWAYS or hearing.holds(rule, node, "required"):
            hearing.violation("required", node, rule)

    return check


def _calculation(rule: Rule, languages: Languages) -> Callable[[Node, Hearing], None]:
    is_same = compile_comparison(rule.form_node.bind.type)
    tongues = languages.all if rule.functions & LABELS else ("",)

    def check(node: Node, hearing: Hearing) -> None:
        moment = hearing.moments.end
        zone: tzinfo | None = moment.tzinfo if moment else None
        try:
            for tongue in tongues:  # the tablet showed one of them, and does not say which
                languages.now = tongue
                if is_same(hearing.calculate(rule, node), node.text, zone):
                    return
        except CannotEvaluate as why:
            hearing.uncheckable("calculate", node, rule, why.reason)
            return
        hearing.violation("calculate", node, rule)

    return check
