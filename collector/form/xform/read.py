"""XForm XML → FormModel: what pyxform writes, what a server gives as form.xml, and what people wrote by hand.

Used by collector/form/judging and jobs/judge.py. controls.py reads the body, spoken.py the texts, secondary.py lists.
Entities (meta/entity and its attributes) are passed over: they say nothing of answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collector.errors import XFormUnreadable
from collector.form.definition import FormVersion, Question
from collector.form.xform.controls import Body, read_body, resolve
from collector.form.xform.markup import (
    JAVAROSA,
    Element,
    Unparsable,
    child_of,
    children_of,
    name_of,
    parse,
    text_of,
)
from collector.form.xform.model import Bind, FormModel, FormNode
from collector.form.xform.secondary import MediaUnreadable, tree_of, tree_of_file
from collector.form.xform.spoken import Spoken, read_spoken
from collector.form.xpath.nodes import Node

DEEPEST = 60
"""Groups and repeats in each other; the parser's own bound is 256."""


def read_xform(
    xform: str | bytes, media: Mapping[str, bytes] | None = None, version: FormVersion | None = None
) -> FormModel:
    """Read a form with its media files by name. Raises XFormUnreadable.

    version: what the sheet says, where it is at hand: its rows and its own words for rules go to the nodes.
    """
    media = media or {}
    try:
        document = parse(xform)
    except Unparsable as why:
        raise XFormUnreadable(str(why)) from None
    model, body = _model_of(document), child_of(document, "body")
    instances = list(children_of(model, "instance"))
    if not instances or not len(instances[0]):
        raise XFormUnreadable("its model has no instance to fill")
    primary = instances[0][0]
    spoken = read_spoken(model)
    binds = [bind for bind in _binds(model) if bind.get("nodeset")]
    by_id = {bind.get("id", ""): bind.get("nodeset", "") for bind in binds if bind.get("id")}
    read = read_body(body, name_of(primary), spoken, by_id)
    _add_events(model, read, name_of(primary))
    nodes = _nodes(
        primary, {resolve(b.get("nodeset", ""), "", name_of(primary)): _bind(b, spoken) for b in binds}, read
    )
    if version is not None:
        _write_rows(nodes, version)
    lists = _Lists(media)
    for instance in instances[1:]:
        lists.take(instance)
    head = child_of(document, "head")
    return FormModel(
        name=name_of(primary),
        form_id=primary.get("id", ""),
        version=primary.get("version", "") or primary.get(f"{{{primary.nsmap.get('orx', '')}}}version", ""),
        title=text_of(child_of(head, "title")) if head is not None else "",
        nodes=tuple(nodes),
        by_path={node.path: node for node in nodes},
        instances=lists.found,
        missing=lists.missing,
        unreadable=lists.unreadable,
        tables={name.rpartition(".")[0]: tree for name in media if (tree := lists.tree(name)) is not None},
        texts=spoken.texts,
        languages=spoken.languages,
        sha256=hash_of(xform, media),
    )


def hash_of(xform: str | bytes, media: Mapping[str, bytes]) -> str:
    """SHA-256 of a form and its media files: the same form judges the same."""
    whole = hashlib.sha256(xform.encode() if isinstance(xform, str) else xform)
    for name in sorted(media):
        whole.update(f"\0{name}\0".encode() + hashlib.sha256(media[name]).digest())
    return whole.hexdigest()


def _model_of(document: Element) -> Element:
    head = child_of(document, "head")
    model = child_of(head, "model") if head is not None else None
    if model is None:
        raise XFormUnreadable("it has no head with a model: is it a submission, or another kind of XML?")
    return model


def _binds(model: Element) -> Iterator[Element]:
    """Binds of nodes; those of attributes belong to entities."""
    return (bind for bind in children_of(model, "bind") if "@" not in bind.get("nodeset", ""))


