"""A submission's answers → rows of its form's tables, as tuples in the order of the columns.

Fed with the JSON object of collector/kobo/submission.py, read by the readers of collector/form/answers.py; laid out by
layout.py; written by load.py. Compiled once a form version. Cards do not pass: their column holds the person_key.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from operator import getitem
from typing import Any

from collector.form.answers import Unreadable, is_metadata, reader
from collector.form.definition import FormVersion, Kind
from collector.reporting.plans import GEOPOINT_PARTS, ColumnPlan, TablePlan

Row = tuple[Any, ...]
Rows = tuple[list[Row], ...]
"""Rows of each table, in the order of its plans."""

MOST = 256
"""Answers to a question whose cells are kept: most are one of a few codes."""

REFUSED = (Unreadable, TypeError)
"""TypeError: a list or an object, which is no answer to any question, is no key either."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The rows of a submission. is_whole: whether all of it could be read; else answers.py tells what could not."""

    rows: Rows
    is_whole: bool


def compile_rows(
    plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str]
) -> Callable[[str, Mapping[str, Any]], Laid]:
    """The function that turns (root_uuid, answers) into rows: one for the form, one for each repeat instance.

    Each row is (root_uuid, indices of the repeats around it from 1, typed answers …); what was not answered, or cannot
    be read, is None. A repeat without instances has no rows. The function never raises.
    """
    top = _levels(plans, version, key_of_card)
    tables = range(len(plans))

    def rows_of(root_uuid: str, answers: Mapping[str, Any]) -> Laid:
        rows: Rows = tuple([] for _ in tables)
        return Laid(rows, _add(top, [((root_uuid,), answers)], rows))

    return rows_of


