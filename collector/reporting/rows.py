"""Submissions' answers → rows of their form's tables, in the order of the columns, as a database takes them.

Fed with the JSON object of collector/kobo/submission.py, read by the readers of collector/form/answers.py; laid out by
layout.py, written by load.py. Compiled once a form version. Cards do not pass: their column holds the person_key.
Submissions are laid out together, column by column: with a register each, that takes half as long as one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, chain, groupby, islice, pairwise, repeat
from operator import itemgetter
from typing import Any

from collector.form.answers import Unreadable, is_metadata, reader
from collector.form.definition import FormVersion, Kind
from collector.reporting.notations import TYPED, Notation, Packed, Row, some_of
from collector.reporting.plans import GEOPOINT_PARTS, ColumnPlan, Key, TablePlan

Answers = dict[str, Any]
"""A submission's JSON object, or that of an instance of a repeat."""

MOST = 256
"""Answers to a question whose cells are kept: most are one of a few codes."""

REFUSED = (Unreadable, TypeError)
"""TypeError: a list or an object, which is no answer to any question, is no key either."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Submissions that were laid out together.

    tables: rows of each table, in the order of the plans, submission by submission. counts: for each table, how many
    each submission has. are_whole: whether all of each could be read; else answers.py tells what could not.
    """

    tables: tuple[list[Row], ...]
    counts: tuple[list[int], ...]
    are_whole: list[bool]


LayOut = Callable[[Sequence[tuple[Key, Answers]]], Laid]
"""Turns submissions, each as (key, answers), into rows."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """The same, packed for the database: what many submissions have in a table goes in at once."""

    tables: tuple[Packed, ...]
    counts: tuple[list[int], ...]

    def part(self, table: int, positions: Sequence[int]) -> Packed:
        """What some of its submissions have in a table."""
        packed, counts = self.tables[table], self.counts[table]
        if len(positions) == len(counts):
            return packed
        cuts = [slice(*ends) for ends in pairwise(accumulate(counts, initial=0))]
        return some_of(packed, map(cuts.__getitem__, positions))


Rows = tuple[Bundle, int]
"""A submission's: those at its position in a bundle."""


def bundle_of(laid: Sequence[Laid], notation: Notation) -> Bundle:
    """The rows of submissions that were laid out one after the other."""
    joined = _joined(laid)
    return Bundle(tuple(map(notation.pack, joined.tables)), joined.counts)


def packed_rows(rows: Sequence[Rows], table: int) -> list[Packed]:
    """What submissions have in a table, each of them once."""
    return [
        bundle.part(table, sorted(position for _, position in some))
        for bundle, some in groupby(rows, key=itemgetter(0))
    ]


def compile_rows(
    plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str], notation: Notation = TYPED
) -> LayOut:
    """The function that lays submissions out: a row for the form, one for each repeat instance.

    Each row is (`_id`, root_uuid, indices of the repeats around it from 1, answers …); what was not answered, or cannot
    be read, is None. A repeat without instances has no rows. The function never raises.
    """
    top = _levels(plans, version, key_of_card, notation)

    def laid(submissions: Sequence[tuple[Key, Answers]], *, is_lenient: bool) -> Laid:
        keys = [list(map(notation.cell, column)) for column in zip(*(key for key, _ in submissions), strict=True)]
        instances = [answers for _, answers in submissions]
        made = dict(_Layers(notation, is_lenient).lay_out(top, keys, instances, [1] * len(instances)))
        tables, counts = zip(*(made[table] for table in range(len(plans))), strict=True)
        return Laid(tables, counts, [not is_lenient] * len(instances))

    def lay_out(submissions: Sequence[tuple[Key, Answers]]) -> Laid:
        if not submissions:
            return Laid(tuple([] for _ in plans), tuple([] for _ in plans), [])
        with suppress(*REFUSED):
            return laid(submissions, is_lenient=False)
        if len(submissions) > 1:
            return _joined([lay_out([each]) for each in submissions])
        return laid(submissions, is_lenient=True)

    return lay_out


def _joined(every: Sequence[Laid]) -> Laid:
    tables = zip(*(each.tables for each in every), strict=True)
    counts = zip(*(each.counts for each in every), strict=True)
    return Laid(
        tuple(list(chain.from_iterable(parts)) for parts in tables),
        tuple(list(chain.from_iterable(parts)) for parts in counts),
        [is_whole for each in every for is_whole in each.are_whole],
    )


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

    def read_or_nothing(self, answer: Any) -> Any:
        """The same, but what cannot be read is as if it had not been answered."""
        try:
            return self.read(answer)
        except REFUSED:
            return self.read(None)


class _NeverAgain(_Cells):
    """The same for answers that hardly ever come twice: none is kept."""

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

    def check(self, instances: Sequence[Answers]) -> None:
        """Raises Unreadable where one has a key that does not belong there."""
        others = set().union(*instances) - self.known
        if others and (self.path or not all(map(is_metadata, others))):
            raise Unreadable("unknown_question")

    def without_column(self, columns: Sequence[Iterator[Any]]) -> Sequence[Iterator[Any]]:
        """Of the cells, those that no table has."""
        return columns[self.tables[-1][1].stop if self.tables else 0 :]


