"""Which tables and columns a form version asks for: one table a form, one a repeat.

Read by rows.py (what to write), by tables made in the database, and by queries.py (where an answer stands).
Rules: a card becomes `person_key`, a question marked pii and a note have no column; a geopoint has four; a
select_multiple has its codes as text and one boolean for each choice of its list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, MetaData, String, Table, Text, Time
from sqlalchemy.types import TypeEngine

from collector.form.definition import FormVersion, Kind, Question
from collector.reporting.tables import UtcDateTime

PERSON_KEY = "person_key"
GEOPOINT_PARTS = ("latitude", "longitude", "altitude", "accuracy")
KEYS = ("root_uuid", "repeat_index")
LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names without an error

TYPE_OF_KIND: dict[Kind, type[TypeEngine[Any]]] = {
    Kind.INTEGER: BigInteger,
    Kind.DECIMAL: Float,
    Kind.DATE: Date,
    Kind.TIME: Time,
    Kind.DATETIME: UtcDateTime,
}


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column. `part`: which part of the answer it holds: "" the whole, "latitude" …, or a choice's name."""

    name: str
    path: str
    kind: Kind
    part: str = ""
    is_card: bool = False

    @property
    def sql_type(self) -> TypeEngine[Any]:
        if self.kind is Kind.SELECT_MULTIPLE and self.part:
            return Boolean()
        if self.kind is Kind.GEOPOINT:
            return Float()
        return TYPE_OF_KIND[self.kind]() if self.kind in TYPE_OF_KIND else Text()


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table. `repeat`: path of the repeat whose instances are its rows, "" for the form itself.

    indices: key columns beside root_uuid: one for each repeat around the row, the innermost last, as `repeat_index`.
    """

    name: str
    repeat: str
    indices: tuple[str, ...]
    columns: tuple[ColumnPlan, ...]

    def column(self, path: str, part: str = "") -> str | None:
        """Name of the column that holds the question at `path`, or None."""
        return next((plan.name for plan in self.columns if plan.path == path and plan.part == part), None)


def plan_tables(form_key: str, version: FormVersion, card_paths: Collection[str]) -> tuple[TablePlan, ...]:
    """Lay out a form version: the form's table first, then its repeats in the order of the sheet."""
    main = TablePlan(form_key, "", (), _columns(version, "", card_paths, ()))
    parents = {repeat.path: repeat.parent for repeat in version.repeats}
    taken = {form_key}
    tables = [main]
    for repeat in version.repeats:
        name = _free_name(f"{form_key}_{repeat.name}", f"{form_key}_{repeat.path}", taken)
        indices = _indices(_around(repeat.path, parents))
        tables.append(TablePlan(name, repeat.path, indices, _columns(version, repeat.path, card_paths, indices)))
    return tuple(tables)


def sql_table(plan: TablePlan, metadata: MetaData) -> Table:
    """The SQLAlchemy table of a plan, keyed on root_uuid and, for a repeat, on its indices from 1."""
    keys = [Column("root_uuid", String, primary_key=True)]
    indices = [Column(name, Integer, primary_key=True, autoincrement=False) for name in plan.indices]
    answers = [Column(column.name, column.sql_type, comment=column.path) for column in plan.columns]
    return Table(plan.name, metadata, *keys, *indices, *answers)


def _around(path: str, parents: dict[str, str]) -> list[str]:
    """Repeats around a repeat, the outermost first."""
    outer: list[str] = []
    while path := parents.get(path, ""):
        outer.insert(0, path)
    return outer


def _indices(outer: Iterable[str]) -> tuple[str, ...]:
    """Key columns of a repeat's table: one for each repeat around it, named after it, and its own."""
    taken = set(KEYS)
    return (*(_free_name(path.rsplit("/", 1)[-1] + "_index", path + "_index", taken) for path in outer), KEYS[-1])


def _columns(
    version: FormVersion, repeat: str, card_paths: Collection[str], indices: Iterable[str]
) -> tuple[ColumnPlan, ...]:
    taken = {*KEYS, *indices}
    plans: list[ColumnPlan] = []
    for question in version.questions:
        # A card may be marked pii: it enters as person_key all the same
        is_kept = question.path in card_paths or not question.is_pii
        if question.repeat == repeat and question.kind is not Kind.NOTE and is_kept:
            plans.extend(_plans_of(question, version, card_paths, taken))
    return tuple(plans)


def _plans_of(
    question: Question, version: FormVersion, card_paths: Collection[str], taken: set[str]
) -> Iterator[ColumnPlan]:
    if question.path in card_paths:
        name = _free_name(PERSON_KEY, question.path, taken)
        yield ColumnPlan(name, question.path, Kind.TEXT, is_card=True)
    elif question.kind is Kind.GEOPOINT:
        for part in GEOPOINT_PARTS:
            name = _free_name(f"{_stem(question)}_{part}", f"{question.path}_{part}", taken)
            yield ColumnPlan(name, question.path, question.kind, part)
    else:
        stem = _stem(question)
        yield ColumnPlan(_free_name(stem, question.path, taken), question.path, question.kind)
        for choice in _choice_names(question, version):
            name = _free_name(f"{stem}_{choice}", f"{question.path}_{choice}", taken)
            yield ColumnPlan(name, question.path, question.kind, choice)


def _stem(question: Question) -> str:
    """The name a question's columns begin with: its first one, so that a renamed question goes on in its column."""
    return (question.renamed_from.split() or [question.name])[-1].rpartition("/")[2]


def _choice_names(question: Question, version: FormVersion) -> Iterable[str]:
    """Choices that get a column: those of a list in the form; a media file's rows come and go."""
    if question.kind is not Kind.SELECT_MULTIPLE or question.is_from_file:
        return ()
    return [choice.name for choice in version.choices_of(question) or ()]


def _free_name(name: str, longer: str, taken: set[str]) -> str:
    """A column or table name that is free after case folding and short enough; `longer` where `name` is taken."""
    for candidate in (name, longer.replace("/", "__")):
        safe = _safe(candidate)
        if safe not in taken:
            break
    else:
        safe = _safe(f"{safe}_{hashlib.blake2b(longer.encode(), digest_size=4).hexdigest()}")
    taken.add(safe)
    return safe


def _safe(name: str) -> str:
    folded = "".join(letter if letter.isalnum() else "_" for letter in name.casefold())
    encoded = folded.encode()
    if len(encoded) <= LONGEST_NAME:
        return folded
    tail = hashlib.blake2b(encoded, digest_size=4).hexdigest()
    return encoded[: LONGEST_NAME - 9].decode(errors="ignore") + "_" + tail
