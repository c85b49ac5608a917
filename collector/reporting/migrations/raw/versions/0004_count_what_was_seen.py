"""An index for counting the submissions ever received: every pull does, and a million took seconds."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_raw_submissions_submission_id", "raw_submissions", ["asset_uid", "submission_id"])
