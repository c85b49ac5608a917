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


class MediaUnreadable(ValueError):
    """A media file that no client can read as a list: why, with the remedy. row: of the file, None for all of it."""

    def __init__(self, problem: str, remedy: str, row: int | None = None) -> None:
        self.problem, self.remedy, self.row = problem, remedy, row
        super().__init__(f"{problem}; {remedy}")


def tree_of(element: Element) -> Node:
    """The element as a tree."""
    node = Node(name_of(element), "" if len(element) else text_of(element))
    for name, text in element.attrib.items():
        node.set_attribute(str(name)[str(name).rfind("}") + 1 :], str(text))
    for child in element:
        node.add(tree_of(child))
    return node


def tree_of_file(name: str, content: bytes) -> Node | None:
    """The tree of a media file; None where its ending is not that of a list. Raises MediaUnreadable."""
    ending = name.rpartition(".")[2].lower()
    if ending == "csv":
        return _items(_csv_rows(content))
    try:
        if ending == "xml":
            return tree_of(parse(content))
        if ending == "geojson":
            return _items(_features(json.loads(content)))
    except (Unparsable, ValueError, TypeError, KeyError, IndexError):
        raise MediaUnreadable(
            f"it is no {ending} that holds a list", "make it again with the program it comes from."
        ) from None
    return None


def _items(rows: Iterable[Mapping[str, str]]) -> Node:
    root = Node("root")
    for row in rows:
        item = root.add(Node("item"))
        for column, text in row.items():
            item.add(Node(column, text))
    return root


def _csv_rows(content: bytes) -> list[dict[str, str]]:
    """Rows by heading; UTF-8 with or without mark, parted by ";" where the headings have one, as in Collect."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise MediaUnreadable("it is not UTF-8 text", "save it as 'CSV UTF-8' in Excel.", row) from None
    if not text.strip():
        raise MediaUnreadable("it is empty", "put a row of headings and the list into it.")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    try:
        columns = [column.strip() for column in next(rows, [])]
        return [
            {column: cell for column, cell in zip(columns, row, strict=False) if column} for row in rows if any(row)
        ]
    except csv.Error as error:
        raise MediaUnreadable(f"it is not CSV ({error})", "save it again.", rows.line_num + 1) from None


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
