"""Make the tables that a form version asks for, or widen those that earlier versions left.

Called by layouts.py when a version is met. Columns are added, never dropped and never retyped: layout.py gives a
question that changed its type another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect
from sqlalchemy.engine import Inspector
from sqlalchemy.schema import CreateColumn, SetColumnComment

from collector.reporting.layout import sql_table
from collector.reporting.plans import TablePlan


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
    """Those of the named tables that are there, with their first key column alone."""
    there = inspect(connection)
    return [Table(name, MetaData(), Column("root_uuid", String)) for name in sorted(names) if there.has_table(name)]


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