def _levels(
    plans: Sequence[TablePlan], version: FormVersion, key_of_card: Callable[[str], str], notation: Notation
) -> _Level:
    levels = {plan.repeat: _Level(plan.repeat) for plan in plans}
    levels |= {path: _Level(path) for path in ("", *(inner.path for inner in version.repeats))}
    for inner in version.repeats:
        levels[inner.parent].repeats.append(levels[inner.path])
        levels[inner.parent].known |= {inner.path, inner.counter or inner.path}
    unread = {question.path: question for question in version.questions}
    read = {path: _Cells(reader(question)) for path, question in unread.items()}
    for position, plan in enumerate(plans):
        level, first = levels[plan.repeat], len(levels[plan.repeat].paths)
        for column in plan.columns:
            unread.pop(column.path, None)
            level.paths.append(column.path)
            level.cells.append(_cells(column, read[column.path], key_of_card, notation))
        level.tables.append((position, slice(first, len(level.paths))))
    for question in version.questions:
        levels[question.repeat].known.add(question.path)
    for path, question in unread.items():
        levels[question.repeat].paths.append(path)
        levels[question.repeat].cells.append(read[path])
    return levels[""]


@dataclass(frozen=True, slots=True)
class _Layers:
    """Lays submissions out together, level by level: the instances of a repeat at once, whatever they stand in.

    is_lenient: what cannot be read is as if it had not been answered; else it raises one of REFUSED.
    """

    notation: Notation
    is_lenient: bool

    def lay_out(
        self, level: _Level, keys: list[list[Any]], instances: Sequence[Answers], counts: list[int]
    ) -> Iterator[tuple[int, tuple[list[Row], list[int]]]]:
        """Gives each table's position, its rows, and how many of them each submission has.

        keys: the key columns of the instances; counts: how many of these belong to each submission.
        """
        if not self.is_lenient:
            level.check(instances)
        columns = self._columns(level, instances)
        for position, of_table in level.tables:
            yield position, (list(zip(*keys, *columns[of_table], strict=False)), counts)
        for column in level.without_column(columns):
            deque(column, 0)
        for inner in level.repeats:
            lists = [self._list(each.get(inner.path)) for each in instances]
            inside = list(chain.from_iterable(lists))
            sizes = list(map(len, lists))
            yield from self.lay_out(inner, self._keys(keys, sizes), inside, _sums(sizes, counts))

    def _columns(self, level: _Level, instances: Sequence[Answers]) -> list[Iterator[Any]]:
        """The cells of each column, lazily."""
        return [
            map(cells.read_or_nothing if self.is_lenient else cells.read, map(dict.get, instances, repeat(path)))
            for path, cells in zip(level.paths, level.cells, strict=True)
        ]

    def _list(self, given: Any) -> Sequence[Answers]:
        """The instances of a repeat, as they were given."""
        is_list = type(given) is list
        if is_list and set(map(type, given)) <= {dict}:
            return given  # type: ignore[no-any-return]
        if given is not None and not self.is_lenient:
            raise Unreadable("not_a_repeat")
        return [each if type(each) is dict else {} for each in given] if is_list else ()

    def _keys(self, around: list[list[Any]], sizes: Sequence[int]) -> list[list[Any]]:
        """The key columns of instances in those around them, and their indices from 1."""
        indices = chain.from_iterable(range(1, size + 1) for size in sizes)
        given = [list(chain.from_iterable(map(repeat, column, sizes))) for column in around]
        return [*given, list(map(self.notation.cell, indices))]


def _sums(sizes: Iterable[int], counts: Iterable[int]) -> list[int]:
    """
    >>> _sums([2, 0, 5], [2, 1])
    [2, 5]
    """
    following = iter(sizes)
    return [sum(islice(following, count)) for count in counts]


def _cells(column: ColumnPlan, read: _Cells, key_of_card: Callable[[str], str], notation: Notation) -> _Cells:
    write = notation.cell
    if column.is_card:
        return _NeverAgain(_key_of_answer(read.make, key_of_card, notation.nothing))
    change = _change(column)
    if change is None:
        return read if notation is TYPED else _Cells(lambda answer: write(read.make(answer)))
    # An answer with several columns is read once for all of them
    value_of = read.__getitem__ if column.part else read.make

    def make(answer: Any) -> Any:
        value = value_of(answer)
        return write(None if value is None else change(value))

    return _Cells(make)


def _key_of_answer(read: Callable[[Any], Any], key_of_card: Callable[[str], str], nothing: Any) -> Callable[[Any], Any]:
    """What stands for a card: a key of digits and letters is the same in every notation."""

    def key(answer: Any) -> Any:
        card = read(answer)
        return nothing if card is None else key_of_card(card if type(card) is str else str(card))

    return key


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
