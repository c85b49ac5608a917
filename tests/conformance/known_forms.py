"""Differences between JavaRosa and our engine on whole forms that we know and stand by, each with its reason.

Read by form_fuzz.py, which prints how often each was met.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.form_grammar import Form
from tests.conformance.form_verdicts import Comparison

KNOWN: tuple[tuple[str, Callable[[Comparison, Form], bool]], ...] = ()


def reason_of(comparison: Comparison, form: Form) -> str:
    """Why a difference is there, "" for one that nobody has explained."""
    return next((reason for reason, applies in KNOWN if applies(comparison, form)), "")
