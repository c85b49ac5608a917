"""How the work in the field goes: pairing session by session, forms enumerator by enumerator. Never a ranking.

Fed by campaign.py, records and quality/linking.py; shown on sheets Pairing and Enumerators.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from collector.form.programme import Codes, Programme
from collector.form.records import Survey
from collector.indicators.campaign import Session
from collector.indicators.learning import FEWEST_PAIRS, Surveys
from collector.indicators.response import Place
from collector.indicators.results import IN_TIME, delays_of
from collector.indicators.scoring import Scored
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
    sessions: Iterable[Session], answered: Mapping[Place, frozenset[str]], linked: Surveys, codes: Codes
) -> tuple[Paired, ...]:
    """One entry for each held session, in the order of the sessions."""
    waves: dict[str, list[frozenset[str]]] = defaultdict(list)
    for (session, _), of_person in answered.items():
        waves[session].append(of_person)
    paired, unpaired = defaultdict(list), defaultdict(list)
    wrong, exact = Counter[str](), Counter[str]()
    for pair in linked.pairs:
        exact[pair.session] += pair.link_method == "exact"
        paired[pair.session].append(pair.before.score)
        ended, began = pair.before.survey.finished_at, pair.after.survey.started_at
        wrong[pair.session] += bool(ended and began and began < ended)
    for scored in linked.unpaired_before:
        unpaired[scored.survey.session or ""].append(scored.score)
    return tuple(
        Paired(
            session=session.name,
            consenting=len(session.consenting(codes)),
            before=sum("before" in each for each in waves[session.name]),
            after=sum("after" in each for each in waves[session.name]),
            pairs=len(paired[session.name]),
            exact=exact[session.name],
            before_only=sum(each == {"before"} for each in waves[session.name]),
            after_only=sum(each == {"after"} for each in waves[session.name]),
            wrong_order=wrong[session.name],
            paired_score=_mean(paired[session.name]),
            unpaired_score=_mean(unpaired[session.name]),
        )
        for session in sessions
        if session.is_held
    )


def enumerators(
    sessions: Iterable[Session], surveys: Iterable[Survey], linked: Surveys, programme: Programme
) -> tuple[Enumerator, ...]:
    """By code; a survey belongs to the enumerator of its session's form."""
    of_session = {
        session.name: session.report.enumerator
        for session in sessions
        if session.is_held and session.report and session.report.enumerator
    }
    held = {session.name: session for session in sessions if session.name in of_session}
    own: dict[str, list[Survey]] = defaultdict(list)
    for survey in surveys:
        if survey.session in of_session:
            own[of_session[survey.session] or ""].append(survey)
    found = []
    for code in sorted({code for code in of_session.values() if code}):
        names = {name for name, of in of_session.items() if of == code}
        last = max((survey.submitted_at for survey in own[code]), default=None)
        basis = Enumerator(code, len(names), len(own[code]), last=last)
        people = {(name, row.person_key or "") for name in names for row in held[name].consenting(programme.codes)}
        found.append(_figures(basis, own[code], names, linked, people, programme))
    return tuple(found)


def _figures(
    basis: Enumerator,
    surveys: Sequence[Survey],
    names: set[str],
    linked: Surveys,
    people: set[Place],
    programme: Programme,
) -> Enumerator:
    if basis.sessions < FEWEST_HELD:
        return basis
    scored: list[Scored] = [
        one
        for one in (
            *(wave for pair in linked.pairs for wave in (pair.before, pair.after)),
            *linked.unpaired_before,
            *linked.unpaired_after,
        )
        if one.survey.session in names
    ]
    answers = sum(len(one.right) for one in scored)
    delays = list(delays_of(surveys))
    pairs = sum((pair.session, pair.person_key) in people for pair in linked.pairs)
    read = [survey for survey in surveys if survey.mode and survey.mode == programme.codes.read_aloud]
    straight = [one for survey in surveys if (one := is_straight(survey, programme)) is not None]
    return replace(
        basis,
        minutes=_minutes(surveys),
        read_minutes=_minutes(read),
        straight=mean(straight) if straight else None,
        dont_know=sum(len(one.dont_know) for one in scored) / answers if answers else None,
        pairing=pairs / len(people) if people else None,
        late=sum(delay > IN_TIME for delay in delays) / len(delays) if delays else None,
    )


def _mean(scores: Sequence[float]) -> float | None:
    return mean(scores) if len(scores) >= FEWEST_PAIRS else None


def _minutes(surveys: Iterable[Survey]) -> float | None:
    """Median of the time that surveys took; a wrong clock says nothing."""
    took = [
        (survey.finished_at - survey.started_at).total_seconds() / 60
        for survey in surveys
        if survey.started_at and survey.finished_at and survey.finished_at >= survey.started_at
    ]
    return median(took) if took else None


def is_straight(survey: Survey, programme: Programme) -> bool | None:
    """Whether every true-or-false item has the same answer; None where fewer than eight were answered: QC23."""
    told = programme.codes.true_false
    items = [name for name, item in programme.items.items() if len(item.key) == 1 and item.key[0] in told]
    answers = [survey.answers[name] for name in items if survey.answers.get(name)]
    return len(set(answers)) == 1 if len(answers) >= FEWEST_STRAIGHT else None
