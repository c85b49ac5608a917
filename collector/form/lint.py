"""Texts of a form that are not ready for people: placeholders that the programme has yet to fill.

Reads a FormVersion; jobs/deploy.py refuses to send what is found here anywhere but to the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collector.form.definition import FormVersion, Labels

PLACEHOLDER = re.compile(r"\[[^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A text that still waits: path of question or group (or list and choice), language, the words in brackets."""

    path: str
    language: str
    words: str

    def __str__(self) -> str:
        return f"'{self.path}'{f' in {self.language}' if self.language else ''} still says {self.words}"


def placeholders(form: FormVersion) -> list[Placeholder]:
    """Every text of the form that contains words in [brackets], in the order of the sheets."""
    return [
        Placeholder(path, language, words)
        for path, texts in _texts(form)
        for language, text in texts.items()
        for words in PLACEHOLDER.findall(text)
    ]


def _texts(form: FormVersion) -> Iterator[tuple[str, Labels]]:
    yield form.form_id, {"": form.title}
    for question in form.questions:
        for texts in (question.labels, question.hints, question.constraint_messages, question.required_messages):
            yield question.path, texts
    for group in form.groups:
        yield group.path, group.labels
    for name, choices in form.choices.items():
        for choice in choices:
            yield f"{name}/{choice.name}", choice.labels
