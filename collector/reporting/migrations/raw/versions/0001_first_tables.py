"""The first tables of the raw store: frames of what was received, and where in them each submission stands."""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, String

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "raw_frames",
        Column("id", Id, primary_key=True),
        Column("asset_uid", String, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("sha256", String, nullable=False, comment="of the records before compression"),
        Column("body", LargeBinary, nullable=False, comment="zlib: new and changed records of one page, as received"),
    )
    op.create_table(
        "raw_submissions",
        Column("asset_uid", String, primary_key=True),
        Column("digest", String, primary_key=True, comment="of the submission as received"),
        Column("submission_id", BigInteger, nullable=False),
        Column("root_uuid", String, nullable=False),
        Column("frame", Id, ForeignKey("raw_frames.id"), nullable=False),
        Column("start", Integer, nullable=False, comment="its first byte in the frame, from 0"),
        Column(
            "length",
            Integer,
            nullable=False,
            comment="bytes; a record may hold line breaks, so lines do not count",
        ),
        Index("ix_raw_submissions_root_uuid", "asset_uid", "root_uuid"),
    )
