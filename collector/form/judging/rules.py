"""Expressions of a form, compiled once for a dialect, with what is known of them before any submission comes.

Used by every module of judging. A rule that can never be checked says why, so that it is not asked each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from collector.errors import ExpressionSyntax
from collector.form.judging.memory import KeyOf, compile_key
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.expression import Expression, compile_expression

CLOCK = frozenset({"now", "today"})
FRESH = CLOCK | {"random", "uuid", "once", "property", "version", "randomize"}
"""Functions whose value at the moment of calculating nobody knows afterwards."""
LABELS = frozenset({"jr:choice-name", "jr:itext"})


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An expression of a node. column: what it is, as a column of the survey sheet. text: as in the XForm.

    written: as in the sheet. expression: compiled; None where it cannot be, and then `blocked` says why. is_clocked:
    whether it asks the time. problem: of an expression that cannot be read, by character of `text`.
    key: what it reads, where that is a handful of answers; remembered: what it said to them, see memory.py.
    """

    form_node: FormNode
    column: str
    text: str
    expression: Expression | None
    blocked: str = ""
    is_clocked: bool = False
    key: KeyOf | None = None
    problem: str = ""
    remembered: dict[object, bool | str] = field(default_factory=dict, repr=False)

    @property
    def written(self) -> str:
        return self.form_node.written.get(self.sheet_column) or self.text.strip()

    @property
    def sheet_column(self) -> str:
        """Where it stands: a calculation can be the converter's for repeat_count, a list without filter is the type."""
        written = self.form_node.written
        if self.column == "choice_filter" and self.column not in written:
            return "type"
        return "repeat_count" if written.keys() == {"repeat_count"} else self.column

    @property
    def functions(self) -> frozenset[str]:
        return self.expression.functions if self.expression else frozenset()

    @property
    def paths(self) -> tuple[str, ...]:
        """The location paths it reads, without predicates."""
        return tuple(sorted(self.expression.paths)) if self.expression else ()


def compile_rule(form_node: FormNode, column: str, text: str, model: FormModel, dialect: Dialect) -> Rule:
    """Compile an expression of a node."""
    repeats = frozenset(f"/{model.name}/{node.path}" for node in model.nodes if node.is_repeat)
    try:
        expression = compile_expression(text, dialect, repeats)
    except ExpressionSyntax as mistake:
        problem = f"character {mistake.column}: {mistake.problem}"
        return Rule(form_node, column, text, None, "expression_syntax", problem=problem)
    blocked = expression.failure.reason if expression.failure else ""
    if expression.instances & model.missing.keys():
        blocked = "external_file_missing"
    elif _counts_its_rows(form_node, expression):
        blocked = "engine_internal"
    key = None if blocked else compile_key(expression, form_node, model)
    return Rule(form_node, column, text, expression, blocked, bool(expression.functions & CLOCK), key)


def _counts_its_rows(form_node: FormNode, expression: Expression) -> bool:
    """Whether a question in a repeat counts that repeat: JavaRosa gives 1 or all, by what was asked before."""
    around, node = set(), form_node.parent
    while node is not None:
        around |= {node.name} if node.is_repeat else set()
        node = node.parent
    return bool(around & expression.counted)
