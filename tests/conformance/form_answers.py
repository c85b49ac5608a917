"""Random answers to a random form: rows of repeats, answers by place, and edits a person goes back for.

A place is a path with row numbers: "r3[2]/q5". Some answers are left out, some are wrong, some are given where the form
does not ask (edits come after the walk through the form, wherever the question is relevant or not).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.conformance.form_grammar import LISTS, Form, Item

DATES = ("2026-06-15", "2026-06-14", "2026-06-16", "2024-02-29", "1999-12-31", "2026-12-31", "2026-01-01")
CLOCKS = ("08:00", "12:30", "23:59", "00:00")
WORDS = ("a", "ab", "b", "12", "x y", "007", "3.50", "été", "سلام", "Abc", "ab12", "-4", "a b a", "4,5", "1e3", " a ")
POINTS = ((36.19, 44.01, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (-33.5, 151.25, 12.5, 4.0))

Answer = str | int | float | tuple[float, ...] | tuple[str, ...] | None


@dataclass(frozen=True)
class Filling:
    """answers, by place; rows: how many of each repeat, by place of the repeat; edits: (place, new answer)."""

    answers: tuple[tuple[str, Answer], ...]
    rows: tuple[tuple[str, int], ...]
    edits: tuple[tuple[str, Answer], ...] = ()


def random_filling(form: Form, random: Random) -> Filling:
    rows: dict[str, int] = {}
    places = list(_places(form, "", random, rows))
    answers = [(place, answer_to(item, random)) for place, item in places if random.random() < 0.8]
    asked = [(place, item) for place, item in places]
    again = random.sample(asked, min(len(asked), random.choice((0, 0, 1, 2, 4))))
    edits = [(place, None if random.random() < 0.3 else answer_to(item, random)) for place, item in again]
    return Filling(tuple(answers), tuple(rows.items()), tuple(edits))


def _places(form: Form, here: str, random: Random, rows: dict[str, int]) -> Iterator[tuple[str, Item]]:
    for item in form:
        place = here + item.name
        if item.kind == "repeat":
            rows[place] = random.choice((0, 1, 2, 2, 3))
            for row in range(1, 4):
                yield from _places(item.children, f"{place}[{row}]/", random, rows)
        elif item.kind == "group":
            yield from _places(item.children, f"{place}/", random, rows)
        elif item.kind != "calculate":
            yield place, item


def answer_to(item: Item, random: Random) -> Answer:
    match item.kind:
        case "integer":
            return random.choice((0, 1, 1, 2, 2, 3, 5, 7, -2, 12, 100, 99999))
        case "count":
            return random.choice((0, 1, 2, 2, 3, -1))
        case "decimal":
            return random.choice((0.0, 1.0, 2.5, 0.1, 3.5, -1.25, 7.0, 100.125, 1234567.5, 0.3))
        case "date":
            return random.choice(DATES)
        case "time":
            return random.choice(CLOCKS)
        case "geopoint":
            return random.choice(POINTS)
        case "one":
            return random.choice([*(row["name"] for row in LISTS[item.list_name]), "zz"])
        case "many":
            codes = [row["name"] for row in LISTS[item.list_name]]
            chosen = random.sample(codes, random.randint(1, min(3, len(codes))))
            return tuple(chosen if random.random() < 0.9 else [*chosen, "zz"])
        case _:
            return random.choice(WORDS)
