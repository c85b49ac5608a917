"""Choices that were renamed: which code of today an answer of yesterday means, by the column renamed_from.

Used by changes.py, to tell a renamed choice from a removed one, and by collector/reporting/queries.py: the database
keeps each answer as it was given, and numbers and sheets read it under the code of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from collector.form.definition import Choice, FormVersion


def former_codes(choices: Iterable[Choice]) -> dict[str, str]:
    """Codes that the choices of a list had before → their code now. A code that is in use again means itself.

    >>> listed = [Choice("yes"), Choice("maybe", columns={"renamed_from": "perhaps possibly"})]
    >>> former_codes(listed), former_codes([*listed, Choice("perhaps")])
    ({'perhaps': 'maybe', 'possibly': 'maybe'}, {'possibly': 'maybe'})
    """
    listed = list(choices)
    names = {choice.name for choice in listed}
    return {
        old: choice.name
        for choice in listed
        for old in choice.columns.get("renamed_from", "").split()
        if old not in names
    }


def renamings(version: FormVersion) -> Mapping[str, Mapping[str, str]]:
    """For each question with renamed choices, by path: its former codes → those of today."""
    by_list = {name: former_codes(choices) for name, choices in version.choices.items()}
    return {
        question.path: by_list[question.list_name] for question in version.questions if by_list.get(question.list_name)
    }


def of_today(answer: Any, codes: Mapping[str, str]) -> Any:
    """An answer in the codes of today, also one of several with blanks between; each code once.

    >>> of_today("yes perhaps maybe", {"perhaps": "maybe"}), of_today(None, {"perhaps": "maybe"})
    ('yes maybe', None)
    """
    if not isinstance(answer, str):
        return answer
    return " ".join(dict.fromkeys(codes.get(code, code) for code in answer.split()))
