"""What is open: each thing that somebody must look at, with its check, its severity, who acts and by when.

Fed by jobs/export.py with the records of a night; shown on sheet ToDo. Source: the programme's quality checks (QC01 to
QC42); here those that records already in the database can tell. Nothing of it changes a number.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain

from collector.form.history import HeldDeletions, Revised
from collector.form.programme import Programme
from collector.form.records import Completeness, QuarantinedFinding, Survey
from collector.form.spool import Numbers
from collector.indicators.campaign import Session
from collector.indicators.learning import Surveys
from collector.indicators.response import by_session, waves_answered
from collector.quality.linking import WAVES, only_one

DATA_MANAGER, SUPERVISOR, ME_OFFICER = "data_manager", "supervisor", "me_officer"
WEEK = 5  # working days
CHECKS: Mapping[str, tuple[str, str, str, int]] = {  # kind → check, severity, who acts, working days
    "no_consent": ("QC32", "S1", DATA_MANAGER, 0),
    "incomplete": ("QC40", "S1", DATA_MANAGER, 0),
    "held": ("QC40", "S1", DATA_MANAGER, 0),
    "quarantined": ("QC36", "S2", DATA_MANAGER, 1),
    "left_out": ("QC36", "S2", DATA_MANAGER, 1),
    "not_offered": ("QC37", "S2", DATA_MANAGER, 3),
    "several_forms": ("QC02", "S2", DATA_MANAGER, 2),
    "no_form": ("QC12", "S2", SUPERVISOR, 1),
    "no_register": ("QC12", "S2", SUPERVISOR, 1),
    "unknown_session": ("QC07", "S2", SUPERVISOR, 2),
    "wrong_day": ("QC15", "S2", SUPERVISOR, 2),
    "two_surveys": ("QC04", "S2", SUPERVISOR, 3),
    "swapped": ("QC06", "S2", SUPERVISOR, 3),
    "order": ("QC11", "S2", SUPERVISOR, 3),
    "no_before": ("QC09", "S3", SUPERVISOR, 1),
    "no_after": ("QC09", "S3", SUPERVISOR, 1),
    "headcount": ("QC13", "S3", SUPERVISOR, 3),
    "sexes": ("QC14", "S3", SUPERVISOR, 3),
    "not_registered": ("QC08", "S3", SUPERVISOR, 3),
    "pairing_low": ("QC09", "S3", ME_OFFICER, WEEK),
    "after_only": ("QC10", "S3", ME_OFFICER, WEEK),
    "too_short": ("QC17", "S3", SUPERVISOR, WEEK),
}
ERRORS = frozenset({"S1", "S2"})
"""Severities of what is wrong; the others are warnings."""

KIND_OF_FINDING = {"submission": "quarantined", "answer": "left_out", "": "not_offered"}
"""By what the gravest finding of a submission keeps out."""

WARN_PAIRING, FEWEST_TO_PAIR = 0.85, 10
MARGIN, MARGIN_SHARE = 2, 0.10  # QC13, QC14: people that may be missing
SHORTEST, OF_MEDIAN, FEWEST_FOR_MEDIAN, SHORT_WITHOUT = 2.5, 0.4, 30, 3.0  # QC17: minutes, part, forms, minutes
DRIFTING = frozenset({"minutes"})  # facts that change with other sessions' records
DAYS_OFF = frozenset({4, 5})  # Friday and Saturday


Record = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Issue:
    """One open thing. since: the day it arose; facts: of its text, `wrong.<kind>`; finding: of judging, if any.

    records: root_uuids of the submissions it is about, or form and number of a quarantined one; cards: of them the
    surveys whose cards it is about. state: of these records; another one when one of them comes, goes or is edited.
    """

    kind: str
    since: date
    session: str = ""
    district: str = ""
    enumerator: str = ""
    form: str = ""
    submission_id: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    finding: QuarantinedFinding | None = None
    records: tuple[Record, ...] = ()
    cards: tuple[str, ...] = ()
    state: str = ""

    @property
    def id(self) -> str:
        """The same for the same thing on every night: "QC12 ERB-05 no_form"."""
        place = self.session or f"{self.form}{f' {self.submission_id}' if self.submission_id else ''}"
        return f"{CHECKS[self.kind][0]} {place} {self.kind}"

    @property
    def severity(self) -> str:
        return CHECKS[self.kind][1]

    @property
    def who(self) -> str:
        return CHECKS[self.kind][2]

    @property
    def due_on(self) -> date:
        return after_working_days(self.since, CHECKS[self.kind][3])


@dataclass(frozen=True)
class Records:
    """What the checks read. today: of the report, in the programme's time zone; revised: every change of a record."""

    programme: Programme
    today: date
    sessions: Sequence[Session]
    surveys: Sequence[Survey]
    linked: Surveys
    quarantined: Sequence[QuarantinedFinding] = ()
    completeness: Mapping[str, Completeness] = field(default_factory=dict)
    held: Sequence[HeldDeletions] = ()
    revised: Sequence[Revised] = ()


