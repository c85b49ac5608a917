"""Write rows to a database, fast. Fed by rows.py, raw.py and ledger.py; called by jobs/pull.py, which alone commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ARRAY, JSON, Boolean, ColumnElement, Connection, Dialect, Table, and_, any_, literal, select
from sqlalchemy.exc import DataError, IntegrityError

from collector.errors import DatabaseError, RowsRefused
from collector.reporting.database import translated
from collector.reporting.notations import Packed, Row, Statements, in_statements

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

Value = TypeVar("Value", str, int)
Each = TypeVar("Each")
STAGE = "rows_to_load"
FEW = 5
"""Rows that cost PostgreSQL less one by one than a table to drop again."""

LARGEST_LIST = 500
MARKS_LEFT = 500
"""Values in one statement of SQLite's, of rows that are left over."""

sqlite3.register_adapter(bool, int)
"""Else the driver looks for an adapter for each truth value, in vain."""


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Rows that are in the notation of the database that they go to already, in the order of the table's columns."""

    parts: Sequence[Packed]

    def __bool__(self) -> bool:
        return any(self.parts)


Batch = Sequence[Sequence[Any]] | PackedRows
"""Rows to write: one sequence per row, in the order of the table's columns, times aware; or packed ones."""


def prepared(dialect: Dialect, table: Table, rows: Batch) -> Batch:
    """Rows made ready by whoever has the time: to write them takes the database's time then, and hardly Python's."""
    if dialect.name != "postgresql":
        return PackedRows([_statements(dialect, table, rows)])
    return PackedRows(["".join(rows.parts)]) if isinstance(rows, PackedRows) else rows  # type: ignore[arg-type]


def load(connection: Connection, table: Table, rows: Batch) -> None:
    """Insert rows, or replace those already there: loading twice equals loading once.

    Raises RowsRefused when a rule of the table is broken.
    Source: INSERT … ON CONFLICT, the same clause in PostgreSQL 9.5+ and SQLite 3.24+. PostgreSQL takes the rows by
    COPY into a table that is dropped again, three times as fast as single inserts where they are many.
    """
    _put(connection, table, rows, _copy_over, _on_conflict(table))


def insert(connection: Connection, table: Table, rows: Batch) -> None:
    """Insert rows of which none is there yet; else as load, and RowsRefused where one is.

    PostgreSQL takes them in half the time.
    """
    _put(connection, table, rows, _copy, "")


def _put(
    connection: Connection,
    table: Table,
    rows: Batch,
    copy: Callable[[psycopg.Cursor, Table, Batch], None],
    on_conflict: str,
) -> None:
    if rows:
        try:
            if connection.dialect.name == "postgresql":
                _with_cursor(connection, table, lambda cursor: copy(cursor, table, rows))
            else:
                _execute_many(connection, table, rows, on_conflict)
        except (IntegrityError, DataError):  # PostgreSQL's own message quotes the row: people's answers
            raise RowsRefused(table.name) from None


def delete(connection: Connection, table: Table, column: str, values: Iterable[Value], **same: str) -> None:
    """Delete the rows whose `column` has one of the values; same: further columns with the value they must have."""
    for is_one in among(connection, table.c[column], values):
        conditions = [table.c[name] == value for name, value in same.items()]
        connection.execute(table.delete().where(and_(is_one, *conditions)))


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[Value]) -> Iterator[ColumnElement[bool]]:
    """Whether a column has one of the values, as conditions of one statement each."""
    if connection.dialect.name != "postgresql":
        yield from (column.in_(some) for some in in_lists(values))
    elif pending := list(values):
        yield is_among(connection, column, pending)


def is_among(connection: Connection, column: ColumnElement[Any], values: Sequence[Value]) -> ColumnElement[bool]:
    """Whether a column has one of a few values.

    PostgreSQL takes them as one array, in a third of the time of a list, and any number of them.
    """
    if connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(literal(list(values), ARRAY(column.type)))


def has_between(
    connection: Connection, here: ColumnElement[bool], column: ColumnElement[int], values: Collection[int]
) -> bool:
    """Whether a column has any value from the least to the greatest of some: one look instead of one for each."""
    if not values:
        return False
    found = select(literal(1)).where(here, column >= min(values), column <= max(values)).limit(1)
    return connection.scalar(found) is not None


def in_lists(values: Iterable[Each]) -> Iterator[list[Each]]:
    """Values in lists short enough for one statement on every database."""
    pending = list(values)
    for start in range(0, len(pending), LARGEST_LIST):
        yield pending[start : start + LARGEST_LIST]


