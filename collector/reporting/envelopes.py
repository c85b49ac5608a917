"""What became of encrypted submissions: opened or not, with which keys that was tried, and what the signature says.

Written by jobs/envelopes.py with the page they came in; read to find those that wait for a key, and by status.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from collector.reporting.archive_tables import envelopes
from collector.reporting.ledger import pairs
from collector.reporting.load import load
from collector.reporting.tables import submissions

_SAME = (submissions.c.form == envelopes.c.form) & (submissions.c.digest == envelopes.c.digest)
WAITING = ("encrypted_without_key", "encrypted_for_another_key")


@dataclass(frozen=True, slots=True)
class Outcome:
    """code: opened, or the code of the finding; keys: fingerprints that were tried; signature: as in tables.py."""

    code: str
    keys: str = ""
    signature: str = ""


def write_outcomes(connection: Connection, form: str, outcomes: Iterable[tuple[str, str, Outcome]]) -> None:
    """outcomes: root_uuid, digest, and what became of it."""
    load(connection, envelopes, [(form, root, digest, o.code, o.keys, o.signature) for root, digest, o in outcomes])


def waiting(connection: Connection, form: str, keys: str) -> list[int]:
    """`_id`s of the submissions in quarantine that were not tried with just these keys, in order."""
    here = (envelopes.c.form == form) & envelopes.c.outcome.in_(WAITING) & (envelopes.c.tried_keys != keys)
    columns = select(submissions.c.submission_id).join(envelopes, _SAME)
    return list(connection.scalars(columns.where(here).order_by(submissions.c.submission_id)))


def count_outcomes(connection: Connection, form: str) -> dict[str, int]:
    """How many encrypted submissions of a form came to which outcome; those that are gone are not counted."""
    counts = select(envelopes.c.outcome, func.count()).join(submissions, _SAME).where(envelopes.c.form == form)
    return pairs(connection.execute(counts.group_by(envelopes.c.outcome)))


def listed(fingerprints: Collection[str]) -> str:
    """Fingerprints as the table has them.

    >>> listed(["b", "a"])
    'a b'
    """
    return " ".join(sorted(fingerprints))
