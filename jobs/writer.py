"""Judged submissions → rows, findings and the list of submissions, in place of what was stored of them.

Used by page.py, inside its transaction. What the database refuses is set aside, and the others pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import Connection, Table

from collector.errors import RowsRefused
from collector.form.judging.messages import integrity
from collector.form.judging.standard import engine_of
from collector.reporting import judged as findings_of
from collector.reporting.form_tables import erase_rows
from collector.reporting.ledger import Known
from collector.reporting.load import Batch, PackedRows, delete, insert, load, prepared
from collector.reporting.rows import Rows, packed_rows
from collector.reporting.tables import findings, submissions
from jobs.destination import Destination
from jobs.judged import Judged
from jobs.versions import ReadyVersion

Put = Callable[[Connection, Table, Batch], None]
"""load, or insert."""


@dataclass(frozen=True)
class Writer:
    """known, namesakes: what is stored under the same `_id`, and under the same key."""

    connection: Connection
    to: Destination
    known: Mapping[int, Known]
    namesakes: Mapping[str, Known]

    def unsettled(self, judged: Iterable[Judged]) -> list[Judged]:
        """Those to write. Of unchanged ones whose verdict is the same, only the standard is noted."""
        judged = list(judged)
        unchanged = {each.key: each for each in judged if self._is_unchanged(each)}
        before = findings_of.stored_findings(self.connection, self.to.form, unchanged) if unchanged else {}
        same = {key: each for key, each in unchanged.items() if before.get(key, []) == _rows(each)}
        of_standards: dict[str | None, list[str]] = defaultdict(list)
        for key, each in same.items():
            of_standards[each.judged_by].append(key)
        for standard, keys in of_standards.items():
            findings_of.note_standard(self.connection, self.to.form, keys, standard)
        return [each for each in judged if each.key not in same]

    def write_new(self, new: NewRows) -> Sequence[Judged]:
        """Write a batch of which nothing is stored; raises RowsRefused where anything is, or is no row."""
        for table, rows in new.rows:
            insert(self.connection, table, rows)
        return new.batch

    def write(self, batch: Sequence[Judged], put: Put = insert) -> list[Judged]:
        """Write a batch; returns it as written: what the database refused is set aside, and the others pass."""
        if not batch:
            return []
        try:
            with self.connection.begin_nested():
                self._write_whole(batch, put)
            return list(batch)
        except RowsRefused:
            if put is insert:  # rows that nobody knows of may be in the way
                return self.write(batch, load)
            if len(batch) > 1:
                half = len(batch) // 2
                return [*self.write(batch[:half], load), *self.write(batch[half:], load)]
        aside = batch[0].set_aside(integrity("refused_by_database"))
        self._write_whole([aside], load)
        return [aside]

    def stored(self, judged: Judged) -> list[Known]:
        """What is stored of a submission; nothing of a new one."""
        found = (self.known.get(judged.submission_id), self.namesakes.get(judged.key))
        return [each for each in found if each is not None]

    def _is_unchanged(self, judged: Judged) -> bool:
        """Whether the same bytes are stored under the same key with the same verdict, and would give the same rows."""
        stored = self.namesakes.get(judged.key)
        if stored is None or stored.digest != judged.digest or stored.is_accepted is not judged.is_accepted:
            return False
        has_fingerprint = stored.fingerprint is not None
        return has_fingerprint and (
            not judged.is_accepted or engine_of(stored.judged_by) == engine_of(judged.judged_by)
        )

    def _write_whole(self, batch: Sequence[Judged], put: Put) -> None:
        self._erase({stored for judged in batch for stored in self.stored(judged)})
        before = [(each.key, self.stored(each)) for each in batch]
        first_runs = {key: min(one.first_run for one in stored) for key, stored in before if stored}
        for table, rows in _rows_of(self.to, batch, first_runs):
            put(self.connection, table, rows)

    def _erase(self, stored: Set[Known]) -> None:
        if not stored:
            return
        tables = self.to.versions.tables_of_form(self.connection)
        erase_rows(self.connection, tables, {(each.submission_id, each.root_uuid) for each in stored})
        for table in (findings, submissions):
            delete(self.connection, table, "root_uuid", {each.root_uuid for each in stored}, form=self.to.form)


@dataclass(frozen=True)
class NewRows:
    """A batch of which nothing is stored, as far as is known, and its rows, ready to go in."""

    batch: Sequence[Judged]
    rows: Sequence[tuple[Table, Batch]]


def new_rows(to: Destination, batch: Sequence[Judged]) -> NewRows:
    """Make rows ready, beside whatever is being written."""
    dialect = to.databases.reporting.dialect
    return NewRows(batch, [(table, prepared(dialect, table, rows)) for table, rows in _rows_of(to, batch, {})])


def _rows_of(to: Destination, batch: Sequence[Judged], first_runs: Mapping[str, int]) -> Iterator[tuple[Table, Batch]]:
    """The rows of each table. first_runs: by key, the run that first saw what is stored already."""
    of_versions: dict[ReadyVersion, list[Rows]] = defaultdict(list)
    for judged in batch:
        if judged.version:
            assert judged.rows  # made together: one that passes without rows would be lost
            of_versions[judged.version].append(judged.rows)
    for version, all_rows in of_versions.items():
        for number, table in enumerate(version.tables):
            yield table, PackedRows(packed_rows(all_rows, number))
    yield findings, [row for judged in batch if judged.findings for row in _finding_rows(to, judged)]
    rows = (_submission_row(to, judged, first_runs.get(judged.key, to.run)) for judged in batch)
    yield submissions, sorted(rows, key=itemgetter(1))  # by root_uuid: neighbours in an index go in together


def _finding_rows(to: Destination, judged: Judged) -> Iterator[tuple[object, ...]]:
    for position, row in enumerate(_rows(judged), 1):
        yield (to.form, judged.key, position, *row)


def _submission_row(to: Destination, judged: Judged, first_run: int) -> tuple[object, ...]:
    verdict = "accepted" if judged.is_accepted else "quarantined"
    keys = (to.form, judged.key, judged.submission_id)
    runs = first_run, to.run
    return (*keys, *judged.metadata, verdict, judged.digest, *runs, judged.fingerprint, judged.judged_by)


def _rows(judged: Judged) -> list[findings_of.FindingRow]:
    return [findings_of.finding_row(each) for each in judged.findings]
