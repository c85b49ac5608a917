"""The ledger of syncs: fingerprints, tombstones, held deletions, revisions, and how each sync went."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, String, Text

revision = "0002"
down_revision = "0001"

Id = BigInteger().with_variant(Integer(), "sqlite")
Moment = DateTime(timezone=True)


def upgrade() -> None:
    fingerprint = "of edit, status and files, as a sweep sees them; empty: from before sweeps"
    op.add_column("submissions", Column("fingerprint", String, comment=fingerprint))
    _create_tombstones()
    _create_revisions()
    _create_syncs()


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        Column("form", String, primary_key=True),
        Column("submission_id", BigInteger, primary_key=True, autoincrement=False, comment="the server's _id"),
        Column("root_uuid", String, nullable=False),
        Column("digest", String, nullable=False, comment="of its last state, which the raw store keeps"),
        Column("verdict", String, comment="its last; empty where it was deleted before it was judged"),
        Column("first_run", Id, ForeignKey("runs.id"), comment="the run that first loaded it"),
        Column("last_run", Id, ForeignKey("runs.id"), comment="the run that last wrote it"),
        Column("noticed_run", Id, ForeignKey("runs.id"), nullable=False),
        Column("noticed_at", Moment, nullable=False),
        Column("deleted_at", Moment, comment="by the server's history, where the account may read it"),
        Column("deleted_by", String, comment="account, by the server's history"),
        Column(
            "reason",
            String,
            CheckConstraint("reason IN ('deleted', 'sent_again', 'never_loaded')", name="reason"),
            nullable=False,
            comment="sent_again: its identity lives on under another _id; never_loaded: deleted before it was judged",
        ),
        Index("ix_tombstones_root_uuid", "form", "root_uuid"),
    )
    op.create_table(
        "held_deletions",
        Column("form", String, primary_key=True),
        Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
        Column("run", Id, ForeignKey("runs.id"), nullable=False, comment="the run that held it"),
        Column("reason", Text, nullable=False, comment="why it looks like an accident"),
    )


def _create_revisions() -> None:
    op.create_table(
        "revisions",
        Column("form", String, primary_key=True),
        Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
        Column(
            "number",
            Integer,
            primary_key=True,
            autoincrement=False,
            comment="1 is the first change after the first receipt",
        ),
        Column("root_uuid", String, nullable=False),
        Column(
            "kind",
            String,
            CheckConstraint(
                "kind IN ('edited', 'validated', 'attached', 'deleted', 'returned', 'sent_again')", name="kind"
            ),
            nullable=False,
        ),
        Column("run", Id, ForeignKey("runs.id"), nullable=False),
        Column("seen_at", Moment, nullable=False, comment="when we noticed"),
        Column("changed_at", Moment, comment="when it happened, where the server says"),
        Column("changed_by", String, comment="account, where the server says"),
        Column("old_digest", String, nullable=False, comment="the state before, in the raw store"),
        Column("new_digest", String, comment="the state after; empty for a deletion"),
        Index("ix_revisions_root_uuid", "form", "root_uuid"),
    )
    op.create_table(
        "revision_changes",
        Column("form", String, primary_key=True),
        Column("submission_id", BigInteger, primary_key=True, autoincrement=False),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("path", String, primary_key=True, comment="question, with repeat indices: register[3]/sex"),
        Column("old", Text, comment="as the form's tables hold it: no card, nothing marked pii; empty: not answered"),
        Column("new", Text),
    )


def _create_syncs() -> None:
    op.create_table(
        "syncs",
        Column("run", Id, ForeignKey("runs.id"), primary_key=True),
        Column("form", String, primary_key=True),
        Column("asset_uid", String, nullable=False),
        Column("strategy", String, nullable=False, comment="quick, date_modified, history, sweep, full"),
        Column("cannot_see", Text, nullable=False, comment="what this strategy is blind to, in words"),
        Column("requests", Integer, nullable=False, comment="to the server, for this form"),
        Column("account", String, comment="whose token it was; empty where a quick pull did not ask"),
        Column("permissions", Text, comment="of the account on the project, sorted, separated by blanks"),
        Column("synced_to", Moment, comment="the server's clock when a complete sync began; empty for a quick one"),
        Column("seen", Integer, nullable=False, comment="submissions ever received, by the raw store"),
        Column("deleted", Integer, nullable=False, comment="tombstones: seen = present + deleted"),
        Column("held", Integer, nullable=False, comment="deletions that wait for `collector sync confirm`"),
        Column("unexplained", Text, nullable=False, comment="ids for which the equation does not hold; at most 20"),
    )
