"""What changed between two versions of a form: every kind, with what it does to the data already in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.form.changes import CONSEQUENCES, What, changes
from collector.form.definition import Choice, Group, Kind, Question, Repeat
from collector.reporting.layout import plan_tables
from tests.support.form_changes import CASES, base, renamed, with_question
from tests.support.material import PROGRAMME, definition


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.what}: {case.title}")
def test_each_kind_of_change_is_told_as_what_it_is(case):
    (found,) = changes(base(), case.after())
    assert (found.what, found.is_breaking, found.is_guess) == (case.what, case.is_breaking, case.is_guess)
    assert found.consequence


def test_every_kind_of_change_has_a_case():
    assert {case.what for case in CASES} == set(What) == set(CONSEQUENCES)


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


def in_form(**parts):
    return replace(base(), **parts)


def test_a_question_that_offers_another_list_tells_which_choices_are_gone_for_it_alone():
    lists = {"yn": base().choices["yn"], "short": base().choices["yn"][:1]}
    asks_twice = (*base().questions, Question("again", "again", "select_one", Kind.SELECT_ONE, list_name="yn", row=12))
    old = in_form(questions=asks_twice, choices=lists)
    new = in_form(questions=(replace(asks_twice[0], list_name="short"), *asks_twice[1:]), choices=lists)
    told = [(each.what, each.subject, each.is_breaking, each.old_paths) for each in changes(old, new)]
    assert told == [
        (What.LIST_CHANGED, "", False, ("done",)),
        (What.CHOICE_REMOVED, "no", True, ("done",)),
        (What.CHOICE_REMOVED, "perhaps", True, ("done",)),
    ]


def test_a_choice_of_a_shared_list_names_every_question_that_goes_on_with_it():
    again = Question("again", "again", "select_one", Kind.SELECT_ONE, list_name="yn", row=12)
    old = in_form(questions=(*base().questions, again))
    (found,) = changes(old, replace(old, choices={"yn": base().choices["yn"][:2]}))
    assert found.old_paths == ("done", "again")
    assert str(found) == "choice removed: `perhaps` of `done` and 1 more with its list"


def test_rules_of_a_question_that_was_renamed_too_know_where_its_answers_stand():
    found = changes(base(), renamed("women", "ladies", renamed_from="women", constraint=". >= 1"))
    assert [(each.what, each.old_paths) for each in found] == [
        (What.QUESTION_RENAMED, ("women",)),
        (What.CONSTRAINT_TIGHTENED, ("women",)),
    ]


def test_a_group_under_another_name_is_no_other_condition_but_its_own_is():
    moved = with_question("place/men", path="hall/men").questions
    same = in_form(questions=moved, groups=(Group("hall", {"": "Place"}), base().groups[1]))
    assert [each.what for each in changes(base(), same)] == [What.QUESTION_MOVED]
    asked = replace(same, groups=(Group("hall", {"": "Place"}, "${done} = 'yes'"), base().groups[1]))
    told = [(each.what, each.path, each.old_paths) for each in changes(base(), asked)]
    assert told[1:] == [(What.RELEVANCE_CHANGED, "hall", ("place/men",))]
    out_of_it = changes(asked, with_question("place/men", path="men"))
    assert str(out_of_it[-1]) == "relevance changed: `hall`: ${done} = 'yes' → (nothing)"


def repeat_at(path, **more):
    """The form with its repeat elsewhere, or under another name."""
    questions = with_question("row/age", path=f"{path}/age", repeat=path).questions
    return in_form(questions=questions, repeats=(Repeat(path.rsplit("/", 1)[-1], path, **more),))


@pytest.mark.parametrize(
    ("new", "is_breaking"),
    [
        (repeat_at("hall/row"), False),
        (repeat_at("people"), True),
        (repeat_at("people", renamed_from="row"), False),
        (repeat_at("hall/people", renamed_from="row"), False),
    ],
)
def test_a_repeat_breaks_data_only_where_its_rows_go_on_in_another_table(new, is_breaking):
    (found,) = changes(base(), new)
    assert (found.what, found.path, found.is_breaking) == (What.QUESTION_MOVED, new.questions[-1].path, is_breaking)
    plans = plan_tables("visit", base(), ())
    rows = plan_tables("visit", new, (), plans)[1]
    assert (rows.name != plans[1].name) is is_breaking


def test_versions_of_earlier_releases_say_nothing_of_appearances_and_settings():
    looks = with_question("women", further={"appearance": "minimal"})
    assert changes(in_form(settings=None), replace(looks, settings={"style": "pages"})) == ()
    assert [str(each) for each in changes(base(), replace(looks, settings={"style": "pages"}))] == [
        "settings changed: `appearance` of `women`: (nothing) → minimal",
        "settings changed: `style` of the form: (nothing) → pages",
    ]
