"""Cells and rows as a database's driver takes them at once: values for SQLite, text of its COPY for PostgreSQL.

Used by rows.py, which makes cells in the notation of the database that they are for, so that load.py, in the process
that writes, has no value left to convert and none to move. TYPED is the one for people: values as the readers give
them.
Sources: SQLAlchemy's SQLite dialect (storage formats of dates and times, which it reads back); PostgreSQL, COPY, "Text
format".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import chain, islice
from typing import Any, NamedTuple

MARKS = 2_500
"""Values in one statement of SQLite's, where it takes so many: other threads can work while it does."""

Row = tuple[Any, ...]


class Statements(NamedTuple):
    """Rows as SQLite takes them. many: the cells of each statement, of `in_each` rows; left: rows left over."""

    in_each: int
    many: Sequence[Row]
    left: Sequence[Row]

    def __bool__(self) -> bool:
        return bool(self.many or self.left)

    @property
    def rows(self) -> list[Row]:
        """All of them, one by one."""
        whole = [row for cells in self.many for row in zip(*[iter(cells)] * (len(cells) // self.in_each), strict=True)]
        return [*whole, *self.left]


Packed = list[Row] | Statements | str
"""Rows of one table: TYPED a list of them; for SQLite statements; for PostgreSQL lines."""

ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True)
class Notation:
    """cells: how a value of a type is written, of others as it is; nothing: how None is; pack: how rows are given."""

    cells: dict[type, Callable[[Any], Any]]
    nothing: Any
    pack: Callable[[Iterable[Row]], Packed]

    def cell(self, value: Any) -> Any:
        """A value as it is written."""
        if value is None:
            return self.nothing
        write = self.cells.get(type(value))
        return write(value) if write else value


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _clock(hour: time) -> str:
    return hour.isoformat("microseconds")


def in_statements(rows: Iterable[Row], marks: int = MARKS) -> Statements:
    """Rows of one table, several in each statement: of narrow ones SQLite takes half as many again in the same time.

    >>> in_statements([(1, "a"), (2, "b"), (3, "c")], marks=5)
    Statements(in_each=2, many=[(1, 'a', 2, 'b')], left=[(3, 'c')])
    """
    given = rows if isinstance(rows, list) else list(rows)
    if not given:
        return Statements(1, [], [])
    width = len(given[0])
    in_each = max(min(marks, _most_marks()) // width, 1)
    whole = len(given) // in_each
    cells = chain.from_iterable(given)
    return Statements(in_each, [tuple(islice(cells, in_each * width)) for _ in range(whole)], given[whole * in_each :])


@cache
def _most_marks() -> int:
    with closing(sqlite3.connect(":memory:")) as database:
        return database.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)


def some_of(packed: Packed, cuts: Iterable[slice]) -> Packed:
    """Some of the rows, in the same notation.

    >>> some_of("1\\ta\\n2\\tb\\n3\\tc\\n", [slice(0, 1), slice(2, 3)])
    '1\\ta\\n3\\tc\\n'
    """
    if isinstance(packed, str):
        lines = packed.split("\n")  # and nowhere else: those of the text are escaped
        return "".join([f"{line}\n" for cut in cuts for line in lines[cut]])
    rows = packed.rows if isinstance(packed, Statements) else packed
    some = [row for cut in cuts for row in rows[cut]]
    return in_statements(some) if isinstance(packed, Statements) else some


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _escaped(text: str) -> str:
    return text if text.isalnum() else text.translate(ESCAPED)


def _lines(rows: Iterable[Row]) -> str:
    return "".join([f"{line}\n" for line in map("\t".join, rows)])


TYPED = Notation({}, None, list)
SQLITE = Notation({datetime: _in_utc, date: date.isoformat, time: _clock, bool: int}, None, in_statements)
POSTGRESQL = Notation(
    {
        datetime: datetime.isoformat,
        date: date.isoformat,
        time: time.isoformat,
        bool: _truth,
        int: str,
        float: repr,
        str: _escaped,
    },
    r"\N",
    _lines,
)
NOTATIONS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
"""By the name of SQLAlchemy's dialect."""
