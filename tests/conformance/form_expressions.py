"""Random expressions of a form, typed, on questions asked earlier. Used by form_grammar.py.

They mean something in JavaRosa: a date is compared with a date, a count with a number. Names are written ${name}, as in
a sheet, so that the converter resolves them as it does for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

REGEXES = ("[0-9]+", "[a-z]{2,4}", r"\\d{1,3}", "a|b|ab", ".*b.*", "[^0-9]*", "(ab)?[0-9]{2}", r"\\w+", "[A-Z][a-z]*")
WORDS = ("a", "ab", "12", "x y", "007", "3.50", "b", "été", "سلام", "-4")
DAYS = ("2026-06-15", "2026-01-01", "2024-02-29", "2026-06-14", "2026-12-31")
TIMES = ("08:00:00.000+03:00", "23:59:00.000+03:00", "12:30:00.000+03:00")
PATTERNS = ("%Y-%m-%d", "%d/%m/%y", "%e %b %Y", "%n", "%Y%m")


@dataclass(frozen=True, slots=True)
class Field:
    """A question that expressions can read. kind: text, integer, decimal, date, time, geopoint, one or many.

    repeats: names of the repeats around it, outermost first. codes: of a select.
    """

    name: str
    kind: str
    repeats: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What is known at a place of the form: earlier fields, earlier or surrounding repeats (name → those around it)."""

    random: Random
    fields: tuple[Field, ...]
    repeats: dict[str, tuple[str, ...]]
    around: tuple[str, ...]

    def near(self, *kinds: str) -> list[Field]:
        """Fields of a kind that have one value here."""
        return [f for f in self.fields if f.kind in kinds and self.around[: len(f.repeats)] == f.repeats]

    def far(self, *kinds: str) -> list[Field]:
        """Fields of a kind in repeats elsewhere, that have many values here."""
        return [f for f in self.fields if f.kind in kinds and self.around[: len(f.repeats)] != f.repeats]


def number(scope: Scope, depth: int) -> str:
    return _one_of(scope, _numbers(scope, depth), lambda: _literal(scope.random))


def truth(scope: Scope, depth: int) -> str:
    return _one_of(scope, _truths(scope, depth), lambda: scope.random.choice(("true()", "false()", "1 = 1")))


def text(scope: Scope, depth: int) -> str:
    return _one_of(scope, _texts(scope, depth), lambda: f"'{scope.random.choice(WORDS)}'")


def constraint(scope: Scope, field: Field, depth: int) -> str:
    """A rule about `.`, which is a field of its own here."""
    made = _about(scope, ".", field)
    if depth and scope.random.random() < 0.35:
        return f"{made} {scope.random.choice(('and', 'or'))} {truth(scope, depth - 1)}"
    return f"not({made})" if scope.random.random() < 0.1 else made


def _one_of(scope: Scope, makers: list[Callable[[], str]], plain: Callable[[], str]) -> str:
    return scope.random.choice(makers)() if makers else plain()


def _literal(random: Random) -> str:
    return random.choice(("0", "1", "2", "3", "5", "10", "2.5", "0.1", "100", "-1"))


def _numbers(scope: Scope, depth: int) -> list[Callable[[], str]]:
    random, makers = scope.random, list[Callable[[], str]]()
    if own := scope.near("integer", "decimal"):
        makers += [lambda: f"${{{random.choice(own).name}}}"] * 3
    if many := scope.near("many"):
        makers.append(lambda: f"count-selected(${{{random.choice(many).name}}})")
    if texts := scope.near("text", "one"):
        makers.append(lambda: f"string-length(${{{random.choice(texts).name}}})")
        makers.append(lambda: f"number(${{{random.choice(texts).name}}})")
    if days := scope.near("date"):
        makers.append(lambda: f"decimal-date-time(${{{random.choice(days).name}}})")
        makers.append(lambda: f"(${{{random.choice(days).name}}} - date('{random.choice(DAYS)}'))")
        makers.append(lambda: f"int((today() - ${{{random.choice(days).name}}}) div 365.25)")
    if scope.around:
        makers.append(lambda: "position(..)")
        makers.append(lambda: f"count(${{{scope.around[-1]}}})")
    if rows := [field for field in own if field.repeats and field.repeats == scope.around]:
        makers += [lambda: _row_before(scope, random.choice(rows))] * 2
    if inside := [name for name, above in scope.repeats.items() if scope.around[: len(above)] == above]:
        outside = [name for name in inside if name not in scope.around]
        if outside:
            makers.append(lambda: f"count(${{{random.choice(outside)}}})")
    if far := scope.far("integer", "decimal"):
        makers += [lambda: f"{random.choice(('sum', 'sum', 'max', 'min'))}(${{{random.choice(far).name}}})"] * 3
        makers.append(lambda: f"count-non-empty(${{{random.choice(far).name}}})")
        makers.append(lambda: _counted(scope, random.choice(far)))
        makers.append(lambda: _indexed(scope, random.choice(far)))
    if depth:
        makers += _compound_numbers(scope, depth - 1)
    return makers


