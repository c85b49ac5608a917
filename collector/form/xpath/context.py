"""What an expression is evaluated in: the World is fixed for a submission, the Context is a place in it.

Made by collector/form/judging and by jobs/xpath.py; handed through every closure of the compiler.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from collector.form.xpath.nodes import Node

STEP_BUDGET = 2_000_000
"""Nodes that one evaluation may visit inside predicates: far above what forms need, a fraction of a second."""


@dataclass(slots=True)
class World:
    """Everything outside the context node; one for a submission.

    root: the primary instance's root element. instances: root element of each secondary instance, by id.
    now: the submission's time, aware, in the tablet's offset; today() is its date. choice_label(value, question path)
    and itext(id) give texts in the form's language, None when unknown. pulldata(file, column, key column, key) gives
    a cell, None when the file is missing. properties: deviceid, username, ….
    """

    root: Node
    now: datetime
    instances: Mapping[str, Node] = field(default_factory=dict)
    choice_label: Callable[[str, str], str | None] | None = None
    itext: Callable[[str], str | None] | None = None
    pulldata: Callable[[str, str, str, str], str | None] | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    random: random.Random = field(default_factory=random.Random)
    indexes: dict[object, Any] = field(default_factory=dict)
    """Equality indexes of choice filters, built at first use; share it between submissions of one form."""
    zone: tzinfo = field(init=False)
    """Of `now`: where today begins, and what a time without offset means."""

    def __post_init__(self) -> None:
        self.zone = self.now.tzinfo or UTC


class Context:
    """A node of a world, where `.` points, and current() too. position, size: inside a predicate; 0 outside."""

    __slots__ = ("budget", "current", "node", "position", "size", "world")

    def __init__(self, node: Node, world: World) -> None:
        self.node = node
        self.world = world
        self.current = node
        self.position = 0
        self.size = 1
        self.budget = STEP_BUDGET
