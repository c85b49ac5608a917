"""A form filled by itself: an answer in every question, rows in every repeat, whatever is relevant.

Used by evaluation.py, which asks every expression there, and by collector/tablets/inspection.py for the engine of the
tablets. The answers mean nothing; they are of the right type, and keep the form's constraints where one of a handful of
samples does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from lxml import etree

from collector.errors import CannotEvaluate, ExpressionSyntax
from collector.form.instance.tree import Instance, empty_instance, kind_of
from collector.form.judging.checks import Languages
from collector.form.judging.labels import Labelling
from collector.form.xform.markup import JAVAROSA, Element, child_of, name_of, parse
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.expression import Expression, compile_expression
from collector.form.xpath.nodes import Node

FILLED_AT = datetime(2026, 7, 5, 10, 30, tzinfo=timezone(timedelta(hours=3)))
ROUNDS = 3
"""Calculations that read calculations below them need a second round, and a third."""

NUMBERS = ("1", "2", "5", "12", "20", "50", "100", "1000", "2026", "0", "-1", "7500000000", "1234567")
TEXTS = ("1", "2026-07-05", "some words", "10:30", "a@example.org", "+9647500000000", "ABC-01", "36.2 44.0 0 5")
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "int": NUMBERS,
    "decimal": (*(f"{number}.5" for number in ("1", "12", "50", "0", "-1")), *NUMBERS),
    "string": TEXTS,
    "barcode": TEXTS,
    "date": ("2026-07-05", "2030-01-31", "1990-02-28"),
    "time": ("10:30:00.000+03:00", "23:00:00.000+03:00"),
    "dateTime": ("2026-07-05T10:30:00.000+03:00", "2030-01-31T10:30:00.000+03:00"),
    "boolean": ("true", "false"),
    "geopoint": ("36.2 44.0 400 5",),
    "geotrace": ("36.2 44.0 0 5;36.3 44.1 0 5",),
    "geoshape": ("36.2 44.0 0 5;36.3 44.1 0 5;36.3 44.0 0 5;36.2 44.0 0 5",),
    "binary": ("file.jpg",),
}
"""Answers by the type of a bind; a filling takes the first that its question's constraint lets through."""


@dataclass
class Filler:
    """A form to be filled, with what its expressions were compiled to, by text and dialect."""

    model: FormModel
    _compiled: dict[tuple[str, str], Expression | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._labels = Labelling(self.model, Languages(self.model.languages, self.model.languages[0]))
        self._repeats = frozenset(f"/{self.model.name}/{node.path}" for node in self.model.nodes if node.is_repeat)

    def fill(self, *, turn: int, rows: int) -> Instance:
        """turn: fillings of different turns take other answers; rows: in every repeat."""
        instance = empty_instance(self.model, is_from_json=False)
        _grow(instance, instance.root, self.model.root, rows)
        world = self.world(instance)
        for form_node in self.model.nodes:
            if form_node.is_leaf and not form_node.bind.calculate:
                for node in instance.found[form_node.index]:
                    node.text = self._answer(form_node, node, world, turn)
        for _ in range(ROUNDS):
            self._calculate(instance, world)
        return instance

    def world(self, instance: Instance) -> World:
        """What the expressions of a filled form are asked in."""
        return World(
            root=instance.root,
            now=FILLED_AT,
            instances=self.model.instances,
            choice_label=self._labels.choice_label,
            itext=self._labels.itext,
            pulldata=self._labels.pulldata,
            properties=dict.fromkeys(("deviceid", "username", "email", "phonenumber", "simserial"), "1"),
        )

    def compiled(self, text: str, dialect: Dialect) -> Expression | None:
        """None for what cannot be read."""
        key = (text, dialect.name)
        if key not in self._compiled:
            try:
                self._compiled[key] = compile_expression(text, dialect, self._repeats)
            except ExpressionSyntax:
                self._compiled[key] = None
        return self._compiled[key]

    def _answer(self, form_node: FormNode, node: Node, world: World, turn: int) -> str:
        control = form_node.control
        if control is not None and control.is_select:
            choices = self._offered(form_node, node, world)
            return choices[turn % len(choices)] if choices else "1"
        samples = SAMPLES.get(form_node.bind.type, TEXTS)
        ordered = samples[turn % len(samples) :] + samples[: turn % len(samples)]
        rule = self.compiled(form_node.bind.constraint, COLLECT) if form_node.bind.constraint else None
        return next((text for text in ordered if rule and _holds(rule, node, text, world)), ordered[0])

    def _offered(self, form_node: FormNode, node: Node, world: World) -> list[str]:
        control = form_node.control
        if control is None or control.is_external or not control.nodeset:
            return [value for value, _ in control.items or ()] if control else []
        rule = self.compiled(control.nodeset, COLLECT)
        items: list[Node] = []
        if rule is not None:
            with suppress(CannotEvaluate):
                items = rule.nodes(Context(node, world))
        found = (item.child(control.value) for item in items)
        return [child.text for child in found if child is not None and child.text]

    def _calculate(self, instance: Instance, world: World) -> None:
        for form_node in self.model.nodes:
            if form_node.bind.calculate and (rule := self.compiled(form_node.bind.calculate, COLLECT)):
                for node in instance.found[form_node.index]:
                    with suppress(CannotEvaluate):
                        node.text = rule.text(Context(node, world))
                        node.kind = kind_of(form_node, node.text)


def filled_xform(xform: str, instance: Instance, model: FormModel) -> bytes:
    """The form with the answers of an instance in its blank copy, one row in every repeat, everything relevant.

    Calculations stay empty: the engine that opens the form makes them.
    """
    document = parse(xform)
    head = child_of(document, "head")
    held = child_of(head, "model") if head is not None else None
    primary = next((each[0] for each in held if name_of(each) == "instance"), None) if held is not None else None
    if held is None or primary is None:
        return xform.encode()
    _write(primary, "", instance, model)
    for bind in held:
        if name_of(bind) == "bind":
            bind.attrib.pop("relevant", "")
    return etree.tostring(document)


def _write(element: Element, path: str, instance: Instance, model: FormModel) -> None:
    names = [name_of(child) for child in element]
    for child in list(element):
        name = name_of(child)
        is_template = child.get(f"{JAVAROSA}template") is not None
        child.attrib.pop(f"{JAVAROSA}template", "")
        if is_template and names.count(name) > 1:
            element.remove(child)
            continue
        below = f"{path}/{name}" if path else name
        form_node = model.by_path.get(below)
        if len(child):
            _write(child, below, instance, model)
        elif form_node is not None and not form_node.bind.calculate and not below.startswith("meta/"):
            nodes = instance.found[form_node.index]
            child.text = nodes[0].text if nodes else ""


def _grow(instance: Instance, parent: Node, form_node: FormNode, rows: int) -> None:
    for child in form_node.children:
        for _ in range(rows if child.is_repeat else 1):
            node = parent.add(Node(child.name, "", child.bind.type, definition=child))
            instance.found[child.index].append(node)
            _grow(instance, node, child, rows)


def _holds(rule: Expression, node: Node, text: str, world: World) -> bool:
    node.text = text
    try:
        return rule.boolean(Context(node, world))
    except CannotEvaluate:
        return False
