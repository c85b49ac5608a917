"""The tree that expressions read: one record a node, cheap enough to build anew for each submission.

Built by collector/form/xform from submissions and secondary instances; read by everything in collector/form/xpath.
"""

from __future__ import annotations

from collections.abc import Mapping


class Node:
    """An element: a group, a repeat's instance, or a leaf with an answer.

    name: without prefix. text: the answer of a leaf, "" when it is empty or has children. parent: None at the root.
    kind: the bind's type ("string", "int", "decimal", "boolean", "date", "time", "dateTime", "geopoint", …); Collect
    compares answers by it. is_relevant: false also below a group that is not relevant; expressions read such a node
    as empty. definition: what the form says of it, of no interest here. attributes: nodes too, or None.
    children: of a leaf the list NONE, shared by all leaves: who builds a tree without `add` gives a parent its own.
    places: where the children of each name stand, for whoever knows that before; else None, and by_name has the
    children by their names, made when an expression first asks: who changes `children` after that without `add` sets
    it to None.
    """

    __slots__ = (
        *("attributes", "by_name", "children", "definition", "is_relevant", "kind", "name", "parent", "places"),
        "text",
    )

    def __init__(
        self,
        name: str,
        text: str = "",
        kind: str = "string",
        parent: Node | None = None,
        definition: object | None = None,
    ) -> None:
        self.name = name
        self.text = text
        self.kind = kind
        self.parent = parent
        self.definition = definition
        self.is_relevant = True
        self.children = NONE
        self.attributes: list[Node] | None = None
        self.by_name: dict[str, list[Node]] | None = None
        self.places: Mapping[str, slice] | None = None

    def __repr__(self) -> str:
        return f"Node({self.path})"  # the place, never the answer

    def add(self, child: Node) -> Node:
        """Append a child and return it."""
        child.parent = self
        if self.children is NONE:
            self.children = []
        self.children.append(child)
        self.by_name = self.places = None
        return child

    def set_attribute(self, name: str, text: str) -> None:
        if self.attributes is None:
            self.attributes = []
        self.attributes.append(Node(name, text, parent=self))

    def child(self, name: str) -> Node | None:
        """The first child of this name."""
        return next(iter(self.named(name)), None)

    def named(self, name: str) -> list[Node]:
        """All children of this name, in their order."""
        if self.places is not None:
            place = self.places.get(name)
            return NONE if place is None else self.children[place]
        index = self.by_name
        if index is None:
            index = {}
            for child in self.children:
                if (same := index.get(child.name)) is None:
                    index[child.name] = [child]
                else:
                    same.append(child)
            self.by_name = index
        return index.get(name, NONE)

    @property
    def path(self) -> str:
        """Where the node stands, with a position where siblings share its name: /data/r[2]/x."""
        steps, node = [], self
        while node.parent is not None:
            same = node.parent.named(node.name)
            position = next((at for at, sibling in enumerate(same, 1) if sibling is node), 0)
            steps.append(f"{node.name}[{position}]" if len(same) > 1 else node.name)
            node = node.parent
        return "/" + "/".join(reversed([*steps, node.name]))


NONE: list[Node] = []
"""The node-set without nodes; never changed."""
