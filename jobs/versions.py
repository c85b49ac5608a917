"""The form versions that a pull meets, each made ready once: read, judge, rows, and its tables in the database.

Used by page.py. A version is looked for in the database, then on the server, where pull.py does the asking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, Engine, Table

from collector.form.answers import Answers, Values, compile_reader
from collector.form.definition import FormVersion
from collector.form.verdict import Verdict, compile_judge
from collector.reporting import layouts
from collector.reporting.database import writing
from collector.reporting.layout import TablePlan
from collector.reporting.pseudonym import person_key
from collector.reporting.rows import Rows, compile_rows


@dataclass(frozen=True, eq=False)
class ReadyVersion:
    """A form version, compiled."""

    read: Callable[[Mapping[str, object]], Answers]
    judge: Callable[[Answers], Verdict]
    rows_of: Callable[[str, Values], Rows]
    plans: tuple[TablePlan, ...]
    tables: tuple[Table, ...]


@dataclass
class Versions:
    """The versions of one form during one pull.

    find_version: gives a version by the `__version__` of its submissions, None where nobody knows it.
    """

    form: str
    card_paths: Collection[str]
    secret: bytes
    engine: Engine
    find_version: Callable[[str], FormVersion | None]
    _ready: dict[str, ReadyVersion | None] = field(default_factory=dict)
    _of_form: list[Table] = field(default_factory=list)

    def get(self, uid: str) -> ReadyVersion | None:
        """A version, its tables made; None where nobody knows it."""
        if uid not in self._ready:
            version = self.find_version(uid) if uid else None
            self._ready[uid] = self._make_ready(version) if version else None
        return self._ready[uid]

    def lay_out_stored(self) -> None:
        """Make the tables and views of every stored version: of new ones, and of those of an older release."""
        with writing(self.engine) as connection:
            layouts.lay_out_stored(connection, self.form, self.card_paths)

    def tables_of_form(self, connection: Connection) -> list[Table]:
        """Every table that a stored version of the form has rows in, with its key column alone: for deleting rows."""
        if not self._of_form:
            self._of_form = layouts.tables_of_form(connection, self.form, self.card_paths)
        return self._of_form

    def _make_ready(self, version: FormVersion) -> ReadyVersion:
        with writing(self.engine) as connection:
            plans, tables = layouts.lay_out(connection, self.form, version, self.card_paths)
        self._of_form = []
        return ReadyVersion(
            read=compile_reader(version),
            judge=compile_judge(version),
            rows_of=compile_rows(plans, version, partial(person_key, secret=self.secret)),
            plans=plans,
            tables=tables,
        )
