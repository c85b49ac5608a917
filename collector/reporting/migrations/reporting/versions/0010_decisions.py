"""What people decided about issues, typed in a workbook and read back."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Integer, String, Text

revision = "0010"
down_revision = "0009"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "decisions",
        Column("run", Id, ForeignKey("runs.id"), primary_key=True, comment="the run that read it"),
        Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1, in the order of reading"),
        Column("at", DateTime(timezone=True), nullable=False, comment="when it was read"),
        Column("file", String, nullable=False, comment="the workbook, in its folder"),
        Column("cell", String, nullable=False, comment="sheet and cell; empty where the file as a whole is meant"),
        Column(
            "outcome",
            String,
            CheckConstraint("outcome IN ('applied', 'stale', 'gone', 'unread')", name="outcome"),
            nullable=False,
            comment="stale: the records changed since; gone: the issue is not open any more; unread: see reason",
        ),
        Column("reason", String, nullable=False, comment="why it could not be read; never what was typed"),
        Column("issue", String, nullable=False, comment="as sheet ToDo names it"),
        Column("state", String, nullable=False, comment="of the issue's records when it was decided"),
        Column("session", String, nullable=False),
        Column("form", String, nullable=False),
        Column("submission_id", BigInteger, comment="of an issue about one submission"),
        Column("before", String, nullable=False, comment="the decision it replaces; empty: none stood"),
        Column("decision", String, nullable=False, comment="accept, correct, unlink, exclude, delete, reopen"),
        Column("note", String, nullable=False, comment="coded reason, or empty"),
        Column("decided_by", String, nullable=False, comment="a role: names of staff are not kept"),
        Column("records", Text, nullable=False, comment="JSON: how many changes each root_uuid had then"),
    )
    op.create_table(
        "workbooks_read",
        Column("sha256", String, primary_key=True, comment="of the file: each saved state is read once"),
        Column("run", Id, ForeignKey("runs.id"), nullable=False),
        Column("file", String, nullable=False),
    )
