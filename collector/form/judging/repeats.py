"""Whether a repeat has as many rows as the form asks for. Used by court.py."""

from __future__ import annotations

import math
from collections.abc import Callable

from collector.errors import CannotEvaluate
from collector.form.judging.hearing import Hearing, evaluated, ready
from collector.form.judging.rules import compile_rule
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.nodes import Node


def compile_count(form_node: FormNode, model: FormModel, dialect: Dialect) -> Callable[[Node, Hearing], None]:
    """The check of a repeat's rows below one parent."""
    rule = compile_rule(form_node, "repeat_count", form_node.repeat_count, model, dialect)
    relevant = compile_rule(form_node, "relevant", form_node.bind.relevant or "true()", model, dialect)
    first = 1 if dialect.name == "collect" else 0  # the row that a form opens with is asked, even where none should be
    may_lose_rows = can_vanish(form_node)

    def check(parent: Node, hearing: Hearing) -> None:
        rows = [child for child in parent.children if child.definition is form_node]
        asking = rows[0] if rows else Node(form_node.name, parent=parent, definition=form_node)
        try:
            if not (rows[0].is_relevant if rows else parent.is_relevant and hearing.ask(relevant, asking)):
                return
            asked = evaluated(ready(rule, hearing).number, hearing.at_end, asking)
        except CannotEvaluate as why:
            hearing.uncheckable("repeat_count", asking, rule, why.reason)
            return
        wanted = max(0, math.trunc(asked)) if math.isfinite(asked) else 0
        if len(rows) < wanted and hearing.instance.is_from_json and may_lose_rows:
            hearing.uncheckable("repeat_count", asking, rule, "json_lossy")
        elif len(rows) < wanted or any(_holds_answers(row) for row in rows[max(wanted, first) :]):
            hearing.violation("repeat_count", asking, rule)

    return check


def _holds_answers(row: Node) -> bool:
    """Whether a person answered in a row; an empty one too many says nothing wrong."""
    form_node = row.definition
    is_answered = isinstance(form_node, FormNode) and form_node.control is not None and row.text != ""
    return is_answered or any(_holds_answers(child) for child in row.children)


def can_vanish(form_node: FormNode) -> bool:
    """Whether a row can be empty, so that a server leaves it out of its JSON: nothing in it is always filled."""
    return not any(_is_always_filled(node, form_node) for node in form_node.walk() if node.is_leaf)


def _is_always_filled(node: FormNode, repeat: FormNode) -> bool:
    is_required = node.control is not None and node.bind.required.strip() == "true()"
    above: FormNode | None = node
    while above is not None and above is not repeat:
        if above.bind.relevant or above.is_repeat:
            return False
        above = above.parent
    return is_required or "position(" in node.bind.calculate
