"""What a shared edition told, kept to be compared with: from two editions a reader can subtract.

Made by shared.py; kept beside the export in the reporting database; read before the next edition is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from collector.indicators.disclosure import FEWEST, FEWEST_FOR_SHARES, is_small

FEWEST_SESSIONS = 2
"""A step of one session would tell about that session."""
CAMPAIGN = "campaign/"


@dataclass(frozen=True, slots=True)
class Told:
    """One edition's published numbers. Keys are "breakdown/value", "indicator/item set", "items/item", or item sets.

    month: of the edition, "2026-07", in the programme's time zone. people: by column, of which `hidden` were not to be
    read. sessions: held ones of a slice. counts: people on every side of a share, of an item. means: before, after, and
    the pairs and sessions they are of. until: day of the edition, "2026-07-31"; no session of it is later. What is told
    of a whole month or round has it after its key, "indicator/item set/month/2026-06" (shared_periods.py).
    """

    month: str
    sessions: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    means: Mapping[str, tuple[float, float, int, int]] = field(default_factory=dict)
    until: str = ""


def may_follow(now: Told, earlier: Sequence[Told]) -> bool:
    """Whether an edition may come after others: in a month of its own, two sessions and eleven people from each.

    Until then the last one stands. What moved by less within it is hidden, see shared.py.
    """
    if not earlier:
        return True
    return now.month > earlier[-1].month and all(_is_far(now, before) for before in earlier)


def _is_far(now: Told, before: Told) -> bool:
    steps = [
        (now.sessions.get(CAMPAIGN), before.sessions.get(CAMPAIGN), FEWEST_SESSIONS),
        (now.contacts.get(CAMPAIGN), before.contacts.get(CAMPAIGN), FEWEST),
        (now.people.get(CAMPAIGN, {}).get("high"), before.people.get(CAMPAIGN, {}).get("high"), FEWEST),
    ]
    return all(new is None or old is None or new == old or abs(new - old) >= least for new, old, least in steps)


def are_counts_far(key: str, counts: Sequence[int], earlier: Iterable[Told]) -> bool:
    """Whether no side of a share or of an item moved by 1 to 10 people since an edition that told it."""
    told = [before.counts[key] for before in earlier if key in before.counts]
    return not any(is_small(abs(new - old)) for sides in told for new, old in zip(counts, sides, strict=True))


def is_mean_far(item_set: str, now: tuple[float, float, int, int], earlier: Iterable[Told]) -> bool:
    """Whether a mean is that of each edition that told it, or of thirty pairs and two sessions more or less."""
    told = [before.means[item_set] for before in earlier if item_set in before.means]
    return all(now == old or _is_mean_step(now, old) for old in told)


def _is_mean_step(now: tuple[float, float, int, int], old: tuple[float, float, int, int]) -> bool:
    sessions = abs(now[3] - old[3])
    return abs(now[2] - old[2]) >= FEWEST_FOR_SHARES and (not sessions or sessions >= FEWEST_SESSIONS)


def as_json(told: Told) -> str:
    """What is kept of an edition in the database."""
    return msgspec.json.encode(told).decode()


def from_json(text: str) -> Told:
    """What as_json wrote."""
    return msgspec.json.decode(text, type=Told)
