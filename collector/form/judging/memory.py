"""What was found right once is not asked again: most answers, and most rows of a register, are like earlier ones.

Used by court.py and relevance.py. A key is all that the rules of a question read of a submission: the question's own
answer and a few others. A rule that asks the time, chance, counts rows or looks into lists that grow has no key, and is
asked each time. What is remembered stays in the process, and is forgotten when it grows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.expression import Expression

if TYPE_CHECKING:
    from collector.form.judging.hearing import Hearing
    from collector.form.judging.rules import Rule

Keys: TypeAlias = "Callable[[Hearing], Sequence[Hashable]]"
"""A key for each node of a question, in their order."""

PURE = frozenset(
    {"not", "true", "false", "boolean", "number", "string", "int", "round", "if", "coalesce", "concat", "regex"}
    | {"selected", "count-selected", "selected-at", "string-length", "normalize-space", "contains", "starts-with"}
    | {"ends-with", "substr", "substring-before", "substring-after", "translate", "decimal-time", "decimal-date-time"}
    | {"date", "date-time", "format-date", "format-date-time", "abs", "pow", "boolean-from-string"}
)
"""Functions whose value depends on their arguments alone; those of dates also on the zone, which has its own memory."""
DAILY = frozenset({"today", "decimal-time"})
"""Functions of the submission's day, which is put into the key."""
OWN_ROW = re.compile(r"\bposition\(\s*\.\.\s*\)")
"""The number of the row, which is put into the key."""
LONE_PARENT = re.compile(r"\.\.(?!\s*/)")
PLACES = frozenset({"position", "instance", "current"})

MOST, MOST_OF_ONE, LONGEST, MOST_READ = 50_000, 2_000, 100, 8
"""Keys remembered in all, and of one question; characters and answers of a key."""

STRAY = object()
"""In a key: an answer where none was asked for. A question's own is never right."""


@dataclass(slots=True)
class Memory:
    """What submissions of one time zone have shown. settled: of each plan, keys with which nothing is wrong.

    held: what each rule of relevance said to a key.
    """

    settled: Sequence[set[Hashable]]
    held: Mapping[Rule, dict[Hashable, bool]]
    size: int = 0

    def settle(self, settled: set[Hashable], key: Hashable) -> None:
        """Remember that nothing is wrong with a key."""
        if self._makes_room(key, settled):
            settled.add(key)

    def hold(self, held: dict[Hashable, bool], key: Hashable, value: bool) -> None:
        """Remember what a rule of relevance said to a key."""
        if self._makes_room(key, held):
            held[key] = value

    def _makes_room(self, key: Hashable, one: set[Hashable] | dict[Hashable, bool]) -> bool:
        """Whether to remember one more; a key with a long answer is not worth it."""
        if _length(key) > LONGEST:
            return False
        if len(one) >= MOST_OF_ONE:
            self.size -= len(one)
            one.clear()
        elif self.size >= MOST:
            for keys in self.settled:
                keys.clear()
            for answers in self.held.values():
                answers.clear()
            self.size = 0
        self.size += 1
        return True


def _length(key: Hashable) -> int:
    if isinstance(key, str):
        return len(key)
    return sum([len(part) for part in key if isinstance(part, str)]) if isinstance(key, tuple) else 0


def compile_keys(
    form_node: FormNode, rules: Iterable[Rule], model: FormModel, pure: frozenset[str] = PURE, *, is_own: bool = True
) -> Keys | None:
    """The keys of a question: what these rules read and, with is_own, the question's own answer.

    None where that is not a handful of answers. pure: the functions that a key can stand for.
    """
    reads: set[Column | None] = {_answers(form_node, form_node)} if is_own else set()
    for rule in rules:
        if rule.expression is not None:
            reads |= _reads(rule, rule.expression, form_node, model, pure)
    columns = [column for column in reads if column is not None]
    if len(columns) < len(reads) or not 0 < len(columns) <= MOST_READ:
        return None
    if len(columns) == 1:
        (only,) = columns
        return lambda hearing: only.of(hearing)
    return lambda hearing: list(zip(*[column.of(hearing) for column in columns], strict=True))


