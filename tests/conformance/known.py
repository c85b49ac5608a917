"""Differences that we know and stand by, each with its reason; run.py prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.javarosa import Disagreement

_BY_REASON: dict[str, tuple[str, ...]] = {
    "the tree holds elements and answers; text, comments and a document type beside them are not kept": (
        *("E-8540724e57", "E-88946ef823", "E-c78b8935c3"),
    ),
    "a date as JavaScript prints it for people; no client writes one into an answer": (
        *("E-04b77d345f", "E-f179e82121"),
    ),
    "the vector lost its instance; indexed-repeat is compared with JavaRosa itself in the differential tests": (
        "J-79d0568625",
    ),
    "Enketo trips over checklist() in a branch that does not matter; we give the value": (
        *(f"f417:enketo:{kind}" for kind in ("string", "boolean", "number")),
        *(f"f437:enketo:{kind}" for kind in ("string", "boolean", "number")),
    ),
    "refused: it is no XPath, and JavaRosa and Enketo refuse it too": (
        *(f"corpus-{at}" for at in (63, 117, 477, 478, 594, 602)),
    ),
}

KNOWN: dict[str, str] = {id: reason for reason, ids in _BY_REASON.items() for id in ids}

GREGORIAN = -141_427.0
"""Days from 1970 back to 15 October 1582, before which Java counts by the Julian calendar."""

LAST_DAY = 2_932_896.0
"""Days from 1970 to 31 December 9999, the last that we reckon with."""

FAR_DATES = "dates after the year 9999 are cannot_check here"
OLD_DATES = "dates before 15 October 1582: Java counts them by the Julian calendar and writes short years"
ONCE_IN_A_FILTER = "once() inside the filter of an instance: JavaRosa looks for the item in the submission"


def reason_of(found: Disagreement) -> str:
    """Why we stand by a disagreement with JavaRosa; "" when nobody has explained it."""
    number = found.theirs[2]
    if isinstance(number, float) and "date" in found.expression and not GREGORIAN <= number <= LAST_DAY:
        return OLD_DATES if number < 0 else FAR_DATES
    if "once(" in found.expression and "instance(" in found.expression:
        return ONCE_IN_A_FILTER
    return ""
