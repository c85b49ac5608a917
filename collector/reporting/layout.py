"""Which tables and columns a form version asks for: one table a form, one a repeat, more where they are very wide.

Read by rows.py (what to write), form_tables.py (what to make) and queries.py (where an answer stands); kept by
layouts.py. Rules: a card becomes `person_key`, a question marked pii and a note have no column; a geopoint has four; a
select_multiple has its codes as text and one boolean for each choice of its list. A column keeps its type for ever: a
question that changes its own goes on in a sibling, `age` in `age__integer`, and comes back to `age` with its old type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, MetaData, String, Table, Text, Time
from sqlalchemy.types import TypeEngine

from collector.form.definition import FormVersion, Kind, Question, Repeat
from collector.reporting.names import free_name
from collector.reporting.plans import GEOPOINT_PARTS, SUBMISSION, ColumnPlan, TablePlan
from collector.reporting.tables import UtcDateTime

PERSON_KEY = "person_key"
KEYS = (*SUBMISSION, "repeat_index")
ROOM = 7000
"""Bytes of a row that the answers of one table take at worst. PostgreSQL has 8,160 bytes a row, of which a text that is
not moved out takes 25, and 1,600 columns a table or view, SQLite 2,000; a view has a label beside each code."""

ROOM_OF_TYPE = {bool: 10, str: 25}  # a truth value takes less, but then there would be too many columns
ROOM_OF_OTHERS = 16

TYPE_OF_KIND: dict[Kind, type[TypeEngine[Any]]] = {
    Kind.INTEGER: BigInteger,
    Kind.DECIMAL: Float,
    Kind.DATE: Date,
    Kind.TIME: Time,
    Kind.DATETIME: UtcDateTime,
}


def plan_tables(
    form_key: str,
    version: FormVersion,
    card_paths: Collection[str],
    earlier: Sequence[TablePlan] = (),
    room: float = ROOM,
    others: Collection[str] = (),
) -> tuple[TablePlan, ...]:
    """Lay out a form version: the form's table first, then its repeats in the order of the sheet.

    earlier: all tables of the versions that were laid out before, the oldest first: what fits goes on in their
    columns, what does not gets others beside them. room: see ROOM. others: names of tables that are not this form's.
    """
    parents = {repeat.path: repeat.parent for repeat in version.repeats}
    taken = {form_key, *others, *(plan.name for plan in earlier)}
    tables: list[TablePlan] = []
    for repeat in (Repeat("", ""), *version.repeats):
        indices = _indices(_around(repeat.path, parents)) if repeat.path else ()
        stem = _table_stem(repeat, version, earlier, {plan.stem for plan in tables})
        name = next((plan.name for plan in earlier if (plan.stem, plan.indices, plan.number) == (stem, indices, 1)), "")
        if not name and repeat.path:
            name = free_name(f"{form_key}_{repeat.name}", f"{form_key}_{repeat.path}", taken)
        name = name or form_key
        first = TablePlan(name, repeat.path, indices, (), stem or name)
        tables += _Columns(first, version, card_paths, earlier, room).tables(taken)
    return tuple(tables)


def sql_table(plan: TablePlan, metadata: MetaData) -> Table:
    """The SQLAlchemy table of a plan, keyed on the submission and, for a repeat, on its indices from 1."""
    indices = [Column(name, Integer, primary_key=True, autoincrement=False) for name in plan.indices]
    answers = [Column(column.name, _sql_type(column), comment=column.path) for column in plan.columns]
    return Table(plan.name, metadata, *submission_columns(), *indices, *answers)


def submission_columns() -> Iterator[Column[Any]]:
    """The columns of SUBMISSION.

    The server's `_id` leads, for it grows: rows that come in stand together at the end of the key's index. By root_uuid
    alone they would be all over it, and a load into SQLite takes half as long again.
    """
    yield Column("submission_id", BigInteger, primary_key=True, autoincrement=False)
    yield Column("root_uuid", String, primary_key=True)


def _sql_type(column: ColumnPlan) -> TypeEngine[Any]:
    if column.kind is Kind.SELECT_MULTIPLE and column.part:
        return Boolean()
    if column.kind is Kind.GEOPOINT:
        return Float()
    return TYPE_OF_KIND[column.kind]() if column.kind in TYPE_OF_KIND else Text()


def _room(column: ColumnPlan) -> int:
    """What it takes of ROOM."""
    return ROOM_OF_TYPE.get(_sql_type(column).python_type, ROOM_OF_OTHERS)


def _around(path: str, parents: dict[str, str]) -> list[str]:
    """Repeats around a repeat, the outermost first."""
    outer: list[str] = []
    while path := parents.get(path, ""):
        outer.insert(0, path)
    return outer


def _indices(outer: Iterable[str]) -> tuple[str, ...]:
    """Key columns of a repeat's table: one for each repeat around it, named after it, and its own."""
    taken = set(KEYS)
    return (*(free_name(_last(path) + "_index", path + "_index", taken) for path in outer), KEYS[-1])