def _reads(
    rule: Rule, expression: Expression, form_node: FormNode, model: FormModel, pure: frozenset[str]
) -> set[Column | None]:
    """The columns that a rule reads, None among them for what has no column."""
    elsewhere = OWN_ROW.sub("", rule.text)
    is_strange = expression.is_filtered or bool(expression.instances - model.instances.keys())
    if is_strange or expression.functions - pure - DAILY - PLACES or "position" in elsewhere:
        return {None}
    reads: set[Column | None] = set()
    for path in expression.paths:
        path = path.removeprefix("current()/")
        if path == ".." and elsewhere != rule.text and not LONE_PARENT.search(elsewhere):
            reads |= {_Numbers(form_node)} if form_node.parent and form_node.parent.is_repeat else set()
        elif not (expression.instances and form_node.is_leaf and path.isidentifier()):  # a column of the list
            target = _target(path, form_node, model)
            reads.add(_answers(target, form_node) if target is not None else None)
            if target is not None and target.bind.type == "time":  # a moment of the day on which it is read
                reads.add(_Days(form_node))
    return reads | ({_Days(form_node)} if expression.functions & DAILY else set())


def _target(path: str, form_node: FormNode, model: FormModel) -> FormNode | None:
    """The leaf that a path means, where each node of form_node has exactly one; else None."""
    at: FormNode | None = form_node
    steps = path.split("/")
    if path.startswith("/"):
        at, steps = (model.root, steps[2:]) if steps[1:2] == [model.name] else (None, [])
    for step in steps:
        if at is not None and step != ".":
            at = at.parent if step == ".." else next((child for child in at.children if child.name == step), None)
    if at is None or not at.is_leaf:
        return None
    is_same_row = _repeat_around(at) is _repeat_around(form_node) and not path.startswith("/")
    return at if is_same_row or _repeat_around(at) is None else None


def _repeat_around(node: FormNode | None) -> FormNode | None:
    while node is not None and not node.is_repeat:
        node = node.parent
    return node


def _answers(leaf: FormNode, at: FormNode) -> _Answers:
    is_always_asked, node = True, leaf
    while node.parent is not None:
        is_always_asked &= node.bind.relevant.strip() in ("", "true()")
        node = node.parent
    return _Answers(leaf, at, _repeat_around(leaf) is _repeat_around(at), is_always_asked)


@dataclass(frozen=True)
class _Answers:
    """The answers of a leaf, at each node of a question; None where it was not asked for.

    is_aligned: each node of the question has a leaf of its own; else all have the same.
    is_always_asked: the form has no rule that could hide the leaf.
    """

    leaf: FormNode
    at: FormNode
    is_aligned: bool
    is_always_asked: bool

    def of(self, hearing: Hearing) -> list[Hashable]:
        instance, index = hearing.instance, self.leaf.index
        texts: list[Hashable]
        if self.is_always_asked:
            texts = instance.texts[index]  # type: ignore[assignment]  # a list of texts, which nobody changes
        else:
            texts = [node.text if node.is_relevant else STRAY if node.text else None for node in instance.found[index]]
        return texts if self.is_aligned else texts * len(instance.found[self.at.index])


@dataclass(frozen=True)
class _Numbers:
    """The number of the row that each node of a question is in."""

    at: FormNode

    def of(self, hearing: Hearing) -> list[Hashable]:
        numbers: list[Hashable] = []
        number, above = 0, None
        for node in hearing.instance.found[self.at.index]:
            row = node.parent
            number = number + 1 if row is not None and row.parent is above else 1
            above = row.parent if row is not None else None
            numbers.append(number)
        return numbers


@dataclass(frozen=True)
class _Days:
    """The day of the submission, at each node of a question."""

    at: FormNode

    def of(self, hearing: Hearing) -> list[Hashable]:
        return [hearing.at_end.world.now.date()] * len(hearing.instance.found[self.at.index])


Column: TypeAlias = _Answers | _Numbers | _Days
