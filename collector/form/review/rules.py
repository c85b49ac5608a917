"""The expressions in a survey sheet, each with its place and its tree. Read by expressions.py and reach.py.

A reference ${name} stands in the tree as the path /name, which no sheet can hold otherwise: real paths begin with the
form's root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields

from collector.errors import ExpressionSyntax
from collector.form.assemble import TRUE_WORDS
from collector.form.checks import REFERENCE
from collector.form.xlsform import Workbook
from collector.form.xpath.syntax.parser import parse
from collector.form.xpath.syntax.tree import Expr, Path, Step

COLUMNS = ("relevant", "constraint", "required", "calculation", "choice_filter", "repeat_count", "read_only", "default")
WORDS = TRUE_WORDS | {"no", "false", "false()", "0", ""}
DYNAMIC = re.compile(r"\$\{|[\w:-]+\(")
"""A default is an expression when it refers to something or calls something. Source: the XLSForm standard."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression of the sheet. tree: None where it cannot be read, and then problem says why."""

    row: int
    name: str
    column: str
    text: str
    tree: Expr | None
    problem: str = ""


def rules_of(workbook: Workbook) -> Iterator[Rule]:
    """Every expression of the survey sheet, in the order of its rows."""
    for number, row in enumerate(workbook.sheets["survey"].rows, start=2):
        for column in COLUMNS:
            text = row.get(column, "")
            if _is_expression(column, text):
                yield _rule(number, row.get("name", ""), column, text)


def walk(tree: Expr) -> Iterator[Expr]:
    """The tree and everything in it. instance('x') at the head of a path is part of the path, no call of its own."""
    yield tree
    for part in _parts(tree):
        yield from walk(part)


def reference(tree: Expr) -> str:
    """The name in a plain ${name}, "" for anything else."""
    is_plain = isinstance(tree, Path) and tree.start == "/" and len(tree.steps) == 1 and not tree.steps[0].predicates
    return tree.steps[0].test if is_plain and isinstance(tree, Path) else ""


def _is_expression(column: str, text: str) -> bool:
    if column in ("required", "read_only"):
        return text.strip().lower() not in WORDS
    if column == "default":
        return bool(DYNAMIC.search(text))
    return bool(text.strip())


def _rule(number: int, name: str, column: str, text: str) -> Rule:
    try:
        return Rule(number, name, column, text, parse(REFERENCE.sub(_as_path, text)))
    except ExpressionSyntax as error:
        return Rule(number, name, column, text, None, f"character {error.column}: {error.problem}")


def _as_path(found: re.Match[str]) -> str:
    """The reference as a path, as long as it was, so that columns stay; blanks keep `${a}-${b}` a difference."""
    return f" /{found[1]} ".ljust(len(found[0]))


def _parts(tree: Expr) -> Iterator[Expr]:
    if isinstance(tree, Path):
        start = tree.start
        if isinstance(start, Expr):
            yield from (start,) if getattr(start, "name", "") != "instance" else _parts(start)
        for step in tree.steps:
            yield from step.predicates
        return
    for each in fields(tree):
        value = getattr(tree, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Expr):
                yield part
            elif isinstance(part, Step):
                yield from part.predicates