def _table_stem(repeat: Repeat, version: FormVersion, earlier: Sequence[TablePlan], claimed: Collection[str]) -> str:
    """Stem of the earlier tables of a repeat: at its path, under an old name, or moved; "" for none."""
    asked = {each.path for each in version.repeats} | {""}
    gone = [plan for plan in reversed(earlier) if plan.repeat not in asked]
    at_path = [plan.stem for plan in reversed(earlier) if plan.repeat == repeat.path]
    renamed = [
        plan.stem for old in repeat.renamed_from.split() for plan in gone if old in (plan.repeat, _last(plan.repeat))
    ]
    moved = [plan.stem for plan in gone if _last(plan.repeat) == repeat.name]
    return next((stem for stem in (*at_path, *renamed, *moved) if stem not in claimed), "")


def _last(path: str) -> str:
    return path.rpartition("/")[2]


Place = tuple[str, Kind, bool, str]
"""What a column holds: stem, kind, whether it is a card's, part."""


@dataclass
class _Columns:
    """The columns of one repeat, or of the form itself, in the making: those of earlier versions, and new ones."""

    first: TablePlan
    version: FormVersion
    card_paths: Collection[str]
    earlier: Sequence[TablePlan]
    room: float
    known: dict[Place, tuple[int, str]] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    used: dict[int, dict[str, int]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    made: dict[int, list[ColumnPlan]] = field(default_factory=dict)

    def tables(self, names: set[str]) -> Iterator[TablePlan]:
        """The first table, and those that take what had no room. names: of tables, taken."""
        self._remember()
        claimed: set[str] = set()
        for question in self._questions():
            claimed.add(self._add(question, claimed))
        for number in sorted({1, *self.made}):
            if number not in self.numbers:
                self.numbers[number] = free_name(f"{self.first.name}__{number}", f"{self.first.name}__{number}", names)
            columns = tuple(self.made.get(number, ()))
            yield replace(self.first, name=self.numbers[number], columns=columns, number=number)

    def _remember(self) -> None:
        self.taken = {*KEYS, *self.first.indices}
        self.numbers[1] = self.first.name
        self.used[1] = {}
        for plan in self.earlier:
            if plan.stem != self.first.stem:
                continue
            self.stems.update((column.path, column.stem) for column in plan.columns)
            if plan.indices == self.first.indices:
                self.numbers[plan.number] = plan.name
                self.used.setdefault(plan.number, {}).update((each.name, _room(each)) for each in plan.columns)
                self.known.update((_place(each), (plan.number, each.name)) for each in plan.columns)
                self.taken.update(each.name for each in plan.columns)

    def _questions(self) -> Iterator[Question]:
        for question in self.version.questions:
            # A card may be marked pii: it enters as person_key all the same
            is_kept = question.path in self.card_paths or not question.is_pii
            if question.repeat == self.first.repeat and question.kind is not Kind.NOTE and is_kept:
                yield question

    def _add(self, question: Question, claimed: Collection[str]) -> str:
        """Add the columns of a question; returns their stem."""
        is_card = question.path in self.card_paths
        kind = Kind.TEXT if is_card else question.kind
        stem = self._stem(question, claimed)
        base, longer = PERSON_KEY if is_card else _first_name(question), question.path
        if not stem:
            stem = free_name(base, longer, {*self.stems.values(), *(place[0] for place in self.known)})
        elif (stem, kind, is_card, "") in self.known:
            base = self.known[stem, kind, is_card, ""][1]
        elif not is_card:
            base, longer = f"{stem}__{kind}", f"{longer}__{kind}"
        for part in self._parts(question, kind):
            self._add_part(ColumnPlan("", question.path, kind, part, is_card, stem), base, longer)
        return stem

    def _add_part(self, column: ColumnPlan, base: str, longer: str) -> None:
        if _place(column) not in self.known:
            ending = f"_{column.part}" if column.part else ""
            name = free_name(base + ending, longer + ending, self.taken)
            number = self._number_with_room(_room(column))
            self.used[number][name] = _room(column)
            self.known[_place(column)] = number, name
        number, name = self.known[_place(column)]
        self.made.setdefault(number, []).append(replace(column, name=name))

    def _number_with_room(self, size: int) -> int:
        last = max(self.used)
        if sum(self.used[last].values()) + size <= self.room:
            return last
        self.used[last + 1] = {}
        return last + 1

    def _stem(self, question: Question, claimed: Collection[str]) -> str:
        """Stem of the columns that a question goes on in: at its path, under an old name, moved; "" for none."""
        asked = {each.path for each in self.version.questions}
        gone = [path for path in self.stems if path not in asked]
        renamed = [path for old in question.renamed_from.split() for path in gone if old in (path, _last(path))]
        moved = [path for path in gone if _last(path) == question.name]
        found = (self.stems.get(path, "") for path in (question.path, *renamed, *moved))
        return next((stem for stem in found if stem and stem not in claimed), "")

    def _parts(self, question: Question, kind: Kind) -> Iterable[str]:
        """The parts that get a column each; of choices, those of a list in the form: a media file's come and go."""
        if kind is Kind.GEOPOINT:
            return GEOPOINT_PARTS
        if kind is not Kind.SELECT_MULTIPLE or question.is_from_file:
            return ("",)
        return ("", *dict.fromkeys(choice.name for choice in self.version.choices_of(question) or ()))


def _place(column: ColumnPlan) -> Place:
    return column.stem, column.kind, column.is_card, column.part


def _first_name(question: Question) -> str:
    """The name a question's columns begin with: its first one, so that a renamed question goes on in its column."""
    return _last((question.renamed_from.split() or [question.name])[-1])
