"""Breaking changes of forms that a person accepted: which, when, who, and what it cost."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, String

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "accepted_changes",
        Column("form", String, primary_key=True),
        Column("from_version", String, primary_key=True, comment="the version that ran when the change was accepted"),
        Column("change", String, primary_key=True, comment="question_removed:head_f …, as --accept takes it"),
        Column("accepted_at", DateTime(timezone=True), nullable=False),
        Column("accepted_by", String, nullable=False, comment="account on the server"),
        Column("answers", Integer, nullable=False, comment="answers it touched then"),
        Column("submissions", Integer, nullable=False, comment="submissions they were in"),
    )
