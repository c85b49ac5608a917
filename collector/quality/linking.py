"""Before ↔ after, by card: which surveys belong to the same person of the same session, exactly and one to one.

Fed with the surveys of queries.py; pairs go to collector/indicators/learning.py. Source: domain README §1.3–1.5, §4.4.
Cards that differ in one digit are never linked: 97 divides no such difference, so two of them cannot both be valid, and
a pseudonym would not show it. What may differ in a pair is the sex or the age group that somebody ticked (QC06).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.form.spool import Spool
from collector.indicators.campaign import Session
from collector.indicators.learning import Pair, Surveys
from collector.indicators.response import by_session
from collector.indicators.scoring import Scored, score_survey

WAVES = ("before", "after")


def link(surveys: Iterable[Survey], sessions: Iterable[Session], programme: Programme) -> Surveys:
    """Pair the consenting, scored surveys of each person and session.

    The same survey sent twice counts once, the earliest; two different surveys of one wave are not paired, because
    nobody knows which is right. Surveys of two item sets are not paired.
    """
    by_name = {session.name: session for session in sessions}
    pairs = Spool[Pair](lambda pair: pair.session, weight=lambda pair: 2)
    alone = {wave: Spool[Scored](lambda scored: scored.survey.session or "") for wave in WAVES}
    for name, of_session in by_session(surveys).groups():
        before, after = (_scored(of_session, wave, by_name.get(name), programme) for wave in WAVES)
        for person in sorted(before.keys() | after.keys()):
            first, second = before.get(person), after.get(person)
            if first and second and first.item_set == second.item_set:
                pairs.add(Pair(name, person, first, second, method_of(first.survey, second.survey, programme)))
                continue
            for wave, scored in zip(WAVES, (first, second), strict=True):
                if scored:
                    alone[wave].add(scored)
    return Surveys(pairs, alone["before"], alone["after"])


def method_of(before: Survey, after: Survey, programme: Programme) -> str:
    """How far two surveys of a card agree: "exact", or "one_differs", "two_differ" of sex and age group, if told."""
    sexes = {before.sex, after.sex} & {programme.codes.female, programme.codes.male}
    ages = {before.age_group, after.age_group} - {None}
    return ("exact", "one_differs", "two_differ")[(len(sexes) > 1) + (len(ages) > 1)]


def exact_only(linked: Surveys) -> Surveys:
    """The same surveys with exact pairs alone: those of the others are without a partner."""
    pairs = Spool[Pair](lambda pair: pair.session)
    before, after = (
        Spool[Scored](lambda scored: scored.survey.session or "", alone)
        for alone in (linked.unpaired_before, linked.unpaired_after)
    )
    for pair in linked.pairs:
        if pair.link_method == "exact":
            pairs.add(pair)
        else:
            before.add(pair.before)
            after.add(pair.after)
    return Surveys(pairs, before, after)


def _scored(surveys: Iterable[Survey], wave: str, session: Session | None, programme: Programme) -> dict[str, Scored]:
    """The scored surveys of a session and wave, by person key."""
    of_person: dict[str, list[Survey]] = defaultdict(list)
    for survey in surveys:
        if survey.wave == wave and survey.consent == programme.codes.yes and survey.session and survey.person_key:
            of_person[survey.person_key].append(survey)
    found: dict[str, Scored] = {}
    for person, same in of_person.items():
        one = only_one(same)
        item_set = one and item_set_of(one, session, programme)
        if one and item_set:
            scored = score_survey(one, programme, item_set, session.day if session else None)
            if scored:
                found[person] = scored
    return found


def only_one(surveys: Sequence[Survey]) -> Survey | None:
    """The earliest of surveys that all say the same; None when they differ."""
    contents = {(tuple(sorted(survey.answers.items())), survey.sex, survey.age_group) for survey in surveys}
    return min(surveys, key=lambda survey: (survey.submitted_at, survey.root_uuid)) if len(contents) == 1 else None


def item_set_of(survey: Survey, session: Session | None, programme: Programme) -> str | None:
    """The set that was asked: the form's own word for it, else the set of the session's audience."""
    if survey.item_set in programme.item_sets:
        return survey.item_set
    audience = session.audience if session else None
    return next((key for key, asked in programme.item_sets.items() if audience in asked.audiences), None)
