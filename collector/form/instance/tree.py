"""A submission laid over its form: a tree with every node of the form in it, whatever the server or client left out.

Made by from_json.py and from_xml.py; judged by collector/form/judging. Expressions need the whole tree, since an
absent node and an empty one are not the same to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.nodes import NONE, Node

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)")
JAVA_NUMBER = re.compile(r"-?(?:\d\.\d+E-?\d+|Infinity)")
LONG = re.compile(r"-?[1-9]\d{9,18}")
SHORTEST = 5
"""Characters that any of these has at least."""
MOST_INT = 2**31 - 1
"""Beyond, a whole number is a Java long in a field of text, and a floating-point number to what reads it."""
BARE_META = frozenset({"meta", "formhub"})


@dataclass(slots=True)
class Instance:
    """A submission as a tree.

    found: by index of a form's node, its nodes in document order; those of repeats can be none or many.
    texts: of a leaf's nodes, as they were submitted.
    unknown: paths, with repeat indices, of answers that the form has no question for.
    misshapen: paths where a list or an object stands instead of an answer, or an answer instead of a repeat.
    is_from_json: empty repeat instances and blanks at the ends were lost on the way.
    attachments: names of the files that came with it; None where nobody can say.
    """

    root: Node
    found: list[list[Node]]
    texts: list[list[str]]
    is_from_json: bool
    unknown: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)
    attachments: frozenset[str] | None = None

    def text(self, node: FormNode | None) -> str:
        """The answer of a node outside repeats, "" where there is none."""
        nodes = self.found[node.index] if node is not None else ()
        return nodes[0].text if nodes else ""

    def reopen(self) -> None:
        """Make every node relevant again, for the next judge."""
        for nodes in self.found:
            for node in nodes:
                node.is_relevant = True

    def close(self) -> None:
        """Take the tree apart: its circles would wait for the garbage collector, a third of the time of judging."""
        for nodes in self.found:
            if nodes and nodes[0].children:
                for node in nodes:
                    node.children, node.by_name = NONE, None


def empty_instance(model: FormModel, *, is_from_json: bool) -> Instance:
    """An instance that holds its root alone."""
    root = Node(model.name, definition=model.root)
    root.places = model.root.places
    instance = Instance(root, [[] for _ in model.nodes], [[] for _ in model.nodes], is_from_json)
    instance.found[0].append(root)
    return instance


def kind_of(form_node: FormNode, text: str) -> str:
    """The type of a node with this answer.

    A calculated date is a date to Collect, and a calculated number a number, though the bind says text and the text is
    written as Java does: 1.5E7.
    """
    kind = form_node.bind.type
    if kind != "string" or len(text) < SHORTEST or not form_node.bind.calculate:
        return kind
    if form_node.gives != "text" and JAVA_NUMBER.fullmatch(text):
        return "decimal"
    if form_node.gives == "number" and LONG.fullmatch(text) and abs(int(text)) > MOST_INT:
        return "decimal"
    return "dateTime" if MOMENT.fullmatch(text) else kind


def place(node: Node) -> str:
    """Where a node stands, as reports say it: "register[3]/card".

    Every repeat has its index, from 1; the root is left out.
    """
    steps: list[str] = []
    while node.parent is not None:
        steps.append(node.name + _index(node))
        node = node.parent
    return "/".join(reversed(steps))


def _index(node: Node) -> str:
    if not isinstance(node.definition, FormNode) or not node.definition.is_repeat or node.parent is None:
        return ""
    same = (sibling for sibling in node.parent.children if sibling.definition is node.definition)
    index = next((at for at, sibling in enumerate(same, 1) if sibling is node), 0)
    return f"[{index}]" if index else ""  # the repeat as a whole, where it has no row
