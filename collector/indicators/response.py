"""Who answered which survey: counts for the sheets. Reads the surveys of collector/form/records.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from collector.form.programme import Codes
from collector.form.records import Survey
from collector.form.spool import Spool, spooled


def by_session(surveys: Iterable[Survey]) -> Spool[Survey]:
    """The surveys, each under the session that it names; "" where it names none."""
    return spooled(lambda survey: survey.session or "", surveys)


def waves_answered(surveys: Iterable[Survey], codes: Codes) -> dict[str, frozenset[str]]:
    """The waves that each person answered with consent, of the surveys of one session; a form sent twice is one
    answer.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for survey in surveys:
        if survey.consent == codes.yes and survey.session and survey.person_key:
            found[survey.person_key].add(survey.wave)
    return {person: frozenset(waves) for person, waves in found.items()}
