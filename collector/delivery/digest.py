"""What a mail says of a night: totals and counts of what is to be done, never an answer, a card or a session.

Made from a Night by jobs/export.py, kept beside the export in the reporting database, read by letter.py. The shared
edition has that edition's numbers; no two of its digests differ by few people (see steady).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from collector.indicators import reach, shared
from collector.indicators.disclosure import FEWEST, FEWEST_FOR_SHARES, is_small
from collector.indicators.fieldwork import pairing_by_session
from collector.indicators.learning import LEAST_PAIRING
from collector.indicators.response import waves_answered
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
    found = shared.indicators(night.indicators) if night.is_shared else night.indicators
    people = next(each for each in found if each.id == "I03")
    matched, expected = (sum(getattr(each, name) for each in night.learning) for name in ("matched", "expected"))
    contacts = reach.contacts(night.sessions)
    progress = reach.progress(night.sessions, night.today)
    is_told = not night.is_shared or not (is_small(matched) or is_small(expected - matched))
    return Digest(
        as_of=night.data_as_of,
        participants=None if people.value is None else (int(people.low or 0), int(people.high or 0)),
        contacts=None if night.is_shared and is_small(contacts) else contacts,
        sessions=(progress.held, progress.planned),
        pairs=(matched, expected) if is_told else None,
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
    answered = waves_answered(night.surveys, programme.codes)
    pairing = pairing_by_session(night.sessions, answered, night.linked, programme.codes)
    found = {
        "incomplete": sum(each is None or each.missing != 0 for each in counted),
        "quarantine": sum(count.quarantined for count in night.counts),
        "no_form": sum(each.planned_on < night.today for each in unreported if each.planned_on),
        "few_pairs": sum(each.pairs < LEAST_PAIRING * each.consenting for each in pairing),
    }
    return {name: count for name, count in found.items() if count}


def steady(now: Digest, told: Sequence[Digest]) -> Digest:
    """The shared digest that may follow those told before: between no two of them is a step that singles somebody out.

    told: in order, the newest last. Who has two of them can subtract. So the newest is told again until each count that
    moved has moved by eleven people, and by two sessions, from every one; a mean moves only with thirty pairs.
    """
    if not told:
        return now
    if not all(_is_far(now, before) for before in told):
        return told[-1]
    knowledge = {}
    for key, (change, pairs) in now.knowledge.items():
        earlier = [before.knowledge[key] for before in told if key in before.knowledge]
        is_step = all(abs(pairs - before) >= FEWEST_FOR_SHARES for _, before in earlier)
        knowledge[key] = (change, pairs) if is_step else earlier[-1]
    return replace(now, knowledge=knowledge)


def _is_far(now: Digest, before: Digest) -> bool:
    people = [(now.contacts, before.contacts)]
    for new, old in ((now.participants, before.participants), (now.pairs, before.pairs)):
        people += zip(new or (None, None), old or (None, None), strict=True)
    held = (now.sessions or (None,))[0], (before.sessions or (None,))[0]
    return all(_is_step(new, old, FEWEST) for new, old in people) and _is_step(*held, 2)


def _is_step(new: int | None, old: int | None, least: int) -> bool:
    return new is None or old is None or new == old or abs(new - old) >= least


def as_json(digest: Digest) -> str:
    """A digest as it is kept in the database."""
    return msgspec.json.encode(digest).decode()


def from_json(text: str) -> Digest:
    """What as_json wrote."""
    return msgspec.json.decode(text, type=Digest)
