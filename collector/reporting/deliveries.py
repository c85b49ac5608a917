"""Which workbooks were written, and who got their mails: so that nobody gets one twice and no failure hides.

Written by jobs/nightly.py and jobs/deliver.py; read by jobs/alarms.py too. A recipient is a pseudonym of the address.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from collector.reporting.ledger import pairs
from collector.reporting.load import load
from collector.reporting.tables import deliveries, exports, runs


@dataclass(frozen=True, slots=True)
class Export:
    """A row of `exports`; see collector/reporting/tables.py for its columns."""

    run: int
    edition: str
    language: str
    made_at: datetime
    file_name: str
    digest: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of `deliveries`; see collector/reporting/tables.py for its columns."""

    run: int
    mail_group: str
    recipient: str
    edition: str
    state: str
    at: datetime
    attempts: int
    reason: str | None


def recipient_key(address: str, secret: bytes) -> str:
    """The pseudonym of a mail address, as person_key is that of a card: 32 hexadecimal digits."""
    return hmac.digest(secret, f"mail {address.lower()}".encode(), "sha256").hex()[:32]


def write_export(connection: Connection, export: Export) -> None:
    """One row a run, edition and language."""
    load(connection, exports, [astuple(export)])


def last_export(
    connection: Connection, edition: str, language: str | None = None, *, job: str | None = None
) -> Export | None:
    """The newest workbook of an edition, in a language; job: of those that this job wrote."""
    here = select(exports).join(runs, runs.c.id == exports.c.run).where(exports.c.edition == edition)
    if language:
        here = here.where(exports.c.language.in_([language, ""]))
    if job:
        here = here.where(runs.c.job == job)
    row = connection.execute(here.order_by(exports.c.run.desc(), exports.c.language).limit(1)).one_or_none()
    return Export(*row) if row else None


def export_of(connection: Connection, run: int, edition: str) -> Export | None:
    """The workbook of an edition that a run wrote, in any language: the numbers are the same."""
    here = select(exports).where(exports.c.run == run, exports.c.edition == edition)
    row = connection.execute(here.order_by(exports.c.language).limit(1)).one_or_none()
    return Export(*row) if row else None


def told_before(connection: Connection, run: int | None) -> list[str]:
    """What the shared editions before a run told, each once, the newest last; see collector/indicators/told.py."""
    here = select(exports.c.told, exports.c.run).where(exports.c.told != "").distinct()
    found = connection.execute(here if run is None else here.where(exports.c.run < run)).all()
    return [told for told, _ in sorted(found, key=lambda row: row.run)]


def write_deliveries(connection: Connection, outcomes: Iterable[Delivery]) -> None:
    """What became of a mail, recipient by recipient; an earlier attempt is replaced."""
    load(connection, deliveries, [astuple(outcome) for outcome in outcomes])


def deliveries_of(connection: Connection, run: int, group: str) -> dict[str, Delivery]:
    """What became of the mail about a run's workbook, by recipient."""
    here = select(deliveries).where(deliveries.c.run == run, deliveries.c.mail_group == group)
    return {row.recipient: Delivery(*row) for row in connection.execute(here)}


def last_sent(connection: Connection, group: str, edition: str, before: int) -> dict[str, int]:
    """The run of the last mail that each recipient got of an edition, of runs below `before`."""
    was_sent = deliveries.c.state == "sent", deliveries.c.edition == edition, deliveries.c.run < before
    newest = select(deliveries.c.recipient, func.max(deliveries.c.run)).where(
        deliveries.c.mail_group == group, *was_sent
    )
    return pairs(connection.execute(newest.group_by(deliveries.c.recipient)))
