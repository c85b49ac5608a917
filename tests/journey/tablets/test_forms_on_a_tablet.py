"""The project's three forms in the engine of KoboCollect: every constraint, calculation, cascade and relevance runs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from collector.errors import TabletError
from collector.tablets.cards import card
from collector.tablets.filled import Filled
from collector.tablets.javarosa import NoSuchChoice, RefusedAnswer
from collector.tablets.plain_xml import text_of
from tests.support.material import (
    PLAN,
    PROGRAMME,
    answers_in,
    campaign,
    credit,
    definition,
    filled,
    rows_in,
    score,
    with_answers,
    with_row,
)

pytestmark = pytest.mark.java

LANGUAGES = ("en", "ar", "ckb")
SURVEYS = ("pre_survey", "post_survey")
LOW, HIGH, WRONG_CHECK = 999_908, 10_000_089, 1_000_072  # the first two leave 1 modulo 97, as a card does
BAGHDAD = ZoneInfo("Asia/Baghdad")


def day_of(form: Filled) -> date:
    return form.started_at.date()


# (form, question, a refused answer, an accepted answer); functions get the form as it was filled
CONSTRAINTS = [
    ("attendance", "session_date", lambda form: day_of(form) + timedelta(days=1), day_of),
    ("attendance", "session_date", date(2014, 9, 30), date(2014, 10, 1)),
    ("attendance", "time_end", lambda form: form.answers["time_start"], time(23, 59)),
    ("attendance", "time_end", time(0, 1), time(23, 58)),
    ("attendance", "head_f", -1, 0),
    ("attendance", "head_f", 151, 150),
    ("attendance", "head_m", -1, 0),
    ("attendance", "head_m", 151, 150),
    ("attendance", "cards_first", LOW, card(10_000)),
    ("attendance", "cards_first", HIGH, card(10_001)),
    ("attendance", "cards_first", WRONG_CHECK, card(10_002)),
    ("attendance", "cards_last", lambda form: card(form.answers["cards_first"] // 100 - 1), card(99_999)),
    ("attendance", "cards_last", HIGH, lambda form: form.answers["cards_first"]),
    ("attendance", "cards_last", 9_999_924, 9_999_925),
    ("attendance", "issues", ("none", "late"), ("late", "power")),
    ("attendance", "register/card", LOW, card(10_000)),
    ("attendance", "register/card", HIGH, card(99_999)),
    ("attendance", "register/card", WRONG_CHECK, card(55_555)),
    *[
        row
        for key in SURVEYS
        for row in (
            (key, "card", LOW, card(10_000)),
            (key, "card", HIGH, card(99_999)),
            (key, "card", WRONG_CHECK, card(55_555)),
            (key, "knowledge/K06", ("labour", "dk"), ("dk",)),
            (key, "knowledge/K11", ("dk", "docs"), ("docs", "family")),
        )
    ],
]


def answering(form_key: str, path: str, answer: object) -> Filled:
    form = filled(form_key)
    value = answer(form) if callable(answer) else answer
    if path.startswith("register/"):
        return with_row(form, **{path.removeprefix("register/"): value})
    return with_answers(form, **{path: value})


def test_the_table_of_constraints_misses_none_of_the_forms():
    in_forms = {(key, q.path) for key in PROGRAMME.forms for q in definition(key).questions if q.constraint}
    assert {(key, path) for key, path, _, _ in CONSTRAINTS} == in_forms


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "path", "refused"), [row[:3] for row in CONSTRAINTS])
def test_a_wrong_answer_is_refused_in_the_language_of_the_tablet(tablets, key, path, refused, language):
    with pytest.raises(RefusedAnswer) as refusal:
        tablets[key].fill(replace(answering(key, path, refused), language=language))
    question = definition(key).question(path)
    assert refusal.value.path == path
    assert refusal.value.message == question.constraint_messages[PROGRAMME.languages[language]]


@pytest.mark.parametrize(("key", "path", "accepted"), [(*row[:2], row[3]) for row in CONSTRAINTS])
def test_a_right_answer_at_the_edge_is_taken(tablets, key, path, accepted):
    form = answering(key, path, accepted)
    xml = tablets[key].fill(form)
    if path.startswith("register/"):
        assert rows_in(xml)[0]["card"] == str(form.answers["register"][0][path])
    else:
        assert answers_in(xml)[path].startswith(text_of(form.answers[path]).split("+")[0])


REQUIRED = [
    (key, question.path)
    for key in PROGRAMME.forms
    for question in definition(key).questions
    if question.required == "yes" and question.path != "not_held"
]


@pytest.mark.parametrize(("key", "path"), REQUIRED)
def test_a_required_question_cannot_be_skipped(tablets, key, path):
    with pytest.raises(RefusedAnswer) as refusal:
        tablets[key].fill(answering(key, path, None))
    assert refusal.value.path == path


def test_a_missing_card_is_asked_for_in_the_language_of_the_tablet(tablets):
    messages = set()
    for language in LANGUAGES:
        with pytest.raises(RefusedAnswer) as refusal:
            tablets["pre_survey"].fill(replace(answering("pre_survey", "card", None), language=language))
        messages.add(refusal.value.message)
    assert "Read the 7 digits from the card." in messages
    assert len(messages) == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", PROGRAMME.forms)
def test_each_form_can_be_filled_in_each_language_with_the_same_answers(tablets, key, language):
    in_english, in_another = (tablets[key].fill(replace(filled(key), language=name)) for name in ("en", language))
    assert answers_in(in_another) == answers_in(in_english)
    assert rows_in(in_another) == rows_in(in_english)


CASCADES = [
    ("attendance", "district", "duhok_c"),
    ("attendance", "venue", "venue_dhk_01"),
    ("attendance", "session_id", "no-such-session"),
    ("attendance", "register/district_work", "nowhere"),
    ("pre_survey", "session_id", "XXX-99"),
    ("post_survey", "knowledge/K05", "border"),
]


@pytest.mark.parametrize(("key", "path", "elsewhere"), CASCADES)
def test_a_choice_that_is_not_offered_is_refused_by_the_question_and_not_by_the_answer(tablets, key, path, elsewhere):
    with pytest.raises(NoSuchChoice) as refusal:
        tablets[key].fill(answering(key, path, elsewhere))
    assert refusal.value.path == path
    assert elsewhere not in str(refusal.value)


def test_the_session_list_has_only_the_sessions_of_the_round(tablets):
    other_round = next(row["round"] for row in PLAN if row["round"] != filled("attendance").answers["round"])
    with pytest.raises(NoSuchChoice, match="session_id"):
        tablets["attendance"].fill(answering("attendance", "round", other_round))


@pytest.mark.parametrize("key", SURVEYS)
def test_whoever_refuses_is_asked_nothing_more(tablets, key):
    found = answers_in(tablets[key].fill(with_answers(filled(key), consent="no")))
    metadata = {"start", "end", "today", "deviceid", "username", "meta/instanceID", "meta/instanceName"}
    assert set(found) - metadata == {"session_id", "item_set", "card", "consent"}


def test_a_session_that_was_not_held_has_a_reason_and_no_register(tablets):
    form = with_answers(filled("attendance"), status="cancelled", not_held="weather")
    xml = tablets["attendance"].fill(form)
    assert not rows_in(xml)
    assert set(answers_in(xml)) == {
        *("start", "end", "today", "deviceid", "username", "enumerator", "round", "session_id", "status", "not_held"),
        *("governorate", "district", "meta/instanceID", "meta/instanceName"),
    }


def test_a_person_who_does_not_want_to_be_registered_is_a_row_with_a_card_and_nothing_else(tablets):
    (row,) = rows_in(tablets["attendance"].fill(with_row(filled("attendance"), consent_reg="no")))
    assert set(row) == {"card", "consent_reg"}


def test_questions_that_make_no_sense_for_a_person_or_a_place_are_skipped(tablets):
    form = with_row(filled("attendance", "cso"), org_type="none", displacement="resident", role="member")
    (row,) = rows_in(tablets["attendance"].fill(form))
    assert "role" not in row
    assert row["displacement"] == "resident"
    of_government = with_row(filled("attendance", "gov"), displacement="resident")
    (row,) = rows_in(tablets["attendance"].fill(of_government))
    assert "displacement" not in row
    here = (36.19, 44.01, 0.0, 9.5)
    assert "venue_gps" not in answers_in(
        tablets["attendance"].fill(with_answers(form, venue_type="camp", venue_gps=here))
    )
    assert "venue_gps" in answers_in(tablets["attendance"].fill(with_answers(form, venue_type="ngo", venue_gps=here)))


@pytest.mark.parametrize("key", SURVEYS)
@pytest.mark.parametrize(("audience", "item_set"), [("gov", "professional"), ("idp", "community")])
def test_each_audience_is_asked_its_own_items(tablets, key, audience, item_set):
    everything = dict.fromkeys((PROGRAMME.items[item].question for item in PROGRAMME.items), "true")
    form = filled(key, audience)
    found = answers_in(tablets[key].fill(replace(form, answers={**everything, **form.answers})))
    asked = {item for item, meaning in PROGRAMME.items.items() if meaning.question in found}
    assert asked == set(PROGRAMME.item_sets[item_set].items)
    assert found["item_set"] == item_set


CALCULATIONS = {
    "attendance": {"register_rows", "register_f", "register_m", "headcount_gap"},
    **{key: {"item_set", "knowledge/K06_credit", "knowledge/K11_credit", "knowledge/score"} for key in SURVEYS},
}


def test_the_calculations_checked_here_are_all_there_are():
    in_forms = {key: {q.path for q in definition(key).questions if q.calculation} for key in PROGRAMME.forms}
    assert in_forms == CALCULATIONS


@pytest.mark.parametrize("key", SURVEYS)
def test_the_score_on_the_tablet_is_the_score_of_the_answers(tablets, key):
    random = Random(5)
    answered = [form for form in campaign(7).forms if form.form_key == key and form.answers["consent"] == "yes"]
    for form in random.sample(answered, 60):
        found = answers_in(tablets[key].fill(form))
        assert float(found["knowledge/score"]) == pytest.approx(score(form), abs=0.006)
        for item in ("K06", "K11"):
            assert float(found[f"knowledge/{item}_credit"]) == credit(item, form.answers[f"knowledge/{item}"])


def test_choosing_everything_and_choosing_nothing_right_both_earn_nothing(tablets):
    for chosen in (("docs", "move", "pay", "fear", "family", "dialect"), ("family",), ("dk",)):
        found = answers_in(tablets["pre_survey"].fill(answering("pre_survey", "knowledge/K11", chosen)))
        assert float(found["knowledge/K11_credit"]) == 0


def test_the_register_is_counted_row_by_row_and_against_the_headcount(tablets):
    defects = {"QC03", "QC12", "QC13"}  # a card twice, no register at all, a headcount that does not fit
    sheets = [form for form in campaign(7).forms if form.form_key == "attendance" and form.answers["status"] == "held"]
    odd = [sheet for sheet in sheets if defects & {check for check, _ in sheet.defects}]
    for sheet in (*odd, *sheets[:3]):
        xml = tablets["attendance"].fill(sheet)
        rows, found = rows_in(xml), answers_in(xml)
        assert len(rows) == len(sheet.answers["register"]) == int(found["register_rows"])
        assert int(found["register_f"]) == sum(row.get("sex") == "f" for row in rows)
        assert int(found["register_m"]) == sum(row.get("sex") == "m" for row in rows)
        headcount = sheet.answers["head_f"] + sheet.answers["head_m"]
        assert int(found["headcount_gap"]) == headcount - len(rows)


def test_a_name_for_the_form_comes_from_its_answers_and_the_clock_of_the_tablet(tablets):
    begun = datetime(2026, 7, 5, 9, 41, 20, tzinfo=BAGHDAD)
    form = replace(filled("pre_survey"), started_at=begun, ended_at=begun + timedelta(minutes=9))
    found = answers_in(tablets["pre_survey"].fill(form))
    assert found["meta/instanceName"] == f"{form.session} · before · 09:41"
    assert (found["start"], found["end"]) == ("2026-07-05T09:41:20.000+03:00", "2026-07-05T09:50:20.000+03:00")
    assert (found["today"], found["deviceid"], found["username"]) == ("2026-07-05", form.device_id, form.username)
    assert re.fullmatch("collect:[a-z0-9]{16}", found["deviceid"])
    assert found["meta/instanceID"] == form.instance_id


@pytest.mark.parametrize("year", [2019, 2043])
def test_today_is_the_day_of_the_tablet_and_not_of_this_computer(tablets, year):
    moment = datetime(year, 3, 2, 0, 30, tzinfo=BAGHDAD)
    form = replace(filled("attendance"), started_at=moment, ended_at=moment)
    tablets["attendance"].fill(with_answers(form, session_date=date(year, 3, 2)))
    with pytest.raises(RefusedAnswer, match="session_date"):
        tablets["attendance"].fill(with_answers(form, session_date=date(year, 3, 3)))


@pytest.mark.parametrize("key", PROGRAMME.forms)
def test_a_form_filled_before_leaves_no_trace_in_the_next(tablets, key):
    forms = [form for form in campaign(7).forms if form.form_key == key][:6]
    in_order = [tablets[key].fill(form) for form in forms]
    assert [tablets[key].fill(form) for form in reversed(forms)] == in_order[::-1]


def test_an_answer_to_a_question_the_form_does_not_have_is_a_mistake_of_the_programme(tablets):
    with pytest.raises(TabletError, match="no question 'person/shoe_size'"):
        tablets["pre_survey"].fill(answering("pre_survey", "person/shoe_size", "43"))
