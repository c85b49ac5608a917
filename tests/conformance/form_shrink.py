"""A case made small: questions, rules and answers are dropped while the disagreement persists. Used by form_fuzz.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.conformance.form_answers import Filling
from tests.conformance.form_grammar import Form

Shows = Callable[[Form, Filling], bool]
MOST_TRIES = 120


def shrunk(form: Form, filling: Filling, shows: Shows) -> tuple[Form, Filling]:
    """The smallest case found that still shows the disagreement."""
    tries = 0
    is_smaller = True
    while is_smaller and tries < MOST_TRIES:
        is_smaller = False
        for smaller in _smaller(form, filling):
            tries += 1
            if shows(*smaller):
                (form, filling), is_smaller = smaller, True
                break
            if tries >= MOST_TRIES:
                break
    return form, filling


def _smaller(form: Form, filling: Filling) -> Iterator[tuple[Form, Filling]]:
    for less in _forms(form):
        yield less, filling
    for column in ("edits", "answers", "rows"):
        entries = getattr(filling, column)
        half = len(entries) // 2
        if half > 1:
            yield form, replace(filling, **{column: entries[:half]})
            yield form, replace(filling, **{column: entries[half:]})
        for at in range(len(entries)):
            yield form, replace(filling, **{column: entries[:at] + entries[at + 1 :]})


def _forms(form: Form) -> Iterator[Form]:
    """The form without one item, with a container's children in its place, or without one rule."""
    for at in reversed(range(len(form))):
        item = form[at]
        yield form[:at] + form[at + 1 :]
        if item.kind == "group":
            yield form[:at] + item.children + form[at + 1 :]
        for children in _forms(item.children):
            if children:
                yield (*form[:at], replace(item, children=children), *form[at + 1 :])
        for column, _ in item.cells:
            if column != "calculation":
                yield (*form[:at], item.without(column), *form[at + 1 :])
