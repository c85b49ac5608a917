"""What changed in submissions that are read again: their state before, from the raw store, beside the new one.

Used by page.py, before it writes: a version met here for the first time makes its tables, in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collector.errors import UnreadableSubmission
from collector.kobo.history import Event
from collector.kobo.submission import Submission, read_submission
from collector.reporting import raw
from collector.reporting.ledger import Known
from collector.reporting.revisions import Change, Revision, differences, values_of
from jobs.versions import Versions
from jobs.wiring import Databases

STATUS, FILES = "_validation_status", "_attachments"


@dataclass(frozen=True)
class Reviser:
    """Makes the revisions of one form. events: what the server's history says, by root_uuid."""

    asset_uid: str
    databases: Databases
    versions: Versions
    events: Mapping[str, Event]

    def revisions(self, changed: Iterable[tuple[bytes, str, Known]]) -> dict[int, Revision]:
        """One for each (new state, its digest, what is stored), by the `_id` of the new state."""
        pending = list(changed)
        with self.databases.raw.connect() as connection:
            before = raw.raw_bodies(connection, self.asset_uid, [known.digest for _, _, known in pending])
        made = (self._revision(before.get(known.digest), body, digest, known) for body, digest, known in pending)
        return {each.submission_id: each for each in made if each}

    def _revision(self, before: bytes | None, body: bytes, digest: str, known: Known) -> Revision | None:
        old, new = _read(before), _read(body)
        if new is None:
            return Revision(known.submission_id, known.root_uuid, "edited", known.digest, digest)
        event = self.events.get(new.root_uuid)
        kind = "sent_again" if known.submission_id != new.id else _kind(old, new)
        return Revision(
            submission_id=new.id,
            root_uuid=new.root_uuid,
            kind=kind,
            old_digest=known.digest,
            new_digest=digest,
            at=new.modified_at or (event.at if event else _validated_at(new) if kind == "validated" else None),
            by=event.by if event else _validator(new) if kind == "validated" else None,
            changes=tuple(self._changes(old, new)) if old else (),
        )

    def _changes(self, old: Submission, new: Submission) -> Iterator[Change]:
        before, after = self._values(old), self._values(new)
        if before is not None and after is not None:
            yield from differences(before, after)
        if old.validation_status != new.validation_status:
            yield STATUS, old.validation_status or None, new.validation_status or None
        if len(old.attachments) != len(new.attachments):
            yield FILES, str(len(old.attachments)), str(len(new.attachments))

    def _values(self, submission: Submission) -> dict[str, str] | None:
        """As the form's tables have them; None where the version is unknown: nobody knows what may be shown."""
        version = self.versions.get(submission.form_version)
        if version is None:
            return None
        laid = version.lay_out_typed([((submission.id, ""), submission.answers)])
        return values_of(version.plans, laid.tables)


def _read(body: bytes | None) -> Submission | None:
    try:
        return read_submission(body) if body else None
    except UnreadableSubmission:
        return None


def _kind(old: Submission | None, new: Submission) -> str:
    if old is None or old.instance_id != new.instance_id:
        return "edited"
    if _status(old) != _status(new):
        return "validated"
    return "attached" if old.attachments != new.attachments else "edited"


def _status(submission: Submission) -> Mapping[str, Any]:
    found = submission.answers.get(STATUS)
    return found if isinstance(found, Mapping) else {}


def _validator(submission: Submission) -> str | None:
    by = _status(submission).get("by_whom")
    return by if isinstance(by, str) else None


def _validated_at(submission: Submission) -> datetime | None:
    moment = _status(submission).get("timestamp")
    try:
        return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else None
    except (OverflowError, OSError, ValueError):
        return None
