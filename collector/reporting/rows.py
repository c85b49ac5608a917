"""An accepted submission → rows of its form's tables, as tuples in the order of the columns.

Fed by collector/form/answers.py; laid out by layout.py; written by load.py. Compiled once a form version.
Cards do not pass: their column holds the person_key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.form.answers import Values
from collector.form.definition import FormVersion, Kind
from collector.reporting.layout import GEOPOINT_PARTS, ColumnPlan, TablePlan

Row = tuple[Any, ...]
Rows = tuple[list[Row], ...]
"""Rows of each table, in the order of its plans."""


def compile_rows(
    plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str]
) -> Callable[[str, Values], Rows]:
    """The function that turns (root_uuid, typed answers) into rows: one for the form, one for each repeat instance.

    Each row is (root_uuid, indices of the repeats around it from 1, answers …); what was not answered is None.
    A repeat without instances has no rows.
    """
    top = _levels(plans, version, key_of_card)
    tables = range(len(plans))

    def rows_of(root_uuid: str, values: Values) -> Rows:
        rows: Rows = tuple([] for _ in tables)
        _add(top, (root_uuid,), values, rows)
        return rows

    return rows_of


@dataclass(frozen=True, slots=True)
class _Table:
    """Where the rows of a table go, the path behind each column, and what to do to the answers of some columns."""

    position: int
    paths: tuple[str, ...]
    changes: tuple[tuple[int, Callable[[Any], Any]], ...]


@dataclass(slots=True)
class _Level:
    """The form itself, or a repeat: its tables, most often one, and the repeats in it."""

    tables: list[_Table] = field(default_factory=list)
    repeats: dict[str, _Level] = field(default_factory=dict)


def _levels(plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str]) -> _Level:
    levels: dict[str, _Level] = defaultdict(_Level)
    for position, plan in enumerate(plans):
        first = 1 + len(plan.indices)
        changes = ((first + number, _change(column, key_of_card)) for number, column in enumerate(plan.columns))
        paths = tuple(column.path for column in plan.columns)
        kept = tuple((number, change) for number, change in changes if change is not None)
        levels[plan.repeat].tables.append(_Table(position, paths, kept))
    for repeat in version.repeats:
        levels[repeat.parent].repeats[repeat.path] = levels[repeat.path]
    return levels[""]


def _add(level: _Level, keys: Row, values: Mapping[str, Any], rows: Rows) -> None:
    for table in level.tables:
        row = [*keys, *map(values.get, table.paths)]
        for number, change in table.changes:
            if row[number] is not None:
                row[number] = change(row[number])
        rows[table.position].append(tuple(row))
    for path, repeat in level.repeats.items():
        for index, instance in enumerate(values.get(path, ()), 1):
            _add(repeat, (*keys, index), instance, rows)


def _change(column: ColumnPlan, key_of_card: Callable[[str], str]) -> Callable[[Any], Any] | None:
    """What a column makes of an answer; None where it keeps it as it is."""
    if column.is_card:
        return lambda card: key_of_card(str(card))
    if column.kind is Kind.GEOPOINT:
        part = GEOPOINT_PARTS.index(column.part)
        return lambda point: point[part]
    if column.kind is Kind.SELECT_MULTIPLE and column.part:
        return lambda codes: column.part in codes
    if column.kind is Kind.SELECT_MULTIPLE:
        return " ".join
    return None
