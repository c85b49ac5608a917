"""One submission before the judge of one dialect: where rules are asked, and what was found wrong so far.

Made by court.py for each submission and dialect; handed to every check. Faults become findings in causes.py, and only
where there are any, so that a submission without one costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from collector.errors import CannotEvaluate
from collector.form.instance.tree import Instance
from collector.form.judging.client import Moments
from collector.form.judging.memory import Memory
from collector.form.judging.rules import Rule
from collector.form.judging.verdict import Outcome
from collector.form.xform.model import FormNode
from collector.form.xpath.context import STEP_BUDGET, Context
from collector.form.xpath.expression import Expression
from collector.form.xpath.nodes import Node

T = TypeVar("T")


@dataclass(slots=True)
class Fault:
    """A rule that does not hold or cannot be checked at a node. columns: of the sheet, for a fault without a rule."""

    outcome: Outcome
    code: str
    node: Node
    rule: Rule | None = None
    reason: str = ""
    column: str = ""


@dataclass(slots=True)
class Hearing:
    """at_end: the world at the submission's time; at_start: makes the context at the beginning of the filling.

    memory: what earlier submissions of the same time zone have shown. unsure: nodes of which nobody can tell whether
    they are relevant.
    """

    instance: Instance
    moments: Moments
    at_end: Context
    at_start: Callable[[], Context]
    memory: Memory
    faults: list[Fault] = field(default_factory=list)
    unsure: list[Node] = field(default_factory=list)

    def violation(self, code: str, node: Node, rule: Rule | None = None, reason: str = "", column: str = "") -> None:
        """Note a rule that does not hold."""
        self.faults.append(Fault(Outcome.VIOLATION, code, node, rule, reason, column))

    def uncheckable(self, code: str, node: Node, rule: Rule | None, reason: str, column: str = "") -> None:
        """Note a rule that nobody can check here, and why."""
        self.faults.append(Fault(Outcome.CANNOT_CHECK, code, node, rule, reason, column))

    def holds(self, rule: Rule, node: Node, code: str) -> bool | None:
        """Whether a rule holds at a node; None where that cannot be told, which is noted under `code`."""
        try:
            return self.ask(rule, node)
        except CannotEvaluate as why:
            self.uncheckable(code, node, rule, why.reason)
            return None

    def is_unsure(self, node: Node | None) -> bool:
        """Whether the relevance of a node, or of a group around it, could not be told."""
        while node is not None:
            if node in self.unsure:
                return True
            node = node.parent
        return False

    def ask(self, rule: Rule, node: Node) -> bool:
        """Evaluate a rule as a boolean. Raises CannotEvaluate."""
        return evaluated(ready(rule, self).boolean, self.at_end, node)

    def calculate(self, rule: Rule, node: Node) -> str:
        """Evaluate a rule as a text. Raises CannotEvaluate."""
        return evaluated(ready(rule, self).text, self.at_end, node)

    def breaks(self, rule: Rule, node: Node, code: str) -> None:
        """Note that a rule does not hold at the end, unless it did when the filling began."""
        if rule.is_clocked and self.moments.start is not None:
            try:
                held = evaluated(ready(rule, self).boolean, self.at_start(), node)
            except CannotEvaluate:
                held = False
            if held:
                self.uncheckable(code, node, rule, "time_dependent")
                return
        self.violation(code, node, rule)


def ready(rule: Rule, hearing: Hearing) -> Expression:
    """The rule's expression. Raises CannotEvaluate where it was found beyond checking, or asks for an unknown time."""
    if rule.expression is None or rule.blocked:
        raise CannotEvaluate(rule.blocked, "this was found when the form was read")
    if rule.is_clocked and hearing.moments.end is None:
        raise CannotEvaluate("time_context_missing", "the submission does not say when it was filled")
    if hearing.unsure and _reads_unsure(rule, hearing.unsure):
        raise CannotEvaluate("relevance_unknown", "nobody can tell whether what it reads was asked")
    return rule.expression


def _reads_unsure(rule: Rule, unsure: Iterable[Node]) -> bool:
    """Whether a rule may read one of these nodes, or something in it; by name, so rather too often than too seldom."""
    names = {path.rpartition("/")[2] for path in rule.paths}
    definitions = {node.definition for node in unsure if isinstance(node.definition, FormNode)}
    return any(each.name in names for form_node in definitions for each in form_node.walk())


def evaluated(run: Callable[[Context], T], context: Context, node: Node) -> T:
    """What an expression gives with its `.` at a node. Raises CannotEvaluate."""
    context.node = context.current = node
    context.budget = STEP_BUDGET
    try:
        return run(context)
    except (ValueError, OverflowError):  # an answer of hundreds of digits, which no client's engine could hold
        raise CannotEvaluate("evaluation_error", "a number is too large to calculate with") from None