def _execute_many(connection: Connection, table: Table, rows: Batch, on_conflict: str) -> None:
    names = ", ".join(_quoted(column.name) for column in table.c)
    marks = f"({', '.join('?' * len(table.c))})"
    many = _statements(connection.dialect, table, rows)
    few = in_statements(many.left, MARKS_LEFT)
    for count, parts in ((many.in_each, many.many), (few.in_each, few.many), (1, few.left)):
        if parts:
            values = ", ".join([marks] * count)
            statement = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES {values} {on_conflict}"
            connection.exec_driver_sql(statement, list(parts))


def _statements(dialect: Dialect, table: Table, rows: Batch) -> Statements:
    if not isinstance(rows, PackedRows):
        return in_statements(_bound(table, dialect, rows))
    parts: Sequence[Statements] = rows.parts  # type: ignore[assignment]
    left = in_statements(chain.from_iterable(part.left for part in parts))
    in_each = max(part.in_each for part in (*parts, left))
    return Statements(in_each, [*chain.from_iterable(part.many for part in parts), *left.many], left.left)


def _bound(table: Table, dialect: Dialect, rows: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows with dates and times as SQLAlchemy keeps them in SQLite, which has no such types."""
    binders = _binders(table, dialect)
    if not binders:
        return list(map(tuple, rows))
    columns = list(zip(*rows, strict=True))
    for number, bind in binders:
        values, is_json = columns[number], isinstance(table.c.values()[number].type, JSON)  # whose values have no hash
        bind = bind if is_json else {value: bind(value) for value in set(values)}.__getitem__
        columns[number] = tuple(map(bind, values))
    return list(zip(*columns, strict=True))


def _binders(table: Table, dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for number, column in enumerate(table.c):
        bind = column.type.dialect_impl(dialect).bind_processor(dialect)
        if bind is not None and not isinstance(column.type, Boolean):  # the driver writes truth values itself
            found.append((number, bind))
    return found


def _with_cursor(connection: Connection, table: Table, work: Callable[[psycopg.Cursor], None]) -> None:
    import psycopg  # here: it is not loaded where SQLite is used alone

    driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor:
            work(cursor)
    except (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.ProgramLimitExceeded):
        raise RowsRefused(table.name) from None
    except psycopg.Error as error:
        raise translated(error, connection.engine.url) or DatabaseError(
            f"table '{table.name}' could not be written (SQLSTATE {error.sqlstate}); was it changed by hand?"
        ) from None


def _copy_over(cursor: psycopg.Cursor, table: Table, rows: Batch) -> None:
    from psycopg import sql

    if not isinstance(rows, PackedRows) and len(rows) <= FEW:
        return _insert_over(cursor, table, rows)
    into, stage, names = sql.Identifier(table.name), sql.Identifier(STAGE), _names(table)
    make = sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA")
    move = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {}")
    cursor.execute(make.format(stage, names, into))
    _copy_into(cursor, stage, names, rows)
    cursor.execute(move.format(into, names, names, stage, sql.SQL(_on_conflict(table))))
    cursor.execute(sql.SQL("DROP TABLE {}").format(stage))


def _insert_over(cursor: psycopg.Cursor, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    names = ", ".join(_quoted(column.name) for column in table.c)
    head, tail = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ", f" {_on_conflict(table)}"
    marks = ", ".join(["%s"] * len(table.c))
    statement = f"{head.replace('%', '%%')}({marks}){tail.replace('%', '%%')}"
    cursor.executemany(statement, rows)


def _copy(cursor: psycopg.Cursor, table: Table, rows: Batch) -> None:
    from psycopg import sql

    _copy_into(cursor, sql.Identifier(table.name), _names(table), rows)


def _copy_into(cursor: psycopg.Cursor, into: sql.Identifier, names: sql.Composed, rows: Batch) -> None:
    from psycopg import sql

    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(into, names)) as copy:
        if isinstance(rows, PackedRows):
            copy.write("".join(rows.parts))  # type: ignore[arg-type]
            return
        for row in rows:
            copy.write_row(row)


def _names(table: Table) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.c)


def _on_conflict(table: Table) -> str:
    keys = ", ".join(_quoted(column.name) for column in table.primary_key)
    fresh = [_quoted(column.name) for column in table.c if not column.primary_key]
    if not fresh:
        return f"ON CONFLICT ({keys}) DO NOTHING"
    return f"ON CONFLICT ({keys}) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in fresh)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
