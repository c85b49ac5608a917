"""The form versions that a pull meets, each made ready once: judge, rows, and its tables in the database.

Used by judged.py and page.py. A version is looked for in the database, then, where there is one, on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection, Engine, Table

from collector.form.answers import Fault, compile_faults
from collector.form.definition import FormVersion
from collector.form.judging.judge import Judge
from collector.form.judging.standard import UNJUDGEABLE, UNKNOWN, media_read, standard_of
from collector.reporting import forms, layouts
from collector.reporting.database import writing
from collector.reporting.forms import KeptXForm
from collector.reporting.notations import NOTATIONS, Notation
from collector.reporting.plans import TablePlan
from collector.reporting.pseudonym import compile_person_key
from collector.reporting.rows import LayOut, compile_rows
from jobs.judges import JudgedForm, judge_for
from jobs.readings import Brief
from jobs.xforms import kept_xform


@dataclass(frozen=True, eq=False)
class ReadyVersion:
    """A form version, compiled.

    brief, judge: None where nothing can be judged by the version. standard: by what is judged with it.
    lay_out: rows in the notation of the database; lay_out_typed: as people read them.
    """

    brief: Brief | None
    judge: Judge | None
    standard: str
    notation: Notation
    lay_out: LayOut
    lay_out_typed: LayOut
    faults_in: Callable[[Mapping[str, object]], list[Fault]]
    plans: tuple[TablePlan, ...]
    tables: tuple[Table, ...]


def _no_wait() -> None:
    """Nobody else writes."""


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
    _wait: Callable[[], object] = _no_wait
    _ready: dict[str, ReadyVersion | None] = field(default_factory=dict)
    _xforms: dict[str, KeptXForm | None] = field(default_factory=dict)
    _of_form: list[Table] = field(default_factory=list)

    def get(self, uid: str) -> ReadyVersion | None:
        """A version, its tables made; None where nobody knows it."""
        if uid not in self._ready:
            self._wait()
            version = self.find_version(uid) if uid else None
            self._ready[uid] = self._make_ready(version) if version else None
        return self._ready[uid]

    @contextmanager
    def made_after(self, wait: Callable[[], object]) -> Iterator[None]:
        """Meanwhile a version waits before it makes its tables, so that nobody is writing to those that it moves.

        wait: ends when nobody writes; called at the end too.
        """
        self._wait = wait
        try:
            yield
        finally:
            self._wait = _no_wait
            wait()

    def lay_out_stored(self) -> None:
        """Make the tables and views of every stored version: of new ones, and of those of an older release."""
        with writing(self.engine) as connection:
            layouts.lay_out_stored(connection, self.form, self.card_paths)

    def met_brief(self, uid: str) -> Brief | None:
        """What submissions of a version are read and judged by; None where they are not, or it was not met yet.

        A version is made ready when the first of its submissions has its turn: so replay lays out the same tables.
        """
        ready = self._ready.get(uid)
        return ready.brief if ready else None

    def standard(self, uid: str) -> str:
        """By what submissions of a version are judged now; nothing is compiled for it."""
        kept = self._kept(uid)
        if kept is None:
            return UNKNOWN
        return standard_of(kept.xform, media_read(kept.xform, self._media)) if kept.xform else UNJUDGEABLE

    def tables_of_form(self, connection: Connection) -> list[Table]:
        """Every table that a stored version of the form has rows in, with the columns of SUBMISSION alone."""
        if not self._of_form:
            self._of_form = layouts.tables_of_form(connection, self.form, self.card_paths)
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
        with writing(self.engine) as connection:
            plans, tables = layouts.lay_out(connection, self.form, version, self.card_paths)
        self._of_form = []
        kept = self._kept(version.version)
        xform = kept.xform if kept else None
        form = JudgedForm(version, xform, media_read(xform, self._media)) if xform else None
        dialect, key_of_card = self.engine.dialect.name, compile_person_key(self.secret)
        notation = NOTATIONS[dialect]
        return ReadyVersion(
            brief=Brief(form, plans, self.secret, dialect) if form else None,
            judge=judge_for(form) if form else None,
            standard=self.standard(version.version),
            notation=notation,
            lay_out=compile_rows(plans, version, key_of_card, notation),
            lay_out_typed=compile_rows(plans, version, key_of_card),
            faults_in=compile_faults(version),
            plans=plans,
            tables=tables,
        )
