"""What was done to the reporting database, in order, and the files of encrypted submissions: replay needs both."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, String

revision = "0003"
down_revision = "0002"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "raw_files",
        Column("asset_uid", String, primary_key=True),
        Column("instance_id", String, primary_key=True, comment="without 'uuid:'"),
        Column("name", String, primary_key=True, comment="manifest.xml, submission.xml.enc"),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("sha256", String, nullable=False),
        Column("body", LargeBinary, nullable=False, comment="as received: encrypted"),
    )
    op.create_table(
        "raw_journal",
        Column("id", Id, primary_key=True),
        Column("history", String, nullable=False, comment="which reporting database it was done to"),
        Column("kind", String, nullable=False, comment="run, form, version, media, page, settled …"),
        Column("run", BigInteger),
        Column("form", String),
        Column("at", DateTime(timezone=True), nullable=False, comment="the clock of what was done"),
        Column("is_void", Boolean, nullable=False, comment="noted, and then not done: the run was killed"),
        Column("sha256", String, nullable=False, comment="of the body before compression"),
        Column("body", LargeBinary, nullable=False, comment="zlib, JSON: what was done"),
        Index("ix_raw_journal_history", "history", "id"),
    )
