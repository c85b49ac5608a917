"""A small world for the tests: a submission with a repeat, and a list of sites."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import DIALECTS
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node

NOW = datetime(2026, 7, 5, 23, 30, tzinfo=timezone(timedelta(hours=3)))


def world(repeats: int = 2) -> World:
    root = Node("data")
    root.add(Node("age", "17", "int"))
    root.add(Node("empty", "", "int"))
    root.add(Node("day", "2026-07-01", "date"))
    root.add(Node("site", "s2"))
    for number in range(1, repeats + 1):
        repeat = root.add(Node("r"))
        repeat.add(Node("x", str(number), "int"))
        repeat.add(Node("t", "a" if number % 2 else "b"))
    return World(root, NOW, {"sites": sites(4)})


def sites(count: int) -> Node:
    root = Node("root")
    for number in range(count):
        item = root.add(Node("item"))
        item.add(Node("name", f"s{number}"))
        item.add(Node("district", f"d{number % 3}"))
    return root


def at(path: str, where: World) -> Context:
    """A context at a path with positions: r[2]/x."""
    node = where.root
    for step in filter(None, path.split("/")):
        name, _, position = step.partition("[")
        node = node.named(name)[int(position.rstrip("]") or 1) - 1]
    return Context(node, where)


def text(expression: str, dialect: str = "collect", path: str = "", where: World | None = None) -> str:
    return compile_expression(expression, DIALECTS[dialect]).text(at(path, where or world()))


def boolean(expression: str, dialect: str = "collect", path: str = "") -> bool:
    return compile_expression(expression, DIALECTS[dialect]).boolean(at(path, world()))
