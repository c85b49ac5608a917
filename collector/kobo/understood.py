"""What the server understood of a form, compared with what was sent, or with what it understood earlier.

Used by deployment.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from collector.form.definition import FormVersion, Question
from collector.kobo.content import form_version_of


def plain(content: Any) -> Any:
    """The content without the keys that the server makes up anew at each import ($kuid and the like)."""
    if isinstance(content, Mapping):
        return {name: plain(value) for name, value in content.items() if not name.startswith("$")}
    return [plain(value) for value in content] if isinstance(content, list) else content


def difference(content: Mapping[str, Any], definition: FormVersion | None) -> str:
    """The first difference between the server's content and our definition, in words; "" where there is none.

    Compared are questions (path and kind of answer) and the names of choices; without a definition, only whether
    there are questions at all: a workbook without a survey sheet is imported and deployed without complaint.
    """
    there = form_version_of(content, version="", title="")
    if not there.questions:
        return "the server read no question in it; is there a sheet named 'survey'?"
    if definition is None:
        return ""
    for ours, theirs in zip_longest(definition.questions, there.questions):
        if _signature(ours) != _signature(theirs):
            return f"instead of {_signature(ours)} the server has {_signature(theirs)}"
    for name in there.choices.keys() & definition.choices.keys():
        if [choice.name for choice in there.choices[name]] != [choice.name for choice in definition.choices[name]]:
            return f"the choices of list '{name}' are not the same"
    return ""


def _signature(question: Question | None) -> str:
    return f"'{question.path}' ({question.kind})" if question else "nothing"
