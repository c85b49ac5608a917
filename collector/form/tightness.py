"""Two rules for one question: is the later one stricter, laxer, or only another? Used by changes.py.

Decided only where it is certain: a condition added or taken away with `and`, a bound of the answer moved.
"""

from __future__ import annotations

import re

from collector.errors import ExpressionSyntax
from collector.form.checks import REFERENCE
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.syntax.tree import Binary, Expr, Logic, Negation, Number, Path

COLUMN = re.compile(r"column=\d+,? ?")
LOWER, UPPER = (">", ">="), ("<", "<=")


def compare_rules(before: str, after: str) -> str:
    """ "" for the same, "tightened", "relaxed" or "changed".

    >>> compare_rules(". > 0", ". > 0 and . < 100"), compare_rules(". <= 60", ". <= 90"), compare_rules("", ". > 1")
    ('tightened', 'relaxed', 'tightened')
    >>> compare_rules(". > 1", ".>1"), compare_rules(". > 1", ". < 1")
    ('', 'changed')
    """
    if "".join(before.split()) == "".join(after.split()):
        return ""
    if not before.strip() or not after.strip():
        return "relaxed" if before.strip() else "tightened"
    try:
        old, new = _conditions(before), _conditions(after)
    except ExpressionSyntax:
        return "changed"
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    if not gone or not come:
        return "tightened" if come else "relaxed" if gone else ""
    steps = (
        {_step(old[one], new[other]) for one in gone for other in come} if len(gone) == len(come) == 1 else {"changed"}
    )
    return steps.pop()


def _conditions(text: str) -> dict[str, Expr]:
    """The parts that `and` joins, by how they look without their place in the text."""
    tree = parse(REFERENCE.sub(lambda found: f" /{found[1]} ", text))
    parts = tree.operands if isinstance(tree, Logic) and tree.operator == "and" else (tree,)
    return {look(part): part for part in parts}


def look(tree: Expr) -> str:
    """A tree as text, the same for the same rule wherever it stands."""
    return COLUMN.sub("", repr(tree))


def _step(old: Expr, new: Expr) -> str:
    """How a bound of one and the same thing moved."""
    if not (isinstance(old, Binary) and isinstance(new, Binary)):
        return "changed"
    before, after = _number(old.right), _number(new.right)
    if before is None or after is None or not isinstance(old.left, Path):
        return "changed"
    for side, sign in ((LOWER, 1), (UPPER, -1)):
        if old.operator in side and new.operator in side and look(old.left) == look(new.left):
            one = (sign * before, side.index(old.operator) == 0)
            other = (sign * after, side.index(new.operator) == 0)
            return "tightened" if other > one else "relaxed"
    return "changed"


def _number(tree: Expr) -> float | None:
    if isinstance(tree, Negation):
        inner = _number(tree.operand)
        return None if inner is None else -inner
    return tree.value if isinstance(tree, Number) else None
