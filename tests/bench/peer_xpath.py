"""The benchmark form's rules in XPath engines for XML: lxml (libxml2) and elementpath. Used by peers.py.

Both get ODK's functions under a prefix of their own, since neither lets a function of XPath be replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from lxml import etree

from collector.form.judging.checks import Languages
from collector.form.judging.labels import Labelling
from collector.form.xform.model import FormNode
from collector.form.xform.read import read_xform
from collector.form.xpath.nodes import Node

ODK = "urn:odk"
OWN = ("regex", "selected", "count-selected", "today", "decimal-time", "round", "if", "format-date", "instance")
CALLED = re.compile(rf"(?<![\w:.-])(?:jr:)?({'|'.join(OWN)}|choice-name)\(")
TODAY = "2024-05-02"

WANTED = {"relevant": "boolean({})", "constraint": "boolean({})", "calculate": "string({})"}

Rule = tuple[str, FormNode, Callable[[Any, Any], Any]]
"""Column, node of the form, and what evaluates it at an element of a tree."""


@dataclass(frozen=True)
class XPathEngine:
    """open_tree: what an engine makes of an element once, before rules are asked of it."""

    root: FormNode
    rules: tuple[Rule, ...]
    open_tree: Callable[[Any], Any]

    def check(self, answers: Any) -> set[object]:
        """Rules that do not hold, by column and path."""
        tree = element_of(self.root, answers)
        opened, wrong = self.open_tree(tree), set[object]()
        for column, node, ask in self.rules:
            for at, element in enumerate(tree.findall(node.path)):
                text = element.text or ""
                try:
                    said = ask(opened, element)
                except Exception as error:  # whatever the engine or its functions do not bear
                    wrong.add((column, node.path, at, type(error).__name__))
                    continue
                if column in ("relevant", "constraint"):
                    is_wrong = bool(text) and not said
                elif column == "choice_filter":
                    is_wrong = bool(text) and text not in {item.findtext("name") for item in said}
                else:
                    is_wrong = not _is_same(said, text)
                if is_wrong:
                    wrong.add((column, node.path, at))
        return wrong


def _is_same(said: object, text: str) -> bool:
    try:
        return abs(float(str(said)) - float(text)) < 1e-9
    except ValueError:
        return str(said) in (text, "nan")


def element_of(form_node: FormNode, answers: Any) -> Any:
    """A whole submission as an element."""
    element = etree.Element(form_node.name)
    element.text = answers.get(form_node.path) or None if form_node.is_leaf else None
    for child in form_node.children:
        for inside in answers.get(child.path, ()) if child.is_repeat else (answers,):
            element.append(element_of(child, inside))
    return element


def count_rules(xform: str, answers: Any) -> int:
    """How many rules a submission is asked, a row's once for each row."""
    root, _, _, rules = _rules(xform)
    tree = element_of(root, answers)
    return sum(len(tree.findall(node.path)) for _, node, _ in rules)


def _rules(xform: str) -> tuple[FormNode, dict[str, Any], Callable[..., Any], list[tuple[str, FormNode, str]]]:
    """The form's root, its lists, its labels by code and path, and its rules as these engines can read them."""
    model, found = read_xform(xform), []
    labelling = Labelling(model, Languages(model.languages, model.languages[0]))
    for node in model.nodes:
        nodeset = node.control.nodeset if node.control is not None else ""
        texts = {"relevant": node.bind.relevant, "constraint": node.bind.constraint, "calculate": node.bind.calculate}
        for column, text in (texts | {"choice_filter": nodeset if "[" in nodeset else ""}).items():
            if text and "once(" not in text and not node.path.startswith("meta"):
                written = CALLED.sub(r"odk:odk-\1(", text).replace("position(..)", "odk:odk-place(..)")
                found.append((column, node, written))

    def label(code: Any, path: Any) -> str:
        return labelling.choice_label(_text(code), _text(path).strip()) or ""

    return model.root, {name: _tree(tree) for name, tree in model.instances.items()}, label, found


