"""Random whole forms, as a tree of items that shrinks, and as the sheets of an XLSForm. Used by form_fuzz.py.

Groups, repeats (nested, counted), selects with filters and cascades, relevance, required, constraints, calculations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from tests.conformance import form_expressions as make
from tests.conformance.form_expressions import Field, Scope

KINDS = ("text", "integer", "integer", "decimal", "date", "time", "geopoint", "one", "one", "many")
TYPES = {"one": "select_one", "many": "select_multiple"}
COUNT = "count"
"""An integer that says how many rows a repeat has."""
LISTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "top": tuple({"name": code, "size": str(at)} for at, code in enumerate("abcd")),
    "sub": tuple({"name": f"{up}{at}", "up": up, "size": str(at)} for up in "abcd" for at in range(1, 4)),
    "tiny": ({"name": "1", "up": "a", "size": "1"}, {"name": "2", "up": "b", "size": "2"}),
}
"""Lists of the choices sheet; `up` is the code in "top" that a cascade asks for."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the survey sheet. kind: of form_expressions.Field, or calculate, group, repeat; cells: its columns."""

    name: str
    kind: str
    cells: tuple[tuple[str, str], ...] = ()
    children: tuple[Item, ...] = ()
    list_name: str = ""

    @property
    def is_container(self) -> bool:
        return self.kind in ("group", "repeat")

    def without(self, column: str) -> Item:
        return replace(self, cells=tuple(cell for cell in self.cells if cell[0] != column))


Form = tuple[Item, ...]


def random_form(random: Random) -> Form:
    return _Author(random).write()


def sheets(form: Form) -> dict[str, list[dict[str, str]]]:
    """The sheets of a form, by heading."""
    survey = [*(row for item in form for row in _rows(item)), {"type": "end", "name": "end"}]
    asked = {item.list_name for item in walk(form)} & LISTS.keys()
    choices = [
        {"list_name": name, **row, "label": f"Label {row['name']}"}
        for name in LISTS
        if name in asked
        for row in LISTS[name]
    ]
    return {"survey": survey, **({"choices": choices} if choices else {})}


def walk(form: Form) -> Iterator[Item]:
    for item in form:
        yield item
        yield from walk(item.children)


def _rows(item: Item) -> Iterator[dict[str, str]]:
    label = {} if item.kind == "calculate" else {"label": item.name}
    if item.is_container:
        yield {"type": f"begin_{item.kind}", "name": item.name, **label, **dict(item.cells)}
        for child in item.children:
            yield from _rows(child)
        yield {"type": f"end_{item.kind}"}
    else:
        kind = (
            f"{TYPES[item.kind]} {item.list_name}" if item.list_name else "integer" if item.kind == COUNT else item.kind
        )
        yield {"type": kind, "name": item.name, **label, **dict(item.cells)}


class _Author:
    """Writes a form from the top; knows what was asked before."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.fields: list[Field] = []
        self.repeats: dict[str, tuple[str, ...]] = {}
        self.count = 0

    def write(self) -> Form:
        return tuple(self.item((), 0) for _ in range(self.random.randint(4, 9)))

    def name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def scope(self, around: tuple[str, ...]) -> Scope:
        return Scope(self.random, tuple(self.fields), dict(self.repeats), around)

    def item(self, around: tuple[str, ...], level: int) -> Item:
        chance = self.random.random()
        if level < 3 and chance < 0.12:
            return self.container("group", around, level)
        if level < 3 and len(around) < 2 and chance < 0.24:
            return self.container("repeat", around, level)
        return self.calculation(around) if chance < 0.42 and self.fields else self.question(around)

    def container(self, kind: str, around: tuple[str, ...], level: int) -> Item:
        name, cells = self.name(kind[0]), dict[str, str]()
        scope = self.scope(around)
        self.maybe(cells, "relevant", 0.35, lambda: make.truth(scope, 1))
        if kind == "repeat":
            counts = [field for field in scope.near("integer") if field.name.startswith("n")]
            if counts and self.random.random() < 0.6:
                cells["repeat_count"] = f"${{{self.random.choice(counts).name}}}"
            elif self.random.random() < 0.1:
                cells["repeat_count"] = self.random.choice(("2", f"if({make.truth(scope, 0)}, 1, 2)"))
            self.repeats[name] = around
            around = (*around, name)
        children = tuple(self.item(around, level + 1) for _ in range(self.random.randint(1, 4)))
        return Item(name, kind, tuple(cells.items()), children)

    def maybe(self, cells: dict[str, str], column: str, chance: float, write: object) -> None:
        if self.random.random() < chance and self.fields:
            cells[column] = write()  # type: ignore[operator]

    def question(self, around: tuple[str, ...]) -> Item:
        kind, cells, scope = self.random.choice(KINDS), dict[str, str](), self.scope(around)
        list_name = self.random.choice(tuple(LISTS)) if kind in TYPES else ""
        codes = tuple(row["name"] for row in LISTS[list_name]) if list_name else ()
        is_count = kind == "integer" and self.random.random() < 0.4
        field = Field(self.name("n" if is_count else "q"), kind, around, codes)
        self.maybe(cells, "relevant", 0.3, lambda: make.truth(scope, 2))
        if self.random.random() < 0.25:
            cells["required"] = "yes" if not self.fields or self.random.random() < 0.6 else make.truth(scope, 1)
        if self.random.random() < 0.4:
            cells["constraint"] = make.constraint(scope, field, 1)
        if list_name and self.random.random() < 0.5:
            self.maybe(cells, "choice_filter", 1, lambda: self.filter(scope, list_name))
        self.fields.append(field)
        return Item(field.name, COUNT if is_count else kind, tuple(cells.items()), (), list_name)

    def filter(self, scope: Scope, list_name: str) -> str:
        random, made = self.random, ["true()", "size > 1"]
        made += [f"size {random.choice(('<', '>=', '='))} ${{{field.name}}}" for field in scope.near("integer")]
        if list_name != "top":
            made += [f"up = ${{{field.name}}}" for field in scope.near("one") if "a" in field.codes] * 3
            made += [f"selected(${{{field.name}}}, up)" for field in scope.near("many") if "a" in field.codes]
            made += [f"{one} or size = 2" for one in made if one.startswith("up")]
        return random.choice(made)

    def calculation(self, around: tuple[str, ...]) -> Item:
        scope, name, cells = self.scope(around), self.name("c"), dict[str, str]()
        kind = self.random.choice(("number", "number", "text", "truth"))
        cells["calculation"] = {"number": make.number, "text": make.text, "truth": make.truth}[kind](scope, 2)
        if kind == "text" and self.random.random() < 0.1:
            cells["calculation"] = f"once({cells['calculation']})"
        self.maybe(cells, "relevant", 0.15, lambda: make.truth(scope, 1))
        if kind != "truth":  # what a calculation gives is a text to those who read it
            self.fields.append(Field(name, "text" if kind == "text" else "decimal", around))
        return Item(name, "calculate", tuple(cells.items()))
