"""Make the tables that a form version asks for, or widen those that earlier versions left.

Called by layouts.py when a version is met. Columns are added, never dropped and never retyped: layout.py gives a
question that changed its type another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Column, Connection, MetaData, Table, inspect
from sqlalchemy.engine import Inspector
from sqlalchemy.schema import CreateColumn, SetColumnComment

from collector.reporting.layout import sql_table, submission_columns
from collector.reporting.load import in_lists, is_among
from collector.reporting.plans import Key, TablePlan


def make_tables(connection: Connection, plans: Sequence[TablePlan]) -> tuple[Table, ...]:
    """The tables of the plans, in their order, each there with all its columns afterwards."""
    there = inspect(connection)
    tables = tuple(sql_table(plan, MetaData()) for plan in plans)
    for table in tables:
        if there.has_table(table.name):
            _widen(connection, table, there)
        else:
            table.create(connection)
    return tables


def existing_tables(connection: Connection, names: Iterable[str]) -> list[Table]:
    """Those of the named tables that are there, with the columns of SUBMISSION alone."""
    there = inspect(connection)
    return [Table(name, MetaData(), *submission_columns()) for name in sorted(names) if there.has_table(name)]


def erase_rows(connection: Connection, tables: Collection[Table], keys: Iterable[Key]) -> None:
    """Delete the rows of submissions from tables of their form."""
    for some in in_lists(sorted(keys)):
        numbers, roots = zip(*some, strict=True)
        for table in tables:
            is_one = is_among(connection, table.c.submission_id, numbers)
            # Two projects of a form may have had the same `_id`
            connection.execute(table.delete().where(is_one, is_among(connection, table.c.root_uuid, roots)))


def _widen(connection: Connection, table: Table, there: Inspector) -> None:
    names = {column["name"] for column in there.get_columns(table.name)}
    for column in table.c:
        if column.name not in names:
            _add_column(connection, table, column)


def _add_column(connection: Connection, table: Table, column: Column[object]) -> None:
    name = connection.dialect.identifier_preparer.format_table(table)
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {definition}")
    if connection.dialect.supports_comments:
        connection.execute(SetColumnComment(column))
