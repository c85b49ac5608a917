"""The programme's promises about its forms: what is never asked, what must be filled in, which key may be used when.

Reads programme.toml's [rules] and [items]; source of the identifiers: the programme's data protection rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from collector.form import lint
from collector.form.cells import Sheet
from collector.form.definition import FormVersion, Kind
from collector.form.fit import misfits
from collector.form.programme import Programme, SurveyForm
from collector.form.review.remarks import Remark, Weight


def promise_remarks(
    programme: Programme,
    form: FormVersion,
    key: str | None,
    on_date: date,
    *,
    sheets: Mapping[str, Sheet],
    media: Mapping[str, bytes],
) -> Iterator[Remark]:
    """Where a form breaks a promise. key: its key in programme.toml, None for a form that is not in it."""
    yield from _asked(programme, form)
    yield from _placeholders(sheets, {name: media[name] for name in form.media_files if name in media})
    if key is not None:
        for misfit in misfits(programme, key, form):
            yield Remark("programme", str(misfit), "see the key it names.", sheet="programme.toml")
        if isinstance(programme.forms[key], SurveyForm):
            yield from _keys(programme, on_date)


def _asked(programme: Programme, form: FormVersion) -> Iterator[Remark]:
    rules = programme.rules
    words = {word.lower() for word in rules.identifying}
    for question in form.questions:
        if question.path in rules.exceptions:
            continue
        if rules.types and question.type not in rules.types:
            problem = f"'{question.path}' is a question of type {question.type}, which the programme does not ask"
            remedy = "ask by choices or numbers, or add it to [rules] exceptions in programme.toml."
            yield Remark("type_not_allowed", problem, remedy, row=question.row or None, column="type")
        if question.kind is not Kind.NOTE and words & set(re.split(r"[^a-z0-9]+", question.name.lower())):
            problem = f"'{question.path}' seems to ask who somebody is"
            remedy = "leave it out, or add it to [rules] exceptions in programme.toml."
            yield Remark("identifier", problem, remedy, row=question.row or None, column="name")


def _placeholders(sheets: Mapping[str, Sheet], media: Mapping[str, bytes]) -> Iterator[Remark]:
    for each in lint.placeholders(sheets, media):
        problem, remedy = f"this text still says {each.words}", "fill it in: only the sandbox takes the form like this."
        yield Remark("placeholder", problem, remedy, each.sheet, each.row, each.column, Weight.WARNING)


def _keys(programme: Programme, on_date: date) -> Iterator[Remark]:
    """Answer keys that do not hold yet: on this date, or when a round begins."""
    moments = {"today": on_date} | {part.label: part.starts_on for part in programme.rounds.values()}
    for name, item in programme.items.items():
        early = next((label for label, day in moments.items() if day < item.valid_from), None)
        if early:
            problem = f"items.{name}: its key holds from {item.valid_from} on, which is after {early}"
            yield Remark("key_not_valid", problem, "correct the key or its date.", sheet="programme.toml")
