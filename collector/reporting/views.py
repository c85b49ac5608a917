"""Views for Power BI, Metabase and SQL: each table of a form with labels beside codes, and who sent it, and when.

`v_attendance`, `v_attendance_register` in the form's first language, `v_attendance__ar` in the others; their columns
are the same. Made anew by layouts.py in the transaction in which a table gets a column. A view never loses a column and
never moves one, so that PostgreSQL can replace it under its grants. Described in docs/database.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from collector.errors import DatabaseError
from collector.form.definition import Kind
from collector.reporting.definition_tables import choices, form_tables, question_columns, questions
from collector.reporting.names import free_name, safe_name
from collector.reporting.plans import SUBMISSION
from collector.reporting.tables import form_versions

METADATA = ("submission_id", "submitted_at", "submitted_by", "form_version", "validation_status")
SELECTS = (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE)
LANGUAGE_CODE = re.compile(r"\(([\w-]+)\)\s*$")


@dataclass
class _Column:
    """A column of a table. lists: those that its codes came from, the newest first; none where it holds no codes."""

    name: str
    is_several: bool = False
    lists: list[str] = field(default_factory=list)


@dataclass
class _Table:
    """A table of a form, with its key columns beside root_uuid."""

    name: str
    indices: tuple[str, ...]
    columns: dict[str, _Column] = field(default_factory=dict)


def make_views(connection: Connection, form: str) -> None:
    """Make the views of a form anew, for all its tables that are there and in all languages of its newest version."""
    languages = _languages(connection, form)
    spoken = _spoken(connection, form)
    there = inspect(connection)
    standing = set(there.get_view_names())
    tables = [table for table in _tables(connection, form) if there.has_table(table.name)]
    names = view_names([table.name for table in tables], languages)
    for table in tables:
        for language, name in zip(languages, names[table.name], strict=True):
            before = [column["name"] for column in there.get_columns(name)] if name in standing else []
            _make(connection, name, _View(connection.dialect.name, form, table, language, spoken).sql(before))


def view_names(tables: Iterable[str], languages: Sequence[str]) -> dict[str, list[str]]:
    """The views of each table, one a language: the first is named after the table, others have their code behind it.

    A table whose own name ends in such a code is never named without one: its view would be that of another table in
    that language.

    >>> view_names(["visit_x", "visit_x__ar"], ["English (en)", "العربية (ar)"])
    {'visit_x': ['v_visit_x', 'v_visit_x__ar'], 'visit_x__ar': ['v_visit_x__ar__en', 'v_visit_x__ar__ar']}
    """
    codes = [code[1] if (code := LANGUAGE_CODE.search(language)) else language for language in languages]
    endings = [f"__{code or 'labels'}" for code in codes]
    spoken = tuple(safe_name("", f"__{code}") for code in codes if code and len(codes) > 1)
    taken: set[str] = set()
    names: dict[str, list[str]] = {}
    for table in tables:
        own = endings if table.endswith(spoken) else ["", *endings[1:]]
        view = f"v_{table}"
        both = zip(languages, own, strict=True)
        names[table] = [free_name(view, f"{view}/{language}", taken, ending) for language, ending in both]
    return names


def _make(connection: Connection, name: str, query: str) -> None:
    """Replace a view; where that cannot be, drop it first, which takes its grants away."""
    drop, create = f"DROP VIEW IF EXISTS {_quoted(name)}", f"VIEW {_quoted(name)} AS {query}"
    is_replaced = connection.dialect.name == "postgresql" and _tried(connection, f"CREATE OR REPLACE {create}")
    if not is_replaced and not _tried(connection, drop, f"CREATE {create}"):
        raise DatabaseError(
            f"view '{name}' cannot be made: something else in the database has its name, or a view of yours needs it; "
            "rename that, or drop it, and run again."
        )


def _tried(connection: Connection, *statements: str) -> bool:
    try:
        with connection.begin_nested():
            for statement in statements:
                connection.execute(text(statement.replace(":", r"\:")))
    except DBAPIError:
        return False
    return True


@dataclass(frozen=True)
class _View:
    """The query of a view. spoken: languages by list."""

    dialect: str
    form: str
    table: _Table
    language: str
    spoken: Mapping[str, Sequence[str]]

    def sql(self, before: Sequence[str]) -> str:
        """The query, with the columns that the view had before in their places and the new ones behind them."""
        found = dict(self._columns())
        places = {name: place for place, name in enumerate(before)}
        order = sorted(found, key=lambda name: places.get(name, len(places)))
        chosen = ", ".join(f"{found[name]} AS {_quoted(name)}" for name in order)
        return (
            f"SELECT {chosen} FROM {_quoted(self.table.name)} AS t LEFT JOIN submissions AS s "
            f"ON s.form = {_text(self.form)} AND s.root_uuid = t.root_uuid AND s.submission_id = t.submission_id"
        )

    def _columns(self) -> Iterator[tuple[str, str]]:
        """Name and expression of each column: keys, metadata, answers each with its label behind it."""
        taken: set[str] = set()
        for key in ("root_uuid", *self.table.indices):
            yield free_name(key, key, taken), f"t.{_quoted(key)}"
        for name in METADATA:
            yield free_name(name, name, taken), f"{'t' if name in SUBMISSION else 's'}.{name}"
        taken |= self.table.columns.keys() - taken
        for column in self.table.columns.values():
            is_metadata = column.name in METADATA
            name = free_name(f"{column.name}_answer", column.name, taken) if is_metadata else column.name
            yield name, f"t.{_quoted(column.name)}"
            if lists := [each for each in column.lists if each in self.spoken]:
                yield free_name(name, f"{name}_", taken, "_label"), self._label(column, lists)

    def _label(self, column: _Column, lists: Iterable[str]) -> str:
        code = f"t.{_quoted(column.name)}"
        label = self._labels if column.is_several else self._one_label
        return f"COALESCE({', '.join(label(code, each) for each in lists)}, {code})"

    def _one_label(self, code: str, list_name: str) -> str:
        return f"(SELECT c.label FROM choices AS c WHERE {self._of(list_name)} AND c.name = {code})"

    def _labels(self, code: str, list_name: str) -> str:
        """Labels of several codes in the order of the list, with semicolons between them."""
        find, join = ("strpos", "string_agg") if self.dialect == "postgresql" else ("instr", "group_concat")
        is_chosen = f"{find}(' ' || {code} || ' ', ' ' || c.name || ' ') > 0"
        chosen = f"SELECT c.label FROM choices AS c WHERE {self._of(list_name)} AND {is_chosen} ORDER BY c.position"
        return f"(SELECT {join}(o.label, '; ') FROM ({chosen}) AS o)"

    def _of(self, list_name: str) -> str:
        languages = self.spoken[list_name]
        language = self.language if self.language in languages else languages[0]
        true = "TRUE" if self.dialect == "postgresql" else "1"
        return (
            f"c.form = {_text(self.form)} AND c.list_name = {_text(list_name)} AND c.language = {_text(language)} "
            f"AND c.is_newest = {true}"
        )


def _tables(connection: Connection, form: str) -> list[_Table]:
    """The tables of a form with the columns of all versions, in the order in which they were met.

    Columns are left out whose question was marked pii, or became a card, in some version: what came in before stays in
    the table, and is not shown.
    """
    here = questions.c
    hidden = set(connection.scalars(select(here.path).where(here.form == form, here.is_pii).distinct()))
    rows = _placed_columns(connection, form)
    cards = {(row.table_name, row.stem) for row in rows if row.is_card}
    tables: dict[str, _Table] = {}
    for row in rows:
        table = tables.setdefault(row.table_name, _Table(row.table_name, tuple(row.key_columns.split())))
        is_hidden = row.path in hidden or (row.table_name, row.stem) in cards
        if row.column_name is None or (is_hidden and not row.is_card):
            continue
        column = table.columns.setdefault(row.column_name, _Column(row.column_name))
        if row.kind in SELECTS and not row.part:
            column.is_several = row.kind == Kind.SELECT_MULTIPLE
            if row.list_name in column.lists:
                column.lists.remove(row.list_name)
            if row.list_name:
                column.lists.insert(0, row.list_name)
    return list(tables.values())


def _placed_columns(connection: Connection, form: str) -> Sequence[Any]:
    """Each column of each version, with the list of its question; a table without columns has one row."""
    tables, columns, asked = form_tables.c, question_columns.c, questions.c
    stand = (columns.form == tables.form) & (columns.version == tables.version)
    ask = (asked.form == columns.form) & (asked.version == columns.version) & (asked.path == columns.path)
    where = tables.table_name, tables.key_columns, columns.column_name, columns.stem, columns.path
    what = columns.kind, columns.part, columns.is_card, asked.list_name
    return connection.execute(
        select(*where, *what)
        .outerjoin(question_columns, stand & (columns.table_name == tables.table_name))
        .outerjoin(questions, ask)
        .where(tables.form == form)
        .order_by(tables.laid_out, tables.version, tables.position, columns.position)
    ).all()


def _languages(connection: Connection, form: str) -> list[str]:
    """Languages of the newest version of a form, its first one first."""
    here = form_versions.c
    order = here.deployed_at.desc().nulls_last(), here.first_seen_at.desc(), here.version.desc()
    definition = connection.scalar(select(here.definition).where(here.form == form).order_by(*order).limit(1))
    return list((definition or {}).get("languages") or [""])


def _spoken(connection: Connection, form: str) -> dict[str, list[str]]:
    """The languages that each list has labels in."""
    columns = choices.c.list_name, choices.c.language
    spoken: dict[str, list[str]] = defaultdict(list)
    for list_name, language in connection.execute(
        select(*columns).where(choices.c.form == form).distinct().order_by(*columns)
    ):
        spoken[list_name].append(language)
    return spoken


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
