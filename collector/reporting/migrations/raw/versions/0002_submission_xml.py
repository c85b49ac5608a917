"""The XML of submissions whose JSON says too little to judge them by."""

from alembic import op
from sqlalchemy import Column, DateTime, LargeBinary, String

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "raw_xml",
        Column("asset_uid", String, primary_key=True),
        Column("digest", String, primary_key=True, comment="of the submission's JSON, as in raw_submissions"),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("body", LargeBinary, nullable=False, comment="zlib: the XML as received"),
    )
