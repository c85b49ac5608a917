"""What "the same shape" means: keys and JSON types, recursively; of a list, the union of its elements' shapes."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

MAPS = {"specified", "kuid_names", "daily_submission_counts", "firsts"}
"""Objects whose keys are data: every value has one shape."""

Shape = Any
CHECKED_TEXTS = {"message", "detail", "filename", "name", "formID"}


def shape_of(value: Any, name: str = "") -> Shape:
    match value:
        case dict() if name in MAPS:
            return {"{}": _union([shape_of(item) for item in value.values()])}
        case dict():
            return {key: shape_of(item, key) for key, item in value.items()}
        case list():
            return {"[]": _union([shape_of(item) for item in value])}
        case bool():
            return "true or false"
        case None:
            return "null"
        case int() | float():
            return "number"
    return "text"


def differences(expected: Shape, found: Shape, path: str = "") -> list[str]:
    """What is missing, too much or of another type; an empty list stands for any list."""
    if isinstance(expected, dict) and isinstance(found, dict):
        inner_key = next((key for key in ("[]", "{}") if key in expected and key in found), "")
        if inner_key and "nothing" in (expected[inner_key], found[inner_key]):
            return []
        missing = [f"{path}/{key} is missing" for key in expected.keys() - found.keys()]
        extra = [f"{path}/{key} is too much" for key in found.keys() - expected.keys()]
        inner = [differences(expected[key], found[key], f"{path}/{key}") for key in expected.keys() & found.keys()]
        return missing + extra + [text for texts in inner for text in texts]
    return [] if expected == found else [f"{path or '/'} is {found}, not {expected}"]


def xml_shape(text: str) -> list[str]:
    """Tags in order with attribute names, and the texts that matter; of an XForm, what it asks and computes."""
    root = etree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", text.strip()).encode())
    if root.tag.endswith("}html"):
        return _xform_shape(root)
    rows = []
    for node in root.iter():
        tag = etree.QName(node).localname
        is_file_hash = tag == "hash" and inside(node, "mediaFile") and not str(node.text).endswith("-url")
        shown = (node.text or "").strip() if tag in CHECKED_TEXTS or is_file_hash else ""
        rows.append(f"{tag} {sorted(node.attrib)} {shown}".strip())
    return rows


def inside(node: etree._Element, tag: str) -> bool:
    parent = node.getparent()
    return parent is not None and etree.QName(parent).localname == tag


def _xform_shape(root: etree._Element) -> list[str]:
    """Nodes of the primary instance, binds, languages, secondary instances and body controls."""
    instances = [node for node in root.iter() if etree.QName(node).localname == "instance"]
    rows = [f"node {etree.QName(node).localname}" for node in instances[0].iter()]
    rows += sorted(f"instance {node.get('id')} {node.get('src', '')}" for node in instances[1:])
    for node in root.iter():
        tag = etree.QName(node).localname
        if tag == "bind":
            rows.append(
                " ".join(["bind", *(f"{key}={' '.join(value.split())}" for key, value in sorted(node.attrib.items()))])
            )
        if tag == "translation":
            rows.append(f"language {node.get('lang')}")
        if node.get("ref", "").startswith("/"):
            rows.append(f"{tag} {node.get('ref')}")
    return rows


def _union(shapes: list[Shape]) -> Shape:
    """One shape for all: objects merge their keys, differing scalars are joined."""
    if not shapes:
        return "nothing"
    if all(isinstance(shape, dict) for shape in shapes):
        keys = dict.fromkeys(key for shape in shapes for key in shape)
        return {key: _union([shape[key] for shape in shapes if key in shape]) for key in keys}
    return " or ".join(sorted({str(shape) for shape in shapes}))
