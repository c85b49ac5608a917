"""The form versions that a pull meets, each made ready once: judge, read, rows, and its tables in the database.

Used by judged.py and page.py. A version is looked for in the database, then, where there is one, on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from sqlalchemy import Connection, Engine, Table

from collector.form.answers import Answers, Values, compile_reader
from collector.form.definition import FormVersion
from collector.form.judging.judge import Judge
from collector.form.judging.standard import UNJUDGEABLE, UNKNOWN, media_read, standard_of
from collector.reporting import forms
from collector.reporting.database import writing
from collector.reporting.form_tables import existing_tables, make_tables, retyped_paths
from collector.reporting.forms import KeptXForm
from collector.reporting.layout import TablePlan, plan_tables
from collector.reporting.pseudonym import person_key
from collector.reporting.rows import Rows, compile_rows
from jobs.judges import judge_for, kept_xform


@dataclass(frozen=True, eq=False)
class ReadyVersion:
    """A form version, compiled. retyped: paths whose answers do not fit the columns of earlier versions.

    judge: None where nothing can be judged by the version. standard: by what is judged with it.
    """

    judge: Judge | None
    standard: str
    read: Callable[[Mapping[str, object]], Answers]
    rows_of: Callable[[str, Values], Rows]
    plans: tuple[TablePlan, ...]
    tables: tuple[Table, ...]
    retyped: tuple[str, ...]


@dataclass
class Versions:
    """The versions of one form during one run.

    find_version: gives a version by the `__version__` of its submissions, None where nobody knows it; whatever it has
    to fetch for that, media files among it, is stored afterwards.
    """

    form: str
    asset_uid: str
    card_paths: Collection[str]
    secret: bytes
    engine: Engine
    find_version: Callable[[str], FormVersion | None]
    _ready: dict[str, ReadyVersion | None] = field(default_factory=dict)
    _xforms: dict[str, KeptXForm | None] = field(default_factory=dict)
    _of_form: list[Table] = field(default_factory=list)

    def get(self, uid: str) -> ReadyVersion | None:
        """A version, its tables made; None where nobody knows it."""
        if uid not in self._ready:
            version = self.find_version(uid) if uid else None
            self._ready[uid] = self._make_ready(version) if version else None
        return self._ready[uid]

    def standard(self, uid: str) -> str:
        """By what submissions of a version are judged now; nothing is compiled for it."""
        kept = self._kept(uid)
        if kept is None:
            return UNKNOWN
        return standard_of(kept.xform, media_read(kept.xform, self._media)) if kept.xform else UNJUDGEABLE

    def tables_of_form(self, connection: Connection) -> list[Table]:
        """Every table that a stored version of the form has rows in, with its key column alone: for deleting rows."""
        if not self._of_form:
            versions = forms.stored_versions(connection, self.form)
            names = {plan.name for version in versions for plan in plan_tables(self.form, version, self.card_paths)}
            self._of_form = existing_tables(connection, names)
        return self._of_form

    @cached_property
    def _media(self) -> Mapping[str, bytes]:
        with self.engine.connect() as connection:
            return forms.stored_media(connection, self.form)

    def _kept(self, uid: str) -> KeptXForm | None:
        if uid not in self._xforms:
            kept = kept_xform(self.engine, self.form, uid, self.asset_uid) if uid else None
            if kept is None and uid and self.find_version(uid):
                kept = kept_xform(self.engine, self.form, uid, self.asset_uid)
            self._xforms[uid] = kept
        return self._xforms[uid]

    def _make_ready(self, version: FormVersion) -> ReadyVersion:
        plans = plan_tables(self.form, version, self.card_paths)
        with writing(self.engine) as connection:
            retyped = tuple(retyped_paths(connection, plans))
            tables = () if retyped else make_tables(connection, plans)
        self._of_form = []
        kept = self._kept(version.version)
        xform = kept.xform if kept else None
        return ReadyVersion(
            judge=judge_for(version, xform, media_read(xform, self._media)) if xform else None,
            standard=self.standard(version.version),
            read=compile_reader(version),
            rows_of=compile_rows(plans, version, partial(person_key, secret=self.secret)),
            plans=plans,
            tables=tables,
            retyped=retyped,
        )
