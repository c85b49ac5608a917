"""Random expressions by seed, over the small form of javarosa.py; each can be made smaller while it still disagrees.

A sketch is a template with sketches in its places: "({0} + {1})". Most are typed as a form's author would write them;
some are not, because authors are not engines.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DEPTH = 4

LEAVES = {
    "number": (
        *("0", "1", "2", "-1", "3.5", "0.1", "100", "2.675", "1000000", "/data/i", "/data/n", "/data/e", "/data/d"),
        *("/data/num", "../i", ".", "/data/r/x", "../x", "count(/data/r)", "pi()", "position(..)", "/data/g/inner"),
    ),
    "text": (
        *("''", "'a'", "'a b'", "'12'", "'4,5'", "'b'", "'2024-05-01'", "' a '", "'Üx'", "/data/s", "/data/em"),
        *("/data/m", "/data/one", "/data/ws", "../t", "/data/u", "/data/none", "current()/../one", "/data/num"),
    ),
    "boolean": ("true()", "false()", "/data/s = 'hello world'", "/data/yes", "/data/i > 5", "selected(/data/m, 'a')"),
    "date": (
        *("/data/dt", "/data/dt2", "/data/stamp", "/data/clock", "today()", "date('2024-02-29')", "date('')"),
        *("date-time('2024-05-01T23:30:00.000+03:00')", "date('2024-05-01T01:00:00Z')"),
    ),
    "nodes": (
        *("/data/r", "/data/r/x", "/data/r/t", "/data/r/q/z", "../x", "../../r/x", "/data/none", "/data/g/*", "../*"),
        *("instance('c')/root/item", "instance('c')/root/item/name", "/data/i", "/data/em", "/data/r/q"),
    ),
}

FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "number": (
        *(("({0} + {1})", "number", "number"), ("({0} - {1})", "number", "number")),
        *(("{0} * {1}", "number", "number"), ("({0} div {1})", "number", "number")),
        *(("({0} mod {1})", "number", "number"), ("-({0})", "number"), ("int({0})", "number")),
        *(("round({0}, {1})", "number", "number"), ("round({0})", "number"), ("number({0})", "text")),
        *(("string-length({0})", "text"), ("count({0})", "nodes"), ("sum({0})", "nodes"), ("max({0})", "nodes")),
        *(("min({0}, {1})", "number", "number"), ("count-selected({0})", "text"), ("abs({0})", "number")),
        *(("pow({0}, {1})", "number", "number"), ("sqrt({0})", "number"), ("log10({0})", "number")),
        *(("({0} - {1})", "date", "date"), ("({0} + {1})", "date", "number"), ("number({0})", "date")),
        *(("decimal-date-time({0})", "date"), ("decimal-time({0})", "date"), ("count-non-empty({0})", "nodes")),
        *(("if({0}, {1}, {2})", "boolean", "number", "number"), ("coalesce({0}, {1})", "number", "number")),
        *(("count({0}[{1}])", "nodes", "boolean"), ("count({0}[. = {1}])", "nodes", "text")),
        *(("count(/data/r[x > {0}])", "number"), ("count(/data/r[position() = {0}])", "number")),
        ("indexed-repeat(/data/r/x, /data/r, {0})", "number"),
        ("indexed-repeat(/data/r/q/z, /data/r, {0}, /data/r/q, {1})", "number", "number"),
        ("sum(/data/r[t = {0}]/x)", "text"),
    ),
    "text": (
        *(("concat({0}, {1})", "text", "text"), ("string({0})", "number"), ("string({0})", "boolean")),
        *(("string({0})", "date"), ("substr({0}, {1})", "text", "number")),
        *(("substr({0}, {1}, {2})", "text", "number", "number"), ("substring-before({0}, {1})", "text", "text")),
        *(("substring-after({0}, {1})", "text", "text"), ("translate({0}, {1}, {2})", "text", "text", "text")),
        *(("normalize-space({0})", "text"), ("selected-at({0}, {1})", "text", "number")),
        *(("join({0}, {1})", "text", "nodes"), ("join(',', {0}, {1})", "text", "number"), ("concat({0})", "nodes")),
        *(("if({0}, {1}, {2})", "boolean", "text", "text"), ("coalesce({0}, {1})", "text", "text")),
        *(("format-date({0}, '%Y-%m-%d')", "date"), ("format-date-time({0}, '%e %b %y %H:%M:%S.%3 %a %n %h')", "date")),
        *(("digest({0}, 'SHA-256')", "text"), ("string({0} div 3)", "number"), ("once({0})", "text")),
        ("instance('c')/root/item[name = {0}]/label", "text"),
        ("instance('c')/root/item[{0} = group and name = 'n2']/label", "text"),
        ("instance('c')/root/item[position() = {0}]/name", "number"),
    ),
    "boolean": (
        *(("({0} = {1})", "number", "number"), ("({0} != {1})", "text", "text"), ("({0} < {1})", "number", "number")),
        *(("({0} >= {1})", "number", "number"), ("({0} = {1})", "text", "number"), ("({0} = {1})", "date", "date")),
        *(("({0} <= {1})", "date", "date"), ("({0} > {1})", "date", "text"), ("({0} = {1})", "boolean", "text")),
        *(("({0} and {1})", "boolean", "boolean"), ("({0} or {1})", "boolean", "boolean"), ("not({0})", "boolean")),
        *(("boolean({0})", "number"), ("boolean({0})", "text"), ("boolean({0})", "date"), ("boolean({0})", "nodes")),
        *(("selected({0}, {1})", "text", "text"), ("contains({0}, {1})", "text", "text")),
        *(("starts-with({0}, {1})", "text", "text"), ("boolean-from-string({0})", "text")),
        *(
            ("regex({0}, '[a-z]+')", "text"),
            ("regex({0}, '^\\d{{1,3}}$')", "number"),
            ("regex({0}, '.*\\s.*')", "text"),
        ),
        *(("checklist({0}, {1}, {2}, {3})", "number", "number", "boolean", "boolean"), ("({0} = '')", "nodes")),
        ("weighted-checklist({0}, {1}, {2}, {3})", "number", "number", "boolean", "number"),
        ("if({0}, {1}, {2})", "boolean", "boolean", "boolean"),
    ),
    "date": (
        *(
            ("date({0})", "number"),
            ("date({0})", "date"),
            ("date-time({0})", "number"),
            ("date({0} + {1})", "date", "number"),
        ),
        *(("if({0}, {1}, {2})", "boolean", "date", "date"), ("date({0})", "text")),
    ),
    "nodes": (("{0}[{1}]", "nodes", "boolean"), ("/data/r[{0}]/x", "boolean"), ("/data/r[x = {0}]", "number")),
}


@dataclass(frozen=True, slots=True)
class Sketch:
    template: str
    parts: tuple[Sketch, ...] = ()

    def __str__(self) -> str:
        return self.template.format(*self.parts) if self.parts else self.template


def sketch(source: random.Random, kind: str | None = None, depth: int = DEPTH) -> Sketch:
    """A random expression. kind: number, text, boolean, date or nodes; any when left out."""
    if kind is None or source.random() < 0.05:
        kind = source.choice(["number", "text", "boolean", "boolean", "date"])
    if depth == 0 or source.random() < 0.2:
        return Sketch(source.choice(LEAVES[kind]))
    template, *kinds = source.choice(FORMS[kind])
    return Sketch(template, tuple(sketch(source, each, depth - 1) for each in kinds))


def smallest(start: Sketch, still: Callable[[Sketch], bool]) -> Sketch:
    """The smallest expression reached by taking parts out for which `still` holds."""
    for smaller in sorted(_smaller(start), key=lambda each: len(str(each))):
        if len(str(smaller)) < len(str(start)) and still(smaller):
            return smallest(smaller, still)
    return start


def _smaller(whole: Sketch) -> Iterator[Sketch]:
    yield from whole.parts
    yield from (Sketch(leaf) for leaf in ("1", "''", "'a'", "true()", "/data/i"))
    for at, part in enumerate(whole.parts):
        for other in _smaller(part):
            yield Sketch(whole.template, (*whole.parts[:at], other, *whole.parts[at + 1 :]))
