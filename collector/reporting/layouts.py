"""Where the answers of each version stand, kept: a version is laid out once, beside those that were met before.

Called by jobs/versions.py when a version is met; read by queries.py and prices.py. With the tables of a version its
questions and choices are written (dictionary.py) and the views made anew (views.py), all in one transaction.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, groupby

from sqlalchemy import Connection, MetaData, Table, delete, func, inspect, select

from collector.errors import ProgrammeMistake
from collector.form.definition import FormVersion, Kind
from collector.reporting import dictionary
from collector.reporting.archive_tables import FIXED_NAMES
from collector.reporting.definition_tables import form_tables, question_columns
from collector.reporting.form_tables import existing_tables, make_tables
from collector.reporting.forms import stored_media, stored_versions
from collector.reporting.layout import plan_tables, sql_table
from collector.reporting.ledger import pairs
from collector.reporting.load import load
from collector.reporting.plans import SUBMISSION, ColumnPlan, TablePlan
from collector.reporting.views import make_views

Plans = tuple[TablePlan, ...]
NO_VERSION = ""
"""Under it stand the columns that no version feeds any more: their names stay taken."""


def lay_out(
    connection: Connection, form: str, version: FormVersion, card_paths: Collection[str]
) -> tuple[Plans, tuple[Table, ...]]:
    """The tables of a version, as plans and as they are there now; those of every stored version are there too."""
    lay_out_stored(connection, form, card_paths)
    laid = _read(connection, form)
    plans = laid.get(version.version)
    if plans is None or not _fits(plans, version, card_paths):
        if plans:
            _retire(connection, form, version.version, plans)
        plans = plan_tables(form, version, card_paths, _all(laid), others=_others(connection, form))
        _keep(connection, form, [(version, plans)])
    return plans, make_tables(connection, plans)


def lay_out_stored(connection: Connection, form: str, card_paths: Collection[str]) -> None:
    """Lay out the versions that are stored and were not laid out yet: new ones, and those of an older release."""
    laid = _read(connection, form)
    pending = [version for version in stored_versions(connection, form) if version.version not in laid]
    if not pending:
        return
    planned = read_layouts(connection, form, card_paths)
    _keep(connection, form, [(version, planned[version.version]) for version in pending])


def read_layouts(connection: Connection, form: str, card_paths: Collection[str]) -> dict[str, Plans]:
    """The tables of each stored version by its uid, in the order in which they were laid out; nothing is written."""
    laid = _read(connection, form)
    is_from_before = not laid and inspect(connection).has_table(form)
    for version in stored_versions(connection, form):
        if version.version not in laid:
            found = _found(connection, form, version, card_paths) if is_from_before else None
            others = _others(connection, form)
            laid[version.version] = found or plan_tables(form, version, card_paths, _all(laid), others=others)
    return laid


def plans_of(
    connection: Connection, form: str, version: FormVersion, card_paths: Collection[str]
) -> tuple[Plans, Sequence[TablePlan]]:
    """The tables of a version, stored or not, and those of all stored versions, the oldest first; writes nothing."""
    laid = read_layouts(connection, form, card_paths)
    every = _all(laid)
    if own := laid.get(version.version):
        return own, every
    return plan_tables(form, version, card_paths, every, others=_others(connection, form)), every


def tables_of_form(connection: Connection, form: str, card_paths: Collection[str]) -> list[Table]:
    """Every table of a form that is there, with the columns of SUBMISSION alone: for deleting rows."""
    plans = _all(read_layouts(connection, form, card_paths))
    return existing_tables(connection, {plan.name for plan in plans})


def _others(connection: Connection, form: str) -> frozenset[str]:
    """Names of tables that are not this form's; raises ProgrammeMistake where its own is a repeat of another form."""
    here = form_tables.c
    of_others = pairs(connection.execute(select(here.table_name, here.form).where(here.form != form).distinct()))
    if form in of_others:
        raise ProgrammeMistake(
            f"form '{form}' cannot have its table: a repeat of form '{of_others[form]}' has it; give the form another "
            "key in programme.toml."
        )
    return FIXED_NAMES | of_others.keys()


