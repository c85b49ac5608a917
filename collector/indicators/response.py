"""Who answered which survey: counts for the sheets. Reads the surveys of collector/form/records.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from collector.form.programme import Codes
from collector.form.records import Survey

Place = tuple[str, str]
"""Session and person key."""


def waves_answered(surveys: Iterable[Survey], codes: Codes) -> dict[Place, frozenset[str]]:
    """The waves that each person of each session answered with consent; a form sent twice is one answer."""
    found: dict[Place, set[str]] = defaultdict(set)
    for survey in surveys:
        if survey.consent == codes.yes and survey.session and survey.person_key:
            found[survey.session, survey.person_key].add(survey.wave)
    return {place: frozenset(waves) for place, waves in found.items()}


def people_by_session(answered: Mapping[Place, frozenset[str]]) -> Counter[tuple[str, str]]:
    """How many people of a session answered a wave, by (session, wave)."""
    return Counter((session, wave) for (session, _), waves in answered.items() for wave in waves)
