"""Cells and rows as a database's driver takes them at once: values for SQLite, text of its COPY for PostgreSQL.

Used by rows.py, which makes cells in the notation of the database that they are for, so that load.py, in the process
that writes, has no value left to convert. TYPED is the one for people: values as the readers give them.
Sources: SQLAlchemy's SQLite dialect (storage formats of dates and times, which it reads back); PostgreSQL, COPY, "Text
format".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import chain
from typing import Any

Row = tuple[Any, ...]
Packed = list[Row] | tuple[Any, ...] | str
"""Rows of one table: TYPED a list of them; for SQLite the cells of all one after the other; for PostgreSQL lines."""

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


def _values(rows: Iterable[Row]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(rows))


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _escaped(text: str) -> str:
    return text if text.isalnum() else text.translate(ESCAPED)


def _lines(rows: Iterable[Row]) -> str:
    return "".join([f"{line}\n" for line in map("\t".join, rows)])


TYPED = Notation({}, None, list)
SQLITE = Notation({datetime: _in_utc, date: date.isoformat, time: _clock, bool: int}, None, _values)
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
