"""The XForm of each version, findings as the form engine makes them, and by what each submission was judged."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text

revision = "0004"
down_revision = "0003"

Id = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("form_versions", Column("xform", Text, comment="made from the content; empty where it cannot be"))
    op.add_column("form_versions", Column("xform_by", String, comment="edition of the engine that made it, or failed"))
    op.add_column("form_versions", Column("xform_error", Text, comment="why there is none"))
    judged_by = "edition of the engine and hash of form and media; empty: to be judged again"
    op.add_column("submissions", Column("judged_by", String, comment=judged_by))
    _widen_findings()
    op.create_table(
        "rejudgings",
        Column("run", Id, ForeignKey("runs.id"), primary_key=True),
        Column("form", String, primary_key=True),
        Column("judged", Integer, nullable=False, comment="submissions judged again in this run"),
        Column("freed", Integer, nullable=False, comment="of them from quarantine to accepted"),
        Column("caught", Integer, nullable=False, comment="of them from accepted to quarantine"),
        Column("lost", Integer, nullable=False, comment="of them not in the raw store any more, and left as they were"),
    )


def _widen_findings() -> None:
    """What is there is of the first judging: violations all; the first judging again replaces them."""
    outcome = "violation, cannot_check, engine_dependent; only violations say that something is wrong"
    op.add_column("findings", Column("outcome", String, nullable=False, server_default="violation", comment=outcome))
    for name, comment in (
        ("reason", "of what cannot be checked, or the kind of fault of a type"),
        ("rule", "as the sheet has it, where known"),
        ("sheet_column", "of the survey sheet, where known"),
        ("caused_by", "place of the finding this one follows from"),
    ):
        op.add_column("findings", Column(name, Text, nullable=False, server_default="", comment=comment))
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("findings", "code", comment="the rule: type, choice, constraint, unknown_version …")
    op.create_index("ix_findings_code", "findings", ["form", "code"])
