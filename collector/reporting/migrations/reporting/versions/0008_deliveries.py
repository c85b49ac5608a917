"""Which workbook was written when, and who got its mail."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Integer, String, Text

revision = "0008"
down_revision = "0007"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "exports",
        Column("run", Id, ForeignKey("runs.id"), primary_key=True),
        Column("edition", String, primary_key=True, comment="internal, shared"),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("file_name", String, nullable=False, comment="in the workbook's folder, without it"),
        Column("digest", Text, nullable=False, comment="JSON: the totals that its mail tells, in this edition"),
    )
    op.create_table(
        "deliveries",
        Column(
            "run",
            Id,
            ForeignKey("runs.id"),
            primary_key=True,
            comment="of the export that the mail is about",
        ),
        Column("mail_group", String, primary_key=True, comment="[mail.groups.…] of the settings"),
        Column(
            "recipient",
            String,
            primary_key=True,
            comment="HMAC-SHA-256 of the address: addresses stay in the settings",
        ),
        Column("edition", String, nullable=False),
        Column(
            "state",
            String,
            CheckConstraint("state IN ('sent', 'refused', 'failed')", name="state"),
            nullable=False,
            comment="refused: by the server, this recipient; failed: it came to nothing for all",
        ),
        Column("at", DateTime(timezone=True), nullable=False, comment="the last attempt"),
        Column("attempts", Integer, nullable=False),
        Column("reason", Text, comment="the server's words, without the address; empty when sent"),
    )