def _tree(node: Node) -> Any:
    element = etree.Element(node.name)
    element.text = node.text or None
    element.extend([_tree(child) for child in node.children])
    return element


# the functions, on texts


def _text(value: Any) -> str:
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if value is None:
        return ""
    return value if isinstance(value, str) else (value.text or "") if hasattr(value, "text") else str(value)


def _decimal_time(text: str) -> float:
    hours, minutes = text[:2], text[3:5]
    return (int(hours) + int(minutes) / 60) / 24 if hours.isdigit() and minutes.isdigit() else float("nan")


def _rounded(number: Any, places: Any = 0) -> float:
    scale = 10 ** int(places)
    return int(float(_text(number) or "nan") * scale + 0.5) / scale


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "regex": lambda text, pattern: re.search(pattern, _text(text)) is not None,
    "selected": lambda text, code: _text(code) in _text(text).split(),
    "count-selected": lambda text: float(len(_text(text).split())),
    "today": lambda *nothing: TODAY,
    "decimal-time": lambda text: _decimal_time(_text(text)),
    "round": _rounded,
    "if": lambda condition, yes, no: _text(yes if condition else no),
    "format-date": lambda text, pattern: date.fromisoformat(_text(text)).strftime(pattern),
    "place": lambda node: float(1 + len(list(node[0].itersiblings(node[0].tag, preceding=True)))),
}


def open_lxml(xform: str) -> XPathEngine:
    root, lists, label, rules = _rules(xform)
    above = {name: _above(tree) for name, tree in lists.items()}
    names = etree.FunctionNamespace(ODK)
    own: dict[str, Callable[..., Any]] = FUNCTIONS | {"instance": lambda name: [above[_text(name)]]}
    for name, function in (own | {"choice-name": label}).items():
        names[f"odk-{name}"] = partial(_without_context, function)

    def compiled(column: str, text: str) -> Callable[[Any, Any], Any]:
        path = etree.XPath(WANTED.get(column, "{}").format(text), namespaces={"odk": ODK})
        return lambda opened, element: path(element)

    return XPathEngine(root, tuple((column, node, compiled(column, text)) for column, node, text in rules), _itself)


def _itself(tree: Any) -> Any:
    return tree


def _without_context(function: Callable[..., Any], context: Any, *arguments: Any) -> Any:
    return function(*arguments)


def _above(root: Any) -> Any:
    above = etree.Element("list")
    above.append(root)
    return above


def open_elementpath(xform: str) -> XPathEngine:
    """Lists are variables: a function of its own cannot give nodes to a path here. Trees are made once a submission."""
    import elementpath

    root, lists, label, rules = _rules(xform)
    parser = elementpath.XPath2Parser(namespaces={"odk": ODK}, compatibility_mode=True)
    for name, function in (FUNCTIONS | {"choice-name": label}).items():
        parser.external_function(partial(_called, function), name=f"odk-{name}", prefix="odk")
    variables = {name: elementpath.get_node_tree(_above(tree)) for name, tree in lists.items()}

    def opened(tree: Any) -> Any:
        document = elementpath.get_node_tree(etree.ElementTree(tree))
        return document, {node.elem: node for node in document.iter() if hasattr(node, "elem")}

    def compiled(column: str, text: str) -> Callable[[Any, Any], Any]:
        text = re.sub(r"odk:odk-instance\('([^']+)'\)", r"$\1", text).replace(
            "today()", "today('')"
        )  # it wants an argument
        token = parser.parse(WANTED.get(column, "{}").format(text))

        def ask(opened: Any, element: Any) -> Any:
            document, nodes = opened
            context = elementpath.XPathContext(document, item=nodes[element], variables=variables)
            said = token.evaluate(context)
            return [node.elem for node in said] if column == "choice_filter" else said

        return ask

    return XPathEngine(root, tuple((column, node, compiled(column, text)) for column, node, text in rules), opened)


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Arguments are nodes, lists of them, or values."""
    plain = [
        [each.elem for each in one if hasattr(each, "elem")] if isinstance(one, list) else one for one in arguments
    ]
    return function(*[[one.elem] if hasattr(one, "elem") else one for one in plain])
