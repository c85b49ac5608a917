"""The body of an XForm → what controls, repeats and events each path has. Used by read.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.form.xform.markup import JAVAROSA, Element, child_of, children_of, name_of
from collector.form.xform.model import Control
from collector.form.xform.spoken import Spoken

ASKING = frozenset({"input", "secret", "select1", "select", "rank", "range", "upload", "trigger"})


@dataclass(frozen=True)
class Body:
    """What the body says, by path: controls, repeats with their count, and nodes that events write."""

    controls: dict[str, Control] = field(default_factory=dict)
    repeats: dict[str, str] = field(default_factory=dict)
    set: set[str] = field(default_factory=set)


def read_body(body: Element | None, root: str, spoken: Spoken, binds_by_id: Mapping[str, str]) -> Body:
    """root: name of the primary instance's root element; binds_by_id: nodeset of each bind that has an id."""
    reading = _Reading(root, spoken, binds_by_id)
    if body is not None:
        reading.read(body, "")
    return reading.body


def resolve(reference: str, here: str, root: str) -> str:
    """The path that a reference means, from the path `here`.

    >>> resolve("/data/register/card", "", "data"), resolve("card", "register", "data"), resolve("../x", "a/b", "data")
    ('register/card', 'register/card', 'a/x')
    """
    reference = reference.strip()
    if reference.startswith("/"):
        names, steps = [], reference.split("/")[2:]
    else:
        names, steps = here.split("/") if here else [], reference.removeprefix("current()/").split("/")
    for step in steps:
        if step == "..":
            del names[-1:]
        elif step not in ("", "."):
            names.append(step.partition("[")[0].rpartition(":")[2])
    return "/".join(names)


@dataclass(frozen=True)
class _Reading:
    root: str
    spoken: Spoken
    binds_by_id: Mapping[str, str]
    body: Body = field(default_factory=Body)

    def read(self, parent: Element, here: str) -> None:
        for element in parent:
            name = name_of(element)
            path = self._path(element, here)
            if name in ASKING:
                self.body.controls[path] = self._control(element, name)
                self.read(element, path)
            elif name == "repeat":
                self.body.repeats[path] = element.get(f"{JAVAROSA}count", "")
                self.read(element, path)
            elif name == "group":
                self.read(element, path)
            elif name in ("setvalue", "setgeopoint", "recordaudio"):
                self.body.set.add(path)

    def _path(self, element: Element, here: str) -> str:
        bound = element.get("bind")
        reference = self.binds_by_id.get(bound, "") if bound else element.get("nodeset") or element.get("ref") or ""
        return resolve(reference, here, self.root) if reference else here

    def _control(self, element: Element, kind: str) -> Control:
        itemset = child_of(element, "itemset")
        is_external = element.get("query") is not None or "search(" in element.get("appearance", "")
        if itemset is not None and not is_external:
            return Control(
                kind=kind,
                nodeset=itemset.get("nodeset", ""),
                value=_reference(child_of(itemset, "value")),
                label=_reference(child_of(itemset, "label")),
            )
        items = tuple(self._item(item) for item in children_of(element, "item"))
        bounds = (element.get("start", ""), element.get("end", ""), element.get("step", ""))
        return Control(
            "input" if kind == "secret" else kind, items=items or None, range=bounds, is_external=is_external
        )

    def _item(self, item: Element) -> tuple[str, Mapping[str, str]]:
        value = child_of(item, "value")
        return (value.text or "").strip() if value is not None else "", self.spoken.label(child_of(item, "label"))


def _reference(element: Element | None) -> str:
    return element.get("ref", "") if element is not None else ""
