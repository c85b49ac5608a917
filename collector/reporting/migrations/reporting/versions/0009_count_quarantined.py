"""An index of the few submissions in quarantine: every pull counts them, and reading a million rows took seconds."""

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"

ASIDE = text("verdict = 'quarantined'")


def upgrade() -> None:
    op.create_index("ix_submissions_quarantined", "submissions", ["form"], sqlite_where=ASIDE, postgresql_where=ASIDE)
