"""I18: what is kept of the change some months after a session, by the people who answered the follow-up survey.

Links come from collector/quality/follow_up.py. Who answers again is not random: the response stands beside, and a
slice that fewer than half answered says so. Source: domain README §1.4, §1.5; indicator sheet §1.6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from collector.form.programme import Programme
from collector.indicators.campaign import Session
from collector.indicators.learning import FEWEST_FOR_TESTS, Pair
from collector.indicators.paired import retention
from collector.indicators.scoring import Scored
from collector.indicators.statistics import mean

HALF = 0.5


class Caution(StrEnum):
    """Why nothing is told of what is kept, or how it must be read."""

    FEW = "kept_few"
    NO_RISE = "kept_no_rise"
    WHO_ANSWERED = "kept_who_answered"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The follow-up surveys beside the pairs. months: how long after a session its people are asked again.

    due: the pair of each person whose session is that long ago; answered: those who answered since, with that survey.
    early: surveys answered before they were due. unlinked: surveys of people without a pair or with several, of several
    that differ, of another item set, or with too few answers for a score.
    """

    months: int
    due: tuple[Pair, ...] = ()
    answered: tuple[tuple[Pair, Scored], ...] = ()
    early: int = 0
    unlinked: int = 0

    def of_sessions(self, names: Collection[str]) -> FollowUp:
        """Of the people of some sessions alone; what is not used is told for the campaign."""
        due = tuple(pair for pair in self.due if pair.session in names)
        answered = tuple(both for both in self.answered if both[0].session in names)
        return FollowUp(self.months, due, answered)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an audience, or all of an item set (audience ""), keeps of its change, as a fraction of it.

    due: people with a pair who were to be asked; answered: those of them with all three surveys. before, after, later:
    their mean scores; None, as is `kept`, below thirty of them. kept: None too where they had not risen.
    """

    item_set: str
    audience: str
    due: int
    answered: int
    before: float | None = None
    after: float | None = None
    later: float | None = None
    kept: float | None = None
    cautions: tuple[Caution, ...] = ()

    @property
    def response(self) -> float:
        return self.answered / self.due


def kept(found: FollowUp, sessions: Iterable[Session], programme: Programme) -> Iterator[Kept]:
    """Each item set with people who are due, and then each of its audiences."""
    audience_of = {session.name: session.audience or "" for session in sessions}
    for item_set in programme.item_sets:
        due = [pair for pair in found.due if pair.before.item_set == item_set]
        audiences = sorted({audience_of.get(pair.session, "") for pair in due} - {""})
        for audience in ["", *audiences] if due else []:
            asked = [pair for pair in due if audience in ("", audience_of.get(pair.session))]
            people = {pair.person_key for pair in asked}
            scores = [_scores(pair, later) for pair, later in found.answered if pair.person_key in people]
            yield _kept(Kept(item_set, audience, len(asked), len(scores)), scores)


def _scores(pair: Pair, later: Scored) -> tuple[float, float, float]:
    return pair.before.score, pair.after.score, later.score


def _kept(basis: Kept, scores: Sequence[tuple[float, float, float]]) -> Kept:
    cautions = (Caution.WHO_ANSWERED,) if basis.response < HALF else ()
    if basis.answered < FEWEST_FOR_TESTS:
        return replace(basis, cautions=(Caution.FEW, *cautions))
    before, after, later = (mean(wave) for wave in zip(*scores, strict=True))
    told = retention(scores, of=basis.due) if after > before else None
    if told is None:
        cautions = (Caution.NO_RISE, *cautions)
    part = told.kept if told else None
    return replace(basis, before=before, after=after, later=later, kept=part, cautions=cautions)
