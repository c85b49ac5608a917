"""Which findings keep a submission out of the numbers, and which are only told: the programme decides, in settings.

Used by jobs/settings.py and jobs/page.py. Findings that leave no rows to count always quarantine, whatever is set.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from collector.form.judging.messages import INTEGRITY, MESSAGES
from collector.form.judging.verdict import Finding, Outcome

ALWAYS = frozenset(INTEGRITY) | {"type", "geo", "structure", "form_version"}
"""Codes after which nobody can say what the rows of a submission are."""

UNSURE = (str(Outcome.CANNOT_CHECK), str(Outcome.ENGINE_DEPENDENT))
MOVABLE = (*(code for code in MESSAGES if code not in ALWAYS), *UNSURE)
"""What a programme decides about: each code of a rule, and all findings of an outcome that is no violation."""

WITHHELD = frozenset({"choice", "unknown_field"})
"""Where such a finding does not keep the submission out, it keeps its answer out: nobody knows what it means."""

TO_ACT_ON = WITHHELD | {"choice_not_offered"}
"""Where such a finding does not keep the submission out, somebody has to decide about it all the same."""

TOLD = frozenset({"attachment_missing", "choice_duplicate", *TO_ACT_ON, *UNSURE})
"""Only told by default: files arrive after their submission, a choice given twice says nothing else than once, of two
choices that do not go together one is right, of a code or a question that nobody knows the answer alone is left out,
and what nobody could check, or what the clients do differently, is no fault of the answers."""

USUAL = tuple(code for code in MOVABLE if code not in TOLD)


INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Policy:
    """codes: those of MOVABLE that quarantine; `choice:register/sex` where one does at that question alone."""

    codes: frozenset[str] = frozenset(USUAL)

    def blocks(self, outcome: str, code: str, path: str) -> bool:
        """Whether a finding keeps its submission out. path: with repeat indices."""
        asked = code if outcome == Outcome.VIOLATION else outcome
        return code in ALWAYS or asked in self.codes or f"{asked}:{INDEX.sub('', path)}" in self.codes

    def withholds(self, finding: Finding) -> bool:
        """Whether a finding keeps its answer out of the rows of a submission that counts."""
        is_one = finding.code in WITHHELD and finding.outcome is Outcome.VIOLATION
        return is_one and not self.blocks(finding.outcome, finding.code, finding.path)

    def accepts(self, findings: Collection[Finding]) -> bool:
        return not any(self.blocks(finding.outcome, finding.code, finding.path) for finding in findings)

    def at_questions(self) -> list[tuple[str, str]]:
        """Codes that quarantine at one question, each with its path."""
        return sorted((code, path) for code, colon, path in (each.partition(":") for each in self.codes) if colon)
