"""Submission XML ↔ the answers as the data API shows them. Pure. Used by submissions.py and edits.py.

Source: kobo/api.md §5.2 and recording 253. Every answer is text; group names are joined by "/"; repeats are lists
whose keys repeat the whole path; empty leaves, groups, repeat instances and repeats are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
IMPROPER = "Improperly formatted XML."
INVISIBLE = "Submission rejected: the form contains unsupported or invisible characters."


class Unreadable(Exception):
    """The XML cannot be taken; the text is what the server answers with its 400."""


@dataclass(frozen=True)
class Instance:
    """One parsed submission. Ids without "uuid:", "" where absent."""

    xml: bytes
    form_id: str
    deployment_uuid: str
    instance_id: str
    deprecated_id: str
    root_uuid: str
    submission_date: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.xml).hexdigest()


def parse(xml: bytes) -> Instance:
    """Read a submission; no entity is expanded, nothing is fetched. Raises Unreadable."""
    root = _root(xml)
    meta = _child(root, "meta")
    formhub = _child(root, "formhub")
    return Instance(
        xml=xml,
        form_id=root.get("id", ""),
        deployment_uuid=_leaf(formhub, "uuid"),
        instance_id=_bare(_leaf(meta, "instanceID") or root.get("instanceID", "")),
        deprecated_id=_bare(_leaf(meta, "deprecatedID")),
        root_uuid=_bare(_leaf(meta, "rootUuid")),
        submission_date=root.get("submissionDate", ""),
    )


def answers(xml: bytes, repeats: Collection[str]) -> dict[str, Any]:
    """The answers of a submission, flat, in the order of the XML. repeats: paths known to repeat ("hh/member")."""
    nested = _nested(_root(xml), "", repeats)
    return dict(_flatten(nested, "")) if isinstance(nested, dict) else {}


def geolocation(found: Mapping[str, Any], geopoints: Sequence[str]) -> list[float | None]:
    """[latitude, longitude] of the first answered geopoint, or [None, None]."""
    for path in geopoints:
        for value in values_at(found, path):
            parts = value.split()
            try:
                return [float(parts[0]), float(parts[1])]
            except (ValueError, IndexError):
                continue
    return [None, None]


def values_at(found: Mapping[str, Any], path: str) -> Iterator[str]:
    """Every answer at a path, in repeats as well."""
    for key, value in found.items():
        if key == path and isinstance(value, str):
            yield value
        elif isinstance(value, list) and path.startswith(key + "/"):
            for item in value:
                yield from values_at(item, path)


def path_of_file(found: Mapping[str, Any], filename: str) -> str:
    """The path of the question answered with this file; "" for files of no question, such as the audit."""
    for key, value in found.items():
        if value == filename:
            return "" if key.startswith("meta/") else key
        if isinstance(value, list):
            inside = next((path for item in value if (path := path_of_file(item, filename))), "")
            if inside:
                return inside
    return ""


def file_names(found: Mapping[str, Any]) -> set[str]:
    """Every text that could name an attachment."""
    names: set[str] = set()
    for value in found.values():
        names |= set().union(*map(file_names, value)) if isinstance(value, list) else {value}
    return names


def edited(xml: bytes, changes: Mapping[str, str], *, instance_id: str, deprecated_id: str, root_uuid: str) -> bytes:
    """The XML with answers replaced and new identity: what an edit over the API stores. Ids without "uuid:"."""
    root = _root(xml)
    for path, value in changes.items():
        _reach(root, path).text = value
    ids = {"instanceID": instance_id, "deprecatedID": deprecated_id, "rootUuid": root_uuid}
    for name, text in ids.items():
        if text:
            _reach(root, f"meta/{name}").text = f"uuid:{text}"
        elif (old := _child(_reach(root, "meta"), name)) is not None:
            _reach(root, "meta").remove(old)
    return etree.tostring(root)


def from_json(form_id: str, submission: Mapping[str, Any]) -> bytes:
    """The XML of a submission posted as JSON: keys in alphabetic order, lists as space-joined text."""
    root = etree.Element(form_id, {"id": form_id})
    _grow(root, submission)
    return etree.tostring(root)


def _root(xml: bytes) -> etree._Element:
    if CONTROL.search(xml):
        raise Unreadable(INVISIBLE)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable(IMPROPER) from None
    if str(getattr(root.getroottree().docinfo, "doctype", "")):  # only attackers send a DTD
        raise Unreadable(IMPROPER)
    return root


def _nested(node: etree._Element, path: str, repeats: Collection[str]) -> Any:
    """A leaf's text, or a group's children; None when nothing is answered."""
    if not len(node):
        return node.text if node.text and node.text.strip() else None
    group: dict[str, Any] = {}
    for child in node:
        name = _name(child)
        place = f"{path}/{name}" if path else name
        value = _nested(child, place, repeats)
        if value is None:
            continue
        if place in repeats:
            group.setdefault(name, []).append(value)
        elif name not in group:
            group[name] = value
        elif isinstance(group[name], list):
            group[name].append(value)
        else:
            group[name] = [group[name], value]
    return group or None


def _flatten(group: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, value in group.items():
        place = f"{path}/{name}" if path else name
        if isinstance(value, dict):
            yield from _flatten(value, place)
        elif isinstance(value, list):
            items = [dict(_flatten(item, place)) if isinstance(item, dict) else {place: item} for item in value]
            yield place, items
        else:
            yield place, value


def _reach(root: etree._Element, path: str) -> etree._Element:
    """The node at a path, made where it is missing."""
    node = root
    for name in path.split("/"):
        child = _child(node, name)
        if child is None:
            namespace = etree.QName(node).namespace
            child = etree.SubElement(node, f"{{{namespace}}}{name}" if namespace else name)
        node = child
    return node


def _grow(node: etree._Element, group: Mapping[str, Any]) -> None:
    for name in sorted(group):
        value = group[name]
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for item in value:
                _grow(etree.SubElement(node, name), item)
        elif isinstance(value, dict):
            _grow(etree.SubElement(node, name), value)
        elif value is not None:
            text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            etree.SubElement(node, name).text = text


def _child(node: etree._Element | None, name: str) -> etree._Element | None:
    return next((child for child in node if _name(child) == name), None) if node is not None else None


def _leaf(node: etree._Element | None, name: str) -> str:
    child = _child(node, name)
    return (child.text or "").strip() if child is not None else ""


def _name(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _bare(identifier: str) -> str:
    return identifier.removeprefix("uuid:")
