"""Expressions of a form, compiled once for a dialect, with what is known of them before any submission comes.

Used by every module of judging. A rule that can never be checked says why, so that it is not asked each time.
"""

from __future__ import annotations

from dataclasses import dataclass

from collector.errors import ExpressionSyntax
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.expression import Expression, compile_expression

CLOCK = frozenset({"now", "today"})
FRESH = CLOCK | {"random", "uuid", "once", "property", "version", "randomize"}
"""Functions whose value at the moment of calculating nobody knows afterwards."""
LABELS = frozenset({"jr:choice-name", "jr:itext"})


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An expression of a node. column: of the survey sheet. text: as in the XForm; written: as in the sheet.

    expression: compiled; None where it cannot be, and then `blocked` says why. is_clocked: whether it asks the time.
    """

    form_node: FormNode
    column: str
    text: str
    expression: Expression | None
    blocked: str = ""
    is_clocked: bool = False

    @property
    def written(self) -> str:
        return self.form_node.written.get(self.column) or self.text.strip()

    @property
    def functions(self) -> frozenset[str]:
        return self.expression.functions if self.expression else frozenset()

    @property
    def paths(self) -> tuple[str, ...]:
        """The location paths it reads, without predicates."""
        return tuple(sorted(self.expression.paths)) if self.expression else ()


def compile_rule(form_node: FormNode, column: str, text: str, model: FormModel, dialect: Dialect) -> Rule:
    """Compile an expression of a node."""
    try:
        expression = compile_expression(text, dialect, model.repeats)
    except ExpressionSyntax:
        return Rule(form_node, column, text, None, "expression_syntax")
    blocked = expression.failure.reason if expression.failure else ""
    if expression.instances & model.missing.keys():
        blocked = "external_file_missing"
    elif _counts_its_rows(form_node, expression):
        blocked = "engine_internal"
    return Rule(form_node, column, text, expression, blocked, bool(expression.functions & CLOCK))


def _counts_its_rows(form_node: FormNode, expression: Expression) -> bool:
    """Whether a question in a repeat counts that repeat: JavaRosa gives 1 or all, by what was asked before."""
    around, node = set(), form_node.parent
    while node is not None:
        around |= {node.name} if node.is_repeat else set()
        node = node.parent
    return bool(around & expression.counted)
