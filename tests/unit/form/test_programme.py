"""programme.toml fits the forms and the plan, and says what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date

import pytest

from collector.errors import ProgrammeMistake
from collector.form.definition import Kind
from collector.form.plan import read_plan
from collector.form.programme import SessionForm, read_programme
from collector.form.xlsform import form_version, read_workbook
from tests.support.campaign import PROGRAMME
from tests.support.sheets import FORMS, MEDIA

VERSIONS = {key: form_version(read_workbook(FORMS / form.workbook), MEDIA) for key, form in PROGRAMME.forms.items()}
PLAN = read_plan(MEDIA[PROGRAMME.plan.file], PROGRAMME.plan)


def rows(file):
    return {row["name"]: row for row in csv.DictReader(io.StringIO(MEDIA[file].decode()))}


def paths_of(part):
    for value in part.model_dump().values():
        yield from value if isinstance(value, tuple) else [value] if value else []


@pytest.mark.parametrize("key", VERSIONS)
def test_every_path_is_a_question_of_its_form(key):
    form, version = PROGRAMME.forms[key], VERSIONS[key]
    wanted = list(paths_of(form.questions))
    if isinstance(form, SessionForm):
        wanted += [path for path in paths_of(form.people) if path != form.people.repeat]
        assert [repeat.path for repeat in version.repeats] == [form.people.repeat]
    else:
        wanted += [item.question for item in PROGRAMME.items.values()]
    assert [path for path in wanted if version.question(path) is None] == []


@pytest.mark.parametrize("wave", ["before", "after"])
def test_the_key_uses_choices_of_its_question(wave):
    version = VERSIONS[PROGRAMME.survey_form(wave)[0]]
    for item in PROGRAMME.items.values():
        question = version.question(item.question)
        names = {choice.name for choice in version.choices_of(question)}
        assert PROGRAMME.codes.dont_know in names
        assert {*item.key, *item.wrong} <= names
        assert (question.kind is Kind.SELECT_MULTIPLE) == (len(item.key) > 1) == bool(item.wrong)
        if item.wrong:
            assert {*item.key, *item.wrong, PROGRAMME.codes.dont_know} == names


def test_codes_are_choices_of_the_questions_they_speak_of():
    codes, (key, form) = PROGRAMME.codes, PROGRAMME.session_form
    before = PROGRAMME.survey_form("before")
    after = PROGRAMME.survey_form("after")
    spoken = {
        (key, form.questions.status): {codes.held},
        (key, form.people.consent): {codes.yes, codes.no},
        (key, form.people.sex): {codes.female, codes.male},
        (key, form.people.displacement): set(codes.displaced),
        (key, form.people.earlier): set(codes.earlier),
        (before[0], before[1].questions.disability[0]): set(codes.disability),
        (after[0], after[1].questions.feedback[0]): set(codes.agree),
    }
    for (form_key, path), names in spoken.items():
        version = VERSIONS[form_key]
        assert names <= {choice.name for choice in version.choices_of(version.question(path))}


def test_the_plan_holds_forty_sessions_inside_their_rounds_on_working_days():
    assert len(PLAN) == len({session.session for session in PLAN}) == 40
    for session in PLAN:
        period = PROGRAMME.rounds[session.round]
        assert period.starts_on <= session.planned_on <= period.ends_on
        assert session.planned_on.isoweekday() in {7, 1, 2, 3, 4}
    assert Counter(session.audience for session in PLAN) == {"gov": 14, "cso": 12, "idp": 10, "host": 4}
    assert Counter(session.governorate for session in PLAN) == {
        "erbil": 13,
        "sulaymaniyah": 13,
        "duhok": 10,
        "halabja": 4,
    }


def test_the_plan_names_places_people_and_item_sets_that_exist():
    venues, staff = rows("venues.csv"), {**rows("enumerators.csv"), **rows("facilitators.csv")}
    districts = {choice.name: choice.columns["governorate"] for choice in VERSIONS["attendance"].choices["district"]}
    for session in rows(PROGRAMME.plan.file).values():
        venue = venues[session["venue"]]
        assert session["audience"] in PROGRAMME.item_sets[session["item_set"]].audiences
        assert (venue["district"], venue["governorate"]) == (session["district"], session["governorate"])
        assert districts[session["district"]] == session["governorate"]
        assert {session["enumerator"], *session["facilitators"].split()} <= set(staff)
        # An ISO date inside right-to-left text shows its parts in reverse
        assert date.fromisoformat(session["planned_date"]).strftime("%Y/%m/%d") in session["label"]


def test_every_audience_has_one_item_set_and_every_set_its_items():
    audiences = Counter(audience for group in PROGRAMME.item_sets.values() for audience in group.audiences)
    asked = {choice.name for choice in VERSIONS["attendance"].choices["audience"]}
    assert audiences == dict.fromkeys(asked, 1)
    assert all(set(group.items) <= set(PROGRAMME.items) for group in PROGRAMME.item_sets.values())


def test_the_card_is_known_by_form():
    assert PROGRAMME.card_paths("attendance") == {"register/card"}
    assert PROGRAMME.card_paths("pre_survey") == {"card"}
    assert PROGRAMME.card_paths("another") == frozenset()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("threshold = 70", 'threshold = "high"'), "threshold: Input should be a valid number"),
        (("threshold = 70", "treshold = 70"), "threshold: Field required"),
        (('held = "held"', 'held = "held"\nhold = "x"'), "codes.hold: Extra inputs are not permitted"),
        (("starts_on = 2026-07-05", "starts_on = 2026-13-05"), "not TOML"),
        (('wave = "before"', 'wave = "during"'), "forms.pre_survey.survey.wave: Input should be 'before', 'after'"),
    ],
)
def test_a_mistake_in_programme_toml_is_named_by_its_key(tmp_path, change, says):
    path = tmp_path / "programme.toml"
    path.write_text((FORMS / "programme.toml").read_text("utf-8").replace(*change, 1), "utf-8")
    with pytest.raises(ProgrammeMistake) as mistake:
        read_programme(path)
    assert says in str(mistake.value)
    assert str(path) in str(mistake.value)


def test_a_missing_programme_toml_says_what_it_is_for(tmp_path):
    with pytest.raises(ProgrammeMistake, match="it says what the forms mean"):
        read_programme(tmp_path / "programme.toml")
