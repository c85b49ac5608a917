"""Answers by question, whatever columns they stand in: those of every version, read as one version asks.

Used by queries.py. Where a question was asked with another type, or had no room in the first table, or its repeat stood
in another one, layouts.py knows all columns of its stem; retyped.py reads one type as another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, FromClause, MetaData, Table, and_, inspect, select
from sqlalchemy.engine import Inspector

from collector.form.definition import FormVersion
from collector.reporting.layout import sql_table
from collector.reporting.layouts import plans_of
from collector.reporting.plans import SUBMISSION, ColumnPlan, TablePlan
from collector.reporting.retyped import reading
from collector.reporting.tables import submissions

Answer = Callable[[Any], Any]
AT_ONCE = 1_000
"""Rows fetched at once: neither the driver nor we ever hold a whole table of the database."""
MOST_CODES, LONGEST_CODE = 10_000, 32
"""Texts that are kept as one object wherever they are."""


def read_answers(
    connection: Connection,
    form: str,
    version: FormVersion,
    repeat: str,
    paths: Mapping[str, str],
    card_paths: Collection[str],
) -> Iterator[dict[str, Any]]:
    """Rows of a form, or of one of its repeats, as {field: answer}, in the order of receipt.

    paths: of the questions in this version, by field. A row has root_uuid and submitted_at too, and in a repeat
    repeat_index. A question that the version does not have, or that no submission asked for yet, reads as None.
    """
    own, every = plans_of(connection, form, version, card_paths)
    first = next((plan for plan in own if plan.repeat == repeat), None)
    if first is None:
        return
    stand = {column.path: column for plan in own if plan.stem == first.stem for column in plan.columns}
    fields = {name: stand.get(path) for name, path in paths.items()}
    same = [plan for plan in (*every, *own) if plan.stem == first.stem]
    families = [
        _Family(version, fields, [plan for plan in same if plan.indices == indices])
        for indices in dict.fromkeys(plan.indices for plan in same)
    ]
    there = inspect(connection)
    found = (family.rows(connection, form, there) for family in families if there.has_table(family.name))
    for _, row in merge(*found, key=itemgetter(0)):
        yield row


@dataclass(frozen=True)
class _Source:
    """Where answers to a field stand: a column, and how it is read where it is of another type."""

    column: Column[Any]
    read: Answer | None


@dataclass
class _Family:
    """The tables of one repeat with the same keys: one, and those that took what had no room.

    fields: a column of the question in its own version, None where it has none.
    """

    version: FormVersion
    fields: Mapping[str, ColumnPlan | None]
    plans: Sequence[TablePlan]
    sources: dict[str, list[_Source]] = field(default_factory=lambda: defaultdict(list))

    @property
    def name(self) -> str:
        """Of the first table."""
        return next(plan.name for plan in self.plans if plan.number == 1)

    def rows(self, connection: Connection, form: str, there: Inspector) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each row with the `_id` of its submission."""
        tables = self._tables(there)
        first = tables[0]
        keys = list(first.primary_key)
        joined: FromClause = first
        for table in tables[1:]:
            joined = joined.outerjoin(table, and_(*(table.c[key.name] == key for key in keys)))
        chosen, takers = self._chosen(len(keys) + 1)
        here = submissions.c
        of_submission = and_(*(here[name] == first.c[name] for name in SUBMISSION), here.form == form)
        rows = connection.execute(
            select(*keys, here.submitted_at, *chosen)
            .select_from(joined)
            .join(submissions, of_submission)
            .order_by(here.submission_id, *keys[1:]),
            execution_options={"yield_per": AT_ONCE},
        )
        last = len(keys)
        codes: dict[str, str] = {}
        for row in rows:
            found = {name: _shared(codes, take(row)) for name, take in takers}
            found["root_uuid"], found["submitted_at"] = row[1], row[last]
            if last > len(SUBMISSION):
                found["repeat_index"] = row[last - 1]
            yield row[0], found

    def _chosen(self, start: int) -> tuple[list[Column[Any]], list[tuple[str, Answer]]]:
        """The columns of all fields, and by field what it takes of a row in which they stand from `start` on."""
        chosen: list[Column[Any]] = []
        takers: list[tuple[str, Answer]] = []
        for name in self.fields:
            sources = self.sources.get(name, [])
            places = range(start + len(chosen), start + len(chosen) + len(sources))
            chosen += [source.column for source in sources]
            takers.append((name, _taker([(place, source.read) for place, source in zip(places, sources, strict=True)])))
        return chosen, takers

    def _tables(self, there: Inspector) -> list[Table]:
        """The tables that have answers to the fields, the first one first, and in `sources` where they stand."""
        tables = []
        for name in dict.fromkeys(plan.name for plan in sorted(self.plans, key=lambda plan: plan.number)):
            of_name = [plan for plan in self.plans if plan.name == name]
            standing = {column["name"] for column in there.get_columns(name)} if there.has_table(name) else set()
            columns = {each.name: each for plan in of_name for each in plan.columns if each.name in standing}
            table = sql_table(replace(of_name[0], columns=tuple(columns.values())), MetaData())
            if self._note_sources(table, columns.values()) or of_name[0].number == 1:
                tables.append(table)
        return tables

    def _note_sources(self, table: Table, columns: Collection[ColumnPlan]) -> bool:
        is_used = False
        for name, own in self.fields.items():
            question = self.version.question(own.path) if own else None
            if own is None or question is None:
                continue
            # A card is never looked for where it stood before anybody knew that it was one
            for column in columns:
                if column.stem == own.stem and not column.part and column.is_card == own.is_card:
                    self.sources[name].append(_Source(table.c[column.name], reading(column, question, self.version)))
                    is_used = True
        return is_used


def _taker(sources: Sequence[tuple[int, Answer | None]]) -> Answer:
    """The function that takes the answer out of a row: of several columns, the one that has it."""
    if not sources:
        return lambda row: None
    if len(sources) == 1 and sources[0][1] is None:
        return itemgetter(sources[0][0])

    def take(row: Sequence[Any]) -> Any:
        for place, read in sources:
            if (value := row[place]) is not None:
                return read(value) if read else value
        return None

    return take


def _shared(codes: dict[str, str], value: Any) -> Any:
    """The same text as one object wherever it is: most answers are one of a few codes."""
    if type(value) is not str or len(value) >= LONGEST_CODE:
        return value
    return codes.setdefault(value, value) if len(codes) < MOST_CODES else codes.get(value, value)
