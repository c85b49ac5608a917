"""One page of submissions → the raw store, then the reporting database: the heart of a pull, without a server.

Called by pull.py. A page is read and judged in memory; the raw store is committed first, so that nothing that was
received can be lost; then rows, findings, submissions and watermark move in one transaction. Killed anywhere in
between, the page is loaded again and ends in the same database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from collector.errors import RowsRefused, UnreadableSubmission
from collector.form.verdict import Finding, finding
from collector.kobo.history import Event
from collector.kobo.marks import fingerprint_of
from collector.kobo.pages import Page, number_of
from collector.kobo.submission import Submission, read_submission
from collector.reporting import ledger, raw
from collector.reporting.database import writing
from collector.reporting.ledger import Known
from collector.reporting.load import delete, load
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.rows import Rows
from collector.reporting.tables import findings, submissions
from collector.reporting.tombstones import bury, departure_of, raise_again
from jobs.revise import Reviser
from jobs.versions import ReadyVersion, Versions
from jobs.wiring import Databases

LONGEST_TEXT = 255  # of an identity or an account; PostgreSQL cannot index much longer ones


@dataclass(frozen=True)
class Destination:
    """Where the pages of one form go, in one run.

    is_judging_again: whether unchanged submissions in quarantine are judged again: lists or the database may have
    changed since. events: what the server's history says of submissions, by root_uuid: who changed them, and when.
    """

    form: str
    asset_uid: str
    run: int
    databases: Databases
    versions: Versions
    now: Callable[[], datetime]
    is_judging_again: bool = False
    events: Mapping[str, Event] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What a page held; `quarantined` counts among the new and changed ones."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A new or changed submission after judging.

    key: what it is filed under: its root_uuid, or "id-<_id>" where it has none of its own.
    metadata: the columns of `submissions` from instance_id to validation_status.
    version, rows: those of an accepted submission.
    """

    key: str
    submission_id: int
    digest: str
    metadata: tuple[object, ...]
    fingerprint: str
    findings: tuple[Finding, ...] = ()
    version: ReadyVersion | None = None
    rows: Rows = ()

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Code and path of its findings."""
        return [(found.code, found.path) for found in self.findings]

    def set_aside(self, found: Finding) -> Judged:
        """The same submission in quarantine, for one reason."""
        return replace(self, findings=(found,), version=None, rows=())


def load_page(to: Destination, page: Page) -> PageCounts:
    """Load a page. Submissions whose bytes are stored already are neither read nor written."""
    with to.databases.reporting.connect() as connection:
        known = ledger.known_by_id(connection, to.form, map(number_of, page.records))
    settled = (each for each in known.values() if each.is_accepted or not to.is_judging_again)
    stored = {each.digest for each in settled if each.fingerprint}
    fresh = [(body, digest) for body in page.records if (digest := raw.digest_of(body)) not in stored]
    judged = [_judge(body, digest, to) for body, digest in fresh]
    _keep_raw(to, [body for body, _ in fresh], judged)
    with to.databases.reporting.connect() as connection:
        namesakes = ledger.known_by_root(connection, to.form, [each.key for each in judged])
    revisions = _revisions(to, fresh, judged, known, namesakes)
    with writing(to.databases.reporting) as connection:
        writer = _Writer(connection, to, known, namesakes)
        written = writer.write(writer.unsettled(_without_duplicates(judged, namesakes)))
        _note(connection, to, writer, written, revisions)
        ledger.move_watermark(connection, to.form, page.last_id, to.now())
    new = sum(not writer.stored(each) for each in written)
    aside = sum(bool(each.findings) for each in written)
    return PageCounts(new, len(written) - new, len(page.records) - len(written), aside)


def _revisions(
    to: Destination,
    fresh: Iterable[tuple[bytes, str]],
    judged: Iterable[Judged],
    known: Mapping[int, Known],
    namesakes: Mapping[str, Known],
) -> dict[int, Revision]:
    """What changed in those submissions that another state is stored of, by `_id`."""
    reviser = Reviser(to.asset_uid, to.databases, to.versions, to.events)
    before = [known.get(each.submission_id) or namesakes.get(each.key) for each in judged]
    pairs = zip(fresh, before, strict=True)
    return reviser.revisions((*new, old) for new, old in pairs if old and old.digest != new[1])


def _note(
    connection: Connection,
    to: Destination,
    writer: _Writer,
    written: Sequence[Judged],
    revisions: Mapping[int, Revision],
) -> None:
    """Revisions of what was written; tombstones of those whose identity it took over; none for those that are back."""
    ids = {each.submission_id for each in written}
    gone = {
        stored.submission_id: departure_of(stored, "sent_again")
        for each in written
        for stored in writer.stored(each)
        if stored.submission_id not in ids
    }
    bury(connection, to.form, gone.values(), to.run, to.now())
    back = raise_again(connection, to.form, ids)
    returned = [
        Revision(each.submission_id, each.key, "returned", back[each.submission_id], each.digest)
        for each in written
        if each.submission_id in back
    ]
    made = [revisions[number] for number in sorted(ids & revisions.keys() - back.keys())]
    write_revisions(connection, to.form, [*returned, *made], to.run, to.now())


def _judge(body: bytes, digest: str, to: Destination) -> Judged:
    try:
        submission = read_submission(body)
        metadata = _metadata(submission)
    except UnreadableSubmission:
        number = number_of(body)
        nothing_known = ("", "", to.now(), None, "")
        mark = fingerprint_of(body)
        return Judged(f"id-{number}", number, digest, nothing_known, mark, (finding("unreadable_submission"),))
    judged = Judged(submission.root_uuid, submission.id, digest, metadata, fingerprint_of(body))
    version = to.versions.get(submission.form_version)
    if version is None:
        return judged.set_aside(finding("unknown_version"))
    answers = version.read(submission.answers)
    verdict = version.judge(answers)
    if verdict.findings:
        return replace(judged, findings=verdict.findings)
    return replace(judged, version=version, rows=version.rows_of(submission.root_uuid, answers.values))


def _metadata(submission: Submission) -> tuple[object, ...]:
    texts = (submission.instance_id, submission.form_version, submission.submitted_by, submission.validation_status)
    for text in (submission.root_uuid, *texts):
        if text and ("\0" in text or len(text) > LONGEST_TEXT):
            raise UnreadableSubmission(submission.id, "an identity or an account is not a name")
    return (*texts[:2], submission.submitted_at, *texts[2:])


def _keep_raw(to: Destination, bodies: Sequence[bytes], judged: Sequence[Judged]) -> None:
    records = [
        raw.RawRecord(body, each.digest, each.submission_id, each.key)
        for body, each in zip(bodies, judged, strict=True)
    ]
    if records:
        with writing(to.databases.raw) as connection:
            raw.keep(connection, to.asset_uid, records, to.now())


@dataclass(frozen=True)
class _Writer:
    """Writes judged submissions, in place of what was stored of them.

    known, namesakes: what is stored under the same `_id`, and under the same key.
    """

    connection: Connection
    to: Destination
    known: Mapping[int, Known]
    namesakes: Mapping[str, Known]

    def unsettled(self, judged: Iterable[Judged]) -> list[Judged]:
        """Those to write: not the unchanged ones that stay in quarantine for the same reasons."""
        judged = list(judged)
        unchanged = [each for each in judged if any(stored.digest == each.digest for stored in self.stored(each))]
        reasons = ledger.reasons_of(self.connection, self.to.form, [each.key for each in unchanged])
        settled = {each.key for each in unchanged if reasons.get(each.key) == each.reasons}
        return [each for each in judged if each.key not in settled]

    def write(self, batch: Sequence[Judged]) -> list[Judged]:
        """Write a batch; returns it as written: what the database refused is set aside, and the others pass."""
        if not batch:
            return []
        try:
            with self.connection.begin_nested():
                self._write_whole(batch)
            return list(batch)
        except RowsRefused:
            if len(batch) > 1:
                half = len(batch) // 2
                return [*self.write(batch[:half]), *self.write(batch[half:])]
        aside = batch[0].set_aside(finding("refused_by_database"))
        self._write_whole([aside])
        return [aside]

    def stored(self, judged: Judged) -> list[Known]:
        """What is stored of a submission; nothing of a new one."""
        found = (self.known.get(judged.submission_id), self.namesakes.get(judged.key))
        return [each for each in found if each is not None]

    def _write_whole(self, batch: Sequence[Judged]) -> None:
        self._erase({stored.root_uuid for judged in batch for stored in self.stored(judged)})
        of_versions: dict[ReadyVersion, list[Rows]] = defaultdict(list)
        for judged in batch:
            if judged.version:
                of_versions[judged.version].append(judged.rows)
        for version, all_rows in of_versions.items():
            for number, table in enumerate(version.tables):
                load(self.connection, table, [row for rows in all_rows for row in rows[number]])
        load(self.connection, findings, [row for judged in batch for row in self._finding_rows(judged)])
        load(self.connection, submissions, [self._submission_row(judged) for judged in batch])

    def _erase(self, keys: Set[str]) -> None:
        if not keys:
            return
        for table in self.to.versions.tables_of_form(self.connection):
            delete(self.connection, table, "root_uuid", keys)
        for table in (findings, submissions):
            delete(self.connection, table, "root_uuid", keys, form=self.to.form)

    def _finding_rows(self, judged: Judged) -> Iterator[tuple[object, ...]]:
        for position, found in enumerate(judged.findings, 1):
            yield (self.to.form, judged.key, position, found.code, found.path, found.row, found.message)

    def _submission_row(self, judged: Judged) -> tuple[object, ...]:
        verdict = "quarantined" if judged.findings else "accepted"
        first_run = min((stored.first_run for stored in self.stored(judged)), default=self.to.run)
        keys = (self.to.form, judged.key, judged.submission_id)
        return (*keys, *judged.metadata, verdict, judged.digest, first_run, self.to.run, judged.fingerprint)


def _without_duplicates(judged: Sequence[Judged], namesakes: Mapping[str, Known]) -> Iterator[Judged]:
    """Of several submissions with one identity the highest `_id` keeps it: a deleted one that was sent again.

    The others are set aside under their `_id`, so that none is lost.
    """
    highest = {key: stored.submission_id for key, stored in namesakes.items()}
    for each in judged:
        highest[each.key] = max(each.submission_id, highest.get(each.key, 0))
    for each in judged:
        if each.submission_id == highest[each.key]:
            yield each
        else:
            aside = each.set_aside(finding("duplicate_identity"))
            yield replace(aside, key=f"id-{each.submission_id}")
