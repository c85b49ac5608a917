"""What a change of a form costs: how many answers in the database it touches, and in how many submissions.

Asked by jobs/plan.py for the changes of collector/form/changes.py; also keeps the changes that a person accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    String,
    Subquery,
    Table,
    func,
    inspect,
    literal,
    select,
    union_all,
)
from sqlalchemy.engine import Inspector
from sqlalchemy.sql import ColumnElement

from collector.form.changes import Change, What
from collector.form.definition import FormVersion, Kind
from collector.reporting.layouts import plans_of
from collector.reporting.load import load
from collector.reporting.plans import GEOPOINT_PARTS
from collector.reporting.tables import accepted_changes

OF_CHOICE = {What.CHOICE_REMOVED, What.CHOICE_RENAMED}
WITHOUT_ANSWERS = {What.QUESTION_ADDED, What.CHOICE_ADDED, What.LANGUAGE_ADDED, What.LANGUAGE_REMOVED}


@dataclass(frozen=True, slots=True)
class Price:
    """Accepted answers that a change touches, the submissions they are in, and the sessions those are of.

    sessions: None where nothing says which.
    """

    answers: int
    submissions: int
    sessions: int | None = None


def price(
    connection: Connection, form: str, old: FormVersion, change: Change, card_paths: Collection[str], session: str = ""
) -> Price | None:
    """What a change costs; None where it touches no answers by its kind, or none that are kept.

    old: the version that runs now. session: path of the question that names the session, where sessions are to be
    counted. A question without a column (marked pii, a note) has no price.
    """
    if change.what in WITHOUT_ANSWERS:
        return None
    touched = [_touched(place, change) for place in _places(connection, form, old, change, card_paths)]
    if not touched:
        return None
    roots = union_all(*touched).subquery()
    counts = select(func.count(), func.count(roots.c.root_uuid.distinct())).select_from(roots)
    answers, submissions = connection.execute(counts).one()
    return Price(answers, submissions, _sessions(connection, form, old, card_paths, session, roots))


def row_of(form: str, from_version: str, change: Change, cost: Price | None, by: str) -> list[object]:
    """That a person accepted a change: form, version, the change's id, who, answers and submissions it touches."""
    counts = (cost.answers, cost.submissions) if cost else (0, 0)
    return [form, from_version, change.id, by, *counts]


def accept(connection: Connection, rows: Iterable[Sequence[object]], at: datetime) -> None:
    """Keep that a person accepted changes (row_of); doing it again changes who and when."""
    load(connection, accepted_changes, [(*row[:3], at, *row[3:]) for row in rows])


def accepted(connection: Connection, form: str, from_version: str) -> frozenset[str]:
    """Ids of the changes accepted for this step of a form: a deployment that was cut short need not ask again."""
    here = (accepted_changes.c.form == form) & (accepted_changes.c.from_version == from_version)
    return frozenset(connection.scalars(select(accepted_changes.c.change).where(here)))


def ever_accepted(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Ids of all changes that were accepted for some forms, at any step."""
    here = accepted_changes.c.form.in_(list(keys))
    return frozenset(connection.scalars(select(accepted_changes.c.change).where(here)))


@dataclass(frozen=True, slots=True)
class _Place:
    table: Table
    column: ColumnElement[Any]
    kind: Kind


def _places(
    connection: Connection, form: str, old: FormVersion, change: Change, card_paths: Collection[str]
) -> Iterator[_Place]:
    """Where the answers stand that a change touches: for a choice, of every question that goes on with its list.

    Answers that came in while a question had another type or name are among them.
    """
    return _places_of(connection, form, old, set(change.old_paths or (change.path,)), card_paths)


def _places_of(
    connection: Connection, form: str, old: FormVersion, paths: Collection[str], card_paths: Collection[str]
) -> Iterator[_Place]:
    """Where the answers to questions of a version stand, those of other versions to the same questions among them."""
    own, every = plans_of(connection, form, old, card_paths)
    stems = {(plan.stem, each.stem) for plan in own for each in plan.columns if each.path in paths}
    whole = {
        (plan.name, each.name): each.kind
        for plan in (*every, *own)
        for each in plan.columns
        if (plan.stem, each.stem) in stems and each.part in ("", GEOPOINT_PARTS[0])
    }
    there = inspect(connection)
    standing = {name: {each["name"] for each in there.get_columns(name)} for name in _standing(there, whole)}
    for (table_name, name), kind in whole.items():
        if name in standing.get(table_name, ()):
            table = Table(table_name, MetaData(), Column("root_uuid", String), Column(name))
            yield _Place(table, table.c[name], kind)


def _standing(there: Inspector, columns: Iterable[tuple[str, str]]) -> set[str]:
    return {table for table, _ in columns if there.has_table(table)}


def _touched(place: _Place, change: Change) -> Select[Any]:
    """root_uuid of each answer that a change touches, once an answer."""
    condition: ColumnElement[bool] = place.column.is_not(None)
    if change.what in OF_CHOICE:
        condition = _uses(place, change.before if change.what is What.CHOICE_RENAMED else change.subject)
    return select(place.table.c.root_uuid).where(condition)


def _sessions(
    connection: Connection, form: str, old: FormVersion, card_paths: Collection[str], session: str, roots: Subquery
) -> int | None:
    """How many sessions the submissions are of; None where their form's tables do not say."""
    named = [
        select(place.column.cast(String).label("session")).where(place.table.c.root_uuid.in_(select(roots.c.root_uuid)))
        for place in _places_of(connection, form, old, {session}, card_paths)
    ]
    if not named:
        return None
    counted = func.count(union_all(*named).subquery().c.session.distinct())
    return connection.execute(select(counted)).scalar_one()


def _uses(place: _Place, choice: str) -> ColumnElement[bool]:
    if place.kind is Kind.SELECT_MULTIPLE:
        padded = literal(" ", String) + place.column.cast(String) + literal(" ", String)
        return padded.contains(f" {choice} ", autoescape=True)
    return place.column.cast(String) == choice