def issues(records: Records) -> tuple[Issue, ...]:
    """Everything that is open, the most severe first, then by the day it is due."""
    found = [*_of_the_pull(records), *_of_sessions(records), *_of_surveys(records)]
    order = list(CHECKS)
    changes = Counter[Record](change.root_uuid for change in records.revised)
    changes.update((change.form, change.submission_id) for change in records.revised)
    stated = (replace(one, state=_state(one, changes)) for one in found)
    return tuple(sorted(stated, key=lambda one: (one.severity, one.due_on, order.index(one.kind), one.id)))


def _state(issue: Issue, changes: Mapping[Record, int]) -> str:
    """Six hexadecimal digits that stand for the records of an issue and how often each was changed."""
    facts = sorted((name, fact) for name, fact in issue.facts.items() if name not in DRIFTING)
    told = repr([facts, sorted((str(record), changes.get(record, 0)) for record in issue.records)])
    return hashlib.sha256(told.encode()).hexdigest()[:6]


def after_working_days(day: date, days: int) -> date:
    """The day so many working days later; they run from Sunday to Thursday.

    >>> after_working_days(date(2026, 11, 26), 1)  # a Thursday
    datetime.date(2026, 11, 29)
    """
    while days:
        day += timedelta(days=1)
        days -= day.weekday() not in DAYS_OFF
    return day


def _of_the_pull(records: Records) -> Iterator[Issue]:
    for form, counted in records.completeness.items():
        if counted.missing:
            facts = {"on_server": counted.on_server, "here": counted.accepted + counted.quarantined}
            yield Issue("incomplete", counted.counted_at.date(), form=form, facts=facts)
    for held in records.held:
        yield Issue("held", records.today, form=held.form, facts={"count": held.count})
    of_submission: dict[tuple[str, int], list[QuarantinedFinding]] = defaultdict(list)
    for finding in records.quarantined:
        of_submission[finding.form, finding.submission_id].append(finding)
    for (form, number), findings in of_submission.items():
        facts = {"count": len(findings) - 1}
        first = findings[0]
        yield Issue(
            KIND_OF_FINDING[first.keeps_out],
            first.submitted_at.date(),
            form=form,
            submission_id=number,
            facts=facts,
            finding=first,
            records=((form, number),),
        )


def _of_sessions(records: Records) -> Iterator[Issue]:
    came: dict[str, frozenset[str]] = {session.name: frozenset() for session in records.sessions if session.is_held}
    same: dict[frozenset[str], frozenset[str]] = {}  # few sets for many sessions
    for survey in records.surveys:
        waves = came.get(survey.session or "")
        if waves is not None and survey.wave not in waves:
            more = waves | {survey.wave}
            came[survey.session or ""] = same.setdefault(more, more)
    for session in records.sessions:
        planned_on = session.planned.planned_on if session.planned else None
        if session.planned and not session.report and planned_on and planned_on < records.today:
            yield _at(session, "no_form", day=planned_on)
        if session.reports > 1:
            yield _at(session, "several_forms", count=session.reports)
        if session.is_held:
            missing = [wave for wave in WAVES if wave not in came[session.name]]
            yield from _of_a_held_session(session, missing, records.programme)


def _of_a_held_session(session: Session, missing: Iterable[str], programme: Programme) -> Iterator[Issue]:
    codes, report = programme.codes, session.report
    if not session.rows:
        yield _at(session, "no_register", count=session.contacts)
    if session.has_wrong_day and session.day:
        yield _at(session, "wrong_day", held=session.held_on, day=session.day)
    for wave in missing:
        yield _at(session, f"no_{wave}")
    if not session.rows or report is None or report.women is None or report.men is None:
        return
    her, his = (sum(row.sex == sex for row in session.rows) for sex in (codes.female, codes.male))
    if abs(session.contacts - len(session.rows)) > _margin(session.contacts):
        yield _at(session, "headcount", people=session.contacts, rows=len(session.rows))
    elif abs(report.women - her) > _margin(report.women) or abs(report.men - his) > _margin(report.men):
        yield _at(session, "sexes", women=report.women, men=report.men, her=her, his=his)


def _of_surveys(records: Records) -> Iterator[Issue]:
    known = {session.name: session for session in records.sessions if session.report}
    shortest = _shortest(records.surveys)
    for name, surveys in by_session(records.surveys).groups():
        session = known.get(name)
        if session is None:
            since = min(survey.submitted_at for survey in surveys).date()
            facts = {"count": len(surveys)}
            yield Issue("unknown_session", since, session=name, facts=facts, records=_roots(surveys))
        yield from _of_consent(name, session, surveys, records.programme)
        if session and session.is_held:
            yield from _of_cards(session, surveys, records.programme)
            yield from _of_pairing(session, surveys, records.programme)
            yield from _of_minutes(session, surveys, shortest)
    late: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for scores in records.linked.scores:
        if scores.late and scores.session in known:
            late[scores.session] += scores.late
    for name, both in late.items():
        issue = _at(known[name], "order", count=len(both))
        yield replace(issue, records=tuple(chain.from_iterable(both)), cards=tuple(root for root, _ in both))


