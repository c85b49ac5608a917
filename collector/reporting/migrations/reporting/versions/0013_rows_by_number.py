"""The submission's `_id` leads the key of every table of a form.

root_uuids come in no order: an index that begins with them is written all over, page by page of a pull, which took
half as long again as the whole load takes now.
"""

from collections.abc import Iterable
from itertools import count

from alembic import op
from sqlalchemy import BigInteger, Column, Connection, MetaData, PrimaryKeyConstraint, Table, inspect, text

revision = "0013"
down_revision = "0012"

OLD, NEW = "root_uuid", "submission_id"
STAGE = "rows_to_move"
JOINED = "s.root_uuid = t.root_uuid"
SHOWN = f's.{NEW} AS "{NEW}"'
"""How the views of a form find who sent a row, and show its number: by the key, two views are joined fast."""

KEY_COLUMNS = "key columns beside submission_id and root_uuid, separated by blanks"


def upgrade() -> None:
    connection = op.get_bind()
    there = inspect(connection)
    keys = {name: there.get_pk_constraint(name) for name in there.get_table_names()}
    forms = _forms(connection, [name for name, key in keys.items() if key["constrained_columns"][:1] == [OLD]])
    moved = {name: keys[name] for name in forms}
    for name in moved:
        if any(column["name"] == NEW for column in there.get_columns(name)):
            _make_room(connection, name)
    if connection.dialect.name == "postgresql":
        op.alter_column("form_tables", "key_columns", comment=KEY_COLUMNS)
        for name, key in moved.items():
            _move_key(connection, name, forms[name], str(key["name"]), key["constrained_columns"])
        return
    views = _take_views(connection) if moved else []
    for name, key in moved.items():
        _make_anew(connection, name, forms[name], key["constrained_columns"])
    for view in views:
        if any(f"FROM {_quoted(name)} AS t LEFT JOIN submissions AS s " in view for name in moved):
            view = view.replace(JOINED, f"{JOINED} AND s.{NEW} = t.{NEW}").replace(SHOWN, f"t.{SHOWN[2:]}")
        connection.exec_driver_sql(view)


def _forms(connection: Connection, tables: Iterable[str]) -> dict[str, str]:
    """The form of each table of a form; others are somebody's own.

    Tables of a form that was laid out are written down. Those of one that never was are called after it.
    """
    laid = {row.table_name: row.form for row in connection.execute(text("SELECT table_name, form FROM form_tables"))}
    known = set(connection.scalars(text("SELECT form FROM forms UNION SELECT form FROM submissions")))
    forms = {}
    for name in tables:
        called_after = {each for each in known - {*laid.values()} if name == each or name.startswith(f"{each}_")}
        form = laid.get(name) or max(called_after, key=len, default="")
        if form:
            forms[name] = form
    return forms


def _make_room(connection: Connection, name: str) -> None:
    """Another name for the column of a question that is called as the key will be."""
    taken = {column["name"] for column in inspect(connection).get_columns(name)}
    free = next(each for number in count(2) if (each := f"{NEW}_{number}") not in taken)
    connection.execute(text(f"ALTER TABLE {_quoted(name)} RENAME COLUMN {NEW} TO {free}"))
    connection.execute(
        text("UPDATE question_columns SET column_name = :free WHERE table_name = :name AND column_name = :old"),
        {"free": free, "name": name, "old": NEW},
    )


def _number(form: str) -> str:
    """The `_id` of the submission that a row is of; 0 where nobody knows it."""
    return (
        f"coalesce((SELECT s.{NEW} FROM submissions AS s "
        f"WHERE s.form = '{form.replace(chr(39), chr(39) * 2)}' AND {JOINED}), 0)"
    )


def _move_key(connection: Connection, name: str, form: str, constraint: str, key: list[str]) -> None:
    table = _quoted(name)
    for statement in (
        f"ALTER TABLE {table} ADD COLUMN {NEW} BIGINT",
        f"UPDATE {table} AS t SET {NEW} = {_number(form)}",
        f"ALTER TABLE {table} ALTER COLUMN {NEW} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(constraint)}",
        f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(constraint)} PRIMARY KEY ({_listed([NEW, *key])})",
    ):
        connection.exec_driver_sql(statement.replace("%", "%%"))


def _take_views(connection: Connection) -> list[str]:
    """Drop all views, which SQLite wants to hold while a table is made anew; returns how to make them again."""
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid")).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP VIEW {_quoted(name)}")
    return [sql for _, sql in found]


def _make_anew(connection: Connection, name: str, form: str, key: list[str]) -> None:
    """SQLite changes no key of a table."""
    old = Table(name, MetaData(), autoload_with=connection)
    columns = [Column(each.name, each.type, nullable=each.nullable) for each in old.c]
    number = Column(NEW, BigInteger, nullable=False)
    Table(STAGE, MetaData(), number, *columns, PrimaryKeyConstraint(NEW, *key)).create(connection)
    names = _listed(each.name for each in old.c)
    connection.exec_driver_sql(
        f"INSERT INTO {STAGE} ({NEW}, {names}) SELECT {_number(form)}, {names} FROM {_quoted(name)} AS t"
    )
    old.drop(connection)
    connection.exec_driver_sql(f"ALTER TABLE {STAGE} RENAME TO {_quoted(name)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