def _compound_numbers(scope: Scope, depth: int) -> list[Callable[[], str]]:
    random = scope.random

    def more() -> str:
        return number(scope, depth)

    return [
        lambda: f"({more()} {random.choice(('+', '-', '*'))} {more()})",
        # by a number: JavaRosa keeps what is infinite as a number in memory, but stores and reopens a text
        lambda: f"({more()} {random.choice(('div', 'mod'))} {random.choice((2, 4, 365.25))})",
        lambda: f"if({truth(scope, depth)}, {more()}, {more()})",
        lambda: f"coalesce({more()}, {more()})",
        lambda: f"round({more()}, {random.choice((0, 1, 2))})",
        lambda: f"{random.choice(('int', 'abs', 'number'))}({more()})",
        lambda: f"{random.choice(('max', 'min'))}({more()}, {more()})",
        lambda: f"pow({more()}, {random.choice((0, 1, 2))})",
    ]


def _indexed(scope: Scope, field: Field) -> str:
    """indexed-repeat() of a field in other repeats, with a pair for each of them."""
    pairs = ", ".join(f"${{{name}}}, {scope.random.choice((1, 2, 3))}" for name in field.repeats)
    return f"indexed-repeat(${{{field.name}}}, {pairs})"


def _row_before(scope: Scope, field: Field) -> str:
    """A field of the row before this one, as running totals read it."""
    pairs = ", ".join(
        f"${{{name}}}, {'position(..) - 1' if name == field.repeats[-1] else 1}" for name in field.repeats
    )
    return f"indexed-repeat(${{{field.name}}}, {pairs})"


def _counted(scope: Scope, field: Field) -> str:
    """How many rows of a repeat elsewhere meet a condition."""
    return f"count(${{{field.repeats[-1]}}}[${{{field.name}}} {_comparison(scope.random)} {_literal(scope.random)}])"


def _truths(scope: Scope, depth: int) -> list[Callable[[], str]]:
    random, makers = scope.random, list[Callable[[], str]]()
    if near := scope.near("text", "integer", "decimal", "date", "time", "one", "many", "geopoint"):
        makers += [lambda: _about_field(scope, random.choice(near))] * 5
    if depth:
        makers += [
            lambda: f"({truth(scope, depth - 1)} {random.choice(('and', 'or'))} {truth(scope, depth - 1)})",
            lambda: f"not({truth(scope, depth - 1)})",
            lambda: f"{number(scope, depth - 1)} {_comparison(random)} {number(scope, depth - 1)}",
            lambda: f"{text(scope, depth - 1)} {random.choice(('=', '!='))} {text(scope, depth - 1)}",
            lambda: f"coalesce({text(scope, depth - 1)}, 'b') = 'b'",
            lambda: f"boolean-from-string({text(scope, depth - 1)})",
        ]
    return makers


def _about_field(scope: Scope, field: Field) -> str:
    return _about(scope, f"${{{field.name}}}", field)


