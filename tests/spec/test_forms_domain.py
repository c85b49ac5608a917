"""The forms ask what the domain tables say, nothing that must never be collected, and score by programme.toml's key."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from collector.form.xlsform import form_version, read_workbook
from tests.support.campaign import PROGRAMME
from tests.support.sheets import MEDIA, WORKBOOKS

DOMAIN = Path(__file__).parents[3] / "shared" / "domain"
LANGUAGES = {"English (en)": "en", "العربية (ar)": "ar", "کوردی (ckb)": "ckb"}
FORMS = {path.stem: form_version(read_workbook(path), MEDIA) for path in WORKBOOKS}
SURVEYS = {key: form for key, form in FORMS.items() if key != "attendance"}
SAFE_TYPES = {
    *{"start", "end", "today", "deviceid", "username", "audit", "note", "calculate", "integer", "date", "time"},
    *{"geopoint", "select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file"},
}

needs_domain = pytest.mark.skipif(not DOMAIN.is_dir(), reason="the domain tables (../shared/domain) are not here")


def table(name):
    with (DOMAIN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def labels(row, prefix="label_"):
    return {language: row[prefix + code] for language, code in LANGUAGES.items()}


def questions(form):
    return {question.name: question for question in form.questions}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_nothing_is_typed_photographed_or_recorded(form):
    assert {question.type for question in form.questions} <= SAFE_TYPES


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_of_what_could_identify_only_the_cards_are_asked_and_their_range_is_kept_out(form):
    cards = {name for name, question in questions(form).items() if "mod 97" in question.constraint}
    kept_out = {question.name for question in form.questions if question.is_pii}
    assert (cards, kept_out) == (
        ({"card", "cards_first", "cards_last"}, {"cards_first", "cards_last"})
        if form.form_id == "attendance"
        else ({"card"}, set())
    )


@pytest.mark.parametrize("form", SURVEYS.values(), ids=SURVEYS)
def test_a_refusal_leaves_nothing_to_ask_but_shows_where_help_is(form):
    rows = read_workbook(next(path for path in WORKBOOKS if path.stem == form.form_id)).survey
    after = rows[next(index for index, row in enumerate(rows) if row.name == "consent") + 1 :]
    depth, open_to_all = 0, []
    for row in after:
        gated = depth > 0 or row.relevant == "${consent} = 'yes'"
        depth += row.type.startswith("begin_") - row.type.startswith("end_")
        open_to_all += [row.name] if row.name and not gated else []
    assert open_to_all == ["need_help"]


@pytest.mark.parametrize("form", SURVEYS.values(), ids=SURVEYS)
def test_the_tablets_score_uses_the_key_of_the_programme(form):
    asked = questions(form)
    score = asked["score"].calculation
    for key, item in PROGRAMME.items.items():
        if item.wrong:
            right, wrong = re.findall(r"\((if[^/]*?\))\) div", asked[f"{key}_credit"].calculation)
            assert re.findall(rf"selected\(\$\{{{key}\}}, '(\w+)'\)", right) == list(item.key)
            assert re.findall(rf"selected\(\$\{{{key}\}}, '(\w+)'\)", wrong) == list(item.wrong)
            assert f"${{{key}_credit}}" in score
        else:
            assert f"if(${{{key}}} = '{item.key[0]}', 1, 0)" in score
    sizes = [len(PROGRAMME.item_sets[name].items) for name in ("professional", "community")]
    assert score.endswith(f"div if(${{item_set}} = 'professional', {sizes[0]}, {sizes[1]}), 2)")


@pytest.mark.parametrize("form", SURVEYS.values(), ids=SURVEYS)
def test_each_audience_is_asked_its_items_and_must_answer(form):
    for name, question in questions(form).items():
        if name in PROGRAMME.items:
            for_all = name in PROGRAMME.item_sets["community"].items
            assert question.relevant == ("" if for_all else "${item_set} = 'professional'")
            assert question.required == "yes"


@needs_domain
def test_choices_equal_the_domain_table():
    expected = {(row["list_name"], row["name"]): labels(row) for row in table("choices.csv")}
    for form in FORMS.values():
        for name, choices in form.choices.items():
            if not name.endswith(".csv"):
                wanted = {choice: text for (list_name, choice), text in expected.items() if list_name == name}
                assert {choice.name: choice.labels for choice in choices} == wanted


@needs_domain
def test_session_and_register_questions_equal_the_domain_tables():
    rows = table("session_fields.csv") + [row for row in table("participant_fields.csv") if row["form"] == "register"]
    asked = questions(FORMS["attendance"])
    for row in rows:
        question = asked.get(row["name"])
        if row["type"] == "NEVER COLLECT":
            assert question is None
        elif row["label_en"]:
            assert question.labels == labels(row)
            assert f"{question.type} {question.list_name}".strip() == f"{row['type']} {row['list']}".strip()
            assert question.required == row["required"].replace("no", "")


@needs_domain
@pytest.mark.parametrize("form", SURVEYS.values(), ids=SURVEYS)
def test_survey_questions_equal_the_domain_tables(form):
    asked = questions(form)
    fields = {row["name"]: row for row in table("participant_fields.csv") if row["form"] == "pre+post"}
    for name in ("session_id", "card", "consent", "admin_mode", "sex_check", "age_check"):
        assert asked[name].labels == labels(fields[name])
    sets = {"core", "confidence", "washington_group" if form.form_id == "pre_survey" else "feedback"}
    items = {row["id"]: row for row in table("items.csv") if row["set"] in sets}
    assert {name for name in asked if re.fullmatch(r"[KCFW]\d+", name)} == set(items)
    for name, row in items.items():
        assert asked[name].labels == labels(row, "")
        assert (asked[name].type, asked[name].list_name) == (row["type"], row["list"])


@needs_domain
def test_spoken_texts_equal_the_domain_table_with_their_placeholders():
    texts = {row["id"]: labels(row, "") for row in table("texts.csv")}
    for form in FORMS.values():
        for name, question in questions(form).items():
            if name in texts:
                assert question.labels == texts[name]
    shown = {name for form in FORMS.values() for name in questions(form)}
    assert set(texts) - shown == {"rights", "do_not_record", "card_wrong"}  # on the card, as consent_note, a message
    assert questions(FORMS["attendance"])["card"].constraint_messages == texts["card_wrong"]


@needs_domain
def test_the_key_of_the_programme_is_the_one_of_the_item_table():
    rows = {row["id"]: row for row in table("items.csv") if row["set"] == "core"}
    assert set(PROGRAMME.items) == set(rows)
    for key, item in PROGRAMME.items.items():
        assert set(item.key) == set(rows[key]["key"].split())
        assert item.module == rows[key]["module"]
        assert item.valid_from.isoformat().startswith(rows[key]["valid_from"])
