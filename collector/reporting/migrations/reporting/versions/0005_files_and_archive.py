"""Files of submissions, encrypted submissions, and how far the raw store's journal has been done."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Index, String, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "attachments",
        Column("form", String, primary_key=True),
        Column("root_uuid", String, primary_key=True),
        Column("uid", String, primary_key=True, comment="the server's, of the file"),
        Column("submission_id", BigInteger, nullable=False, comment="the server's _id, part of the file's address"),
        Column("question", String, nullable=False, comment="path as the server has it; '' for a file of no question"),
        Column("file_name", String, comment="only where the form's tables hold it too: it is an answer"),
        Column("mimetype", String, nullable=False),
        Column(
            "state",
            String,
            CheckConstraint("state IN ('missing', 'stored', 'refused', 'failed')", name="state"),
            nullable=False,
            comment="refused: by [attachments] take; failed: the next run tries again",
        ),
        Column("reason", Text, nullable=False, comment="why it failed"),
        Column("size", BigInteger, comment="bytes, once stored"),
        Column("sha256", String, comment="its name in the folder, once stored"),
        Column("fetched_at", DateTime(timezone=True)),
        Column("is_deleted", Boolean, nullable=False, comment="gone from the server; what was stored is kept"),
        Column("is_encrypted", Boolean, nullable=False, comment="on the server; in the folder it is readable"),
        Index("ix_attachments_state", "form", "state"),
    )
    op.create_table(
        "envelopes",
        Column("form", String, primary_key=True),
        Column("root_uuid", String, primary_key=True),
        Column("digest", String, nullable=False, comment="of the encrypted submission as received"),
        Column("outcome", String, nullable=False, comment="opened, or the code of the finding"),
        Column("tried_keys", Text, nullable=False, comment="fingerprints of the keys that were tried, sorted"),
        Column("signature", String, nullable=False, comment="verified, absent, media_not_taken, media_missing, or ''"),
    )
    op.create_table(
        "archive_position",
        Column("history", String, primary_key=True, comment="of which database the raw store's journal tells"),
        Column("last_entry", BigInteger, nullable=False, comment="the entry of raw_journal that was done last"),
    )
