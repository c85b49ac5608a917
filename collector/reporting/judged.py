"""What was found in submissions, by which standard each was judged, and which have to be judged again.

Written by jobs/page.py; read by jobs/rejudge.py, status and the cover. A standard is a text of
collector/form/judging/standard.py; nobody here knows what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, update

from collector.form.judging.messages import message_of, printable
from collector.form.judging.policy import ALWAYS, UNSURE, Policy
from collector.form.judging.verdict import Finding, Outcome
from collector.reporting.load import in_lists, load
from collector.reporting.tables import ASIDE, findings, rejudgings, submissions

FindingRow = tuple[object, ...]
"""The columns of `findings` after its key: nothing of Finding.values is among them."""

Standing = tuple[str, str | None]
"""A form version and the standard that its submissions were judged by."""


@dataclass(frozen=True, slots=True)
class Rejudging:
    """A row of `rejudgings`: what judging again came to, for one form in one run."""

    run: int
    form: str
    judged: int = 0
    freed: int = 0
    caught: int = 0
    lost: int = 0

    def __add__(self, other: Rejudging) -> Rejudging:
        counts = (one + more for one, more in zip(astuple(self)[2:], astuple(other)[2:], strict=True))
        return Rejudging(self.run, self.form, *counts)


@dataclass(frozen=True, slots=True)
class Told:
    """What verdicts of a form do not say by themselves.

    warned: accepted submissions with findings; unsure: submissions, accepted or not, of which something could not be
    checked or depends on the client.
    """

    warned: int = 0
    unsure: int = 0


def finding_row(found: Finding) -> FindingRow:
    """A finding as it is stored: the rule and its place, never an answer."""
    return (
        found.code,
        printable(found.path),
        found.row,
        message_of(found),
        str(found.outcome),
        found.reason,
        found.rule,
        found.column,
        printable(found.caused_by),
    )


def stored_findings(connection: Connection, form: str, roots: Iterable[str]) -> dict[str, list[FindingRow]]:
    """The findings of submissions by root_uuid, in order."""
    stored: dict[str, list[FindingRow]] = {}
    for some in in_lists(roots):
        here = select(findings).where(findings.c.form == form, findings.c.root_uuid.in_(some))
        for row in connection.execute(here.order_by(findings.c.root_uuid, findings.c.position)):
            stored.setdefault(row.root_uuid, []).append(tuple(row)[3:])
    return stored


def standings(connection: Connection, form: str) -> list[Standing]:
    """Which standards the submissions of each version were judged by.

    Each is looked for in an index, beyond the one before it: going through a million submissions took seconds.
    """
    here, found = submissions.c, list[Standing]()
    for version in _distinct(connection, here.form_version, here.form == form):
        of_version = here.form == form, here.form_version == version
        never = select(here.form).where(*of_version, here.judged_by.is_(None)).limit(1)
        found += [(version, None)] if connection.scalar(never) else []
        found += [(version, standard) for standard in _distinct(connection, here.judged_by, *of_version)]
    return found


def judged_so(connection: Connection, form: str, stale: Sequence[Standing]) -> Iterator[int]:
    """`_id`s of the submissions of these versions that were judged by these standards."""
    here = submissions.c
    for version, standard in stale:
        same = here.form == form, here.form_version == version, here.judged_by == standard
        yield from connection.scalars(select(here.submission_id).where(*same)).all()


def against_policy(connection: Connection, form: str, policy: Policy) -> Iterator[int]:
    """`_id`s of the submissions whose findings ask for another verdict by this policy than they have.

    It costs what findings there are, and submissions in quarantine: of the others no row is read.
    """
    here = submissions.c
    blocked = select(findings.c.root_uuid).where(findings.c.form == form, _blocking(policy))
    is_blocked = blocked.where(findings.c.root_uuid == here.root_uuid).exists()
    numbers = select(here.submission_id).where(here.form == form)
    yield from connection.scalars(numbers.where(here.root_uuid.in_(blocked), here.verdict == "accepted")).all()
    yield from connection.scalars(numbers.where(text(ASIDE), ~is_blocked)).all()


def note_standard(connection: Connection, form: str, roots: Iterable[str], judged_by: str | None) -> None:
    """Say of submissions whose verdict stayed the same that they were judged by another standard."""
    for some in in_lists(roots):
        here = (submissions.c.form == form) & submissions.c.root_uuid.in_(some)
        connection.execute(update(submissions).where(here).values(judged_by=judged_by))


def doubt(connection: Connection, form: str, code: str) -> None:
    """Have submissions with a finding of this code judged again: what it rests on may be gone."""
    found = select(findings.c.root_uuid).where(findings.c.form == form, findings.c.code == code)
    here = (submissions.c.form == form) & submissions.c.root_uuid.in_(found)
    connection.execute(update(submissions).where(here).values(judged_by=None))


def write_rejudging(connection: Connection, rejudging: Rejudging) -> None:
    """One row a run and form."""
    load(connection, rejudgings, [astuple(rejudging)])


def last_rejudging(connection: Connection, form: str) -> Rejudging | None:
    """The newest run in which submissions of a form had to be judged again."""
    here = select(rejudgings).where(rejudgings.c.form == form, rejudgings.c.judged + rejudgings.c.lost > 0)
    row = connection.execute(here.order_by(rejudgings.c.run.desc()).limit(1)).one_or_none()
    return Rejudging(*row) if row else None


def told(connection: Connection) -> Mapping[str, Told]:
    """Warnings and doubts by form key; forms without any are left out."""
    of_submission = and_(findings.c.form == submissions.c.form, findings.c.root_uuid == submissions.c.root_uuid)
    warned = func.count(submissions.c.root_uuid.distinct()).filter(submissions.c.verdict == "accepted")
    unsure = func.count(submissions.c.root_uuid.distinct()).filter(findings.c.outcome.in_(UNSURE))
    rows = connection.execute(
        select(submissions.c.form, warned, unsure).join(findings, of_submission).group_by(submissions.c.form)
    )
    return {form: Told(*counts) for form, *counts in rows}


def _blocking(policy: Policy) -> ColumnElement[bool]:
    is_violation = findings.c.outcome == str(Outcome.VIOLATION)
    return or_(
        findings.c.code.in_(sorted(ALWAYS)),
        and_(is_violation, findings.c.code.in_(sorted(policy.codes))),
        and_(~is_violation, findings.c.outcome.in_(sorted(policy.codes))),
        *(and_(is_violation, findings.c.code == code, _is_at(path)) for code, path in policy.at_questions()),
    )


def _is_at(path: str) -> ColumnElement[bool]:
    """Whether a finding is at a question, in whatever rows of the repeats around it."""
    *groups, name = path.replace("\\", r"\\").replace("_", r"\_").replace("%", r"\%").split("/")
    places = ["/".join((*way, name)) for way in product(*((group, f"{group}[%]") for group in groups))]
    return or_(*(findings.c.path.like(place, escape="\\") for place in places))


def _distinct(connection: Connection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Iterator[str]:
    """The values of a column, ascending, each found by itself."""
    least = select(func.min(column)).where(*conditions)
    value = connection.scalar(least)
    while value is not None:
        yield value
        value = connection.scalar(least.where(column > value))
