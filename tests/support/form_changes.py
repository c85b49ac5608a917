"""A small form, and one edit of it for each kind of change: for tests, and for the table in docs/form-changes.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from collector.form.changes import What
from collector.form.definition import Choice, FormVersion, Group, Kind, Question, Repeat

CHOICES = (Choice("yes", {"": "Yes"}), Choice("no", {"": "No"}), Choice("perhaps", {"": "Perhaps"}))


def base() -> FormVersion:
    """Four questions, one in a group, one in a repeat."""
    return FormVersion(
        title="Visit",
        form_id="visit",
        version="1",
        languages=("",),
        questions=(
            Question("done", "done", "select_one", Kind.SELECT_ONE, labels={"": "Done?"}, list_name="yn", row=2),
            Question("women", "women", "integer", Kind.INTEGER, labels={"": "Women"}, constraint=". >= 0", row=3),
            Question(
                "men", "place/men", "integer", Kind.INTEGER, labels={"": "Men"}, relevant="${done} = 'yes'", row=5
            ),
            Question("total", "total", "calculate", Kind.TEXT, calculation="${women} + ${men}", row=7),
            Question("age", "row/age", "integer", Kind.INTEGER, repeat="row", labels={"": "Age"}, row=9),
        ),
        repeats=(Repeat("row", "row", row=8),),
        groups=(Group("place", {"": "Place"}, row=4), Group("row", {"": "Row"}, row=8)),
        choices={"yn": CHOICES, "yn_again": CHOICES},
        settings={},
    )


def renamed(old: str, new: str, **more: object) -> FormVersion:
    """The form with a question under another name, wherever it is mentioned."""
    form = with_question(old, name=new, path=new, **more)
    swap = (
        replace(each, calculation=each.calculation.replace(f"${{{old}}}", f"${{{new}}}")) for each in form.questions
    )
    return replace(form, questions=tuple(swap))


def with_question(path: str, /, **changes: object) -> FormVersion:
    """The form with one question changed."""
    edited = (replace(each, **changes) if each.path == path else each for each in base().questions)  # type: ignore[arg-type]
    return replace(base(), questions=tuple(edited))


def without_question(path: str) -> FormVersion:
    return replace(base(), questions=tuple(each for each in base().questions if each.path != path))


def with_choices(*choices: Choice) -> FormVersion:
    return replace(base(), choices={**base().choices, "yn": choices})


@dataclass(frozen=True)
class Case:
    """An edit, in words and as a form, and what it must be recognised as."""

    what: What
    title: str
    after: Callable[[], FormVersion]
    is_breaking: bool = False
    is_guess: bool = False


ADDED = Question("notes", "notes", "integer", Kind.INTEGER, labels={"": "Something quite different"}, row=12)
CASES = (
    Case(What.QUESTION_ADDED, "a new question", lambda: replace(base(), questions=(*base().questions, ADDED))),
    Case(What.QUESTION_REMOVED, "a question left out", lambda: without_question("women"), is_breaking=True),
    Case(
        What.QUESTION_RENAMED,
        "another name, and the old one in `renamed_from`",
        lambda: renamed("women", "head_f", renamed_from="women"),
    ),
    Case(
        What.QUESTION_RENAMED,
        "another name, and nothing in `renamed_from`",
        lambda: renamed("women", "head_f"),
        is_breaking=True,
        is_guess=True,
    ),
    Case(What.QUESTION_MOVED, "into or out of a group", lambda: with_question("place/men", path="men")),
    Case(
        What.QUESTION_MOVED,
        "a repeat under another name, and the old one in its `renamed_from`",
        lambda: replace(
            with_question("row/age", path="people/age", repeat="people"),
            repeats=(Repeat("people", "people", renamed_from="row"),),
        ),
    ),
    Case(
        What.QUESTION_MOVED,
        "out of a repeat",
        lambda: with_question("row/age", path="age", repeat=""),
        is_breaking=True,
    ),
    Case(
        What.QUESTION_RETYPED,
        "a number becomes text",
        lambda: with_question("women", type="text", kind=Kind.TEXT),
        is_breaking=True,
    ),
    Case(What.CHOICE_ADDED, "a new choice", lambda: with_choices(*CHOICES, Choice("later", {"": "Later"}))),
    Case(What.CHOICE_REMOVED, "a choice left out", lambda: with_choices(*CHOICES[:2]), is_breaking=True),
    Case(
        What.CHOICE_RENAMED,
        "another name, and the old one in `renamed_from`",
        lambda: with_choices(*CHOICES[:2], Choice("maybe", {"": "Perhaps"}, {"renamed_from": "perhaps"})),
    ),
    Case(
        What.CONSTRAINT_TIGHTENED,
        "one condition more",
        lambda: with_question("women", constraint=". >= 0 and . < 500"),
    ),
    Case(What.CONSTRAINT_RELAXED, "a bound moved outwards", lambda: with_question("women", constraint=". >= -1")),
    Case(What.CONSTRAINT_CHANGED, "another rule", lambda: with_question("women", constraint=". mod 2 = 0")),
    Case(What.RELEVANCE_CHANGED, "another condition", lambda: with_question("place/men", relevant="")),
    Case(What.REQUIRED_CHANGED, "must be answered now", lambda: with_question("women", required="yes")),
    Case(What.CALCULATION_CHANGED, "another formula", lambda: with_question("total", calculation="${women}")),
    Case(What.FILTER_CHANGED, "a filter of choices", lambda: with_question("done", choice_filter="part = 1")),
    Case(What.LIST_CHANGED, "another list of choices", lambda: with_question("done", list_name="yn_again")),
    Case(
        What.REPEAT_COUNT_CHANGED,
        "so many rows of a repeat",
        lambda: replace(base(), repeats=(Repeat("row", "row", row=8, count="3"),)),
    ),
    Case(What.WORDING_CHANGED, "another label", lambda: with_question("women", labels={"": "Women present"})),
    Case(
        What.SETTINGS_CHANGED,
        "an appearance, a default, a setting of the form",
        lambda: with_question("women", further={"appearance": "thousands-sep"}),
    ),
    Case(What.LANGUAGE_ADDED, "one language more", lambda: replace(base(), languages=("", "ckb"))),
    Case(What.LANGUAGE_REMOVED, "one language less", lambda: replace(base(), languages=())),
)
