"""Lists beside the answers → trees that expressions read: choices inside the form, CSV, XML and GeoJSON media.

Used by read.py. What is missing is no error here: rules that need it cannot be checked, and say so.
Source: ODK XForms specification, "Secondary Instances"; a CSV row is /root/item, a GeoJSON feature too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from collector.form.xform.markup import Element, Unparsable, name_of, parse, text_of
from collector.form.xpath.nodes import Node

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def tree_of(element: Element) -> Node:
    """The element as a tree."""
    node = Node(name_of(element), "" if len(element) else text_of(element))
    for name, text in element.attrib.items():
        node.set_attribute(str(name)[str(name).rfind("}") + 1 :], str(text))
    for child in element:
        node.add(tree_of(child))
    return node


def tree_of_file(name: str, content: bytes) -> Node | None:
    """The tree of a media file; None where its ending is not that of a list or nobody can read it."""
    ending = name.rpartition(".")[2].lower()
    try:
        if ending == "csv":
            return _items(_csv_rows(content))
        if ending == "xml":
            return tree_of(parse(content))
        if ending == "geojson":
            return _items(_features(json.loads(content)))
    except (Unparsable, UnicodeDecodeError, csv.Error, ValueError, TypeError, KeyError):
        return None
    return None


def _items(rows: Iterable[Mapping[str, str]]) -> Node:
    root = Node("root")
    for row in rows:
        item = root.add(Node("item"))
        for column, text in row.items():
            item.add(Node(column, text))
    return root


def _csv_rows(content: bytes) -> list[dict[str, str]]:
    """Rows by heading; UTF-8 with or without mark, or UTF-16 with it; ";" where the headings have it and no ","."""
    text = content.decode("utf-16" if content.startswith(UTF16_MARKS) else "utf-8-sig")
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    columns = [column.strip() for column in next(rows, [])]
    return [{column: cell for column, cell in zip(columns, row, strict=False) if column} for row in rows if any(row)]


def _features(document: Any) -> list[dict[str, str]]:
    return [_feature(feature) for feature in document["features"]]


def _feature(feature: Any) -> dict[str, str]:
    shape = feature["geometry"]
    points = {"Point": [shape["coordinates"]], "LineString": shape["coordinates"]}.get(shape["type"])
    rings = points if points is not None else shape["coordinates"][0]
    cells = {str(name): str(value) for name, value in (feature.get("properties") or {}).items()}
    if "id" in feature:
        cells["id"] = str(feature["id"])
    return {"geometry": "; ".join(f"{point[1]} {point[0]} 0 0" for point in rings), **cells}
