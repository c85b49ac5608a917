"""One submission as received → what its bytes tell by themselves: metadata, findings, and the rows of one that passes.

Needs neither database nor server, so that jury.py can have it done by other processes; judged.py weighs what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from collector.errors import UnreadableSubmission
from collector.form.judging.verdict import Finding
from collector.kobo.marks import mark_of
from collector.kobo.submission import Attachment, Submission, digest_of, read_submission
from collector.reporting.notations import NOTATIONS
from collector.reporting.plans import TablePlan
from collector.reporting.pseudonym import compile_person_key
from collector.reporting.rows import Rows, compile_rows
from jobs.judges import JudgedForm, judge_for

SEALED = "encryptedXmlFile"
"""A key that encrypted submissions alone have."""

LONGEST_TEXT = 255  # of an identity or an account; PostgreSQL cannot index much longer ones


@dataclass(frozen=True)
class Brief:
    """What has to be known of a form version to read its submissions.

    secret: what cards are turned into pseudonyms with; it goes from process to process, never to a disk. dialect: of
    the database that the rows are for, by SQLAlchemy's name.
    """

    form: JudgedForm
    plans: tuple[TablePlan, ...]
    secret: bytes = field(repr=False)
    dialect: str


class Reading(NamedTuple):
    """digest, metadata, fingerprint: as Judged has them. rows: None where something is found, or not all was read."""

    digest: str
    root_uuid: str
    submission_id: int
    form_version: str
    metadata: tuple[object, ...]
    fingerprint: str
    files: tuple[Attachment, ...]
    findings: tuple[Finding, ...]
    rows: Rows | None


Read = Callable[[Sequence[bytes]], list[Reading | None]]
"""Reads submissions together; gives None for one of another version, encrypted or unreadable."""


class _Opened(NamedTuple):
    digest: str
    submission: Submission
    metadata: tuple[object, ...]
    findings: tuple[Finding, ...]


def compile_reading(brief: Brief) -> Read:
    """The function that reads the submissions of a version."""
    judge, version = judge_for(brief.form), brief.form.version
    lay_out = compile_rows(brief.plans, version, compile_person_key(brief.secret), NOTATIONS[brief.dialect])

    def opened(body: bytes) -> _Opened | None:
        try:
            submission = read_submission(body)
            metadata = metadata_of(submission)
        except UnreadableSubmission:
            return None
        if submission.form_version != version.version or SEALED in submission.answers:
            return None
        return _Opened(digest_of(body), submission, metadata, judge.judge_json(submission.answers).findings)

    def read(bodies: Sequence[bytes]) -> list[Reading | None]:
        every = [opened(body) for body in bodies]
        passed = [each.submission for each in every if each and not each.findings]
        laid = iter(lay_out([((each.id, each.root_uuid), each.answers) for each in passed]))
        rows = (None if each is None or each.findings else next(laid) for each in every)
        return [
            each and _reading(each, found.rows if found and found.is_whole else None)
            for each, found in zip(every, rows, strict=True)
        ]

    return read


def _reading(opened: _Opened, rows: Rows | None) -> Reading:
    digest, submission, metadata, findings = opened
    keys, mark = (submission.root_uuid, submission.id, submission.form_version), mark_of(submission.answers)
    return Reading(digest, *keys, metadata, mark, submission.attachments, findings, rows)


def metadata_of(submission: Submission) -> tuple[object, ...]:
    """The columns of `submissions` from instance_id to validation_status; raises UnreadableSubmission."""
    texts = (submission.instance_id, submission.form_version, submission.submitted_by, submission.validation_status)
    for text in (submission.root_uuid, *texts):
        if text and ("\0" in text or len(text) > LONGEST_TEXT):
            raise UnreadableSubmission(submission.id, "an identity or an account is not a name")
    return (*texts[:2], submission.submitted_at, *texts[2:])
