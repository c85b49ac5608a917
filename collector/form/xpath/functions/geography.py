"""Areas and distances on the Earth, points in shapes. Used by dialects.py.

Both engines take a sphere of 6,378,100 m; JavaRosa lays the shape flat, Enketo keeps it on the sphere and rounds to cm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from collector.errors import CannotEvaluate
from collector.form.xpath.code import Builder, Function
from collector.form.xpath.coercions import (
    collect_text_of,
    java_text_number,
    javascript_text_number,
)
from collector.form.xpath.context import Context
from collector.form.xpath.functions.texts import enketo_texts
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import NAN, Value

RADIUS = 6_378_100.0
"""Metres."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


def _between(one: Point, other: Point) -> float:
    """Metres on the sphere, by the law of cosines; NaN where rounding leaves its domain, as in both engines."""
    difference = math.radians(one[1] - other[1])
    first, second = math.radians(one[0]), math.radians(other[0])
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(difference)
    return math.acos(cosine) * RADIUS if abs(cosine) <= 1 else NAN


def length(points: Sequence[Point]) -> float:
    return sum((_between(one, other) for one, other in pairwise(points)), 0.0)


# Collect


def _collect_point(text: str) -> Point:
    pieces = [java_text_number(piece) for piece in text.split()]
    if not 2 <= len(pieces) <= 4 or any(piece != piece for piece in pieces):
        raise CannotEvaluate("evaluation_error", "a value that is no geographic point")
    return pieces[0], pieces[1]


def _collect_points(nodes: list[Node]) -> list[Point]:
    texts = collect_text_of(nodes[0]).split(";") if len(nodes) == 1 else [collect_text_of(node) for node in nodes]
    return [_collect_point(text) for text in texts if len(nodes) > 1 or text.strip()]


def flat_area(points: Sequence[Point]) -> float:
    """Square metres, in a plane that touches the Earth at the first point."""
    if len(points) < 3:
        return 0.0
    degree = 2 * RADIUS * math.pi / 360.0
    (latitude, longitude), *others = points
    plane = [
        ((each[1] - longitude) * degree * math.cos(math.radians(each[0])), (each[0] - latitude) * degree)
        for each in others
    ]
    return abs(sum((y1 * x2 - x1 * y2) / 2 for (x1, y1), (x2, y2) in pairwise(plane)))


def collect_geofence(context: Context, point: str, shape: list[Node]) -> bool:
    """Whether a point is inside a closed shape, by counting the sides that a line to the east crosses."""
    latitude, longitude = _collect_point(point)
    corners, is_inside = _collect_points(shape), False
    for (y1, x1), (y2, x2) in pairwise(corners):
        if (y2 > latitude) != (y1 > latitude) and longitude < (x1 - x2) * (latitude - y2) / (y1 - y2) + x2:
            is_inside = not is_inside
    return is_inside


COLLECT: dict[str, Function | Builder] = {
    "area": Function(lambda context, nodes: flat_area(_collect_points(nodes)), "nodes", "number"),
    "enclosed-area": Function(lambda context, nodes: flat_area(_collect_points(nodes)), "nodes", "number"),
    "distance": Function(lambda context, nodes: length(_collect_points(nodes)), "nodes", "number"),
    "geofence": Function(collect_geofence, "text nodes", "boolean"),
}

# Enketo


def _enketo_points(context: Context, values: tuple[Value, ...]) -> list[Point] | None:
    """The points of one text with semicolons, or of several values; None when one of them is not valid."""
    texts = enketo_texts(context, values)
    points = [_enketo_point(text) for text in (texts if len(texts) > 1 else "".join(texts).split(";"))]
    return None if None in points else [point for point in points if point]


def _enketo_point(text: str) -> Point | None:
    pieces = text.strip().split(" ")
    numbers = [javascript_text_number(piece) if piece else 0.0 for piece in pieces[:4]]
    numbers += [0.0] * (4 - len(numbers)) if len(numbers) > 1 else [NAN] * 3
    latitude, longitude, altitude, accuracy = numbers
    is_valid = "" not in pieces[:2] and abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if is_valid and altitude == altitude and accuracy >= 0 else None


def spherical_area(points: Sequence[Point]) -> float:
    if len(points) < 3:
        return 0.0
    total = 0.0
    for (y1, x1), (y2, x2) in zip(points, [*points[1:], points[0]], strict=True):
        total += math.radians(x2 - x1) * (2 + math.sin(math.radians(y1)) + math.sin(math.radians(y2)))
    return total * RADIUS * RADIUS / 2.0


def _measured(measure: Callable[[Sequence[Point]], float]) -> Callable[..., float]:
    def call(context: Context, *values: Value) -> float:
        points = _enketo_points(context, values)
        metres = NAN if points is None else measure(points)
        return abs(math.floor(metres * 100 + 0.5)) / 100 if metres == metres else NAN

    return call


ENKETO: dict[str, Function | Builder] = {
    "area": Function(_measured(spherical_area), "any any*", "number"),
    "distance": Function(_measured(length), "any any*", "number"),
}
