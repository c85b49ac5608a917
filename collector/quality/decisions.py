"""What a person decides about an issue, and what it does: the words of §5 of the domain README, each as a code.

Typed on sheet ToDo, read back by collector/workbook/typed.py, kept by jobs/decide.py. What is received stays as it is;
a decision is applied on top every night, for as long as the records that it is about do not change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collector.form.history import Decision, Revised
from collector.form.records import Survey
from collector.form.spool import Spool
from collector.indicators.learning import Pair, Surveys
from collector.indicators.response import by_session
from collector.indicators.scoring import Scored
from collector.quality.issues import ME_OFFICER, Issue

ACCEPT, CORRECT, UNLINK, EXCLUDE, DELETE, REOPEN = "accept", "correct", "unlink", "exclude", "delete", "reopen"
DECISIONS = (ACCEPT, CORRECT, UNLINK, EXCLUDE, DELETE, REOPEN)
CLOSING = frozenset({ACCEPT, UNLINK, EXCLUDE})
"""Done when decided. A correction or deletion is done on the server: until then the issue stays, with its decision."""
NOTES = ("mistake", "confirmed", "paper", "clock", "test", "no_consent", "under18", "other")
"""Coded reasons: a text typed freely is where a disclosure would land."""

_OF_RECORDS = (ACCEPT, CORRECT)
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "no_consent": (CORRECT, EXCLUDE, DELETE),  # deletion is for consent, children and what says who somebody is
    "quarantined": (CORRECT, EXCLUDE, DELETE),
    **dict.fromkeys(("unknown_session", "two_surveys", "not_registered", "too_short"), (*_OF_RECORDS, EXCLUDE)),
    **dict.fromkeys(("swapped", "order"), (*_OF_RECORDS, UNLINK, EXCLUDE)),
    **dict.fromkeys(("left_out", "not_offered"), _OF_RECORDS),
    **dict.fromkeys(("several_forms", "no_form", "no_register", "wrong_day"), _OF_RECORDS),
    **dict.fromkeys(("no_before", "no_after", "headcount", "sexes", "pairing_low", "after_only"), _OF_RECORDS),
    **dict.fromkeys(("incomplete", "held"), ()),  # of the pull: settled by commands, not by a word
}
"""Kind of issue → what may be decided about it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A row of sheet ToDo with something typed in it. reason: why it cannot be read, "" where it can.

    issue, state: as the row names them; decision, note: codes. shown_at: of a row without a decision, when the file was
    written: a decision that stood then was in it, and has been cleared.
    """

    file: str
    cell: str
    issue: str = ""
    state: str = ""
    decision: str = ""
    note: str = ""
    reason: str = ""
    shown_at: datetime | None = None


def settle(
    typed: Iterable[Typed],
    issues: Sequence[Issue],
    made: Sequence[Decision],
    revised: Iterable[Revised],
    *,
    run: int,
    at: datetime,
) -> tuple[Decision, ...]:
    """Typed rows as decisions, in order; one that stands already is not made again.

    issues: everything that is found tonight, decided or not. made: all decisions so far.
    """
    found = {issue.id: issue for issue in issues}
    changes = Counter(change.root_uuid for change in revised)
    stood = dict(standing(made, issues))
    number = max((one.number for one in made if one.run == run), default=0)
    settled = []
    for row in _told_once(typed):
        issue = found.get(row.issue)
        before = stood.get(row.issue)
        if row.shown_at:
            if not before or not _was_cleared(row, before):
                continue
            row = replace(row, decision=REOPEN)
        is_known = before and (before.decision, before.note) == (row.decision, row.note)
        if is_known and not row.reason and issue and issue.state == row.state:
            continue
        number += 1
        outcome, reason = _outcome(row, issue, before)
        one = Decision(
            run,
            number,
            at,
            row.file,
            row.cell,
            outcome,
            reason,
            row.issue,
            row.state,
            issue.session if issue else "",
            issue.form if issue else "",
            issue.submission_id if issue else None,
            before.decision if before else "",
            row.decision,
            row.note,
            ME_OFFICER,
            {root: changes[root] for root in issue.records if isinstance(root, str)} if issue else {},
        )
        settled.append(one)
        if outcome == "applied":
            stood[row.issue] = one
    return tuple(settled)


def _was_cleared(row: Typed, before: Decision) -> bool:
    """Whether an empty row showed the decision that stands when its file was written, to the second as files say it."""
    return before.state == row.state and row.shown_at is not None and before.at.replace(microsecond=0) <= row.shown_at


def _outcome(row: Typed, issue: Issue | None, before: Decision | None) -> tuple[str, str]:
    if row.reason:
        return "unread", row.reason
    if issue is None:
        return "gone", ""
    if issue.state != row.state:
        return "stale", ""
    is_possible = row.decision in OPTIONS[issue.kind] or (row.decision == REOPEN and before)
    return ("applied", "") if is_possible else ("unread", "not_here")


def _told_once(typed: Iterable[Typed]) -> Iterator[Typed]:
    """Rows of one file that say two things of one issue cannot be read, neither of them; later files count after."""
    rows = list(typed)
    told = {(row.file, row.issue, row.state) for row in rows if row.decision}
    rows = [row for row in rows if not row.shown_at or (row.file, row.issue, row.state) not in told]
    said: dict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        said[row.file, row.issue, row.state].add((row.decision, row.note))
    seen = set()
    for row in rows:
        place = row.file, row.issue, row.state
        if row.reason:
            yield row
        elif len(said[place]) > 1:
            yield Typed(row.file, row.cell, row.issue, row.state, reason="twice")
        elif place not in seen:
            seen.add(place)
            yield row


def standing(made: Iterable[Decision], issues: Iterable[Issue]) -> Iterator[tuple[str, Decision]]:
    """The decision that stands for each issue, by its id: the last one, made of the records as they are now."""
    last = {(one.issue, one.state): one for one in made if one.outcome == "applied"}
    for issue in issues:
        one = last.get((issue.id, issue.state))
        if one and one.decision != REOPEN:
            yield issue.id, one


def stale(made: Iterable[Decision], issue: Issue) -> Decision | None:
    """The last decision about an issue, where its records have changed since."""
    about = [one for one in made if one.issue == issue.id and one.outcome in {"applied", "stale"}]
    return about[-1] if about and about[-1].state != issue.state and about[-1].decision != REOPEN else None


def counted(
    made: Sequence[Decision], revised: Iterable[Revised], surveys: Sequence[Survey]
) -> tuple[Sequence[Survey], frozenset[str]]:
    """Surveys without those that are excluded, and the root_uuids that are to be in no pair."""
    changes = Counter(change.root_uuid for change in revised)
    last = {one.issue: one for one in made if one.outcome == "applied"}.values()  # a later one replaces it
    held = {
        name: frozenset(
            root
            for one in last
            if one.decision == name
            for root, number in one.records.items()
            if changes[root] == number
        )
        for name in (EXCLUDE, UNLINK)
    }
    if not held[EXCLUDE]:
        return surveys, held[UNLINK]
    return by_session(survey for survey in surveys if survey.root_uuid not in held[EXCLUDE]), held[UNLINK]


def unlinked(linked: Surveys, roots: frozenset[str]) -> Surveys:
    """The same surveys, without the pairs of these: they are unpaired then."""
    if not roots:
        return linked
    kept = Spool[Pair](lambda pair: pair.session)
    before, after = (
        Spool[Scored](lambda scored: scored.survey.session or "", alone)
        for alone in (linked.unpaired_before, linked.unpaired_after)
    )
    for pair in linked.pairs:
        if {pair.before.survey.root_uuid, pair.after.survey.root_uuid} & roots:
            before.add(pair.before)
            after.add(pair.after)
        else:
            kept.add(pair)
    return Surveys(kept, before, after)
