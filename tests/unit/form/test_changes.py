"""What changed between two versions of a form: every kind, with what it does to the data already in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.form.changes import CONSEQUENCES, What, changes
from collector.form.definition import Choice, Kind
from tests.support.form_changes import CASES, base, with_question
from tests.support.material import PROGRAMME, definition


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.what}: {case.title}")
def test_each_kind_of_change_is_told_as_what_it_is(case):
    (found,) = changes(base(), case.after())
    assert (found.what, found.is_breaking, found.is_guess) == (case.what, case.is_breaking, case.is_guess)
    assert found.consequence


def test_every_kind_of_change_has_a_case():
    assert {case.what for case in CASES} | {What.SETTINGS_CHANGED} == set(What) == set(CONSEQUENCES)


@pytest.mark.parametrize("form", PROGRAMME.forms)
def test_a_form_has_no_changes_to_itself(form):
    assert changes(definition(form), definition(form)) == ()


def test_a_guess_is_only_made_between_questions_of_one_type():
    other = with_question("women", name="ladies", path="ladies", type="text", kind=Kind.TEXT)
    assert [found.what for found in changes(base(), other)] == [What.QUESTION_ADDED, What.QUESTION_REMOVED]


def test_one_question_that_overtakes_is_the_only_one_that_moved():
    form = base()
    *others, last = form.questions
    assert [found.path for found in changes(form, replace(form, questions=(last, *others)))] == [last.path]


def test_a_choice_mapped_to_its_old_name_is_renamed_and_breaks_nothing():
    yes, *others = base().choices["yn"]
    mapped = Choice("yep", yes.labels, {"renamed_from": "yes"})
    (found,) = changes(base(), replace(base(), choices={"yn": (mapped, *others)}))
    assert (found.what, found.before, found.after, found.is_breaking) == (What.CHOICE_RENAMED, "yes", "yep", False)
