"""The twenty indicators of the programme, I01 to I20, each with its base, interval and what to know about it.

Reads a campaign put together by jobs/export.py; shown on sheet Indicators. Source: the indicator sheet of the domain
README §1.6. A value is None where it may not be reported; the notes say why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from operator import itemgetter

from collector.form.programme import Programme
from collector.form.records import SessionReport, Survey, VersionCount
from collector.form.spool import Spool
from collector.indicators import reach
from collector.indicators.campaign import Session
from collector.indicators.learning import (
    FEWEST_FOR_TESTS,
    FEWEST_PAIRS,
    Asked,
    ItemChange,
    Learning,
    Share,
    Surveys,
    share_of,
)
from collector.indicators.retention import FollowUp, kept
from collector.indicators.statistics import wilson

FEWEST_SESSIONS = 5  # fewer: counts, no share
FEWEST_DISABLED = 11
LEAST_MINUTES = 0.80
IN_TIME = timedelta(hours=48)
FEWEST_SIGNS = 3
WEAKEST = 3


@dataclass(frozen=True)
class Evidence:
    """What the indicators are made of. today: of the report, in the programme's time zone.

    follow_up: None where the programme asks nobody again. unclean: submissions that count, and that an open issue of
    severity S1 or S2 is about.
    """

    programme: Programme
    today: date
    sessions: Sequence[Session]
    people: reach.Participants
    surveys: Sequence[Survey]
    linked: Surveys
    learning: Sequence[Learning]
    items: Sequence[ItemChange]
    counts: Sequence[VersionCount]
    follow_up: FollowUp | None = None
    unclean: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator, of one item set where sets may not be pooled.

    unit: "share" (a fraction of 1), "count", "points", "ratio" or "list". low, high: a range of people (I03), else a
    95 % interval. notes: keys of the workbook's texts, with their facts.
    """

    id: str
    unit: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    item_set: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


def indicators(found: Evidence) -> tuple[Indicator, ...]:
    """All of them, in order; those about knowledge once for each item set with pairs."""
    return (*_delivery(found), *_experience(found), *_knowledge(found), *_data(found))


def share(id: str, found: Share, *notes: str, fewest: int = FEWEST_PAIRS, least: int = 0) -> Indicator:
    """A share with its interval; below `fewest` people or `least` counted ones the counts stand alone."""
    if found.of < fewest or found.count < least:
        return Indicator(id, "share", None, found.count, found.of, notes=("small", *notes), facts={"fewest": fewest})
    if found.interval is None:
        return Indicator(id, "share", found.value, found.count, found.of, notes=("few_sessions", *notes))
    return Indicator(id, "share", found.value, found.count, found.of, *found.interval, notes=notes)


def _delivery(found: Evidence) -> Iterator[Indicator]:
    codes = found.programme.codes
    progress = reach.progress(found.sessions, found.today)
    people = reach.count(found.people, codes)
    held = [session for session in found.sessions if session.is_held]
    yield Indicator("I01", "share", _part(progress.held, progress.due), progress.held, progress.due)
    yield Indicator("I02", "count", reach.contacts(found.sessions), notes=("not_people",))
    yield Indicator("I03", "count", people.low, low=people.low, high=people.high, notes=("range",))
    of_session = zip(found.people.sessions, found.people, strict=True)
    sexes = ((name, one.sex == codes.female) for name, one in of_session if one.sex in {codes.female, codes.male})
    yield share("I04", share_of(sexes), "unsaid")
    yield share("I05", disability(found), "washington", fewest=FEWEST_FOR_TESTS, least=FEWEST_DISABLED)
    told = Counter(person.displacement for person in found.people if person.displacement)
    displaced = sum(told[said] for said in {*codes.displaced})
    yield Indicator("I06", "count", displaced, displaced, told.total(), notes=("self_declared",))
    types = {person.org_type for person in found.people if person.org_type}
    yield Indicator("I07", "count", len(types), notes=("types",))
    districts = {session.planned.district for session in found.sessions if session.planned}
    visited = {session.district for session in held} & districts
    yield Indicator("I08", "share", _part(len(visited), len(districts)), len(visited), len(districts))
    complete = [session for session in held if is_complete(session)]
    designed = sum(is_as_designed(session, found.programme) for session in complete)
    of_sessions = Share(designed, len(complete), wilson(designed, len(complete)))
    yield share("I09", of_sessions, "self_reported", fewest=FEWEST_SESSIONS)


def _experience(found: Evidence) -> Iterator[Indicator]:
    codes = found.programme.codes
    answers = (
        (survey.session or "", answer in codes.agree)
        for survey in found.surveys
        if survey.consent == codes.yes
        for answer in survey.feedback
        if is_on_scale(answer)
    )
    yield share("I10", share_of(answers), "courtesy")
    matched, expected = (sum(getattr(each, name) for each in found.learning) for name in ("matched", "expected"))
    yield Indicator("I11", "share", _part(matched, expected), matched, expected)