def _bind(bind: Element, spoken: Spoken) -> Bind:
    preload = " ".join(filter(None, (bind.get(f"{JAVAROSA}preload"), bind.get(f"{JAVAROSA}preloadParams"))))
    return Bind(
        type=bind.get("type", "string").rpartition(":")[2] or "string",
        relevant=bind.get("relevant", ""),
        required=bind.get("required", ""),
        constraint=bind.get("constraint", ""),
        calculate=bind.get("calculate", ""),
        readonly=bind.get("readonly", ""),
        preload=preload,
        constraint_messages=spoken.message(bind.get(f"{JAVAROSA}constraintMsg", "")),
        required_messages=spoken.message(bind.get(f"{JAVAROSA}requiredMsg", "")),
    )


def _add_events(model: Element, read: Body, root: str) -> None:
    for name in ("setvalue", "setgeopoint"):
        read.set.update(resolve(event.get("ref", ""), "", root) for event in children_of(model, name))


def _nodes(primary: Element, binds: Mapping[str, Bind], read: Body) -> list[FormNode]:
    root = _grow(primary, "", None, binds, read, depth=0)
    nodes = list(root.walk())
    for index, node in enumerate(nodes):
        node.index = index
    return nodes


def _grow(
    element: Element, path: str, parent: FormNode | None, binds: Mapping[str, Bind], read: Body, depth: int
) -> FormNode:
    if depth > DEEPEST:
        raise XFormUnreadable(f"its groups lie in each other more than {DEEPEST} deep")
    node = FormNode(
        name=name_of(element),
        path=path,
        parent=parent,
        bind=binds.get(path, Bind()),
        control=read.controls.get(path),
        is_repeat=path in read.repeats,
        repeat_count=read.repeats.get(path, ""),
        is_set=path in read.set,
        default=(element.text or "").strip() if not len(element) else "",
    )
    for child in _children(element):
        below = f"{path}/{name_of(child)}" if path else name_of(child)
        if below != "meta/entity":
            node.children.append(_grow(child, below, node, binds, read, depth + 1))
    return node


def _children(element: Element) -> list[Element]:
    """Each name once: of a repeat's instances its template, else the first."""
    found: dict[str, Element] = {}
    for child in element:
        name = name_of(child)
        if name not in found or child.get(f"{JAVAROSA}template") is not None:
            found[name] = child
    return list(found.values())


def _write_rows(nodes: list[FormNode], version: FormVersion) -> None:
    """Give nodes the row of the sheet they come from, and its own words for their rules."""
    rows: dict[str, tuple[int, Mapping[str, str]]] = {
        question.path: (question.row, _written(question)) for question in version.questions
    }
    counts = {repeat.path: repeat.count for repeat in version.repeats}
    for group in version.groups:
        count = counts.get(group.path, "")
        rows[group.path] = group.row, _filled(relevant=group.relevant, repeat_count=count)
        rows.setdefault(f"{group.path}_count", (group.row, _filled(repeat_count=count)))  # the converter's own question
    for node in nodes:
        node.row, node.written = rows.get(node.path, (0, {}))


def _written(question: Question) -> Mapping[str, str]:
    columns = ("required", "relevant", "constraint", "calculation", "choice_filter")
    kind = f"{question.type} {question.list_name}".strip()
    return _filled(type=kind, **{column: getattr(question, column) for column in columns})


def _filled(**cells: str) -> Mapping[str, str]:
    return {column: text for column, text in cells.items() if text}


@dataclass
class _Lists:
    """Secondary instances as they are found; a media file is read once, however many instances name it."""

    media: Mapping[str, bytes]

    def __post_init__(self) -> None:
        self.found: dict[str, Node] = {}
        self.missing: dict[str, str] = {}
        self.unreadable: dict[str, MediaUnreadable] = {}
        self._read: dict[str, Node | None] = {}

    def take(self, instance: Element) -> None:
        """Read a secondary instance: its own content where it has some, else the file it names."""
        id, source = instance.get("id", ""), instance.get("src", "")
        if not source:
            if len(instance):
                self.found[id] = tree_of(instance[0])
            return
        file = source.rpartition("/")[2]
        tree = self.tree(file)
        if tree is None:
            self.missing[id] = file
        else:
            self.found[id] = tree

    def tree(self, file: str) -> Node | None:
        if file not in self._read:
            try:
                self._read[file] = tree_of_file(file, self.media[file]) if file in self.media else None
            except MediaUnreadable as why:
                self.unreadable[file], self._read[file] = why, None
        return self._read[file]
