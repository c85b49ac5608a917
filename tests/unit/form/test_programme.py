"""programme.toml fits the forms and the plan, and says what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from collector.errors import ProgrammeMistake
from collector.form.definition import Choice, Kind
from collector.form.fit import check_fit
from collector.form.plan import read_plan
from collector.form.programme import read_programme
from collector.form.xlsform import form_version, read_workbook
from tests.support.campaign import PROGRAMME
from tests.support.sheets import FORMS, MEDIA

VERSIONS = {key: form_version(read_workbook(FORMS / form.workbook), MEDIA) for key, form in PROGRAMME.forms.items()}
PLAN = read_plan(MEDIA[PROGRAMME.plan.file], PROGRAMME.plan)


def rows(file):
    return {row["name"]: row for row in csv.DictReader(io.StringIO(MEDIA[file].decode()))}


@pytest.mark.parametrize("key", VERSIONS)
def test_programme_toml_fits_the_forms(key):
    check_fit(PROGRAMME, key, VERSIONS[key])


@pytest.mark.parametrize(
    ("key", "change", "says"),
    [
        ("pre_survey", {"card": "crad"}, "forms.pre_survey.questions.card: form 'pre_survey' has no question 'card'"),
        ("pre_survey", {"knowledge/K06": "knowledge/K6"}, "items.K06.question: form 'pre_survey' has no question"),
        ("pre_survey", {"difficulty/W6": "W6"}, "forms.pre_survey.questions.disability"),
        ("attendance", {"register/card": "people/card"}, "forms.attendance.people.card"),
    ],
)
def test_a_question_renamed_in_a_workbook_alone_is_found(key, change, says):
    renamed = [replace(question, path=change.get(question.path, question.path)) for question in VERSIONS[key].questions]
    with pytest.raises(ProgrammeMistake) as mistake:
        check_fit(PROGRAMME, key, replace(VERSIONS[key], questions=tuple(renamed)))
    assert says in str(mistake.value)


@pytest.mark.parametrize(
    ("key", "list_name", "says"),
    [
        ("pre_survey", "k11", "items.K11: question 'knowledge/K11' has no choice 'docs'"),
        ("pre_survey", "wg4", "codes.disability: question 'difficulty/W1' has no choice '3'"),
        ("post_survey", "agree5", "codes.agree: question 'feedback/F01' has no choice '4'"),
        ("attendance", "session_status", "codes.held: question 'status' has no choice 'held'"),
        ("attendance", "sex", "codes.female and male"),
        ("attendance", "yn_ns", "codes.earlier"),
    ],
)
def test_a_key_or_code_that_is_no_choice_is_found(key, list_name, says):
    version = VERSIONS[key]
    with pytest.raises(ProgrammeMistake) as mistake:
        check_fit(PROGRAMME, key, replace(version, choices={**version.choices, list_name: (Choice("other"),)}))
    assert says in str(mistake.value)


@pytest.mark.parametrize("wave", ["before", "after"])
def test_items_with_several_right_answers_know_all_their_choices(wave):
    version = VERSIONS[PROGRAMME.survey_form(wave)[0]]
    for item in PROGRAMME.items.values():
        question = version.question(item.question)
        assert (question.kind is Kind.SELECT_MULTIPLE) == (len(item.key) > 1) == bool(item.wrong)
        if item.wrong:
            names = {choice.name for choice in version.choices_of(question)}
            assert names == {*item.key, *item.wrong, PROGRAMME.codes.dont_know}


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
        (('wave = "before"', 'wave = "during"'), "forms.pre_survey.wave: Input should be 'before', 'after'"),
        (('wave = "before"', 'wave = "after"'), "forms: two forms have the wave 'after'"),
        (
            ('wave = "before"', 'wave = "before"\nmonths_after = 3'),
            "'pre_survey' has months_after, which only the wave",
        ),
    ],
)
def test_a_mistake_in_programme_toml_is_named_by_its_key(tmp_path, change, says):
    path = tmp_path / "programme.toml"
    path.write_text((FORMS / "programme.toml").read_text("utf-8").replace(*change, 1), "utf-8")
    with pytest.raises(ProgrammeMistake) as mistake:
        read_programme(path)
    assert says in str(mistake.value)
    assert str(path) in str(mistake.value)


def test_a_programme_without_any_target_is_read_and_has_none(tmp_path):
    path = tmp_path / "programme.toml"
    path.write_text((FORMS / "programme.toml").read_text("utf-8").partition("[targets.I01]")[0], "utf-8")
    assert read_programme(path).targets == {}


def test_a_missing_programme_toml_says_where_to_run(tmp_path):
    with pytest.raises(ProgrammeMistake, match="run from the folder that holds forms"):
        read_programme(tmp_path / "programme.toml")
