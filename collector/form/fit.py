"""Whether programme.toml fits a form: every path a question, every key and code a choice.

A question renamed in a workbook alone would otherwise load as an empty column, night after night. Asked by jobs before
a form goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial

from collector.errors import ProgrammeMistake
from collector.form.definition import FormVersion, Question
from collector.form.programme import AgeBand, Codes, Item, Part, Programme, SessionForm, SurveyForm


def check_fit(programme: Programme, key: str, form: FormVersion) -> None:
    """Raise ProgrammeMistake for the first entry of programme.toml that a form of the programme does not know.

    form: with its media, so that the choices of the plan, of places and of staff are known.
    """
    for misfit in misfits(programme, key, form):
        raise misfit


def misfits(programme: Programme, key: str, form: FormVersion) -> Iterator[ProgrammeMistake]:
    """Every entry of programme.toml that a form of the programme does not know; see check_fit."""
    part = programme.forms[key]
    for entry, path in _paths(programme, key):
        yield from _caught(partial(_question, form, path, entry))
    if isinstance(part, SurveyForm):
        for name, item in programme.items.items():
            yield from _caught(partial(_check_item, form, name, item))
    if isinstance(part, SessionForm):
        for name, band in programme.age_bands.items():
            yield from _caught(partial(_check_band, form, part.people.age_group, name, band))
    for entry, path, names in _codes(programme.codes, part):
        yield from _caught(partial(_check_code, form, entry, path, names))


def _caught(check: Callable[[], object]) -> Iterator[ProgrammeMistake]:
    try:
        check()
    except ProgrammeMistake as misfit:
        yield misfit


def _check_item(form: FormVersion, name: str, item: Item) -> None:
    question = _question(form, item.question, f"items.{name}.question")
    _check_choices(form, question, (*item.key, *item.wrong), f"items.{name}")


def _check_band(form: FormVersion, path: str, name: str, band: AgeBand) -> None:
    question = _question(form, path, "people.age_group")
    _check_choices(form, question, band.groups, f"age_bands.{name}")


def _check_code(form: FormVersion, entry: str, path: str, names: Iterable[str]) -> None:
    _check_choices(form, _question(form, path, entry), names, f"codes.{entry}")


def _paths(programme: Programme, key: str) -> Iterator[tuple[str, str]]:
    """Every (entry of programme.toml, path) of a form; an entry left empty is a question the form does not ask."""
    part = programme.forms[key]
    tables: dict[str, Part] = {"questions": part.questions}
    if isinstance(part, SessionForm):
        tables["people"] = part.people
    for table, questions in tables.items():
        for entry, value in questions:
            if (table, entry) != ("people", "repeat"):
                for path in (value,) if isinstance(value, str) else value:
                    if path:
                        yield f"forms.{key}.{table}.{entry}", path


def _codes(codes: Codes, part: SessionForm | SurveyForm) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every (entry of [codes], path of a question that uses it, choices) of a form."""
    if isinstance(part, SessionForm):
        people = part.people
        yield "held", part.questions.status, (codes.held,)
        yield "yes and no", people.consent, (codes.yes, codes.no)
        yield "female and male", people.sex, (codes.female, codes.male)
        yield "displaced", people.displacement, codes.displaced
        yield "earlier", people.earlier, codes.earlier
        return
    yield "yes and no", part.questions.consent, (codes.yes, codes.no)
    if codes.read_aloud:
        yield "read_aloud", part.questions.mode, (codes.read_aloud,)
    for path in part.questions.disability:
        yield "disability", path, codes.disability
    for path in part.questions.feedback:
        yield "agree", path, codes.agree


def _question(form: FormVersion, path: str, entry: str) -> Question:
    question = form.question(path)
    if question is None:
        near = _near(path, (question.path for question in form.questions))
        raise ProgrammeMistake(
            f"programme.toml: {entry}: form '{form.form_id}' has no question '{path}'; {near}correct the path here, "
            "or the name in the workbook."
        )
    return question


def _check_choices(form: FormVersion, question: Question, names: Iterable[str], entry: str) -> None:
    known = [choice.name for choice in form.choices_of(question) or ()]
    for name in names:
        if name not in known:
            raise ProgrammeMistake(
                f"programme.toml: {entry}: question '{question.path}' has no choice '{name}'; {_near(name, known)}"
                "correct it here, or in the choices sheet."
            )


def _near(wrong: str, known: Iterable[str]) -> str:
    near = get_close_matches(wrong, list(known), n=1)
    return f"did you mean '{near[0]}'? " if near else ""
