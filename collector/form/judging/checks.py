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
from collector.form.judging.memory import PURE, Keys, compile_keys
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

    calculated: its value, answered or not. fresh: a calculation that nobody can check. keys: of what all this reads.
    """

    form_node: FormNode
    answered: tuple[Check, ...]
    empty: Callable[[Node, Hearing], None] | None
    calculated: Callable[[Node, Hearing], None] | None
    fresh: Rule | None
    keys: Keys | None

    def ask(self, node: Node, hearing: Hearing) -> None:
        """Note what is wrong at a node."""
        text = node.text
        if not node.is_relevant:
            if text:
                hearing.violation("answer_in_irrelevant", node)
            return
        if text:
            for check in self.answered:
                if check(node, text, hearing):
                    return
        elif self.empty is not None and not (hearing.unsure and hearing.is_unsure(node)):
            self.empty(node, hearing)
        if self.calculated is not None:
            self.calculated(node, hearing)


def compile_plan(form_node: FormNode, model: FormModel, dialect: Dialect, languages: Languages) -> Plan:
    """languages: lets labels be tried in each language."""
    calculated, fresh = _calculated(form_node, model, dialect)
    answered = _answered(form_node, model, dialect)
    required, empty = _empty(form_node, model, dialect)
    calculation = _calculation(calculated, languages) if calculated else None
    rules = [rule for rule in (*(rule for _, rule in answered), required) if rule]
    return Plan(
        form_node,
        tuple(check for check, _ in answered),
        empty,
        calculation,
        fresh,
        _keys(form_node, rules, calculated, model),
    )


def _keys(form_node: FormNode, rules: list[Rule], calculated: Rule | None, model: FormModel) -> Keys | None:
    """Of a question whose checks read nothing but answers; labels may be asked where each language is tried."""
    if form_node.control is not None and form_node.control.kind == "upload":
        return None
    if calculated is None:
        return compile_keys(form_node, rules, model)
    return compile_keys(form_node, [*rules, calculated], model, PURE | LABELS if not rules else PURE)


def _calculated(form_node: FormNode, model: FormModel, dialect: Dialect) -> tuple[Rule | None, Rule | None]:
    """The calculation to check, and the one that nobody can check: one of the two, or neither."""
    if not is_compared(form_node):
        return None, None
    rule = compile_rule(form_node, "calculation", form_node.bind.calculate, model, dialect)
    return (None, rule) if is_fresh(rule) else (rule, None)


def _answered(form_node: FormNode, model: FormModel, dialect: Dialect) -> list[tuple[Check, Rule | None]]:
    control, checks = form_node.control, list[tuple[Check, Rule | None]]()
    if control is not None and control.is_select:
        checks.append(compile_choices(form_node, control, model, dialect))
    elif (judge := compile_type(form_node)) is not None:
        checks.append((_type(judge), None))
    if control is None:
        return checks
    if control.kind == "range" and (is_on_scale := compile_range(control)) is not None:
        checks.append((_range(is_on_scale), None))
    if control.kind == "upload":
        checks.append((_attachment, None))
    if form_node.bind.readonly.strip() == ALWAYS and not (form_node.bind.calculate or form_node.is_set):
        checks.append((_unchanged, None))
    if form_node.bind.constraint:
        rule = compile_rule(form_node, "constraint", form_node.bind.constraint, model, dialect)
        checks.append((_constraint(rule), rule))
    return checks


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


def _empty(
    form_node: FormNode, model: FormModel, dialect: Dialect
) -> tuple[Rule | None, Callable[[Node, Hearing], None] | None]:
    required, readonly = form_node.bind.required.strip(), form_node.bind.readonly.strip()
    if form_node.control is None or required in NEVER or readonly == ALWAYS:
        return None, None
    rule = compile_rule(form_node, "required", required, model, dialect)

    def check(node: Node, hearing: Hearing) -> None:
        if required == ALWAYS or hearing.holds(rule, node, "required"):
            hearing.violation("required", node, rule)

    return rule, check


def _calculation(rule: Rule, languages: Languages) -> Callable[[Node, Hearing], None]:
    is_same = compile_comparison(rule.form_node.bind.type)
    tongues = languages.all if rule.functions & LABELS else languages.all[:1]

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
        finally:
            languages.now = languages.all[0]
        hearing.violation("calculate", node, rule)

    return check