def _about(scope: Scope, it: str, field: Field) -> str:
    """A statement about a value of a field's kind. it: how the value is written."""
    random = scope.random
    if random.random() < 0.12:
        return f"{it} {random.choice(('=', '!='))} ''"
    match field.kind:
        case "integer" | "decimal":
            return f"{it} {_comparison(random)} {number(scope, random.choice((0, 0, 1)))}"
        case "date":
            return f"{it} {_comparison(random)} {random.choice((_day(random), 'today()', *_names(scope, 'date')))}"
        case "time":
            other = random.choice((f"'{random.choice(TIMES)}'", *_names(scope, "time")))
            return f"{it} {_comparison(random)} {other}"
        case "geopoint":
            return f"string-length({it}) {_comparison(random)} {random.choice((5, 20))}"
        case "one":
            return f"{it} {random.choice(('=', '=', '!='))} '{random.choice((*field.codes, 'zz'))}'"
        case "many":
            chosen = f"selected({it}, '{random.choice((*field.codes, 'zz'))}')"
            return random.choice(
                (chosen, chosen, f"count-selected({it}) {_comparison(random)} {random.choice((1, 2))}")
            )
        case _:
            return _about_text(random, it)


def _about_text(random: Random, it: str) -> str:
    word = random.choice(WORDS)
    return random.choice(
        (
            f"regex({it}, '{random.choice(REGEXES)}')",
            f"regex({it}, '{random.choice(REGEXES)}')",
            f"string-length({it}) {_comparison(random)} {random.choice((0, 1, 2, 3))}",
            f"contains({it}, '{word}')",
            f"starts-with({it}, '{word}')",
            f"{it} {random.choice(('=', '!='))} '{word}'",
            f"{it} {_comparison(random)} {random.choice((7, 12, 3.5))}",
        )
    )


def _day(random: Random) -> str:
    return f"date('{random.choice(DAYS)}')"


def _comparison(random: Random) -> str:
    return random.choice(("=", "!=", "<", "<=", ">", ">="))


def _names(scope: Scope, kind: str) -> list[str]:
    return [f"${{{field.name}}}" for field in scope.near(kind)]


def _texts(scope: Scope, depth: int) -> list[Callable[[], str]]:
    random, makers = scope.random, list[Callable[[], str]]()
    if near := scope.near("text", "one", "many", "date", "integer", "decimal"):
        makers += [lambda: f"${{{random.choice(near).name}}}"] * 3
    if days := scope.near("date"):
        makers.append(lambda: f"format-date(${{{random.choice(days).name}}}, '{random.choice(PATTERNS)}')")
        makers.append(
            lambda: f"format-date(date(${{{random.choice(days).name}}} + {random.choice((1, 7, 30))}), '%Y-%m-%d')"
        )
        makers.append(lambda: f"date(${{{random.choice(days).name}}} - {random.choice((1, 7, 30))})")
    if many := scope.near("many"):
        makers.append(lambda: f"selected-at(${{{random.choice(many).name}}}, {random.choice((0, 1, 2))})")
    if ones := scope.near("one"):
        one = random.choice(ones).name
        makers.append(lambda: f"jr:choice-name(${{{one}}}, '${{{one}}}')")
    if far := scope.far("text", "integer", "one"):
        makers += [lambda: f"join(', ', ${{{random.choice(far).name}}})", lambda: _indexed(scope, random.choice(far))]
    if depth:
        makers += _compound_texts(scope, depth - 1)
    return makers


def _compound_texts(scope: Scope, depth: int) -> list[Callable[[], str]]:
    random = scope.random

    def more() -> str:
        return text(scope, depth)

    return [
        lambda: f"concat({more()}, '{random.choice(WORDS)}', {more()})",
        lambda: f"if({truth(scope, depth)}, {more()}, {more()})",
        lambda: f"coalesce({more()}, {more()})",
        lambda: f"substr({more()}, {random.choice((0, 1))}, {random.choice((1, 2, 5))})",
        lambda: f"string({number(scope, depth)})",
        lambda: f"translate({more()}, 'ab', 'ba')",
        lambda: f"normalize-space({more()})",
        lambda: (
            f"{random.choice(('substring-before', 'substring-after'))}({more()}, '{random.choice(('a', ' ', '.'))}')"
        ),
    ]
