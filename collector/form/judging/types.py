"""Whether an answer is what the type of its bind holds; ranges and places on earth. Used by checks.py.

What a client may write: the ODK XForms specification; single values are read by collector/form/answers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.form.answers import Unreadable, reader
from collector.form.definition import Kind, Question
from collector.form.xform.model import Control, FormNode

KINDS: Mapping[str, Kind] = {
    "int": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "dateTime": Kind.DATETIME,
    "geopoint": Kind.GEOPOINT,
}
TRUTH = frozenset({"true", "false", "1", "0"})
FEWEST_POINTS = {"geotrace": 2, "geoshape": 4}
SLIP = 1e-9
"""Of a decimal step: 0.1 + 0.2 is on the scale of tenths."""

Judge = Callable[[str], tuple[str, str] | None]
"""An answer's text → code and reason of what is wrong, or None."""


def compile_type(form_node: FormNode) -> Judge | None:
    """The check of a node's type; None where any text will do."""
    kind = form_node.bind.type
    if kind in KINDS:
        return _reading(form_node, KINDS[kind])
    if kind in FEWEST_POINTS:
        return _line(form_node, kind)
    if kind == "boolean":
        return lambda text: None if text in TRUTH else ("type", "not_a_boolean")
    return None


def compile_range(control: Control) -> Callable[[str], bool] | None:
    """Whether an answer lies on the scale of a range; None where it has no bounds."""
    try:
        start, end, step = (float(bound) for bound in control.range)
    except ValueError:
        return None
    low, high = min(start, end), max(start, end)

    def is_on_scale(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        steps = (value - start) / step if step else 0.0
        return low - SLIP <= value <= high + SLIP and abs(steps - round(steps)) < 1e-6

    return is_on_scale


def _reading(form_node: FormNode, kind: Kind) -> Judge:
    read = reader(Question(form_node.name, form_node.path, form_node.bind.type, kind))
    code = "geo" if kind is Kind.GEOPOINT else "type"

    def judge(text: str) -> tuple[str, str] | None:
        try:
            read(text)
        except Unreadable as unreadable:
            return code, unreadable.code
        return None

    return judge


def _line(form_node: FormNode, kind: str) -> Judge:
    point = _reading(form_node, Kind.GEOPOINT)

    def judge(text: str) -> tuple[str, str] | None:
        points = [part.strip() for part in text.rstrip("; ").split(";")]
        if len(points) < FEWEST_POINTS[kind] or any(not part or point(part) for part in points):
            return "geo", f"not_a_{kind}"
        is_open = kind == "geoshape" and points[0].split()[:2] != points[-1].split()[:2]
        return ("geo", "shape_not_closed") if is_open else None

    return judge
