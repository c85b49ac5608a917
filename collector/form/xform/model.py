"""A form as clients have it: the tree of an XForm, with binds, controls, lists and texts, as values.

Made by read.py; read by collector/form/instance and collector/form/judging. Source of the words: ODK XForms
specification. Paths are names joined by "/", without the root, as in the server's data: "register/card".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from collector.form.definition import Labels
from collector.form.xform.secondary import MediaUnreadable
from collector.form.xpath.nodes import Node

SELECTS = frozenset({"select1", "select", "rank"})


@dataclass(frozen=True, slots=True)
class Bind:
    """What a bind says of a node: its type without prefix, and expressions, "" where there is none.

    preload: "timestamp end", "date today", "property deviceid", "uid", "" for none.
    """

    type: str = "string"
    relevant: str = ""
    required: str = ""
    constraint: str = ""
    calculate: str = ""
    readonly: str = ""
    preload: str = ""
    constraint_messages: Labels = field(default_factory=dict)
    required_messages: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Control:
    """What a person sees of a node.

    kind: element name of the body: input, select1, select, rank, range, upload, trigger.
    nodeset, value, label: of an itemset: which items, and what of an item is its value and its label.
    items: (value, label) of choices written in the body; None without such.
    range: start, end and step of a range, "" where absent.
    is_external: its choices come from a search at the client or from a file of another kind, so that nobody here
        knows them.
    """

    kind: str
    nodeset: str = ""
    value: str = ""
    label: str = ""
    items: tuple[tuple[str, Labels], ...] | None = None
    range: tuple[str, str, str] = ("", "", "")
    is_external: bool = False

    @property
    def is_select(self) -> bool:
        return self.kind in SELECTS


@dataclass(slots=True, eq=False)
class FormNode:
    """A node of the form: a group, a repeat or a leaf. Made by read.py, not changed afterwards.

    index: its number in document order, 0 for the root. repeat_count: expression of jr:count, "" for none.
    is_set: an event (setvalue, a trigger) writes it, so that its calculation is not a rule that holds at the end.
    row: of the survey sheet, 0 where unknown. written: rules as the sheet has them, by column, where known.
    """

    name: str
    path: str
    parent: FormNode | None = None
    children: list[FormNode] = field(default_factory=list)
    bind: Bind = field(default_factory=Bind)
    control: Control | None = None
    is_repeat: bool = False
    repeat_count: str = ""
    is_set: bool = False
    default: str = ""
    index: int = 0
    row: int = 0
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_leaf(self) -> bool:
        return not self.children

    def walk(self) -> Iterator[FormNode]:
        """The node and everything below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class FormModel:
    """A form, read. `name`: of the root element; `nodes`: all of them, in document order, the root first.

    instances: root of each secondary instance at hand, by id. missing: file of each that is not, by id.
    unreadable: why, by file, where it is at hand and nobody can read it as a list.
    tables: rows of CSV media by file name without ending, for pulldata().
    texts: by language, by id of the form's itext. languages: the default one first, ("",) where there is none.
    sha256: of the XForm and its media, so that a compiled form is found again.
    """

    name: str
    form_id: str
    version: str
    title: str
    nodes: tuple[FormNode, ...]
    by_path: Mapping[str, FormNode]
    instances: Mapping[str, Node]
    missing: Mapping[str, str]
    unreadable: Mapping[str, MediaUnreadable]
    tables: Mapping[str, Node]
    texts: Mapping[str, Mapping[str, str]]
    languages: tuple[str, ...]
    sha256: str

    @property
    def root(self) -> FormNode:
        return self.nodes[0]
