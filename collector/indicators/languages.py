"""What was learned in each language that sessions are given in: an item that is low in one may be badly translated.

The forms do not say in which language they were filled: a survey counts under the language of its session, where that
was given in one alone. Shown on sheet Items. Source: domain README §2, "Using the items".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from collector.indicators.campaign import Session
from collector.indicators.learning import FEWEST_FOR_TESTS, Pair, Share, item_change

APART = 0.15
"""Difference of the share right after between two languages from which a translation is suspected."""


def language_of(sessions: Iterable[Session]) -> dict[str, str]:
    """The language of each session that was given in one alone, by name."""
    return {session.name: session.report.language for session in sessions if session.report and session.report.language}


def right_after(pairs: Iterable[Pair], languages: Mapping[str, str], item: str) -> dict[str, Share]:
    """Who was right after, by language, of the pairs that answered an item; none of fewer than thirty."""
    of_language: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        of_language[languages.get(pair.session, "")].append(pair)
    found = {language: item_change(some, item) for language, some in of_language.items() if language}
    return {
        language: Share(change.right_after, change.pairs)
        for language, change in found.items()
        if change.pairs >= FEWEST_FOR_TESTS
    }


def is_apart(shares: Mapping[str, Share]) -> bool:
    """Whether two languages differ so much that the translation has to be looked at first."""
    values = [share.value for share in shares.values()]
    return len(values) > 1 and max(values) - min(values) > APART
