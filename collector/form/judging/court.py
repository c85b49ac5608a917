"""The rules of a form in one dialect, asked of one submission after another. Used by judge.py.

Order: relevance, then each question in the order of the form, then the rows of repeats. Rules read the answers as they
were submitted, never what a calculation should have given.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from collector.form.instance.tree import Instance
from collector.form.judging.causes import explain
from collector.form.judging.checks import Languages, Plan, compile_plan
from collector.form.judging.client import Filling, Moments
from collector.form.judging.hearing import Hearing
from collector.form.judging.labels import Labelling
from collector.form.judging.relevance import compile_relevance
from collector.form.judging.repeats import compile_count
from collector.form.judging.rules import Rule, compile_rule
from collector.form.judging.verdict import Finding, Outcome
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context, World
from collector.form.xpath.nodes import Node

NEVER_ASKED = datetime(2000, 1, 1, tzinfo=UTC)
"""The world needs a time; rules that ask for it are not evaluated where the submission has none."""


@dataclass(frozen=True)
class Court:
    """A form compiled for a dialect. plans: of leaves; counts: of repeats whose number of rows is a rule."""

    model: FormModel
    filling: Filling
    relevances: Mapping[FormNode, Rule]
    decide: Callable[[Hearing], None]
    plans: tuple[Plan, ...]
    counts: tuple[tuple[FormNode, Callable[[Node, Hearing], None]], ...]
    labelling: Labelling
    indexes: dict[object, object] = field(default_factory=dict)
    random: random.Random = field(default_factory=random.Random)

    @cached_property
    def unchecked(self) -> tuple[Finding, ...]:
        """Calculations whose value is new each time: nobody can check them, whatever the submission."""
        return tuple(_unchecked(plan.fresh) for plan in self.plans if plan.fresh)

    def hear(self, instance: Instance, moments: Moments) -> tuple[Finding, ...]:
        """Judge a submission. It changes the relevance of the instance's nodes, and nothing else of it."""
        hearing = self.open(instance, moments)
        self.decide(hearing)
        found = instance.found
        for plan in self.plans:
            for node in found[plan.form_node.index]:
                _ask(plan, node, hearing)
        for form_node, count in self.counts:
            for parent in found[form_node.parent.index] if form_node.parent else ():
                count(parent, hearing)
        return explain(hearing.faults, instance, self.relevances) if hearing.faults else ()

    def open(self, instance: Instance, moments: Moments) -> Hearing:
        """A hearing in which nothing has been asked yet."""
        return Hearing(
            instance,
            moments,
            Context(instance.root, self._world(instance, moments.end)),
            lambda: Context(instance.root, self._world(instance, moments.start)),
        )

    def _world(self, instance: Instance, moment: datetime | None) -> World:
        properties = {
            "deviceid": instance.text(self.filling.device),
            "username": instance.text(self.filling.username),
        }
        return World(
            root=instance.root,
            now=moment or NEVER_ASKED,
            instances=self.model.instances,
            choice_label=self.labelling.choice_label,
            itext=self.labelling.itext,
            pulldata=self.labelling.pulldata,
            properties=properties,
            version=self.model.version,
            random=self.random,
            indexes=self.indexes,
        )


def open_court(model: FormModel, filling: Filling, dialect: Dialect) -> Court:
    """Compile a form for a dialect."""
    relevances = {
        node: compile_rule(node, "relevant", node.bind.relevant, model, dialect)
        for node in model.nodes
        if node.bind.relevant and node.bind.relevant.strip() != "true()"
    }
    languages = Languages(model.languages, model.languages[0])
    plans = (compile_plan(node, model, dialect, languages) for node in model.nodes if node.is_leaf)
    counted = (node for node in model.nodes if node.is_repeat and node.repeat_count.strip())
    return Court(
        model=model,
        filling=filling,
        relevances=relevances,
        decide=compile_relevance(model, tuple(relevances.values())),
        plans=tuple(plan for plan in plans if _has_to_ask(plan, relevances)),
        counts=tuple((node, compile_count(node, model, dialect)) for node in counted),
        labelling=Labelling(model, languages),
    )


def _has_to_ask(plan: Plan, relevances: Mapping[FormNode, Rule]) -> bool:
    node: FormNode | None = plan.form_node
    while node is not None:
        if node in relevances:
            return True
        node = node.parent
    return bool(plan.answered or plan.empty or plan.calculated or plan.fresh)


def _ask(plan: Plan, node: Node, hearing: Hearing) -> None:
    text = node.text
    if not node.is_relevant:
        if text:
            hearing.violation("answer_in_irrelevant", node)
        return
    if text:
        for check in plan.answered:
            if check(node, text, hearing):
                return
    elif plan.empty is not None and not (hearing.unsure and hearing.is_unsure(node)):
        plan.empty(node, hearing)
    if plan.calculated is not None:
        plan.calculated(node, hearing)


def _unchecked(rule: Rule) -> Finding:
    node = rule.form_node
    return Finding(
        Outcome.CANNOT_CHECK,
        "calculate",
        node.path,
        "nondeterministic",
        rule.written,
        node.row or None,
        rule.sheet_column,
    )
