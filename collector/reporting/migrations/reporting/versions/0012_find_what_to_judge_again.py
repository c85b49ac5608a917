"""An index of what submissions were judged by: every sync asks, and going through a million took seconds."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_submissions_judged_by", "submissions", ["form", "form_version", "judged_by"])
