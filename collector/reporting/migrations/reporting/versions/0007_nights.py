"""What the indicators said on each night, so that the next one can tell what moved."""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Float, ForeignKey, Integer, String

revision = "0007"
down_revision = "0006"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "nights",
        Column("run", Id, ForeignKey("runs.id", name="fk_nights_run"), primary_key=True),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="when the workbook was made"),
        Column("code_version", String, nullable=False, comment="of the program that made it"),
    )
    op.create_table(
        "indicator_results",
        Column("run", Id, ForeignKey("nights.run", name="fk_indicator_results_run"), primary_key=True),
        Column("indicator", String, primary_key=True, comment="I01 …"),
        Column("item_set", String, primary_key=True, comment="'' where sets are not told apart"),
        Column("value", Float, comment="empty where it may not be reported"),
        Column("numerator", Float),
        Column("denominator", Float),
    )
