"""By what a submission is judged, as a short text: edition of the engine, form, and those media files the form reads.

Used by jobs/versions.py and jobs/rejudge.py: a submission that was judged by another standard is judged again.
"""

from __future__ import annotations

from collections.abc import Mapping

from collector.form.xform.read import hash_of

ENGINE = "2"
"""Edition of the engine, of the making of XForms, and of the reading of answers: raise it with every change that can
change a verdict or a row, and everything is judged again in the next nightly run."""

UNKNOWN, UNJUDGEABLE = f"{ENGINE}:unknown", f"{ENGINE}:unjudgeable"
"""Standards of submissions whose version nobody knows, and of those whose form cannot be judged by."""

LISTS = (".csv", ".xml", ".geojson")
LENGTH = 12


def media_read(xform: str, media: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those files that can change what a form says of an answer: lists it names; pictures and sounds cannot."""
    return {name: data for name, data in media.items() if name.lower().endswith(LISTS) and f"/{name}" in xform}


def standard_of(xform: str, media: Mapping[str, bytes]) -> str:
    """The standard of a form; media: those of media_read."""
    return f"{ENGINE}:{hash_of(xform, media)[:LENGTH]}"


def engine_of(standard: str | None) -> str:
    """The edition of the engine that a standard names, "" where it names none."""
    return (standard or "").partition(":")[0]
