"""The engine of the tablets asked about a form, blank and filled: can it read it, and evaluate each of its expressions.

Beside javarosa.py, which fills forms; used by jobs/forms.py. Every relevance, requirement, constraint and
calculation is evaluated once in its place, a constraint on an answer of its question's type: a form may be read without
complaint and still stop a tablet at the first answer. Choice filters are looked at by collector/form/review alone.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from collector.tablets.controls import XFORMS, read_controls
from collector.tablets.java import java

RULES = {"relevant": "relevant", "required": "required", "constraint": "constraint", "calculate": "calculation"}
OF_COLLECT = ("pulldata", "search", "geofence", "enclosed-area", "jr:choice-name")
"""Functions that KoboCollect brings itself: the bare engine does not know them."""

CALCULATED = re.compile(r"located in Calculate expression for (/\S+)")
ACTIONS = [f"{{http://www.opendatakit.org/xforms}}{name}" for name in ("setgeopoint", "recordaudio")]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the engine says. path: of the question, "" for the whole form; column: of the sheet; problem: its words."""

    path: str
    column: str
    problem: str


def inspect_form(form_xml: bytes, media: Mapping[str, bytes] | None = None) -> list[Complaint]:
    """Everything the engine complains of in a blank form. Raises JavaMissing where there is no engine."""
    engine = java()
    definition = _opened(engine, form_xml, media or {})
    if isinstance(definition, str):
        return [] if _is_of_collect(definition) else [_stopped(definition, read_controls(form_xml).root)]
    return list(_complaints(engine, definition, form_xml, is_filled=False))


def _stopped(words: str, root: str) -> Complaint:
    """Why a form cannot be opened, at its question where the engine names one."""
    if place := CALCULATED.search(words):
        path = re.sub(r"\[\d+\]", "", place[1]).removeprefix(root).removeprefix("/")
        return Complaint(path, "calculation", words)
    return Complaint("", "", words)


def inspect_filled(
    form_xml: bytes, filled: Iterable[bytes], media: Mapping[str, bytes] | None = None
) -> list[Complaint]:
    """What the engine complains of in each of several filled forms: other answers may do, where one of them does.

    form_xml: with all its rules; filled: the same several times, with answers in its blank copy and everything
    relevant. Raises JavaMissing where there is no engine.
    """
    engine = java()
    common: dict[tuple[str, str], Complaint] | None = None
    for answered in filled:
        definition = _opened(engine, answered, media or {})
        if isinstance(definition, str):  # a calculation stopped it: that one is told by its own evaluation
            definition = _opened(engine, _without_calculations(answered), media or {})
        found = [] if isinstance(definition, str) else _complaints(engine, definition, form_xml, is_filled=True)
        here = {(each.path, each.column): each for each in found}
        common = here if common is None else {key: each for key, each in common.items() if key in here}
        if not common:
            return []
    return list((common or {}).values())


def _without_calculations(form_xml: bytes) -> bytes:
    """The form in which the engine calculates nothing when it is opened."""
    document = etree.fromstring(form_xml)
    for bind in document.iter(f"{XFORMS}bind"):
        bind.attrib.pop("calculate", "")
    return etree.tostring(document)


def _opened(engine: Any, form_xml: bytes, media: Mapping[str, bytes]) -> Any:
    """The engine's definition of a form, opened; or its words, where it stops."""
    with tempfile.TemporaryDirectory(prefix="tablet-") as folder:
        for name, content in media.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        engine.serve_media(Path(folder))
        try:
            definition = engine.xform_utils.getFormFromInputStream(engine.bytes_in(_without_actions(form_xml)))
            definition.initialize(True, engine.instance_factory())
        except engine.exception as error:
            return _words(error)
    return definition


def _without_actions(form_xml: bytes) -> bytes:
    """The form without what KoboCollect does with its sensors: the bare engine puts a text into a place there."""
    document = etree.fromstring(form_xml)
    for tag in ACTIONS:
        for action in list(document.iter(tag)):
            parent = action.getparent()
            if parent is not None:
                parent.remove(action)
    return etree.tostring(document)


def _complaints(engine: Any, definition: Any, form_xml: bytes, *, is_filled: bool) -> Iterator[Complaint]:
    root = read_controls(form_xml).root
    document = etree.fromstring(form_xml)
    for bind in document.iter(f"{XFORMS}bind"):
        nodeset = bind.get("nodeset", "")
        for attribute, column in RULES.items():
            text = bind.get(attribute, "")
            place = _place(engine, nodeset, is_filled=is_filled)
            if text and (words := _failure(engine, definition, place, text, bind.get("type", "string"), column)):
                yield Complaint(nodeset.removeprefix(root).removeprefix("/"), column, words)


def _place(engine: Any, nodeset: str, *, is_filled: bool) -> Any:
    """The engine's reference to a node; in a filled form to the one in the first row of each repeat."""
    place = engine.reference(nodeset).getReference()
    for level in range(place.size()) if is_filled else ():
        place.setMultiplicity(level, 0)
    return place


def _failure(engine: Any, definition: Any, place: Any, text: str, kind: str, column: str) -> str:
    """Why an expression cannot be evaluated in its place, "" where it can."""
    try:
        context = engine.evaluation_context(definition.getEvaluationContext(), place)
        if column == "constraint":
            context.isConstraint = True
            context.candidateValue = _sample(engine, kind)
        engine.parse_expression(text).eval(definition.getMainInstance(), context)
    except engine.exception as error:
        words = _words(error)
        return "" if _is_of_collect(words) else words
    return ""


def _sample(engine: Any, kind: str) -> Any:
    """An answer of a type."""
    match kind.removeprefix("xsd:"):
        case "int":
            return engine.IntegerData(1)
        case "decimal":
            return engine.DecimalData(1.0)
        case "date":
            return engine.DateData(engine.date(0))
        case "dateTime":
            return engine.DateTimeData(engine.date(0))
        case "time":
            return engine.TimeData(engine.date(0))
        case "geopoint":
            return engine.GeoPointData(engine.doubles([36.2, 44.0, 0.0, 5.0]))
        case _:
            return engine.StringData("1")


def _is_of_collect(words: str) -> bool:
    return any(f"'{name}'" in words or f"{name}(" in words for name in OF_COLLECT)


def _words(error: BaseException) -> str:
    """The engine's message in one line, without the names of its classes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.strip().startswith("at ")]
    return " ".join(lines)[:300].removeprefix("org.javarosa.").strip() or "it stops without a word"
