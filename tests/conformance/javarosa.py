"""The same expression in JavaRosa and in our Collect dialect, over one small form with every kind of answer.

JavaRosa runs in this process (collector/tablets/java.py); its clock is the computer's, its zone Asia/Baghdad.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from collector.errors import CannotEvaluate, ExpressionSyntax
from collector.form.xpath.code import Dialect
from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import COLLECT
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node
from collector.tablets.java import ZONE, java
from tests.conformance.grammar import Sketch, sketch, smallest
from tests.conformance.trees import from_values, node_at

ANSWERS: dict[str, Any] = {
    **{
        "i": ["int", "7"],
        "n": ["int", "-3"],
        "e": ["int", ""],
        "d": ["decimal", "2.5"],
        "s": ["string", "hello world"],
    },
    **{"em": ["string", ""], "m": ["string", "a b c"], "one": ["string", "a"], "ws": ["string", "x  y"]},
    **{"u": ["string", "Üx"], "num": ["string", "12"], "yes": ["boolean", "1"], "dt": ["date", "2024-05-01"]},
    **{"dt2": ["date", "2023-12-31"], "stamp": ["dateTime", "2024-05-01T22:30:00.000+00:00"]},
    "clock": ["time", "10:30:00.000+03:00"],
    "g": [{"inner": ["int", "4"], "other": ["string", ""]}],
    "r": [
        {"x": ["int", "4"], "t": ["string", "a"], "q": [{"z": ["int", "1"]}, {"z": ["int", "2"]}]},
        {"x": ["int", "9"], "t": ["string", "b"], "q": [{"z": ["int", "3"]}]},
        {"x": ["int", ""], "t": ["string", "a"], "q": [{"z": ["int", ""]}]},
    ],
}
ITEMS = (("n1", "One", "a"), ("n2", "Two", "a"), ("n3", "Three", "b"), ("12", "Twelve", "b"))
REPEATS = ("r", "q")
REPEAT_PATHS = frozenset({"/data/r", "/data/r/q"})
CONTEXTS = ("/data/s", "/data/i", "/data/g/inner", "/data/r[2]/x", "/data/r[1]/q[2]/z", "/data/r[3]/t")
ERROR = "error"
Answers = tuple[Any, Any, Any]
"""As text, as boolean, as number; ERROR where there is none."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """expression: as small as it could be made. theirs, ours: text, boolean, number, or an error."""

    expression: str
    context: str
    theirs: Answers
    ours: Answers


class Ours:
    """The form's answers in our engine, at a moment of time."""

    def __init__(self, now: datetime, dialect: Dialect = COLLECT) -> None:
        self._dialect = dialect
        self._document, items = from_values(ANSWERS), Node("root")
        for item in ITEMS:
            parent = items.add(Node("item"))
            for name, text in zip(("name", "label", "group"), item, strict=True):
                parent.add(Node(name, text))
        self._world = World(self._document.children[0], now, {"c": items})

    def __call__(self, expression: str, context: str) -> Answers:
        node = node_at(self._document, context)
        assert node is not None
        try:
            compiled = compile_expression(expression, self._dialect, REPEAT_PATHS)
        except ExpressionSyntax:
            return ERROR, ERROR, ERROR
        answers: list[Any] = []
        for convert in (compiled.text, compiled.boolean, compiled.number):
            try:
                answers.append(convert(Context(node, self._world)))
            except CannotEvaluate:
                answers.append(ERROR)
        return answers[0], answers[1], answers[2]


