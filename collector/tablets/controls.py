"""The questions of a form.xml as a tablet meets them: control, data type, required or not, which choices are filtered.

Read once a form by javarosa.py and plain_xml.py, so that neither has to ask for it at each question.
Source: the ODK XForms specification (binds, body controls, itemsets).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

XFORMS = "{http://www.w3.org/2002/xforms}"
JAVAROSA = "{http://openrosa.org/javarosa}"
ITEXT = re.compile(r"jr:itext\('(.+)'\)")

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Control:
    """One question. `path`: without the root's name, as in the server's data: "register/card".

    tag: "input", "select1", "select", …; type: of the bind: "int", "date", "string", …
    has_fixed_choices: the same choices whatever else was answered.
    required_text: itext id of the message when it is left empty, "" where there is none.
    """

    path: str
    tag: str
    type: str
    is_read_only: bool
    may_be_required: bool
    has_fixed_choices: bool
    required_text: str = ""


@dataclass(frozen=True)
class Controls:
    """root: path of the root node, "/data"; other paths are without it. preloads: path → the preload's parameter."""

    root: str
    by_path: Mapping[str, Control]
    repeats: frozenset[str]
    preloads: Mapping[str, str]


def read_controls(form_xml: bytes) -> Controls:
    """Read what is needed to fill a form from its form.xml."""
    document = etree.fromstring(form_xml)
    binds = {bind.get("nodeset", ""): bind for bind in document.iter(f"{XFORMS}bind")}
    root = "/" + next(iter(binds)).split("/")[1]
    controls = (_control(element, tag, root, binds) for element, tag in _body_controls(document))
    return Controls(
        root=root,
        by_path={control.path: control for control in controls},
        repeats=frozenset(_path(repeat.get("nodeset", ""), root) for repeat in document.iter(f"{XFORMS}repeat")),
        preloads={
            _path(nodeset, root): bind.get(f"{JAVAROSA}preloadParams", "")
            for nodeset, bind in binds.items()
            if bind.get(f"{JAVAROSA}preload")
        },
    )


def _body_controls(document: Element) -> Iterator[tuple[Element, str]]:
    for element in document.iter():
        if isinstance(element.tag, str) and element.tag.startswith(XFORMS):
            tag = element.tag.removeprefix(XFORMS)
            if tag in ("input", "select1", "select", "trigger", "upload", "range", "rank") and element.get("ref"):
                yield element, tag


def _control(element: Element, tag: str, root: str, binds: Mapping[str, Element]) -> Control:
    ref = element.get("ref", "")
    bind = binds.get(ref)
    attributes: Mapping[str, str] = (
        {str(name): str(text) for name, text in bind.attrib.items()} if bind is not None else {}
    )
    itemset = element.find(f"{XFORMS}itemset")
    message = ITEXT.match(attributes.get(f"{JAVAROSA}requiredMsg", ""))
    return Control(
        path=_path(ref, root),
        tag=tag,
        type=attributes.get("type", "string").removeprefix("xsd:"),
        is_read_only=attributes.get("readonly", "") == "true()",
        may_be_required="required" in attributes,
        has_fixed_choices=itemset is None or "[" not in itemset.get("nodeset", ""),
        required_text=message[1] if message else "",
    )


def _path(nodeset: str, root: str) -> str:
    return nodeset.removeprefix(root).removeprefix("/")
