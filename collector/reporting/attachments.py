"""Which files came with which submissions, and what became of each: the table `attachments`.

Noted by jobs/page.py with the submission; fetched by jobs/attachments.py into the folder of blobs.py. What is gone from
the server stays, marked. A file's name is an answer: it is there only where the form's tables hold it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from collector.reporting.archive_tables import attachments
from collector.reporting.load import delete, in_lists, load
from collector.reporting.tables import submissions

OPEN = ("missing", "failed")
MOVING = ("missing", "failed", "refused")


@dataclass(frozen=True, slots=True)
class Filed:
    """A file as its submission shows it. question: path with repeat indices, "" for a file of no question."""

    uid: str
    question: str
    file_name: str | None
    mimetype: str
    is_deleted: bool
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be fetched. digest: of its submission as received."""

    root_uuid: str
    uid: str
    submission_id: int
    is_encrypted: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a file. state: stored or failed, and then why; size in bytes."""

    root_uuid: str
    uid: str
    state: str
    reason: str = ""
    size: int | None = None
    sha256: str | None = None
    at: datetime | None = None


def note_files(connection: Connection, form: str, noted: Iterable[tuple[str, int, Sequence[Filed]]]) -> None:
    """Keep which files submissions have now: (root_uuid, `_id`, files). What they no longer have is marked.

    Those of one set aside under its `_id`, as a duplicate, go with it when it is filed under its own identity.
    """
    rows: list[Sequence[Any]] = []
    files = {root: (number, filed) for root, number, filed in noted}
    before = _stored(connection, form, files)
    for root, taken in _taken_from_aside(connection, form, files).items():
        before[root] = taken | before.get(root, {})
    for root, (number, filed) in files.items():
        old = before.get(root, {})
        rows += [_row(form, root, number, each, old.get(each.uid)) for each in filed]
        gone = old.keys() - {each.uid for each in filed}
        rows += [list({**old[uid], "is_deleted": True}.values()) for uid in sorted(gone)]
    load(connection, attachments, [tuple(row) for row in rows])


def mark_deleted(connection: Connection, form: str, roots: Iterable[str]) -> None:
    """The submissions are gone from the server, and their files with them; what was stored is kept."""
    for some in in_lists(roots):
        here = (attachments.c.form == form) & attachments.c.root_uuid.in_(some)
        connection.execute(update(attachments).where(here).values(is_deleted=True))


def questions_with_files(connection: Connection, form: str) -> list[str]:
    """The questions, as the server names them, of the files that are not stored."""
    here = (attachments.c.form == form) & attachments.c.state.in_(MOVING)
    return list(connection.scalars(select(attachments.c.question).where(here).distinct()))


def apply_policy(connection: Connection, form: str, taken: Mapping[str, bool]) -> None:
    """Whether the files of each question are taken from now on; what is stored stays."""
    for question, is_taken in taken.items():
        here = (attachments.c.form == form) & (attachments.c.question == question)
        before, after = (("refused",), "missing") if is_taken else (OPEN, "refused")
        moved = update(attachments).where(here, attachments.c.state.in_(before))
        connection.execute(moved.values(state=after, reason=""))


def misplaced(connection: Connection, form: str, taken: Mapping[str, bool]) -> dict[str, bool]:
    """Those questions of a policy that have files in another state than it says."""
    columns = select(attachments.c.question, attachments.c.state).where(attachments.c.form == form).distinct()
    wrong = {(False, "missing"), (False, "failed"), (True, "refused")}
    states = [tuple(row) for row in connection.execute(columns)]
    return {name: taken[name] for name, state in states if name in taken and (taken[name], state) in wrong}


def wanted(connection: Connection, form: str) -> list[Wanted]:
    """The files to fetch, the oldest submission's first."""
    same = (submissions.c.form == attachments.c.form) & (submissions.c.root_uuid == attachments.c.root_uuid)
    is_open = attachments.c.state.in_(OPEN) & attachments.c.is_deleted.is_(False)
    columns = attachments.c.root_uuid, attachments.c.uid, attachments.c.submission_id, attachments.c.is_encrypted
    rows = connection.execute(
        select(*columns, submissions.c.digest)
        .join(submissions, same)
        .where(attachments.c.form == form, is_open)
        .order_by(attachments.c.submission_id, attachments.c.uid)
    )
    return [Wanted(*row) for row in rows]


def write_fetched(connection: Connection, form: str, fetched: Iterable[Fetched]) -> None:
    """Keep what became of files."""
    for each in fetched:
        same_file = (attachments.c.root_uuid == each.root_uuid) & (attachments.c.uid == each.uid)
        values = {"state": each.state, "reason": each.reason, "size": each.size, "sha256": each.sha256}
        here = update(attachments).where(attachments.c.form == form, same_file)
        connection.execute(here.values(**values, fetched_at=each.at))


def count_files(connection: Connection, form: str) -> dict[str, int]:
    """How many files of a form are in which state; those that are gone from the server are "deleted" unless stored."""
    counts: dict[str, int] = {}
    columns = attachments.c.state, attachments.c.is_deleted, func.count()
    rows = select(*columns).where(attachments.c.form == form).group_by(attachments.c.state, attachments.c.is_deleted)
    for state, is_deleted, count in connection.execute(rows):
        name = "deleted" if is_deleted and state != "stored" else state
        counts[name] = counts.get(name, 0) + count
    return counts


def _stored(connection: Connection, form: str, roots: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for some in in_lists(roots):
        here = select(attachments).where(attachments.c.form == form, attachments.c.root_uuid.in_(some))
        for row in connection.execute(here).mappings():
            found.setdefault(row["root_uuid"], {})[row["uid"]] = dict(row)
    return found


def _taken_from_aside(
    connection: Connection, form: str, files: Mapping[str, tuple[int, Sequence[Filed]]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What was stored of these submissions under their `_id`s, by root_uuid and uid; it is there no longer."""
    aside = {f"id-{number}": (root, number) for root, (number, _) in files.items()}
    taken: dict[str, dict[str, dict[str, Any]]] = {}
    for key, rows in _stored(connection, form, aside.keys() - files.keys()).items():
        root, number = aside[key]
        own = {uid: {**row, "root_uuid": root} for uid, row in rows.items() if row["submission_id"] == number}
        if own:
            taken[root] = own
            delete(connection, attachments, "root_uuid", [key], form=form)
    return taken


def _row(form: str, root: str, number: int, filed: Filed, old: Mapping[str, Any] | None) -> list[Any]:
    kept = ("state", "reason", "size", "sha256", "fetched_at")
    state = [old[name] for name in kept] if old else ["missing", "", None, None, None]
    what = filed.question, filed.file_name, filed.mimetype
    return [form, root, filed.uid, number, *what, *state, filed.is_deleted, filed.is_encrypted]
