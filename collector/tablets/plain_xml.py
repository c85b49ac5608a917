"""Write a submission without the form engine, for machines on which Java cannot be started. Used by tablet.py.

The answers are placed into the instance of the form.xml; nothing is checked or calculated. Relevance is the campaign's
own; of the calculations only those are there that are constants of the form (project and version) or that the campaign
knows (the item set). Scores and counts stay absent: the product computes them from the answers anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime, time
from functools import singledispatch
from typing import Any

from lxml import etree

from collector.errors import TabletError
from collector.tablets.controls import XFORMS, read_controls
from collector.tablets.filled import Filled

CONSTANT = re.compile(r"'([^']*)'")
INSTANCE_ID = "meta/instanceID"


class Form:
    """A form as javarosa.Form is one, with the same `fill`."""

    def __init__(self, form_xml: bytes, media: Mapping[str, bytes] | None = None) -> None:
        document = etree.fromstring(form_xml)
        instance = document.find(f".//{XFORMS}instance/*")
        if instance is None:
            raise TabletError("the server's form.xml has no instance; deploy the form again.")
        self.controls = read_controls(form_xml)
        self._empty = _without_namespace(instance)
        self._constants = {
            str(bind.get("nodeset")).removeprefix(self.controls.root + "/"): constant[1]
            for bind in document.iter(f"{XFORMS}bind")
            if (constant := CONSTANT.fullmatch(str(bind.get("calculate", "")).strip()))
        }

    def fill(self, filled: Filled) -> bytes:
        """The submission's XML; only answered questions are in it."""
        root = deepcopy(self._empty)
        texts = self._constants | self._preloaded(filled) | dict(filled.known) | {INSTANCE_ID: filled.instance_id}
        for repeat in self.controls.repeats:
            _place_rows(root, repeat, filled.answers.get(repeat) or ())
        for path, answer in filled.answers.items():
            if path not in self.controls.repeats and answer is not None:
                texts[path] = text_of(answer)
        _place(root, texts)
        _drop_empty(root)
        return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))

    def _preloaded(self, filled: Filled) -> dict[str, str]:
        values: dict[str, object] = {
            "start": filled.started_at,
            "end": filled.ended_at,
            "today": filled.started_at.date(),
            "deviceid": filled.device_id,
            "username": filled.username,
        }
        preloads = self.controls.preloads.items()
        return {path: text_of(values[parameter]) for path, parameter in preloads if parameter in values}


@singledispatch
def text_of(answer: object) -> str:
    """An answer as it is written in a submission: "a b", "2026-07-05", "36.1 44.0 0.0 12.0".

    >>> text_of(("m1", "m2")), text_of(time(10, 5)), text_of(7)
    ('m1 m2', '10:05:00.000+03:00', '7')
    """
    return str(answer)


@text_of.register
def _(answer: tuple) -> str:  # type: ignore[type-arg]
    return " ".join(str(part) for part in answer)


@text_of.register
def _(answer: datetime) -> str:
    return answer.isoformat(timespec="milliseconds")


@text_of.register
def _(answer: date) -> str:
    return answer.isoformat()


@text_of.register
def _(answer: time) -> str:
    return f"{answer.isoformat('milliseconds')}+03:00"


def _place(root: Any, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        node = root.find(path)
        if node is None:
            raise TabletError(f"the form has no question '{path}'; correct programme.toml.")
        node.text = text


def _place_rows(root: Any, repeat: str, rows: Any) -> None:
    """One copy of the repeat's first node for each row, in its place."""
    first, *others = root.findall(repeat)
    for other in others:
        other.getparent().remove(other)
    for row in reversed(tuple(rows)):
        copy = deepcopy(first)
        answers = {path.removeprefix(repeat + "/"): text_of(value) for path, value in row.items() if value is not None}
        _place(copy, answers)
        first.addnext(copy)
    first.getparent().remove(first)


def _drop_empty(node: Any) -> None:
    """Remove what has no answer, and groups in which nothing is left."""
    for child in list(node):
        _drop_empty(child)
        if not len(child) and not child.text:
            node.remove(child)


def _without_namespace(instance: Any) -> Any:
    """The instance with plain names, so that paths of the form find its nodes; the form's own attributes stay."""
    root = deepcopy(instance)
    for node in root.iter():
        node.tag = etree.QName(node).localname
        for name in [name for name in node.attrib if name.startswith("{")]:
            del node.attrib[name]
        node.text = None
    etree.cleanup_namespaces(root)
    return root
