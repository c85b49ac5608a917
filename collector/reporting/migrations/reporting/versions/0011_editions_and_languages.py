"""In which language a workbook was written, and what a shared edition told."""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, String, Text

revision = "0011"
down_revision = "0010"

Id = BigInteger().with_variant(Integer, "sqlite")
KEPT = "run, edition, made_at, file_name, digest"


def upgrade() -> None:
    op.execute(f"CREATE TABLE exports_before AS SELECT {KEPT} FROM exports")  # SQLite cannot change a primary key
    op.drop_table("exports")
    op.create_table(
        "exports",
        Column("run", Id, ForeignKey("runs.id"), primary_key=True),
        Column("edition", String, primary_key=True, comment="internal, shared"),
        Column("language", String, primary_key=True, comment="of the whole workbook: en, ar, ckb; '' where not noted"),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("file_name", String, nullable=False, comment="in the workbook's folder, without it"),
        Column("digest", Text, nullable=False, comment="JSON: the totals that its mail tells, in this edition"),
        Column(
            "told", Text, nullable=False, comment="JSON: what a shared edition told, for the next to be compared with"
        ),
    )
    op.execute(f"INSERT INTO exports ({KEPT}, language, told) SELECT {KEPT}, '', '' FROM exports_before")
    op.drop_table("exports_before")
