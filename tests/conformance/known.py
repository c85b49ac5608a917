"""Differences that we know and stand by, each with its reason; run.py prints them."""

from __future__ import annotations

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
