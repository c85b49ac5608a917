"""A submission as the server gives it → Instance: the fast path, from the JSON object straight to the tree.

Used by collector/form/judging and jobs/judge.py. Source: kobo/api.md §5.2; keys are whole paths, repeats are lists
whose keys repeat the whole path, what is empty is left out. Older servers send numbers and null: both are understood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.form.answers import is_metadata
from collector.form.instance.tree import Instance, empty_instance, kind_of, place
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.nodes import Node

LONGEST_PATH = 300

Answers = Mapping[str, Any]


@dataclass(slots=True)
class _Part:
    """A node of the form as filling needs it; `below`: of a group or a repeat; keys: of a repeat, see _keys."""

    form_node: FormNode
    name: str
    path: str
    kind: str
    is_calculated: bool
    below: tuple[_Part, ...]
    keys: frozenset[str]


@dataclass(slots=True)
class _Odd:
    """What does not fit the form, placed when the tree is whole. nodes: rows, and those of their keys nobody knows."""

    rows: list[tuple[Node, Sequence[str]]]
    misshapen: list[tuple[Node, str]]
    """Parent, and name of what hangs there."""


def compile_json_reader(model: FormModel) -> Callable[[Answers], Instance]:
    """The function that lays a submission's JSON object over the form. It never raises: see Instance.unknown."""
    parts, known = _parts(model.root), _keys(model.root)

    def read(answers: Answers) -> Instance:
        instance, odd = empty_instance(model, is_from_json=True), _Odd([], [])
        root = instance.root
        if not answers.keys() <= known and (unknown := _unknown(answers, known)):
            odd.rows.append((root, unknown))
        _fill(instance, [root], parts, [answers], odd)
        if odd.rows or odd.misshapen:
            _place(instance, odd)
        instance.attachments = _attachments(answers.get("_attachments"))
        return instance

    return read


def _parts(form_node: FormNode) -> tuple[_Part, ...]:
    return tuple(
        _Part(
            form_node=child,
            name=child.name,
            path=child.path,
            kind=child.bind.type,
            is_calculated=child.is_leaf and child.bind.calculate != "",
            below=_parts(child),
            keys=_keys(child) if child.is_repeat else frozenset(),
        )
        for child in form_node.children
    )


def _keys(form_node: FormNode) -> frozenset[str]:
    """The keys that a submission, or a row of a repeat, can have; those below its repeats too, see _rows."""
    keys: set[str] = set()
    for child in form_node.children:
        if child.is_leaf or child.is_repeat:
            keys.add(child.path)
        keys |= _keys(child)
    return frozenset(keys)


def _fill(
    instance: Instance, parents: list[Node], parts: Sequence[_Part], answers: Sequence[Answers], odd: _Odd
) -> None:
    """Give parents of one kind their children, a question at a time: answers[n] is the object of parents[n]."""
    for parent in parents:
        parent.children = []
    for part in parts:
        form_node = part.form_node
        if form_node.is_repeat:
            nodes, inside = _rows(parents, part, answers, odd)
        elif part.below:
            nodes, inside = [_add(parent, form_node, "") for parent in parents], answers
        else:
            nodes, texts = _leaves(parents, part, answers, odd)
            instance.texts[form_node.index], inside = texts, ()
        instance.found[form_node.index] = nodes
        if part.below and nodes:
            _fill(instance, nodes, part.below, inside, odd)


def _add(parent: Node, form_node: FormNode, text: str) -> Node:
    node = Node(form_node.name, text, form_node.bind.type, parent, form_node)
    node.places = form_node.places
    parent.children.append(node)
    return node


def _unknown(answers: Answers, known: frozenset[str]) -> list[str]:
    return sorted(key for key in answers.keys() - known if not is_metadata(key))


def _leaves(parents: list[Node], part: _Part, answers: Sequence[Answers], odd: _Odd) -> tuple[list[Node], list[str]]:
    """The nodes of a question below all parents, and their texts."""
    form_node = part.form_node
    nodes: list[Node] = []
    texts: list[str] = []
    name, path, kind = part.name, part.path, part.kind
    for at, given in enumerate(answers):
        text, parent = given.get(path, ""), parents[at]
        if type(text) is not str:
            text = _text(parent, text, name, odd)
        elif text.isspace():
            text = ""
        node = Node(name, text, kind, parent, form_node)
        parent.children.append(node)
        nodes.append(node)
        texts.append(text)
    if part.is_calculated:
        for node in nodes:
            node.kind = kind_of(form_node, node.text)
    return nodes, texts


def _rows(
    parents: list[Node], part: _Part, answers: Sequence[Answers], odd: _Odd
) -> tuple[list[Node], Sequence[Answers]]:
    """The instances of a repeat below all parents, and the object of each."""
    nodes, inside = [], []
    for parent, given in zip(parents, answers, strict=True):
        for row in _rows_of(parent, part, given, odd):
            node = _add(parent, part.form_node, "")
            nodes.append(node)
            inside.append(row)
            if not row.keys() <= part.keys:
                odd.rows.append((node, sorted(row.keys() - part.keys)))
    return nodes, inside


def _rows_of(parent: Node, part: _Part, answers: Answers, odd: _Odd) -> Iterable[Answers]:
    rows = answers.get(part.form_node.path)
    if rows is None:
        # A server that reads an old submission with another version of the form leaves a repeat's only row flat
        return (answers,) if any(key in answers for key in part.keys) else ()
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    odd.misshapen.append((parent, part.form_node.name))
    return ()


def _place(instance: Instance, odd: _Odd) -> None:
    """Say where the odd things are: a whole path below a repeat's instance: register[3]/card."""
    for node, keys in odd.rows:
        here = place(node)
        depth = here.count("/") + 1 if here else 0
        instance.unknown += [
            "/".join([here, *key.split("/")[depth:]] if here else [key])[:LONGEST_PATH] for key in keys
        ]
    for parent, name in odd.misshapen:
        instance.misshapen.append("/".join(filter(None, (place(parent), name))))


def _text(parent: Node, value: object, name: str, odd: _Odd) -> str:
    """What a tablet would have written for a JSON value that is no text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    odd.misshapen.append((parent, name))
    return ""


def _attachments(listed: object) -> frozenset[str] | None:
    if not isinstance(listed, list):
        return None
    files = [file for file in listed if isinstance(file, Mapping) and not file.get("is_deleted")]
    names = [file.get(name) for file in files for name in ("media_file_basename", "filename")]
    return frozenset(str(name).rpartition("/")[2] for name in names if name)
