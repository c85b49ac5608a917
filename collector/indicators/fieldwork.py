"""How the work in the field goes: pairing session by session, forms enumerator by enumerator. Never a ranking.

Fed by campaign.py, records and quality/linking.py; shown on sheets Pairing and Enumerators.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from collector.form.programme import Codes, Programme
from collector.form.records import Survey
from collector.form.spool import Numbers
from collector.indicators.campaign import Session
from collector.indicators.learning import FEWEST_PAIRS, Surveys
from collector.indicators.paired_scores import PairedScores
from collector.indicators.response import by_session, waves_answered
from collector.indicators.results import IN_TIME, delays_of
from collector.indicators.statistics import mean

FEWEST_STRAIGHT = 8  # true-or-false items: those of the short set are too few
FEWEST_HELD = 3  # sessions of an enumerator below which shares are not told


@dataclass(frozen=True, slots=True)
class Paired:
    """Pairing of a held session. paired_score, unpaired_score: mean before, None for fewer than ten people.

    exact: pairs whose surveys also agree on sex and age group. wrong_order: pairs whose after survey began before the
    before survey ended.
    """

    session: str
    consenting: int
    before: int
    after: int
    pairs: int
    exact: int
    before_only: int
    after_only: int
    wrong_order: int
    paired_score: float | None
    unpaired_score: float | None


@dataclass(frozen=True, slots=True)
class Enumerator:
    """The surveys of one enumerator's sessions. minutes: median; dont_know: share of answers; late: over 48 hours.

    read_minutes: median of those read aloud. straight: share with one answer to every true-or-false item (QC23).
    last: when the newest came. All but counts and `last` are None below three held sessions, or where nothing is known.
    """

    code: str
    sessions: int
    surveys: int
    minutes: float | None = None
    dont_know: float | None = None
    pairing: float | None = None
    late: float | None = None
    read_minutes: float | None = None
    straight: float | None = None
    last: datetime | None = None


def pairing_by_session(
    sessions: Iterable[Session], surveys: Iterable[Survey], linked: Surveys, codes: Codes
) -> Iterator[Paired]:
    """One entry for each held session, in the order of the sessions."""
    of_session = by_session(surveys)
    for session in sessions:
        if not session.is_held:
            continue
        waves = waves_answered(of_session.of(session.name), codes).values()
        scores = linked.scores.of(session.name)
        yield Paired(
            session=session.name,
            consenting=len(session.consenting(codes)),
            before=sum("before" in each for each in waves),
            after=sum("after" in each for each in waves),
            pairs=sum(len(one.people) for one in scores),
            exact=sum(one.exact for one in scores),
            before_only=sum(each == {"before"} for each in waves),
            after_only=sum(each == {"after"} for each in waves),
            wrong_order=sum(len(one.late) for one in scores),
            paired_score=_mean([score for one in scores for score in one.before]),
            unpaired_score=_mean([score for one in scores for score in one.alone]),
        )


def enumerators(
    sessions: Iterable[Session], surveys: Iterable[Survey], linked: Surveys, programme: Programme
) -> tuple[Enumerator, ...]:
    """By code; a survey belongs to the enumerator of its session's form."""
    held: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.is_held and session.report and session.report.enumerator:
            held[session.report.enumerator].append(session)
    every, found = by_session(surveys), []
    for code, own in sorted(held.items()):
        work = _Work()
        for session in own:
            work.add_session(session, every.of(session.name), linked.scores.of(session.name), programme)
        found.append(work.told(code))
    return tuple(found)


@dataclass(slots=True)
class _Work:
    """What an enumerator's sessions come to, counted session by session. minutes: of all, and of those read aloud."""

    sessions: int = 0
    surveys: int = 0
    last: datetime | None = None
    people: int = 0
    pairs: int = 0
    answers: int = 0
    unknown: int = 0
    minutes: Numbers = field(default_factory=Numbers)
    read_minutes: Numbers = field(default_factory=Numbers)
    late: Counter[bool] = field(default_factory=Counter)
    straight: Counter[bool] = field(default_factory=Counter)

    def add_session(
        self, session: Session, surveys: Sequence[Survey], found: Sequence[PairedScores], programme: Programme
    ) -> None:
        self.sessions += 1
        self.surveys += len(surveys)
        newest = max((one.submitted_at for one in surveys), default=None)
        self.last = max(filter(None, (self.last, newest)), default=None)
        registered = {row.person_key or "" for row in session.consenting(programme.codes)}
        self.people += len(registered)
        for scores in found:
            self.pairs += sum(person in registered for person in scores.people)
            self.answers += sum(answers for _, answers, _ in scores.told.values())
            self.unknown += sum(unknown for _, _, unknown in scores.told.values())
        self.minutes.extend(_minutes(surveys))
        self.read_minutes.extend(
            _minutes(one for one in surveys if one.mode and one.mode == programme.codes.read_aloud)
        )
        self.late.update(delay > IN_TIME for delay in delays_of(surveys))
        self.straight.update(one for survey in surveys if (one := is_straight(survey, programme)) is not None)

    def told(self, code: str) -> Enumerator:
        basis = Enumerator(code, self.sessions, self.surveys, last=self.last)
        if self.sessions < FEWEST_HELD:
            return basis
        return replace(
            basis,
            minutes=self.minutes.middle if self.minutes else None,
            read_minutes=self.read_minutes.middle if self.read_minutes else None,
            straight=_part(self.straight),
            dont_know=self.unknown / self.answers if self.answers else None,
            pairing=self.pairs / self.people if self.people else None,
            late=_part(self.late),
        )


def _part(counted: Counter[bool]) -> float | None:
    return counted[True] / counted.total() if counted else None


def _mean(scores: Sequence[float]) -> float | None:
    return mean(scores) if len(scores) >= FEWEST_PAIRS else None


def _minutes(surveys: Iterable[Survey]) -> Iterator[float]:
    """The time that each survey took; a wrong clock says nothing."""
    for survey in surveys:
        if survey.started_at and survey.finished_at and survey.finished_at >= survey.started_at:
            yield (survey.finished_at - survey.started_at).total_seconds() / 60


def is_straight(survey: Survey, programme: Programme) -> bool | None:
    """Whether every true-or-false item has the same answer; None where fewer than eight were answered: QC23."""
    told = programme.codes.true_false
    items = [name for name, item in programme.items.items() if len(item.key) == 1 and item.key[0] in told]
    answers = [survey.answers[name] for name in items if survey.answers.get(name)]
    return len(set(answers)) == 1 if len(answers) >= FEWEST_STRAIGHT else None
