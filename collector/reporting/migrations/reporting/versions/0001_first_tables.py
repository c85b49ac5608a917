"""The first tables: runs and slots, forms with versions and media, submissions with findings, completeness."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer(), "sqlite")
Moment = DateTime(timezone=True)


def upgrade() -> None:
    _create_runs()
    _create_forms()
    _create_submissions()
    _create_completeness()


def _create_runs() -> None:
    op.create_table(
        "runs",
        Column("id", Id, primary_key=True),
        Column("job", String, nullable=False, comment="pull, export, nightly, deploy …"),
        Column("started_at", Moment, nullable=False),
        Column("finished_at", Moment, comment="empty while running, or when the run was killed"),
        Column(
            "state",
            String,
            CheckConstraint("state IN ('running', 'succeeded', 'failed', 'abandoned')", name="state"),
            nullable=False,
            comment="abandoned: it was still 'running' when the next run took the lock",
        ),
        Column("message", Text, comment="why it failed, in one line; never an answer"),
    )
    op.create_table(
        "job_slots",
        Column("job", String, primary_key=True),
        Column("due_at", Moment, primary_key=True, comment="the slot: when the schedule wanted the job to run"),
        Column("claimed_at", Moment, nullable=False),
        Column("claimed_by", String, nullable=False, comment="host and process id of the scheduler that won the slot"),
        Column(
            "state",
            String,
            CheckConstraint("state IN ('claimed', 'succeeded', 'failed')", name="state"),
            nullable=False,
        ),
        Column("message", Text),
    )


def _create_forms() -> None:
    op.create_table(
        "forms",
        Column("form", String, primary_key=True, comment="form key of programme.toml; names the tables"),
        Column("server_url", String, nullable=False),
        Column("asset_uid", String, nullable=False, comment="the server's identity of the form project"),
        Column("title", String, nullable=False),
    )
    op.create_table(
        "form_versions",
        Column("form", String, primary_key=True),
        Column("version", String, primary_key=True, comment="__version__ of its submissions"),
        Column("first_seen_at", Moment, nullable=False),
        Column("deployed_at", Moment, comment="when tablets first got it, by the server's clock"),
        Column("content", JSON, nullable=False, comment="the definition, as the server gave it"),
        Column("definition", JSON, nullable=False, comment="what we read in it: FormVersion, without media lists"),
    )
    op.create_table(
        "media",
        Column("form", String, primary_key=True),
        Column("filename", String, primary_key=True, comment="sessions_plan.csv …"),
        Column("md5", String, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
    op.create_table(
        "watermarks",
        Column("form", String, primary_key=True),
        Column("last_id", BigInteger, nullable=False, comment="highest _id loaded"),
        Column("moved_at", Moment, nullable=False),
    )


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        Column("form", String, primary_key=True),
        Column("root_uuid", String, primary_key=True, comment="the same for every edit of a submission"),
        Column("submission_id", BigInteger, nullable=False, comment="the server's _id"),
        Column("instance_id", String, nullable=False, comment="new at each edit"),
        Column("form_version", String, nullable=False, comment="'' where the submission names none"),
        Column("submitted_at", Moment, nullable=False, comment="receipt by the server"),
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
        Index("ix_submissions_submission_id", "form", "submission_id"),
    )
    op.create_table(
        "findings",
        Column("form", String, primary_key=True),
        Column("root_uuid", String, primary_key=True),
        Column("position", Integer, primary_key=True, comment="order within the submission, from 1"),
        Column("code", String, nullable=False, comment="unknown_version, not_an_integer, unknown_choice …"),
        Column(
            "path",
            String,
            nullable=False,
            comment="question, with repeat indices: register[3]/sex; '' for the whole",
        ),
        Column("sheet_row", Integer, comment="row of the survey sheet, where known"),
        Column("message", Text, nullable=False, comment="what is wrong and what to do; never the answer"),
    )


def _create_completeness() -> None:
    op.create_table(
        "completeness",
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