class Bench:
    """The form in both engines."""

    def __init__(self) -> None:
        engine = java()
        import jpype

        self._load, self._reference = jpype.JClass, engine.reference
        self._throwable = jpype.JClass("java.lang.Throwable")
        form = engine.xform_utils.getFormFromInputStream(engine.bytes_in(_form().encode()))
        form.initialize(True, engine.instance_factory())
        self._form = form
        self._context = self._load("org.javarosa.core.model.condition.EvaluationContext")
        self._parse = self._load("org.javarosa.xpath.XPathParseTool").parseXPath
        self._functions = self._load("org.javarosa.xpath.expr.XPathFuncExpr")
        self._ours = Ours(datetime.now(ZoneInfo(ZONE)))

    @cached_property
    def contexts(self) -> dict[str, Any]:
        """JavaRosa's references, by path with positions."""
        return {path: self._place(path) for path in CONTEXTS}

    def _place(self, path: str) -> Any:
        steps = [step.partition("[") for step in path.strip("/").split("/")]
        reference = self._reference("/" + "/".join(name for name, _, _ in steps)).getReference()
        for at, (_, _, position) in enumerate(steps):
            reference.setMultiplicity(at, int(position.rstrip("]") or 1) - 1 if position else 0)
        return self._context(self._form.getEvaluationContext(), reference)

    def theirs(self, expression: str, context: str) -> Answers:
        def convert(function: Any) -> Any:
            try:
                value = self._parse(expression).eval(self._form.getMainInstance(), self.contexts[context])
                return function(value)
            except self._throwable:
                return ERROR

        functions = self._functions
        boolean, number = convert(functions.toBoolean), convert(functions.toNumeric)
        text = convert(functions.toString)
        return (
            text if text == ERROR else str(text),
            boolean if boolean == ERROR else bool(boolean),
            number if number == ERROR else float(number),
        )

    def ours(self, expression: str, context: str) -> Answers:
        return self._ours(expression, context)

    def disagree(self, expression: str, context: str) -> bool:
        return not all(map(same, self.theirs(expression, context), self.ours(expression, context)))

    def shrunk(self, found: Sketch, context: str) -> Disagreement:
        small = str(smallest(found, lambda each: self.disagree(str(each), context)))
        return Disagreement(small, context, self.theirs(small, context), self.ours(small, context))


def same(theirs: Any, ours: Any) -> bool:
    if type(theirs) is float and type(ours) is float:
        return (theirs != theirs and ours != ours) or math.isclose(theirs, ours, rel_tol=1e-13) or theirs == ours
    if type(theirs) is str and type(ours) is str:
        return _rounded(theirs) == _rounded(ours)
    return type(theirs) is type(ours) and theirs == ours


def _rounded(text: str) -> str:
    """The last digit of a logarithm is the mathematical library's."""
    return re.sub(r"\d+\.\d{12,}", lambda number: f"{float(number[0]):.12g}", text)


def disagreements(bench: Bench, seed: int, count: int) -> Iterator[Disagreement]:
    """Those of `count` random expressions, each in a random place, on which the engines differ; made small."""
    source = random.Random(seed)
    for _ in range(count):
        found, context = sketch(source), source.choice(CONTEXTS)
        if bench.disagree(str(found), context):
            yield bench.shrunk(found, context)


def document() -> str:
    """The form's model alone: its answers and its list."""
    return (
        f'<model><instance><data id="t">{_xml(ANSWERS)}</data></instance>'
        f'<instance id="c"><root>{_items()}</root></instance></model>'
    )


def _items() -> str:
    return "".join(f"<item><name>{n}</name><label>{la}</label><group>{g}</group></item>" for n, la, g in ITEMS)


def _form() -> str:
    namespaces = 'xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    javarosa = 'xmlns:jr="http://openrosa.org/javarosa"'
    paths, answers = dict(_paths(ANSWERS, "/data")), f'<data id="t">{_xml(ANSWERS)}</data>'
    binds = "".join(f'<bind nodeset="{path}" type="{kind}"/>' for path, kind in paths.items())
    return (
        f"<h:html {namespaces} {javarosa}><h:head><h:title>t</h:title><model><instance>"
        f'{answers}</instance><instance id="c"><root>{_items()}</root></instance>{binds}</model>'
        f"</h:head><h:body>{_repeats()}</h:body></h:html>"
    )


def _xml(values: dict[str, Any]) -> str:
    parts: list[str] = []
    for name, value in values.items():
        instances = value if isinstance(value[0], dict) else ()
        parts += [f"<{name}>{_xml(instance)}</{name}>" for instance in instances] or [f"<{name}>{value[1]}</{name}>"]
    return "".join(parts)


def _paths(values: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value[0], dict):
            yield from _paths(value[0], f"{above}/{name}")
        else:
            yield f"{above}/{name}", value[0]


def _repeats() -> str:
    question = '<input ref="{0}"><label>l</label></input>'
    inner = f'<group ref="/data/r/q"><repeat nodeset="/data/r/q">{question.format("/data/r/q/z")}</repeat></group>'
    # JavaRosa loads an instance only if the form itself asks for it
    choice = '<itemset nodeset="instance(\'c\')/root/item"><value ref="name"/><label ref="label"/></itemset>'
    return (
        f'<select1 ref="/data/em"><label>l</label>{choice}</select1>'
        f'<group ref="/data/r"><repeat nodeset="/data/r">{question.format("/data/r/x")}{inner}</repeat></group>'
        + "".join(
            question.format(path) for path, _ in _paths(ANSWERS, "/data") if "/r/" not in path and path != "/data/em"
        )
    )
