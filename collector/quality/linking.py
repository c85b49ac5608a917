"""Before ↔ after, by card: which surveys belong to the same person of the same session, exactly and one to one.

Fed with the surveys of queries.py; pairs go to collector/indicators/learning.py. Source: domain README §1.3–1.5, §4.4.
Cards that differ in one digit are never linked: 97 divides no such difference, so two of them cannot both be valid, and
a pseudonym would not show it. What may differ in a pair is the sex or the age group that somebody ticked (QC06).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from collector.form.programme import Programme
from collector.form.records import Survey
from collector.indicators.campaign import Session
from collector.indicators.learning import Pair, Surveys
from collector.indicators.scoring import Scored, score_survey

Place = tuple[str, str]
"""Session and person key."""


def link(surveys: Iterable[Survey], sessions: Iterable[Session], programme: Programme) -> Surveys:
    """Pair the consenting, scored surveys of each person and session.

    The same survey sent twice counts once, the earliest; two different surveys of one wave are not paired, because
    nobody knows which is right. Surveys of two item sets are not paired.
    """
    by_name = {session.name: session for session in sessions}
    waves: dict[str, dict[Place, list[Survey]]] = {"before": defaultdict(list), "after": defaultdict(list)}
    for survey in surveys:
        if survey.wave in waves and survey.consent == programme.codes.yes and survey.session and survey.person_key:
            waves[survey.wave][survey.session, survey.person_key].append(survey)
    before, after = (_scored(waves[wave], by_name, programme) for wave in ("before", "after"))
    pairs = [
        Pair(*place, before[place], after[place], method_of(before[place].survey, after[place].survey, programme))
        for place in sorted(before.keys() & after.keys())
        if before[place].item_set == after[place].item_set
    ]
    paired = {(pair.session, pair.person_key) for pair in pairs}
    return Surveys(
        pairs=tuple(pairs),
        unpaired_before=tuple(scored for place, scored in sorted(before.items()) if place not in paired),
        unpaired_after=tuple(scored for place, scored in sorted(after.items()) if place not in paired),
    )


def method_of(before: Survey, after: Survey, programme: Programme) -> str:
    """How far two surveys of a card agree: "exact", or "one_differs", "two_differ" of sex and age group, if told."""
    sexes = {before.sex, after.sex} & {programme.codes.female, programme.codes.male}
    ages = {before.age_group, after.age_group} - {None}
    return ("exact", "one_differs", "two_differ")[(len(sexes) > 1) + (len(ages) > 1)]


def exact_only(linked: Surveys) -> Surveys:
    """The same surveys with exact pairs alone: those of the others are without a partner."""
    others = [pair for pair in linked.pairs if pair.link_method != "exact"]
    return Surveys(
        pairs=tuple(pair for pair in linked.pairs if pair.link_method == "exact"),
        unpaired_before=(*linked.unpaired_before, *(pair.before for pair in others)),
        unpaired_after=(*linked.unpaired_after, *(pair.after for pair in others)),
    )


def _scored(
    places: Mapping[Place, Sequence[Survey]], sessions: Mapping[str, Session], programme: Programme
) -> dict[Place, Scored]:
    found: dict[Place, Scored] = {}
    for place, surveys in places.items():
        survey = only_one(surveys)
        session = sessions.get(place[0])
        item_set = survey and item_set_of(survey, session, programme)
        if survey and item_set:
            scored = score_survey(survey, programme, item_set, session.day if session else None)
            if scored:
                found[place] = scored
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
