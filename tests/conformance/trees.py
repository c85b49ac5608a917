"""XML of the vectors to the engine's tree, and the vectors' node paths (/*[1]/*[2], /data/r[2]/x) to its nodes.

Text beside elements, comments and the like become nodes named #text, #comment: forms have none, the vectors do.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from collector.form.xpath.nodes import Node
from collector.form.xpath.steps import DOCUMENT

STEP = re.compile(r"(\*|@?[\w.:-]+|text\(\)|comment\(\)|processing-instruction\(\))(?:\[(\d+)\])?$")
SPECIAL = {"text()": "#text", "comment()": "#comment", "processing-instruction()": "#instruction"}


def tree(xml: str | None) -> Node:
    """The document of an XML text; of nothing, a document with an empty root."""
    document = Node(DOCUMENT)
    if xml is None:
        document.add(Node("data"))
        return document
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    document.add(_element(etree.fromstring(xml.encode(), parser)))
    return document


def _element(source: Any) -> Node:
    node = Node(etree.QName(source).localname)
    for name, value in source.attrib.items():
        node.set_attribute(etree.QName(name).localname, value)
    if not len(source):
        node.text = source.text or ""
        return node
    _text(node, source.text)
    for child in source:
        if child.tag is etree.Comment or child.tag is etree.ProcessingInstruction:
            name = "#comment" if child.tag is etree.Comment else "#instruction"
            node.add(Node(name, child.text or ""))
        else:
            node.add(_element(child))
        _text(node, child.tail)
    return node


def _text(node: Node, text: str | None) -> None:
    if text:
        node.add(Node("#text", text))


def node_at(document: Node, path: str) -> Node | None:
    """The node of a path; None where the tree has none."""
    node: Node | None = document
    for step in path.strip("/").split("/"):
        if not step or node is None:
            continue
        match = STEP.match(step)
        if match is None:
            return None
        node = _step(node, match[1], int(match[2] or 1))
    return node


def _step(node: Node, test: str, position: int) -> Node | None:
    if test.startswith("@"):
        return next((each for each in node.attributes or () if each.name == test[1:]), None)
    if test == "*":
        found = [child for child in node.children if not child.name.startswith("#")]
    else:
        found = node.named(SPECIAL.get(test, test))
    if test == "text()" and not found and node.text:
        return node
    return found[position - 1] if len(found) >= position else None


def from_values(values: dict[str, Any]) -> Node:
    """A document /data of {name: [type, text]} and {repeat: [instance, …]}, each instance like the whole."""
    document = Node(DOCUMENT)
    _fill(document.add(Node("data")), values)
    return document


def _fill(parent: Node, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value and isinstance(value[0], dict):
            for instance in value:
                _fill(parent.add(Node(name)), instance)
        elif value:
            kind, text = value
            parent.add(Node(name, text, kind))
