"""`collector xpath`: try an expression on a submission, in the dialects of KoboCollect and of Kobo's web forms."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from rich.table import Table

from collector.errors import CannotEvaluate, SubmissionsUnreadable
from collector.form.xform.markup import Unparsable, parse
from collector.form.xform.secondary import tree_of
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import DIALECTS, ENKETO
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import Moment, Value
from jobs.console import out


def xpath_command(
    expression: str, instance: Path, *, context: str, dialect: str | None, as_json: bool, now: datetime
) -> None:
    """Evaluate and print; all dialects when none is named. Raises the error of a named dialect that has no answer."""
    world = World(_root(instance), now)
    node = _context_node(context, world, instance)
    chosen = [DIALECTS[dialect]] if dialect else list(DIALECTS.values())
    answers = [_answer(expression, each, Context(node, world), is_raised=dialect is not None) for each in chosen]
    if as_json:
        out.print_json(json.dumps(answers, ensure_ascii=False, allow_nan=False))
        return
    table = Table("dialect", "value", "as text", "as number", "as true or false", "kind")
    for answer in answers:
        table.add_row(*(str(answer[column]) for column in ("dialect", "value", "text", "number", "boolean", "kind")))
    out.print(table)


def _root(instance: Path) -> Node:
    try:
        return tree_of(parse(instance.read_bytes()))
    except OSError as error:
        raise SubmissionsUnreadable(
            f"'{instance}' cannot be read: {error.strerror}; give the XML of one submission."
        ) from None
    except Unparsable as why:
        raise SubmissionsUnreadable(f"'{instance}': {why}; give the XML of one submission.") from None


def _context_node(path: str, world: World, instance: Path) -> Node:
    """The node that `.` means. Positions may stand in the path: /data/r[2]/x."""
    if not path:
        return world.root
    found = compile_expression(path, ENKETO).nodes(Context(world.root, world))
    if not found:
        raise SubmissionsUnreadable(f"'{instance}' has no node {path}; its root is /{world.root.name}.")
    return found[0]


def _answer(expression: str, dialect: Dialect, context: Context, *, is_raised: bool) -> dict[str, object]:
    compiled = compile_expression(expression, dialect)
    try:
        value = compiled.evaluate(context)
        number = compiled.number(context)
        return {
            **{"dialect": dialect.name, "kind": _kind(value), "value": _shown(value, compiled.text(context))},
            **{"text": compiled.text(context), "boolean": compiled.boolean(context)},
            "number": number if abs(number) < float("inf") else str(number),
        }
    except CannotEvaluate as error:
        if is_raised:
            raise
        nothing = dict.fromkeys(("text", "number", "boolean"))
        return {"dialect": dialect.name, "kind": "cannot_check", "value": str(error), **nothing}


def _kind(value: Value) -> str:
    if isinstance(value, list):
        return f"{len(value)} nodes"
    return {bool: "boolean", float: "number", str: "text", Moment: "date"}[type(value)]


def _shown(value: Value, text: str) -> str:
    return ", ".join(node.path for node in value) if isinstance(value, list) else text
