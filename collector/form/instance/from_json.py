"""A submission as the server gives it → Instance: the fast path, from the JSON object straight to the tree.

Used by collector/form/judging and jobs/judge.py. Source: kobo/api.md §5.2; keys are whole paths, repeats are lists
whose keys repeat the whole path, what is empty is left out. Older servers send numbers and null: both are understood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.form.answers import is_metadata
from collector.form.instance.tree import Instance, empty_instance, kind_of
from collector.form.xform.model import FormModel, FormNode
from collector.form.xpath.nodes import Node

LONGEST_PATH = 300


@dataclass(slots=True)
class _Part:
    """A node of the form as filling needs it; `below`: of a group or a repeat, None for a leaf."""

    name: str
    path: str
    kind: str
    is_calculated: bool
    form_node: FormNode
    below: tuple[_Part, ...] | None
    keys: frozenset[str]


def compile_json_reader(model: FormModel) -> Callable[[Mapping[str, Any]], Instance]:
    """The function that lays a submission's JSON object over the form. It never raises: see Instance.unknown."""
    parts = _parts(model.root)
    known = _keys(model.root)

    def read(answers: Mapping[str, Any]) -> Instance:
        instance = empty_instance(model, is_from_json=True)
        _note_unknown(instance, answers, known, "")
        _fill(instance, instance.root, parts, answers, "")
        instance.attachments = _attachments(answers.get("_attachments"))
        return instance

    return read


def _parts(form_node: FormNode) -> tuple[_Part, ...]:
    return tuple(
        _Part(
            name=child.name,
            path=child.path,
            kind=child.bind.type,
            is_calculated=child.is_leaf and child.bind.calculate != "",
            form_node=child,
            below=None if child.is_leaf and not child.is_repeat else _parts(child),
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


def _fill(instance: Instance, parent: Node, parts: Sequence[_Part], answers: Mapping[str, Any], here: str) -> None:
    """here: the path of the innermost repeat's instance, with indices, "" outside any."""
    siblings, found = parent.children, instance.found
    for part in parts:
        below, form_node = part.below, part.form_node
        if below is None:
            text = answers.get(part.path, "")
            if type(text) is not str:
                text = _text(instance, text, part.path, here)
            elif text and text.isspace():
                text = ""
            kind = kind_of(form_node, text) if part.is_calculated else part.kind
            node = Node(part.name, text, kind, parent, form_node)
            siblings.append(node)
            found[form_node.index].append(node)
        elif form_node.is_repeat:
            for index, row in enumerate(_rows(instance, part, answers, here), 1):
                node = Node(part.name, "", part.kind, parent, form_node)
                siblings.append(node)
                found[form_node.index].append(node)
                inside = f"{_placed(part.path, here)}[{index}]"
                _note_unknown(instance, row, part.keys, inside)
                _fill(instance, node, below, row, inside)
        else:
            node = Node(part.name, "", part.kind, parent, form_node)
            siblings.append(node)
            found[form_node.index].append(node)
            _fill(instance, node, below, answers, here)


def _rows(instance: Instance, part: _Part, answers: Mapping[str, Any], here: str) -> Iterable[Mapping[str, Any]]:
    rows = answers.get(part.path)
    if rows is None:
        # A server that reads an old submission with another version of the form leaves a repeat's only row flat
        return (answers,) if any(key in answers for key in part.keys) else ()
    if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        return rows
    instance.misshapen.append(_placed(part.path, here))
    return ()


def _text(instance: Instance, value: object, path: str, here: str) -> str:
    """What a tablet would have written for a JSON value that is no text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    instance.misshapen.append(_placed(path, here))
    return ""


def _note_unknown(instance: Instance, answers: Mapping[str, Any], known: frozenset[str], here: str) -> None:
    if answers.keys() <= known:
        return
    for key in answers.keys() - known:
        if here or not is_metadata(key):
            instance.unknown.append(_placed(key, here)[:LONGEST_PATH])


def _placed(path: str, here: str) -> str:
    """A whole path below a repeat's instance: register/card below register[3] is register[3]/card."""
    if not here:
        return path
    depth = here.count("/") + 1
    return "/".join([here, *path.split("/")[depth:]])


def _attachments(listed: object) -> frozenset[str] | None:
    if not isinstance(listed, list):
        return None
    files = [file for file in listed if isinstance(file, Mapping) and not file.get("is_deleted")]
    names = [file.get(name) for file in files for name in ("media_file_basename", "filename")]
    return frozenset(str(name).rpartition("/")[2] for name in names if name)