def _knowledge(found: Evidence) -> Iterator[Indicator]:
    told = [learned for learned in found.learning if learned.pairs]
    for learned in told:
        low, high = learned.interval or (None, None)
        notes = ("change_only", *(f"flag.{flag}" for flag in learned.flags))
        yield Indicator("I12", "points", learned.change, None, learned.pairs, low, high, learned.item_set, notes)
    for learned in told:
        yield Indicator("I13", "ratio", learned.gain, None, learned.pairs, item_set=learned.item_set)
    for learned in told:
        yield _reached(learned)
    ranked = sorted((i for i in found.items if i.pairs >= FEWEST_FOR_TESTS), key=lambda i: i.right_after / i.pairs)
    weakest = ", ".join(item.item for item in ranked[:WEAKEST])
    yield Indicator(
        "I15", "list", notes=("weakest",) if weakest else ("small",), facts={"items": weakest, "fewest": 30}
    )
    yield from _items(found)
    yield from _kept(found)


def _kept(found: Evidence) -> Iterator[Indicator]:
    """I18, for each item set with people who were to be asked again."""
    if found.follow_up is None:
        yield Indicator("I18", "share", notes=("no_follow_up",))
        return
    asked = [one for one in kept(found.follow_up, found.sessions, found.programme) if not one.audience]
    facts: dict[str, object] = {name: getattr(found.follow_up, name) for name in ("months", "early", "unlinked")}
    unused = ("kept_left_out",) if found.follow_up.early or found.follow_up.unlinked else ()
    for one in asked:
        own = facts | {"answered": one.answered, "due": one.due, "response": one.response}
        notes = ("kept_response", *one.cautions, *unused)
        yield Indicator("I18", "share", one.kept, None, one.answered, item_set=one.item_set, notes=notes, facts=own)
    if not asked:
        yield Indicator("I18", "share", notes=("kept_not_due", *unused), facts=facts)


def _reached(learned: Learning) -> Indicator:
    passed: Share | None = learned.passed_after
    if passed is None:
        return Indicator("I14", "share", None, None, learned.pairs, item_set=learned.item_set, notes=("not_reported",))
    return replace(share("I14", passed), item_set=learned.item_set)


def _items(found: Evidence) -> Iterator[Indicator]:
    """I16 and I17, each of the people who answered its item after."""
    programme = found.programme
    knows: dict[str, Callable[[Survey, str], bool]] = {
        "I16": lambda survey, item: knows_signs(survey, programme, item),
        "I17": lambda survey, item: survey.answers.get(item) in programme.items[item].key,
    }
    items = {id: target.item for id in knows if (target := programme.targets.get(id)) and target.item}
    asked = {id: Asked() for id in items}
    for pair in found.linked.pairs if items else ():
        for id, item in items.items():
            if item in pair.after.right:
                asked[id].add(pair.session, knows[id](pair.after.survey, item))
    for id in knows:
        yield share(id, asked[id].share) if id in asked else Indicator(id, "share", notes=("no_item",))


def _data(found: Evidence) -> Iterator[Indicator]:
    accepted = sum(count.accepted for count in found.counts)
    received = accepted + sum(count.quarantined for count in found.counts)
    clean = accepted - found.unclean if received else 0
    yield Indicator("I19", "share", _part(clean, received), clean, received, notes=("clean",))
    reports = (session.report for session in found.sessions if session.report)
    forms: Iterable[Survey | SessionReport] = chain(found.surveys, reports)
    told = Counter(delay <= IN_TIME for delay in delays_of(forms))
    in_time, of = told[True], told.total()
    yield Indicator("I20", "share", _part(in_time, of), in_time, of, notes=("clocks",))


def disability(found: Evidence) -> Share:
    """I05: people with "a lot of difficulty" or more in any domain, of people with a valid answer; each once."""
    codes = found.programme.codes
    told = Spool[tuple[str, str, bool]](itemgetter(0))  # person, session, whether there is a difficulty
    for survey in found.surveys:
        valid = {answer for answer in survey.disability if is_on_scale(answer)}
        if valid and survey.consent == codes.yes:
            person = survey.person_key or survey.root_uuid
            told.add((person, survey.session or "", bool(valid & set(codes.disability))))
    return share_of((of_person[0][1], any(has for *_, has in of_person)) for _, of_person in told.groups())


def is_on_scale(answer: str | None) -> bool:
    """Whether an answer is a point of a scale, not "prefer not to answer"."""
    return bool(answer) and str(answer).isdecimal()


def is_complete(session: Session) -> bool:
    """Whether I09 can be judged: the session's length is known, and that of the plan."""
    return session.minutes is not None and session.planned is not None and bool(session.planned.planned_minutes)


def is_as_designed(session: Session, programme: Programme) -> bool:
    """I09: long enough, every planned topic, both surveys, referral information. session: complete."""
    planned, report, yes = session.planned, session.report, programme.codes.yes
    if planned is None or report is None:
        return False
    is_long = (session.minutes or 0) >= LEAST_MINUTES * (planned.planned_minutes or 0)
    is_whole = set(planned.modules) <= set(report.modules)
    return is_long and is_whole and report.before_done == report.after_done == report.referral_info == yes


def knows_signs(survey: Survey, programme: Programme, item: str) -> bool:
    """I16: three right signs or more, and no wrong one."""
    chosen, meaning = set(survey.answers.get(item) or ()), programme.items[item]
    return len(chosen & set(meaning.key)) >= FEWEST_SIGNS and not chosen - set(meaning.key)


def delays_of(forms: Iterable[Survey | SessionReport]) -> Iterator[timedelta]:
    """Time from the end of a form to its receipt; a form from the future has a wrong clock and is left out."""
    for form in forms:
        if form.finished_at and form.finished_at <= form.submitted_at:
            yield form.submitted_at - form.finished_at


def _part(count: int, of: int) -> float | None:
    return count / of if of else None
