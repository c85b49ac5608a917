"""An index that nothing asks by: a pull wrote it with every submission."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("ix_raw_submissions_root_uuid", "raw_submissions")