def _of_consent(name: str, session: Session | None, surveys: Sequence[Survey], programme: Programme) -> Iterator[Issue]:
    refused = [one for one in surveys if one.consent != programme.codes.yes and any(one.answers.values())]
    if refused:
        since = min(survey.submitted_at for survey in refused).date()
        facts = {"count": len(refused)}
        if session:
            yield _at(session, "no_consent", refused, count=len(refused))
        else:
            yield Issue("no_consent", since, session=name, facts=facts, records=_roots(refused))


def _of_cards(session: Session, surveys: Sequence[Survey], programme: Programme) -> Iterator[Issue]:
    rows = {row.person_key: row for row in session.rows if row.person_key}
    refusals = sum(row.consent != programme.codes.yes for row in session.rows)
    cards = {survey.person_key for survey in surveys if survey.person_key and survey.consent == programme.codes.yes}
    unknown = cards - rows.keys()
    unregistered = len(unknown) - refusals if session.rows else 0
    if unregistered > 0:
        some = [survey for survey in surveys if survey.person_key in unknown]
        yield _at(session, "not_registered", some, cards=some, count=unregistered)
    of_card: dict[tuple[str, str], list[Survey]] = defaultdict(list)
    said: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for survey in (one for one in surveys if one.person_key in cards):
        of_card[survey.person_key or "", survey.wave].append(survey)
        _note(said[survey.person_key or ""], survey.sex, survey.age_group, programme)
    for card in said.keys() & rows.keys():
        _note(said[card], rows[card].sex, rows[card].age_group, programme)
    if twice := [some for some in of_card.values() if only_one(some) is None]:
        some = [survey for each in twice for survey in each]
        yield _at(session, "two_surveys", some, cards=[each[0] for each in twice], count=len(twice))
    if swapped := {card for card, (sexes, ages) in said.items() if len(sexes) > 1 or len(ages) > 1}:
        some = [survey for survey in surveys if survey.person_key in swapped]
        yield _at(session, "swapped", some, cards=some, count=len(swapped))


def _note(said: tuple[set[str], set[str]], sex: str | None, age_group: str | None, programme: Programme) -> None:
    if sex in {programme.codes.female, programme.codes.male}:  # "prefer not to answer" contradicts nobody
        said[0].add(sex or "")
    if age_group:
        said[1].add(age_group)


def _of_pairing(session: Session, surveys: Sequence[Survey], programme: Programme) -> Iterator[Issue]:
    waves = list(waves_answered(surveys, programme.codes).values())
    if {wave for of_person in waves for wave in of_person} != {"before", "after"}:
        return  # a whole wave is missing: that is another issue
    both, first, second = (sum(of_person == told for of_person in waves) for told in _WAVES)
    consenting = {row.person_key for row in session.consenting(programme.codes)}
    if len(consenting) >= FEWEST_TO_PAIR and both < WARN_PAIRING * len(consenting) and first:
        yield _at(session, "pairing_low", surveys, pairs=both, people=len(consenting), count=first)
    if second:
        yield _at(session, "after_only", surveys, count=second)


_WAVES = (frozenset({"before", "after"}), frozenset({"before"}), frozenset({"after"}))


def _of_minutes(session: Session, surveys: Sequence[Survey], shortest: Mapping[str, float]) -> Iterator[Issue]:
    timed = [(survey, minutes) for survey in surveys if (minutes := _minutes(survey)) is not None]
    short = [survey for survey, minutes in timed if minutes < shortest[survey.wave]]
    if short:
        limit = max(shortest.values())
        yield _at(session, "too_short", short, count=len(short), people=len(timed), minutes=limit)


def _shortest(surveys: Iterable[Survey]) -> dict[str, float]:
    """Minutes below which a survey of a wave is too short."""
    took: dict[str, Numbers] = defaultdict(Numbers)
    for survey in surveys:
        if (minutes := _minutes(survey)) is not None:
            took[survey.wave].add(minutes)
    return {
        wave: max(SHORTEST, OF_MEDIAN * each.middle) if len(each) >= FEWEST_FOR_MEDIAN else SHORT_WITHOUT
        for wave, each in took.items()
    }


def _minutes(survey: Survey) -> float | None:
    if survey.started_at is None or survey.finished_at is None or survey.finished_at < survey.started_at:
        return None  # a wrong clock says nothing of the time it took
    return (survey.finished_at - survey.started_at).total_seconds() / 60


def _margin(people: int) -> float:
    return max(MARGIN, MARGIN_SHARE * people)


def _roots(surveys: Iterable[Survey]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(survey.root_uuid for survey in surveys))


def _at(
    session: Session, kind: str, of: Sequence[Survey] = (), *, cards: Sequence[Survey] = (), **facts: object
) -> Issue:
    """An issue of a session: about some of its surveys, else about its session form."""
    enumerator = session.report.enumerator if session.report else None
    own = (session.report.root_uuid,) if session.report else ()
    return Issue(
        kind,
        session.day or (session.report.submitted_at.date() if session.report else date.min),
        session=session.name,
        district=session.district or "",
        enumerator=enumerator or "",
        facts=facts,
        records=_roots(of) or own,
        cards=_roots(cards),
    )