class _Cells(dict[Any, Any]):
    """What stands in a column for an answer, made when it is first asked for. Raises Unreadable."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, answer: Any) -> Any:
        cell = self.make(answer)
        if type(answer) is str or answer is None:  # 1, 1.0 and True are the same key, but not the same answer
            if len(self) >= MOST:
                self.clear()
            self[answer] = cell
        return cell

    @property
    def read(self) -> Callable[[Any], Any]:
        return self.__getitem__


class _NeverAgain(_Cells):
    """The same for answers that hardly ever come twice: none is kept."""

    def __missing__(self, answer: Any) -> Any:
        return self.make(answer)

    @property
    def read(self) -> Callable[[Any], Any]:
        return self.make


@dataclass(slots=True)
class _Level:
    """The form itself (path ""), or a repeat.

    paths, cells: of each column of its tables, one table after the other; then of questions without a column, which are
    read only to see whether they can be. tables: position of each, and where its columns are among the cells.
    known: keys that belong there. repeats: those in it.
    """

    path: str
    paths: list[str] = field(default_factory=list)
    cells: list[_Cells] = field(default_factory=list)
    tables: list[tuple[int, slice]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    repeats: list[_Level] = field(default_factory=list)

    def is_known(self, keys: Iterable[str]) -> bool:
        """Whether keys that are not `known` belong there all the same."""
        return not self.path and all(map(is_metadata, keys))

    def columns(self, instances: Sequence[Any]) -> list[Iterator[Any]]:
        """The cells of each column, lazily. Raises of REFUSED where an answer cannot be read."""
        return [
            map(cells.read, map(dict.get, instances, itertools.repeat(path)))
            for path, cells in zip(self.paths, self.cells, strict=True)
        ]

    def read_one_by_one(self, answers: Mapping[str, Any]) -> Iterator[Any]:
        """The cells of a row, None where an answer cannot be read."""
        for path, cells in zip(self.paths, self.cells, strict=True):
            try:
                yield cells[answers.get(path)]
            except REFUSED:
                yield None


def _levels(plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str]) -> _Level:
    levels = {plan.repeat: _Level(plan.repeat) for plan in plans}
    levels |= {path: _Level(path) for path in ("", *(repeat.path for repeat in version.repeats))}
    for repeat in version.repeats:
        levels[repeat.parent].repeats.append(levels[repeat.path])
        levels[repeat.parent].known |= {repeat.path, repeat.counter or repeat.path}
    unread = {question.path: question for question in version.questions}
    read = {path: _Cells(reader(question)) for path, question in unread.items()}
    for position, plan in enumerate(plans):
        level, first = levels[plan.repeat], len(levels[plan.repeat].paths)
        for column in plan.columns:
            unread.pop(column.path, None)
            level.paths.append(column.path)
            level.cells.append(_cells(column, read[column.path], key_of_card))
        level.tables.append((position, slice(first, len(level.paths))))
    for question in version.questions:
        levels[question.repeat].known.add(question.path)
    for path, question in unread.items():
        levels[question.repeat].paths.append(path)
        levels[question.repeat].cells.append(read[path])
    return levels[""]


def _add(level: _Level, instances: Iterable[tuple[Row, Mapping[str, Any]]], rows: Rows) -> bool:
    """Add the rows of instances, each with its key columns; returns whether all of it could be read."""
    is_whole = True
    paths, cells, known, tables = level.paths, level.cells, level.known, level.tables
    for keys, answers in instances:
        if not answers.keys() <= known:
            is_whole &= level.is_known(answers.keys() - known)
        try:
            row = tuple(map(getitem, cells, map(answers.get, paths)))
        except REFUSED:
            row, is_whole = tuple(level.read_one_by_one(answers)), False
        for position, columns in tables:
            rows[position].append(keys + row[columns])
        for repeat in level.repeats:
            given = answers.get(repeat.path)
            if isinstance(given, list):
                is_whole &= _add_instances(repeat, keys, given, rows)
            else:
                is_whole &= given is None
    return is_whole


def _add_instances(level: _Level, keys: Row, given: Sequence[Any], rows: Rows) -> bool:
    """Add the rows of a repeat's instances: column by column, twice as fast as row by row, where all can be read."""
    if not level.repeats:
        with suppress(*REFUSED):
            is_known = all(map(level.known.issuperset, given))
            columns = level.columns(given)
            first = [*map(itertools.repeat, keys), range(1, len(given) + 1)]
            made = [
                (position, list(zip(*first, *columns[of_table], strict=False))) for position, of_table in level.tables
            ]
            for column in columns[level.tables[-1][1].stop if level.tables else 0 :]:
                deque(column, 0)
            for position, of_table in made:
                rows[position].extend(of_table)
            return is_known
    is_whole = all(isinstance(instance, dict) for instance in given)
    return _add(level, _numbered(keys, given), rows) and is_whole


def _numbered(keys: Row, instances: Iterable[Any]) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    for index, instance in enumerate(instances, 1):
        yield (*keys, index), instance if isinstance(instance, dict) else {}


def _cells(column: ColumnPlan, read: _Cells, key_of_card: Callable[[str], str]) -> _Cells:
    if column.is_card:
        return _NeverAgain(partial(_key, read.make, key_of_card))
    change = _change(column)
    if change is None:
        return read
    # An answer with several columns is read once for all of them
    value_of = read.__getitem__ if column.part else read.make

    def make(answer: Any) -> Any:
        value = value_of(answer)
        return None if value is None else change(value)

    return _Cells(make)


def _key(read: Callable[[Any], Any], key_of_card: Callable[[str], str], answer: Any) -> str | None:
    card = read(answer)
    return None if card is None else key_of_card(str(card))


def _change(column: ColumnPlan) -> Callable[[Any], Any] | None:
    """What a column makes of an answer; None where it keeps it as it is."""
    if column.kind is Kind.GEOPOINT:
        part = GEOPOINT_PARTS.index(column.part)
        return lambda point: point[part]
    if column.kind is Kind.SELECT_MULTIPLE and column.part:
        return lambda codes: column.part in codes
    if column.kind is Kind.SELECT_MULTIPLE:
        return " ".join
    return None
