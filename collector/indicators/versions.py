"""Which form versions an enumerator's forms were filled with, and which of them were old then: QC29.

Fed by reporting/queries.py and forms.py; shown on sheet Enumerators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GRACE = timedelta(hours=24)
"""After a deployment: tablets take it when they are next on line."""

Deployed = Mapping[str, Sequence[tuple[str, datetime | None]]]
"""By form, its versions as tablets got them, in that order; no time where nobody knows it."""


@dataclass(frozen=True, slots=True)
class Used:
    """A version that forms were filled with. number: as the Dictionary counts; old: forms begun when it was old."""

    form: str
    version: str
    number: int
    forms: int
    old: int


def versions_used(forms: Mapping[tuple[str, str, bool], int], deployed: Deployed) -> tuple[Used, ...]:
    """The versions of some forms, form by form, the newest first. forms: how many, by form, version and is_old."""

    def used(form: str, version: str, number: int) -> Used:
        old = forms.get((form, version, True), 0)
        return Used(form, version, number, old + forms.get((form, version, False), 0), old)

    every = (
        used(form, version, number)
        for form, versions in deployed.items()
        for number, (version, _) in reversed(list(enumerate(versions, start=1)))
    )
    return tuple(one for one in every if one.forms)


def is_old(version: str, begun_at: datetime, versions: Sequence[tuple[str, datetime | None]]) -> bool:
    """Whether another version had been out for more than a day when a form was begun, and was the newest."""
    out = [(at, each) for each, at in versions if at is not None and at <= begun_at]
    if not out or version not in {each for each, _ in versions}:
        return False
    newest_at, newest = max(out)
    return version != newest and begun_at - newest_at > GRACE
