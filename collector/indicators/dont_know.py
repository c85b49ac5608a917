"""Who hears "I do not know" more or less often than others in like sessions. Shown on sheet Enumerators.

Source: domain README §5, quality check QC24: leave-one-out, by item set, audience and wave, with the spread between
sessions taken into account; a plain comparison accuses a third of honest enumerators.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count, groupby, islice
from operator import attrgetter

from collector.indicators.learning import Surveys
from collector.indicators.paired_scores import PairedScores

FEWEST_FORMS, FEWEST_SESSIONS = 40, 3
ALARM = 2.5

Stratum = tuple[str, str, str]
"""Item set, audience, wave."""


Counts = Iterable[tuple[int, int, int]]
"""Of a stratum, named by a number: how many answers, and how many of them are "I do not know"."""


class _Told:
    """The counts of many sessions, as numbers side by side, each session with the number of its enumerator."""

    def __init__(self) -> None:
        self.enumerators: dict[str, int] = {}
        self.strata: dict[Stratum, int] = {}
        self.forms: dict[str, int] = defaultdict(int)
        self._sessions = array("L")  # enumerator, strata of a session
        self._counts = array("L")  # stratum, answers, unknown

    def add(self, enumerator: str, audience: str, scores: Iterable[PairedScores]) -> None:
        """Take in another session."""
        before = len(self._counts)
        for one in scores:
            for wave, (forms, answers, unknown) in one.told.items():
                stratum = self.strata.setdefault((one.item_set, audience, wave), len(self.strata))
                self._counts.extend((stratum, answers, unknown))
                self.forms[enumerator] += forms
        number = self.enumerators.setdefault(enumerator, len(self.enumerators))
        self._sessions.extend((number, (len(self._counts) - before) // 3))

    def sessions(self, enumerator: str, *, is_own: bool) -> Iterator[Counts]:
        """The sessions of an enumerator, or those of all others, in their order."""
        number, numbers, counts = self.enumerators[enumerator], iter(self._sessions), iter(self._counts)
        triples = zip(counts, counts, counts, strict=True)
        for each, strata in zip(numbers, numbers, strict=True):
            of_session = list(islice(triples, strata))
            if (each == number) is is_own:
                yield of_session

    @property
    def total(self) -> dict[int, tuple[int, int]]:
        """Answers and unknown ones of all sessions, by stratum."""
        counts = iter(self._counts)
        return _total([zip(counts, counts, counts, strict=True)])


def dont_know_z(linked: Surveys, enumerators: Mapping[str, str], audiences: Mapping[str, str]) -> dict[str, float]:
    """z of each enumerator with 40 forms and 3 sessions or more. enumerators, audiences: of the sessions, by name."""
    told = _Told()
    for session, scores in groupby(linked.scores, key=attrgetter("session")):
        if session in enumerators:
            told.add(enumerators[session], audiences.get(session, ""), scores)
    total, found = told.total, {}
    for code, forms in sorted(told.forms.items()):
        if forms >= FEWEST_FORMS and (z := _z(told, code, total)) is not None:
            found[code] = z
    return found


def _z(told: _Told, code: str, total: Mapping[int, tuple[int, int]]) -> float | None:
    sessions, others = count(), count()
    own = _total(of_session for of_session, _ in zip(told.sessions(code, is_own=True), sessions, strict=False))
    rates = {
        stratum: (answers - own.get(stratum, (0, 0))[0], unknown - own.get(stratum, (0, 0))[1])
        for stratum, (answers, unknown) in total.items()
    }
    excess, variance = _excess(((stratum, *counts) for stratum, counts in own.items()), rates)
    if next(sessions) < FEWEST_SESSIONS or not variance:
        return None
    varied = (each for of in told.sessions(code, is_own=False) if (each := _excess(of, rates))[1])
    squares = sum(more**2 / of for (more, of), _ in zip(varied, others, strict=False))
    spread = next(others)
    return excess / math.sqrt(variance * max(1.0, squares / (spread - 1))) if spread >= FEWEST_SESSIONS else None


def _total(sessions: Iterable[Counts]) -> dict[int, tuple[int, int]]:
    """Answers and unknown ones by stratum."""
    total: dict[int, tuple[int, int]] = {}
    for stratum, answers, unknown in chain.from_iterable(sessions):
        before = total.get(stratum, (0, 0))
        total[stratum] = before[0] + answers, before[1] + unknown
    return total


def _excess(counts: Counts, rates: Mapping[int, tuple[int, int]]) -> tuple[float, float]:
    """Answers "I do not know" beyond what the rates lead one to expect, and the variance of their number."""
    excess = variance = 0.0
    for stratum, answers, unknown in counts:
        of, told = rates[stratum]
        if of:
            part = told / of
            excess += unknown - answers * part
            variance += answers * part * (1 - part)
    return excess, variance
