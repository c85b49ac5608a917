"""What became of submissions after they first came, and what the nights before said: values for sheets and numbers.

Made by collector/reporting/nights.py; read by collector/quality, collector/indicators and collector/workbook.
"""

from __future__ import annotations

from dataclasses import dataclass
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
