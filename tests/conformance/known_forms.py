"""Differences between JavaRosa and our engine on whole forms that we know and stand by, each with its reason.

Read by form_fuzz.py, which prints how often each was met. A reason applies to as little as can be said in a line.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.form_answers import Filling
from tests.conformance.form_verdicts import Comparison


def _is_lowered_count(comparison: Comparison, filling: Filling) -> bool:
    """Nothing but rows too many, in a form whose answers were changed afterwards."""
    if comparison.rule != "verdict" or not filling.edits:
        return False
    theirs, ours = comparison.theirs, comparison.ours
    if not isinstance(theirs, set) or not isinstance(ours, set):
        return False
    return theirs < ours and {code for code, _ in ours - theirs} == {"repeat_count"}


KNOWN: tuple[tuple[str, Callable[[Comparison, Filling], bool]], ...] = (
    (
        "Collect keeps the rows of a repeat when its count is lowered afterwards (javarosa issue 45): "
        "answered rows beyond the count contradict the form, and we say so",
        _is_lowered_count,
    ),
)

STALE = (
    "JavaRosa had not evaluated it anew after an answer changed; it no longer differs once it evaluates the whole "
    "form, as it does when the form is opened again"
)


def reason_of(comparison: Comparison, filling: Filling) -> str:
    """Why a difference is there, "" for one that nobody has explained."""
    return next((reason for reason, applies in KNOWN if applies(comparison, filling)), "")
