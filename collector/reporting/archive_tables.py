"""More fixed tables: files that came with submissions, encrypted submissions, people's decisions, and
the journal that replay plays.

Beside tables.py and definition_tables.py, on the same two databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from collector.reporting import definition_tables
from collector.reporting.tables import Id, UtcDateTime, metadata, raw_metadata

attachments = Table(
    "attachments",
    metadata,
    Column("form", String, primary_key=True),
    Column("root_uuid", String, primary_key=True),
    Column("uid", String, primary_key=True, comment="the server's, of the file"),
    Column("submission_id", BigInteger, nullable=False, comment="the server's _id, part of the file's address"),
    Column("question", String, nullable=False, comment="path as the server has it; '' for a file of no question"),
    Column("file_name", String, comment="only where the form's tables hold it too: it is an answer"),
    Column("mimetype", String, nullable=False),
    Column(
        "state",
        String,
        CheckConstraint("state IN ('missing', 'stored', 'refused', 'failed')", name="state"),
        nullable=False,
        comment="refused: by [attachments] take; failed: the next run tries again",
    ),
    Column("reason", Text, nullable=False, comment="why it failed"),
    Column("size", BigInteger, comment="bytes, once stored"),
    Column("sha256", String, comment="its name in the folder, once stored"),
    Column("fetched_at", UtcDateTime),
    Column("is_deleted", Boolean, nullable=False, comment="gone from the server; what was stored is kept"),
    Column("is_encrypted", Boolean, nullable=False, comment="on the server; in the folder it is readable"),
    Index("ix_attachments_state", "form", "state"),
)
envelopes = Table(
    "envelopes",
    metadata,
    Column("form", String, primary_key=True),
    Column("root_uuid", String, primary_key=True),
    Column("digest", String, nullable=False, comment="of the encrypted submission as received"),
    Column("outcome", String, nullable=False, comment="opened, or the code of the finding"),
    Column("tried_keys", Text, nullable=False, comment="fingerprints of the keys that were tried, sorted"),
    Column("signature", String, nullable=False, comment="verified, absent, media_not_taken, media_missing, or ''"),
)
archive_position = Table(
    "archive_position",
    metadata,
    Column("history", String, primary_key=True, comment="of which database the raw store's journal tells"),
    Column("last_entry", BigInteger, nullable=False, comment="the entry of raw_journal that was done last"),
)

raw_files = Table(
    "raw_files",
    raw_metadata,
    Column("asset_uid", String, primary_key=True),
    Column("instance_id", String, primary_key=True, comment="without 'uuid:'"),
    Column("name", String, primary_key=True, comment="manifest.xml, submission.xml.enc"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("sha256", String, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="as received: encrypted"),
)
raw_journal = Table(
    "raw_journal",
    raw_metadata,
    Column("id", Id, primary_key=True),
    Column("history", String, nullable=False, comment="which reporting database it was done to"),
    Column("kind", String, nullable=False, comment="run, form, version, media, page, settled …"),
    Column("run", BigInteger),
    Column("form", String),
    Column("at", UtcDateTime, nullable=False, comment="the clock of what was done"),
    Column("is_void", Boolean, nullable=False, comment="noted, and then not done: the run was killed"),
    Column("sha256", String, nullable=False, comment="of the body before compression"),
    Column("body", LargeBinary, nullable=False, comment="zlib, JSON: what was done"),
    Index("ix_raw_journal_history", "history", "id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True, comment="the run that read it"),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1, in the order of reading"),
    Column("at", UtcDateTime, nullable=False, comment="when it was read"),
    Column("file", String, nullable=False, comment="the workbook, in its folder"),
    Column("cell", String, nullable=False, comment="sheet and cell; empty where the file as a whole is meant"),
    Column(
        "outcome",
        String,
        CheckConstraint("outcome IN ('applied', 'stale', 'gone', 'unread')", name="outcome"),
        nullable=False,
        comment="stale: the records changed since; gone: the issue is not open any more; unread: see reason",
    ),
    Column("reason", String, nullable=False, comment="why it could not be read; never what was typed"),
    Column("issue", String, nullable=False, comment="as sheet ToDo names it"),
    Column("state", String, nullable=False, comment="of the issue's records when it was decided"),
    Column("session", String, nullable=False),
    Column("form", String, nullable=False),
    Column("submission_id", BigInteger, comment="of an issue about one submission"),
    Column("before", String, nullable=False, comment="the decision it replaces; empty: none stood"),
    Column("decision", String, nullable=False, comment="accept, correct, unlink, exclude, delete, reopen"),
    Column("note", String, nullable=False, comment="coded reason, or empty"),
    Column("decided_by", String, nullable=False, comment="a role: names of staff are not kept"),
    Column("records", Text, nullable=False, comment="JSON: how many changes each root_uuid had then"),
)
workbooks_read = Table(
    "workbooks_read",
    metadata,
    Column("sha256", String, primary_key=True, comment="of the file: each saved state is read once"),
    Column("run", Id, ForeignKey("runs.id"), nullable=False),
    Column("file", String, nullable=False),
)
DATABASES = {"reporting": definition_tables.questions.metadata, "raw": raw_metadata}
"""Every fixed table of both databases."""

FIXED_NAMES = frozenset(name for database in DATABASES.values() for name in database.tables) | {
    f"{database}_migration" for database in DATABASES
}
"""Names that no table of a form can have: on PostgreSQL both databases may be one."""
