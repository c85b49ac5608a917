"""One submission as received → judged: findings, by which standard, and the rows of an accepted one.

Used by page.py. The JSON is decoded once, for the judge and for the rows. Where a finding may come from what the
server's JSON leaves out, the submission's XML is judged instead: kept in the raw store, fetched where it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from collector.errors import UnreadableSubmission
from collector.form.answers import Fault
from collector.form.judging.judge import Judge
from collector.form.judging.messages import LONGEST_PATH, REASONS, integrity, printable
from collector.form.judging.policy import ALWAYS
from collector.form.judging.standard import UNJUDGEABLE, UNKNOWN
from collector.form.judging.verdict import Finding, Outcome
from collector.form.left_out import leave_out
from collector.kobo.marks import fingerprint_of, mark_of
from collector.kobo.submission import Attachment, Submission, digest_of, read_submission
from collector.kobo.walk import number_of
from collector.reporting import raw
from collector.reporting.database import writing
from collector.reporting.rows import Rows, bundle_of
from jobs.destination import Destination
from jobs.envelopes import Letter
from jobs.jury import Heard
from jobs.readings import Reading, metadata_of
from jobs.versions import ReadyVersion

WITHOUT_XML = "?"
"""At the end of a standard: the XML was asked for and not to be had, so that a run with a server asks again."""

STRUCTURE = frozenset({"unknown_question", "not_a_repeat", "not_text"})


@dataclass(slots=True)  # not frozen: made a thousand times a page, that takes three times as long
class Judged:
    """A submission after judging.

    key: what it is filed under: its root_uuid, or "id-<_id>" where it has none of its own.
    metadata: the columns of `submissions` from instance_id to validation_status.
    judged_by: the standard; None where the verdict does not rest on one, so that it is tried again each time.
    version, rows: those of an accepted submission; findings: of an accepted one, what is only told. files: those that
    came with it; of one that could not be opened, none.
    """

    key: str
    submission_id: int
    digest: str
    metadata: tuple[object, ...]
    fingerprint: str
    judged_by: str | None = None
    findings: tuple[Finding, ...] = ()
    version: ReadyVersion | None = None
    rows: Rows | None = None
    files: tuple[Attachment, ...] = ()

    @property
    def is_accepted(self) -> bool:
        return self.version is not None

    def set_aside(self, *findings: Finding, judged_by: str | None = None) -> Judged:
        """The same submission in quarantine, for these reasons."""
        return replace(self, findings=findings, judged_by=judged_by, version=None, rows=None)


def judge_bodies(fresh: Sequence[bytes], to: Destination, heard: Heard) -> list[Judged]:
    """Judge submissions as received. heard: what the jury read of each."""
    return [_judge_body(body, read, to) for body, read in zip(fresh, heard.readings, strict=False)]


def _judge_body(body: bytes, read: Reading | None, to: Destination) -> Judged:
    if read and read.rows is not None:
        return _passed(read, to)
    digest = read.digest if read else digest_of(body)
    letter = to.envelopes.open(body, digest) if to.envelopes else Letter(body)
    try:
        submission = read_submission(letter.body)
        metadata = metadata_of(submission)
    except UnreadableSubmission:
        number = number_of(body)
        nothing_known = ("", "", to.now(), None, "")
        why = (integrity("unreadable_submission"),)
        return Judged(f"id-{number}", number, digest, nothing_known, fingerprint_of(body), UNKNOWN, why)
    fingerprint = mark_of(submission.answers) if letter.body is body else fingerprint_of(body)
    judged = partial(Judged, submission.root_uuid, submission.id, digest, metadata, fingerprint)
    if letter.finding:
        may_come = letter.finding == "encrypted_incomplete"  # and is looked for at every complete sync
        return judged(None if may_come else UNKNOWN, (integrity(letter.finding),))
    version = to.versions.get(submission.form_version)
    if version is None:
        return judged(UNKNOWN, (integrity("unknown_version"),), files=submission.attachments)
    if version.judge is None:
        return judged(UNJUDGEABLE, (integrity("form_not_judgeable"),), files=submission.attachments)
    found = read.findings if read else version.judge.judge_json(submission.answers).findings
    return judged(*_weighed(digest, submission, letter.xml, version, version.judge, found, to), submission.attachments)


def _passed(read: Reading, to: Destination) -> Judged:
    """One that nothing was found in."""
    version = to.versions.get(read.form_version)
    assert version
    by = read.fingerprint, version.standard, (), version
    return Judged(read.root_uuid, read.submission_id, read.digest, read.metadata, *by, read.rows, read.files)


def _weighed(
    digest: str,
    submission: Submission,
    opened: bytes,
    version: ReadyVersion,
    judge: Judge,
    found: tuple[Finding, ...],
    to: Destination,
) -> tuple[str, tuple[Finding, ...], ReadyVersion | None, Rows | None]:
    """Standard, findings, and where these let it pass, version and rows. opened: XML of what was encrypted."""
    standard, by_json = version.standard, found
    if found and any(map(judge.may_be_lost, found)):
        xml = opened or _xml_of(submission, digest, to)
        by_xml = _by_xml(judge, submission, xml, found)
        standard += "" if by_xml is not None else WITHOUT_XML
        found = by_xml if by_xml is not None else _in_doubt(judge, found)
    given = submission.answers
    if any(map(to.policy.withholds, found)):  # the XML may have rows that the JSON has not: places are the JSON's
        given = leave_out(given, [each.path for each in by_json if to.policy.withholds(each)])
    laid = version.lay_out([((submission.id, submission.root_uuid), given)])
    if not all(laid.are_whole):
        found = (*found, *_unread(version.faults_in(given), found))
    if not to.policy.accepts(found):
        return standard, found, None, None
    return standard, found, version, (bundle_of([laid], version.notation), 0)


def _by_xml(
    judge: Judge, submission: Submission, xml: bytes | None, by_json: Sequence[Finding]
) -> tuple[Finding, ...] | None:
    """What is found in the XML; which files came with it, only the JSON says. None where nobody has it, or reads it."""
    found = judge.judge_xml(xml, submission.submitted_at.isoformat()).findings if xml else ()
    if xml is None or any(each.reason == "unreadable_xml" for each in found):
        return None
    return (*found, *(each for each in by_json if each.code == "attachment_missing"))


def _in_doubt(judge: Judge, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Without the XML nobody can say whether these hold."""
    lost, why = Outcome.CANNOT_CHECK, {"": REASONS["json_lossy"]}
    return tuple(
        replace(each, outcome=lost, reason="json_lossy", messages=why) if judge.may_be_lost(each) else each
        for each in found
    )


def _unread(faults: Sequence[Fault], found: Sequence[Finding]) -> Iterator[Finding]:
    """Answers that no row can hold and that the judge has not found so: columns are stricter than some forms."""
    told = {each.path for each in found if each.code in ALWAYS}
    unknown = {each.path for each in found if each.code == "unknown_field"}
    for fault in faults:
        path = printable(fault.path[:LONGEST_PATH])
        if path not in (unknown if fault.code == "unknown_question" else told):
            yield integrity("structure" if fault.code in STRUCTURE else "type", path, fault.code)


def _xml_of(submission: Submission, digest: str, to: Destination) -> bytes | None:
    """The XML that belongs to this state of the submission, from the raw store or, kept from then on, the server."""
    with to.databases.raw.connect() as connection:
        stored = raw.stored_xml(connection, to.asset_uid, digest, to.now())
    if stored is not None or to.fetch_xml is None:
        return stored
    xml = to.fetch_xml(submission.id)
    if xml is None or f"instanceID>uuid:{submission.instance_id}<".encode() not in xml:  # edited since
        return None
    with writing(to.databases.raw) as connection:
        raw.keep_xml(connection, to.asset_uid, digest, xml, to.now())
    return xml
