"""What a mail says of a night: totals and counts of what is to be done, never an answer, a card or a session.

Made from a Night by jobs/export.py, kept beside the export in the reporting database, read by letter.py. The shared
edition has that edition's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from collector.indicators import reach
from collector.indicators.fieldwork import pairing_by_session
from collector.indicators.learning import LEAST_PAIRING
from collector.workbook.night import Night

Of = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Digest:
    """The totals of one workbook; None where a number is hidden or may not be reported.

    participants: low and high count; sessions: held, of planned; pairs: people paired, of those expected; knowledge:
    mean change in points and pairs, by item set. to_do: how many there are of each thing that somebody must see to.
    """

    as_of: datetime | None
    participants: Of | None
    contacts: int | None
    sessions: Of | None
    pairs: Of | None
    knowledge: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    to_do: Mapping[str, int] = field(default_factory=dict)


def digest_of(night: Night) -> Digest:
    """The totals of a night, in its edition."""
    found = night.shown
    people, contacts, pairs = (next(each for each in found if each.id == id) for id in ("I03", "I02", "I11"))
    progress = reach.progress(night.sessions, night.today)
    return Digest(
        as_of=night.data_as_of,
        participants=None if people.value is None else (int(people.low or 0), int(people.high or 0)),
        contacts=None if contacts.value is None else int(contacts.value),
        sessions=(progress.held, progress.planned),
        pairs=None if pairs.denominator is None else (int(pairs.numerator or 0), int(pairs.denominator)),
        knowledge={
            each.item_set: (each.value, int(each.denominator or 0))
            for each in found
            if each.id == "I12" and each.value is not None
        },
        to_do={} if night.is_shared else to_do(night),
    )


def to_do(night: Night) -> dict[str, int]:
    """What somebody must see to: incomplete forms, quarantine, sessions without a form or with few pairs."""
    programme = night.programme
    counted = [night.completeness.get(form) for form in programme.forms]
    unreported = [session.planned for session in night.sessions if session.planned and not session.report]
    pairing = pairing_by_session(night.sessions, night.surveys, night.linked, programme.codes)
    found = {
        "incomplete": sum(each is None or each.missing != 0 for each in counted),
        "quarantine": sum(count.quarantined for count in night.counts),
        "no_form": sum(each.planned_on < night.today for each in unreported if each.planned_on),
        "few_pairs": sum(each.pairs < LEAST_PAIRING * each.consenting for each in pairing),
    }
    return {name: count for name, count in found.items() if count}


def as_json(digest: Digest) -> str:
    """A digest as it is kept in the database."""
    return msgspec.json.encode(digest).decode()


def from_json(text: str) -> Digest:
    """What as_json wrote."""
    return msgspec.json.decode(text, type=Digest)
