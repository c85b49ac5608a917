"""What judging says: findings, and a verdict that never calls a pass what was not evaluated.

Made by judge.py and its siblings; read by jobs/judge.py. An answer's text is in `Finding.values` alone, for a person
who checks a file of their own; `record()` leaves it out, and nothing else of it may go to a log or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from collector.form.definition import Labels


class Outcome(StrEnum):
    """What became of a rule. One that relevance or an empty answer excuses is not applicable, and leaves no finding."""

    PASS = "pass"
    VIOLATION = "violation"
    CANNOT_CHECK = "cannot_check"
    ENGINE_DEPENDENT = "engine_dependent"


WORST_FIRST = (Outcome.VIOLATION, Outcome.CANNOT_CHECK, Outcome.ENGINE_DEPENDENT)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that does not hold, or that nobody can check, at one place.

    code: the rule, a key of messages.MESSAGES. path: with repeat indices, "" for the whole submission.
    reason: of cannot_check ("regex_unsupported"), or the kind of fault of a type ("not_a_date").
    rule: as the sheet has it where known, else as the XForm has it; row, column: of the survey sheet.
    reads: places whose answers the rule read; values: those answers, for the person whose file it is, and nobody else.
    messages: the form's own, by language; without one, ours in English under "".
    caused_by: place of the finding this one follows from, "" where it stands for itself.
    answers: what each dialect says, where they differ.
    """

    outcome: Outcome
    code: str
    path: str
    reason: str = ""
    rule: str = ""
    row: int | None = None
    column: str = ""
    reads: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    messages: Labels = field(default_factory=dict)
    caused_by: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """The finding for JSON, without any answer; empty entries left out."""
        entries: dict[str, object] = {
            "outcome": str(self.outcome),
            "code": self.code,
            "path": self.path,
            "reason": self.reason,
            "rule": self.rule,
            "row": self.row,
            "column": self.column,
            "reads": list(self.reads),
            "messages": dict(self.messages),
            "caused_by": self.caused_by,
            "dialects": dict(self.answers),
        }
        return {name: entry for name, entry in entries.items() if entry not in ("", None, [], {}) or name == "path"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one submission.

    dialects: those it was judged in: the client's, or both where nobody can tell the client.
    unchecked: rules of the form that no judge can check, such as a calculation with random(): the same for every
        submission, and no part of the outcome.
    """

    findings: tuple[Finding, ...] = ()
    dialects: tuple[str, ...] = ()
    unchecked: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of the findings; pass where there is none."""
        found = {finding.outcome for finding in self.findings}
        return next((outcome for outcome in WORST_FIRST if outcome in found), Outcome.PASS)

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The findings that stand for themselves: one line each to a person."""
        return tuple(finding for finding in self.findings if not finding.caused_by)
