"""One submission as received → what its bytes tell by themselves: metadata, findings, and the rows of one that passes.

Needs neither database nor server, so that jury.py can have it done by other processes; judged.py weighs what it gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from collector.errors import UnreadableSubmission
from collector.form.judging.verdict import Finding
from collector.kobo.marks import mark_of
from collector.kobo.submission import Attachment, Submission, read_submission
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

    secret: what cards are turned into pseudonyms with; it goes from process to process, never to a disk.
    """

    form: JudgedForm
    plans: tuple[TablePlan, ...]
    secret: bytes = field(repr=False)


class Reading(NamedTuple):
    """metadata, fingerprint: as Judged has them. rows: None where something is found, or not all could be read."""

    root_uuid: str
    submission_id: int
    form_version: str
    metadata: tuple[object, ...]
    fingerprint: str
    files: tuple[Attachment, ...]
    findings: tuple[Finding, ...]
    rows: Rows | None


def compile_reading(brief: Brief) -> Callable[[bytes], Reading | None]:
    """The function that reads a submission of a version; it gives None for one of another, encrypted or unreadable."""
    judge, version = judge_for(brief.form), brief.form.version
    rows_of = compile_rows(brief.plans, version, compile_person_key(brief.secret))

    def read(body: bytes) -> Reading | None:
        try:
            submission = read_submission(body)
            metadata = metadata_of(submission)
        except UnreadableSubmission:
            return None
        if submission.form_version != version.version or SEALED in submission.answers:
            return None
        findings, rows = judge.judge_json(submission.answers).findings, None
        if not findings:
            laid = rows_of(submission.root_uuid, submission.answers)
            rows = laid.rows if laid.is_whole else None
        keys, mark = (submission.root_uuid, submission.id, version.version), mark_of(submission.answers)
        return Reading(*keys, metadata, mark, submission.attachments, findings, rows)

    return read


def metadata_of(submission: Submission) -> tuple[object, ...]:
    """The columns of `submissions` from instance_id to validation_status; raises UnreadableSubmission."""
    texts = (submission.instance_id, submission.form_version, submission.submitted_by, submission.validation_status)
    for text in (submission.root_uuid, *texts):
        if text and ("\0" in text or len(text) > LONGEST_TEXT):
            raise UnreadableSubmission(submission.id, "an identity or an account is not a name")
    return (*texts[:2], submission.submitted_at, *texts[2:])
