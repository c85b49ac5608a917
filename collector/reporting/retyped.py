"""An answer of one type read as another: for a question that was asked with another type in an earlier version.

Used by queries.py. What cannot be read without guessing is not answered; it stays in the column of its own type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collector.form.answers import Unreadable, reader
from collector.form.definition import FormVersion, Kind, Question
from collector.reporting.plans import ColumnPlan

SELECTS = (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE)
READ_BY_TYPE = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIME)
"""Kinds that can be read from text. Not a date with a time: nobody can say in which zone its text was meant."""


def reading(column: ColumnPlan, question: Question, version: FormVersion) -> Callable[[Any], Any] | None:
    """The function that reads what a column holds as answers to a question; None where it is that already.

    It gives the value as a column of the question's own kind holds it, or None.
    """
    if column.is_card or column.kind is question.kind:
        return None
    if question.kind in SELECTS:
        return _as_code(version, question)
    if question.kind in READ_BY_TYPE:
        return _as_typed(question)
    return str if question.kind is Kind.TEXT and column.kind is not Kind.GEOPOINT else _unknown


def _as_code(version: FormVersion, question: Question) -> Callable[[Any], Any]:
    """Codes that are in the list now; of several, none where one is asked for."""
    listed = version.choices_of(question)
    known = None if listed is None else frozenset(choice.name for choice in listed)

    def read(value: Any) -> str | None:
        codes = str(value).split()
        is_right = known is None or known.issuperset(codes)
        is_right = is_right and (len(codes) == 1 or question.kind is Kind.SELECT_MULTIPLE)
        return " ".join(codes) if is_right else None

    return read


def _as_typed(question: Question) -> Callable[[Any], Any]:
    read = reader(question)

    def typed(value: Any) -> object:
        try:
            return read(value.strip() if isinstance(value, str) else value)
        except Unreadable:
            return None

    return typed


def _unknown(_: object) -> None:
    """Nothing: the one kind cannot be read as the other."""
