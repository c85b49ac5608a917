"""What was learned in each language that sessions are given in: an item that is low in one may be badly translated.

The forms do not say in which language they were filled: a survey counts under the language of its session, where that
was given in one alone. Shown on sheet Items. Source: domain README §2, "Using the items".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from collector.indicators.campaign import Session
from collector.indicators.learning import FEWEST_FOR_TESTS, Share, Surveys, changes_of

APART = 0.15
"""Difference of the share right after between two languages from which a translation is suspected."""


def language_of(sessions: Iterable[Session]) -> dict[str, str]:
    """The language of each session that was given in one alone, by name."""
    return {session.name: session.report.language for session in sessions if session.report and session.report.language}


def right_after(linked: Surveys, languages: Mapping[str, str]) -> dict[str, dict[str, Share]]:
    """Who was right after, by item and language, of the pairs that answered the item; none of fewer than thirty."""
    found: dict[str, dict[str, Share]] = defaultdict(dict)
    for language in dict.fromkeys(languages.values()):
        own = {name for name, of_session in languages.items() if of_session == language}
        for item, change in changes_of(linked.within(own).pairs).items():
            if change.pairs >= FEWEST_FOR_TESTS:
                found[item][language] = Share(change.right_after, change.pairs)
    return found


def is_apart(shares: Mapping[str, Share]) -> bool:
    """Whether two languages differ so much that the translation has to be looked at first."""
    values = [share.value for share in shares.values()]
    return len(values) > 1 and max(values) - min(values) > APART
