"""What became of submissions after they first came, and what the nights before said: values for sheets and numbers.

Made by collector/reporting/nights.py; read by collector/quality, collector/indicators and collector/workbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Change = tuple[str, str | None, str | None]
"""Path with repeat indices, value before, value after; None: not answered."""


@dataclass(frozen=True, slots=True)
class Revised:
    """One change of a submission. kind: as in reporting/tables.py. at, by: by the server, where it says."""

    form: str
    submission_id: int
    number: int
    root_uuid: str
    kind: str
    run: int
    seen_at: datetime
    at: datetime | None = None
    by: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a submission that is in the database first came, and by which run."""

    form: str
    submission_id: int
    root_uuid: str
    submitted_at: datetime
    first_run: int


@dataclass(frozen=True, slots=True)
class HeldDeletions:
    """Deletions of a form that wait for a person."""

    form: str
    count: int


@dataclass(frozen=True, slots=True)
class Result:
    """What an indicator said on a night; of one item set where sets are told apart."""

    id: str
    item_set: str
    value: float | None
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True, slots=True)
class PastNight:
    """An earlier workbook: the run that made it, when, and what its indicators said."""

    run: int
    made_at: datetime
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person typed beside an issue in a workbook, as it was read back; see reporting/tables.py for its fields.

    number: from 1 in a run. issue: "" where the row names none. decision, note: codes of quality/decisions.py.
    outcome: "applied"; "stale", the records have changed since; "gone", nothing of this name is open; "unread".
    records: root_uuids that it is about, and how many changes each had.
    """

    run: int
    number: int
    at: datetime
    file: str
    cell: str
    outcome: str
    reason: str = ""
    issue: str = ""
    state: str = ""
    session: str = ""
    form: str = ""
    submission_id: int | None = None
    before: str = ""
    decision: str = ""
    note: str = ""
    decided_by: str = ""
    records: Mapping[str, int] = field(default_factory=dict)