def _all(laid: dict[str, Plans]) -> list[TablePlan]:
    return list(chain.from_iterable(laid.values()))


def _keep(connection: Connection, form: str, laid: Sequence[tuple[FormVersion, Plans]]) -> None:
    """Note where answers stand, make the tables, and tell all of it in the dictionary and the views."""
    last = connection.scalar(select(func.max(form_tables.c.laid_out)).where(form_tables.c.form == form)) or 0
    for number, (version, plans) in enumerate(laid, last + 1):
        _write(connection, form, version.version, plans, number)
        make_tables(connection, plans)
        dictionary.write_version(connection, form, version)
    dictionary.write_media(connection, form, stored_media(connection, form))
    make_views(connection, form)


def _write(connection: Connection, form: str, version: str, plans: Plans, number: int) -> None:
    tables = [
        (form, version, plan.name, plan.stem, plan.repeat, " ".join(plan.indices), plan.number, position, number)
        for position, plan in enumerate(plans, 1)
    ]
    columns = [
        (form, version, plan.name, each.name, each.stem, each.path, each.kind.value, each.part, each.is_card, position)
        for plan in plans
        for position, each in enumerate(plan.columns, 1)
    ]
    load(connection, form_tables, tables)
    load(connection, question_columns, columns)


def _retire(connection: Connection, form: str, version: str, plans: Plans) -> None:
    """What was meant by a version changed with programme.toml: a question is a card now, or none any more."""
    for table in (form_tables, question_columns):
        connection.execute(delete(table).where(table.c.form == form, table.c.version == version))
    _write(connection, form, NO_VERSION, plans, 0)


def _read(connection: Connection, form: str) -> dict[str, Plans]:
    columns = _read_columns(connection, form)
    rows = connection.execute(
        select(form_tables)
        .where(form_tables.c.form == form)
        .order_by(form_tables.c.laid_out, form_tables.c.version, form_tables.c.position)
    )
    laid: dict[str, Plans] = {}
    for row in rows:
        key = row.version, row.table_name
        indices = tuple(row.key_columns.split())
        plan = TablePlan(row.table_name, row.repeat, indices, columns.get(key, ()), row.stem, row.number)
        laid[row.version] = (*laid.get(row.version, ()), plan)
    return laid


def _read_columns(connection: Connection, form: str) -> dict[tuple[str, str], tuple[ColumnPlan, ...]]:
    here = question_columns.c
    rows = connection.execute(
        select(question_columns).where(here.form == form).order_by(here.version, here.table_name, here.position)
    )
    grouped = groupby(rows, lambda row: (row.version, row.table_name))
    return {
        key: tuple(
            ColumnPlan(row.column_name, row.path, Kind(row.kind), row.part, row.is_card, row.stem) for row in some
        )
        for key, some in grouped
    }


def _fits(plans: Iterable[TablePlan], version: FormVersion, card_paths: Collection[str]) -> bool:
    """Whether the cards are still the same questions."""
    return _cards(plans) == _cards(plan_tables("", version, card_paths))


def _cards(plans: Iterable[TablePlan]) -> set[str]:
    return {column.path for plan in plans for column in plan.columns if column.is_card}


def _found(connection: Connection, form: str, version: FormVersion, card_paths: Collection[str]) -> Plans | None:
    """The tables that an older release made for a version; None where it had none that the answers fitted."""
    plans = plan_tables(form, version, card_paths, room=math.inf)
    there = inspect(connection)
    for plan in plans:
        if not there.has_table(plan.name):
            return None
        if there.get_pk_constraint(plan.name)["constrained_columns"] != [*SUBMISSION, *plan.indices]:
            return None
        types = {column["name"]: column["type"].python_type for column in there.get_columns(plan.name)}
        for column in sql_table(plan, MetaData()).c:
            if types.get(column.name) is not column.type.python_type:
                return None
    return plans
