"""One submission as received → what its bytes tell by themselves: metadata, findings, and the rows of one that passes.

Needs neither database nor server, so that jury.py can have it done by other processes; judged.py weighs what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from collector.errors import UnreadableSubmission
from collector.form.judging.verdict import Finding
from collector.kobo.marks import mark_of
from collector.kobo.submission import Attachment, Submission, digest_of, read_submission
from collector.reporting.notations import NOTATIONS
from collector.reporting.plans import TablePlan
from collector.reporting.pseudonym import compile_person_key
from collector.reporting.rows import Bundle, Laid, Rows, bundle_of, compile_rows
from jobs.judges import JudgedForm, judge_for

SEALED = "encryptedXmlFile"
"""A key that encrypted submissions alone have."""

AT_ONCE = 20
"""Submissions that are decoded and laid out before the next are: what a processor keeps at hand. Those of a frame take
a fifth longer, where other processes need the processor too."""

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
    rows: Rows | None = None


Read = Callable[[Sequence[bytes]], list[Reading | None]]
"""Reads submissions together; gives None for one of another version, encrypted or unreadable."""


class _Opened(NamedTuple):
    digest: str
    submission: Submission
    metadata: tuple[object, ...]
    findings: tuple[Finding, ...]


def compile_reading(brief: Brief) -> Read:
    """The function that reads the submissions of a version."""
    judge, version, notation = judge_for(brief.form), brief.form.version, NOTATIONS[brief.dialect]
    lay_out = compile_rows(brief.plans, version, compile_person_key(brief.secret), notation)

    def opened(body: bytes) -> _Opened | None:
        try:
            submission = read_submission(body)
            metadata = metadata_of(submission)
        except UnreadableSubmission:
            return None
        if submission.form_version != version.version or SEALED in submission.answers:
            return None
        return _Opened(digest_of(body), submission, metadata, judge.judge_json(submission.answers).findings)

    def read_some(bodies: Sequence[bytes]) -> tuple[list[Reading | None], Laid]:
        every = [opened(body) for body in bodies]
        passed = [each.submission for each in every if each and not each.findings]
        laid = lay_out([((each.id, each.root_uuid), each.answers) for each in passed])
        return [each and _reading(each) for each in every], laid

    def read(bodies: Sequence[bytes]) -> list[Reading | None]:
        some = [read_some(bodies[start : start + AT_ONCE]) for start in range(0, len(bodies), AT_ONCE)]
        bundle = bundle_of([laid for _, laid in some], notation)
        are_whole = enumerate(chain.from_iterable(laid.are_whole for _, laid in some))
        return [each and _with_rows(each, bundle, are_whole) for readings, _ in some for each in readings]

    return read


def _reading(opened: _Opened) -> Reading:
    digest, submission, metadata, findings = opened
    keys, mark = (submission.root_uuid, submission.id, submission.form_version), mark_of(submission.answers)
    return Reading(digest, *keys, metadata, mark, submission.attachments, findings)


def _with_rows(reading: Reading, bundle: Bundle, are_whole: Iterator[tuple[int, bool]]) -> Reading:
    """The reading with its rows, which are the next of the bundle where nothing was found."""
    if reading.findings:
        return reading
    position, is_whole = next(are_whole)
    return Reading(*reading[:-1], (bundle, position)) if is_whole else reading


def metadata_of(submission: Submission) -> tuple[object, ...]:
    """The columns of `submissions` from instance_id to validation_status; raises UnreadableSubmission."""
    texts = (submission.instance_id, submission.form_version, submission.submitted_by, submission.validation_status)
    for text in (submission.root_uuid, *texts):
        if text and ("\0" in text or len(text) > LONGEST_TEXT):
            raise UnreadableSubmission(submission.id, "an identity or an account is not a name")
    return (*texts[:2], submission.submitted_at, *texts[2:])
