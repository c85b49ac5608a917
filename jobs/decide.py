"""Decisions that officers typed in the workbooks of the nights before: read back, kept, and never overwritten unread.

Called by jobs/export.py before it writes. A workbook that somebody saved is read once, under whatever name it stands in
the folder; before its name is written again, what was saved there is kept under a dated one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import structlog

from collector.errors import FolderNotWritable
from collector.quality.decisions import Typed, settle
from collector.reporting.decisions import known_workbooks, save_decisions, stored_decisions
from collector.workbook.night import Night
from collector.workbook.placing import copy_in_place
from collector.workbook.typed import is_typed_in, read_typed
from jobs.archive import recorded
from jobs.wiring import Databases

log = structlog.get_logger()


def take_decisions(databases: Databases, night: Night, folder: Path, name: str, *, run: int, now: datetime) -> bool:
    """Read what was typed in the folder's workbooks since, and keep it; whether anything was.

    name: of the workbooks; others in the folder are read too where they have the columns of sheet ToDo.
    """
    with databases.reporting.connect() as connection:
        known, made = known_workbooks(connection), stored_decisions(connection)
    typed, read = _read(folder, name, known)
    if not read:
        return False
    found = settle(typed, night.found, made, night.revised, run=run, at=now)
    body = {"decisions": [asdict(one) for one in found], "read": read}
    with recorded(databases, "decided", body, at=now, run=run) as connection:
        save_decisions(connection, found, read, run)
    for one in found:
        log.info("decision read", run=run, file=one.file, cell=one.cell, outcome=one.outcome, reason=one.reason)
    return True


def keep_typed(path: Path, day: date) -> None:
    """Copy what somebody saved under a name that is about to be written: <name>-typed-<day>-<digest>.xlsx beside it.

    Raises FolderNotWritable where that cannot be done; the name must not be written then.
    """
    if not path.is_file() or not is_typed_in(path):
        return
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    except OSError:
        raise FolderNotWritable(f"{path} cannot be read: close it where it is open, and export again.") from None
    copy_in_place(path, path.with_name(f"{path.stem}-typed-{day.isoformat()}-{digest}.xlsx"))


def _read(folder: Path, name: str, known: Iterable[str]) -> tuple[list[Typed], dict[str, str]]:
    """What is typed in the workbooks that were not read yet, the one saved last at the end; and their names."""
    typed: list[Typed] = []
    read: dict[str, str] = {}
    for path, content in sorted(_saved(folder), key=lambda saved: (saved[0].stat().st_mtime_ns, saved[0].name)):
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in known or sha256 in read:
            continue
        found = read_typed(content, path.name)
        is_ours = path.name.startswith(name)
        typed += [row for row in found if row.cell or is_ours]
        read[sha256] = path.name
    return typed, read


def _saved(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Workbooks that somebody saved after us. The owner files that Excel leaves beside an open one are none."""
    for path in folder.glob("*.xlsx"):
        if path.name.startswith(("~$", ".")) or not path.is_file() or not is_typed_in(path):
            continue
        try:
            yield path, path.read_bytes()
        except OSError:  # locked on a share: it is read on the night when it can be
            log.warning("workbook not read", file=path.name)
