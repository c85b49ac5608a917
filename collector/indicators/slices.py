"""What was learned by audience, governorate and language of the session, item set by item set. Not adjusted.

Shown on sheet Knowledge. Source: domain README §1.5, §6: slices are told of five sessions or more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collector.form.programme import Programme
from collector.indicators.campaign import Session
from collector.indicators.learning import Learning, Surveys, learning

FEWEST_SESSIONS = 5


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of one breakdown. learned: counts alone where it has too few sessions to be compared."""

    name: str
    value: str
    learned: Learning

    @property
    def is_small(self) -> bool:
        return self.learned.sessions < FEWEST_SESSIONS


BY: Mapping[str, Callable[[Session], str]] = {
    "audiences": lambda session: session.audience or "",
    "governorates": lambda session: session.governorate or "",
    "languages": lambda session: session.report.language if session.report else "",
}


def slices(linked: Surveys, sessions: Sequence[Session], programme: Programme) -> Iterator[Slice]:
    """Every slice that has a pair; a session given in several languages is in none of them."""
    for name, of_session in BY.items():
        for value in sorted({of_session(session) for session in sessions} - {""}):
            own = [session for session in sessions if of_session(session) == value]
            some = linked.within({session.name for session in own})
            for item_set in programme.item_sets:
                learned = learning(some, own, programme, item_set)
                if learned.pairs:
                    yield Slice(name, value, learned if learned.sessions >= FEWEST_SESSIONS else _counts(learned))


def _counts(learned: Learning) -> Learning:
    return Learning(learned.item_set, learned.pairs, learned.sessions, learned.expected, learned.matched)
