"""Who hears "I do not know" more or less often than others in like sessions. Shown on sheet Enumerators.

Source: domain README §5, quality check QC24: leave-one-out, by item set, audience and wave, with the spread between
sessions taken into account; a plain comparison accuses a third of honest enumerators.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from collector.indicators.learning import Surveys

FEWEST_FORMS, FEWEST_SESSIONS = 40, 3
ALARM = 2.5

Stratum = tuple[str, str, str]
"""Item set, audience, wave."""


@dataclass(slots=True)
class _Count:
    unknown: int = 0
    answers: int = 0

    def add(self, other: _Count) -> None:
        self.unknown += other.unknown
        self.answers += other.answers


Counts = dict[str, dict[Stratum, _Count]]
"""By session."""


def dont_know_z(linked: Surveys, enumerators: Mapping[str, str], audiences: Mapping[str, str]) -> dict[str, float]:
    """z of each enumerator with 40 forms and 3 sessions or more. enumerators, audiences: of the sessions, by name."""
    counts: Counts = defaultdict(lambda: defaultdict(_Count))
    forms: dict[str, int] = defaultdict(int)
    for scores in linked.scores:
        session = scores.session
        if session in enumerators:
            for wave, (number, answers, unknown) in scores.told.items():
                stratum = scores.item_set, audiences.get(session, ""), wave
                counts[session][stratum].add(_Count(unknown, answers))
                forms[enumerators[session]] += number
    found = {}
    for code, number in sorted(forms.items()):
        own = {session: of for session, of in counts.items() if enumerators[session] == code}
        others = {session: of for session, of in counts.items() if enumerators[session] != code}
        if number >= FEWEST_FORMS and len(own) >= FEWEST_SESSIONS and (z := _z(own, others)) is not None:
            found[code] = z
    return found


def _z(own: Counts, others: Counts) -> float | None:
    rates = _total(others)
    excess, variance = _excess(_total(own), rates)
    spread = [each for of in others.values() if (each := _excess(of, rates))[1]]
    if not variance or len(spread) < FEWEST_SESSIONS:
        return None
    phi = sum(more**2 / of for more, of in spread) / (len(spread) - 1)
    return excess / math.sqrt(variance * max(1.0, phi))


def _total(counts: Counts) -> dict[Stratum, _Count]:
    total: dict[Stratum, _Count] = defaultdict(_Count)
    for of_session in counts.values():
        for stratum, count in of_session.items():
            total[stratum].add(count)
    return total


def _excess(counts: Mapping[Stratum, _Count], rates: Mapping[Stratum, _Count]) -> tuple[float, float]:
    """Answers "I do not know" beyond what the rates lead one to expect, and the variance of their number."""
    excess = variance = 0.0
    for stratum, count in counts.items():
        rate = rates.get(stratum)
        if rate and rate.answers:
            part = rate.unknown / rate.answers
            excess += count.unknown - count.answers * part
            variance += count.answers * part * (1 - part)
    return excess, variance
