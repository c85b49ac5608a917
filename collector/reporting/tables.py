"""The fixed tables of the reporting database and of the raw store.

The tables that a form asks for are laid out by layout.py; those of files and of the archive are in archive_tables.py.
Migrations of the fixed ones are in migrations/.
Nothing here holds an answer as received: that is the raw store's, a database of its own, because it holds cards.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)
raw_metadata = MetaData(naming_convention=NAMES)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER PRIMARY KEY


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC on every database and read back aware: SQLite knows no time zones."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc if dialect.name == "postgresql" else in_utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job", String, nullable=False, comment="pull, export, nightly, deploy …"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, comment="empty while running, or when the run was killed"),
    Column(
        "state",
        String,
        CheckConstraint("state IN ('running', 'succeeded', 'failed', 'abandoned')", name="state"),
        nullable=False,
        comment="abandoned: it was still 'running' when the next run took the lock",
    ),
    Column("message", Text, comment="why it failed, in one line; never an answer"),
)
job_slots = Table(
    "job_slots",
    metadata,
    Column("job", String, primary_key=True),
    Column("due_at", UtcDateTime, primary_key=True, comment="the slot: when the schedule wanted the job to run"),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("claimed_by", String, nullable=False, comment="host and process id of the scheduler that won the slot"),
    Column(
        "state",
        String,
        CheckConstraint("state IN ('claimed', 'succeeded', 'failed')", name="state"),
        nullable=False,
    ),
    Column("message", Text),
)
forms = Table(
    "forms",
    metadata,
    Column("form", String, primary_key=True, comment="form key of programme.toml; names the tables"),
    Column("server_url", String, nullable=False),
    Column("asset_uid", String, nullable=False, comment="the server's identity of the form project"),
    Column("title", String, nullable=False),
)
form_versions = Table(
    "form_versions",
    metadata,
    Column("form", String, primary_key=True),
    Column("version", String, primary_key=True, comment="__version__ of its submissions"),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("deployed_at", UtcDateTime, comment="when tablets first got it, by the server's clock"),
    Column("content", JSON, nullable=False, comment="the definition, as the server gave it"),
    Column("definition", JSON, nullable=False, comment="what we read in it: FormVersion, without media lists"),
    Column("xform", Text, comment="made from the content; empty where it cannot be"),
    Column("xform_by", String, comment="edition of the engine that made it, or failed"),
    Column("xform_error", Text, comment="why there is none"),
)
media = Table(
    "media",
    metadata,
    Column("form", String, primary_key=True),
    Column("filename", String, primary_key=True, comment="sessions_plan.csv …"),
    Column("md5", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
accepted_changes = Table(
    "accepted_changes",
    metadata,
    Column("form", String, primary_key=True),
    Column("from_version", String, primary_key=True, comment="the version that ran when the change was accepted"),
    Column("change", String, primary_key=True, comment="question_removed:head_f …, as --accept takes it"),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("accepted_by", String, nullable=False, comment="account on the server"),
    Column("answers", Integer, nullable=False, comment="answers it touched then"),
    Column("submissions", Integer, nullable=False, comment="submissions they were in"),
)
watermarks = Table(
    "watermarks",
    metadata,
    Column("form", String, primary_key=True),
    Column("last_id", BigInteger, nullable=False, comment="highest _id loaded"),
    Column("moved_at", UtcDateTime, nullable=False),
)
ASIDE = "verdict = 'quarantined'"
"""The condition of the index of the few in quarantine; only a query with this very text is answered from it."""

submissions = Table(
    "submissions",
    metadata,
    Column("form", String, primary_key=True),
    Column("root_uuid", String, primary_key=True, comment="the same for every edit of a submission"),
    Column("submission_id", BigInteger, nullable=False, comment="the server's _id"),
    Column("instance_id", String, nullable=False, comment="new at each edit"),
    Column("form_version", String, nullable=False, comment="'' where the submission names none"),
    Column("submitted_at", UtcDateTime, nullable=False, comment="receipt by the server"),
    Column("submitted_by", String, comment="account; empty for anonymous"),
    Column("validation_status", String, nullable=False, comment="uid of the status set on the server, or ''"),
    Column(
        "verdict",
        String,
        CheckConstraint("verdict IN ('accepted', 'quarantined')", name="verdict"),
        nullable=False,
        comment="quarantined: kept and visible, out of the indicators",
    ),
    Column("digest", String, nullable=False, comment="of the submission as received; tells whether it changed"),
    Column("first_run", Id, ForeignKey("runs.id"), nullable=False),
    Column("last_run", Id, ForeignKey("runs.id"), nullable=False, comment="the run that last wrote this row"),
    Column("fingerprint", String, comment="of edit, status and files, as a sweep sees them; empty: from before sweeps"),
    Column("judged_by", String, comment="edition of the engine and hash of form and media; empty: to be judged again"),
    Index("ix_submissions_submission_id", "form", "submission_id"),
    Index("ix_submissions_judged_by", "form", "form_version", "judged_by"),
    Index("ix_submissions_quarantined", "form", sqlite_where=text(ASIDE), postgresql_where=text(ASIDE)),
)
findings = Table(
    "findings",
    metadata,
    Column("form", String, primary_key=True),
    Column("root_uuid", String, primary_key=True),
    Column("position", Integer, primary_key=True, comment="order within the submission, from 1"),
    Column("code", String, nullable=False, comment="the rule: type, choice, constraint, unknown_version …"),
    Column("path", String, nullable=False, comment="question, with repeat indices: register[3]/sex; '' for the whole"),
    Column("sheet_row", Integer, comment="row of the survey sheet, where known"),
    Column("message", Text, nullable=False, comment="what is wrong and what to do; never the answer"),
    Column(
        "outcome",
        String,
        nullable=False,
        server_default="violation",
        comment="violation, cannot_check, engine_dependent; only violations say that something is wrong",
    ),
    Column(
        "reason",
        Text,
        nullable=False,
        server_default="",
        comment="of what cannot be checked, or the kind of fault of a type",
    ),
    Column("rule", Text, nullable=False, server_default="", comment="as the sheet has it, where known"),
    Column("sheet_column", Text, nullable=False, server_default="", comment="of the survey sheet, where known"),
    Column("caused_by", Text, nullable=False, server_default="", comment="place of the finding this one follows from"),
    Index("ix_findings_code", "form", "code"),
)
completeness = Table(
    "completeness",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("form", String, primary_key=True),
    Column("on_server", Integer, nullable=False, comment="count the server gave after the last page"),
    Column("accepted", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False, comment="read again and found equal"),
)
tombstones = Table(
    "tombstones",
    metadata,
    Column("form", String, primary_key=True),
    Column("submission_id", BigInteger, primary_key=True, autoincrement=False, comment="the server's _id"),
    Column("root_uuid", String, nullable=False),
    Column("digest", String, nullable=False, comment="of its last state, which the raw store keeps"),
    Column("verdict", String, comment="its last; empty where it was deleted before it was judged"),
    Column("first_run", Id, ForeignKey("runs.id"), comment="the run that first loaded it"),
    Column("last_run", Id, ForeignKey("runs.id"), comment="the run that last wrote it"),
    Column("noticed_run", Id, ForeignKey("runs.id"), nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime, comment="by the server's history, where the account may read it"),
    Column("deleted_by", String, comment="account, by the server's history"),
    Column(
        "reason",
        String,
        CheckConstraint("reason IN ('deleted', 'sent_again', 'never_loaded')", name="reason"),
        nullable=False,
        comment="sent_again: its identity lives on under another _id; never_loaded: deleted before it was judged",
    ),
    Index("ix_tombstones_root_uuid", "form", "root_uuid"),
)
held_deletions = Table(
    "held_deletions",
    metadata,
    Column("form", String, primary_key=True),
    Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
    Column("run", Id, ForeignKey("runs.id"), nullable=False, comment="the run that held it"),
    Column("reason", Text, nullable=False, comment="why it looks like an accident"),
)
revisions = Table(
    "revisions",
    metadata,
    Column("form", String, primary_key=True),
    Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="1 is the first change after the first receipt",
    ),
    Column("root_uuid", String, nullable=False),
    Column(
        "kind",
        String,
        CheckConstraint(
            "kind IN ('edited', 'validated', 'attached', 'deleted', 'returned', 'sent_again')", name="kind"
        ),
        nullable=False,
    ),
    Column("run", Id, ForeignKey("runs.id"), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, comment="when we noticed"),
    Column("changed_at", UtcDateTime, comment="when it happened, where the server says"),
    Column("changed_by", String, comment="account, where the server says"),
    Column("old_digest", String, nullable=False, comment="the state before, in the raw store"),
    Column("new_digest", String, comment="the state after; empty for a deletion"),
    Index("ix_revisions_root_uuid", "form", "root_uuid"),
)
revision_changes = Table(
    "revision_changes",
    metadata,
    Column("form", String, primary_key=True),
    Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("path", String, primary_key=True, comment="question, with repeat indices: register[3]/sex"),
    Column("old", Text, comment="as the form's tables hold it: no card, nothing marked pii; empty: not answered"),
    Column("new", Text),
)
syncs = Table(
    "syncs",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("form", String, primary_key=True),
    Column("asset_uid", String, nullable=False),
    Column("strategy", String, nullable=False, comment="quick, date_modified, history, sweep, full"),
    Column("cannot_see", Text, nullable=False, comment="what this strategy is blind to, in words"),
    Column("requests", Integer, nullable=False, comment="to the server, for this form"),
    Column("account", String, comment="whose token it was; empty where a quick pull did not ask"),
    Column("permissions", Text, comment="of the account on the project, sorted, separated by blanks"),
    Column("synced_to", UtcDateTime, comment="the server's clock when a complete sync began; empty for a quick one"),
    Column("seen", Integer, nullable=False, comment="submissions ever received, by the raw store"),
    Column("deleted", Integer, nullable=False, comment="tombstones: seen = present + deleted"),
    Column("held", Integer, nullable=False, comment="deletions that wait for `collector sync confirm`"),
    Column("unexplained", Text, nullable=False, comment="ids for which the equation does not hold; at most 20"),
)
exports = Table(
    "exports",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("edition", String, primary_key=True, comment="internal, shared"),
    Column("language", String, primary_key=True, comment="of the whole workbook: en, ar, ckb; '' where not noted"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("file_name", String, nullable=False, comment="in the workbook's folder, without it"),
    Column("digest", Text, nullable=False, comment="JSON: the totals that its mail tells, in this edition"),
    Column("told", Text, nullable=False, comment="JSON: what a shared edition told, for the next to be compared with"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True, comment="of the export that the mail is about"),
    Column("mail_group", String, primary_key=True, comment="[mail.groups.…] of the settings"),
    Column(
        "recipient", String, primary_key=True, comment="HMAC-SHA-256 of the address: addresses stay in the settings"
    ),
    Column("edition", String, nullable=False),
    Column(
        "state",
        String,
        CheckConstraint("state IN ('sent', 'refused', 'failed')", name="state"),
        nullable=False,
        comment="refused: by the server, this recipient; failed: it came to nothing for all",
    ),
    Column("at", UtcDateTime, nullable=False, comment="the last attempt"),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, comment="the server's words, without the address; empty when sent"),
)
nights = Table(
    "nights",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("made_at", UtcDateTime, nullable=False, comment="when the workbook was made"),
    Column("code_version", String, nullable=False, comment="of the program that made it"),
)
indicator_results = Table(
    "indicator_results",
    metadata,
    Column("run", Id, ForeignKey("nights.run"), primary_key=True),
    Column("indicator", String, primary_key=True, comment="I01 …"),
    Column("item_set", String, primary_key=True, comment="'' where sets are not told apart"),
    Column("value", Float, comment="empty where it may not be reported"),
    Column("numerator", Float),
    Column("denominator", Float),
)
rejudgings = Table(
    "rejudgings",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("form", String, primary_key=True),
    Column("judged", Integer, nullable=False, comment="submissions judged again in this run"),
    Column("freed", Integer, nullable=False, comment="of them from quarantine to accepted"),
    Column("caught", Integer, nullable=False, comment="of them from accepted to quarantine"),
    Column("lost", Integer, nullable=False, comment="of them not in the raw store any more, and left as they were"),
)

raw_frames = Table(
    "raw_frames",
    raw_metadata,
    Column("id", Id, primary_key=True),
    Column("asset_uid", String, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("sha256", String, nullable=False, comment="of the records before compression"),
    Column("body", LargeBinary, nullable=False, comment="zlib: new and changed records of one page, as received"),
)
raw_submissions = Table(
    "raw_submissions",
    raw_metadata,
    Column("asset_uid", String, primary_key=True),
    Column("digest", String, primary_key=True, comment="of the submission as received"),
    Column("submission_id", BigInteger, nullable=False),
    Column("root_uuid", String, nullable=False),
    Column("frame", Id, ForeignKey("raw_frames.id"), nullable=False),
    Column("start", Integer, nullable=False, comment="its first byte in the frame, from 0"),
    Column("length", Integer, nullable=False, comment="bytes; a record may hold line breaks, so lines do not count"),
    Index("ix_raw_submissions_submission_id", "asset_uid", "submission_id"),
)
raw_xml = Table(
    "raw_xml",
    raw_metadata,
    Column("asset_uid", String, primary_key=True),
    Column("digest", String, primary_key=True, comment="of the submission's JSON, as in raw_submissions"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="zlib: the XML as received"),
)
