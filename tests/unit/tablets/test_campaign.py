"""The simulated campaign: seeded, of the sizes and results of its specification, with the defects it says it has."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import groupby, pairwise
from statistics import correlation, mean, stdev

import pytest

from collector.tablets.campaign import LATEST, Campaign, simulate
from collector.tablets.cards import pack
from collector.tablets.defects import KINDS
from collector.tablets.truth import write_truth
from tests.support.material import PLAN, PROGRAMME, VENUES, campaign, score

EXPECTED = {
    "participants": (806, 950),
    "matched_share": (0.84, 0.89),
    "pre": (42.2, 45.7),
    "post": (68.3, 72.0),
    "g": (0.43, 0.51),
    "d_av": (1.11, 1.42),
    "ge70_pre": (0.11, 0.17),
    "ge70_post": (0.52, 0.60),
    "worse": (0.05, 0.10),
    "r": (0.53, 0.62),
}
"""Smallest and largest value over forty simulated campaigns of the specification."""


def contacts(campaign: Campaign) -> set[tuple[str, object]]:
    """(session, card) of everybody in a register."""
    sheets = [form for form in campaign.forms if form.form_key == "attendance"]
    return {(sheet.session, row["register/card"]) for sheet in sheets for row in sheet.answers.get("register", ())}


def pairs(campaign: Campaign) -> dict[tuple[str, object], tuple[float, float]]:
    """Scores before and after by (session, card), where there is exactly one of each."""
    scores: dict[tuple[str, object], dict[str, list[float]]] = defaultdict(
        lambda: {"pre_survey": [], "post_survey": []}
    )
    for form in campaign.forms:
        if form.answers.get("consent") == "yes":
            scores[form.session, form.answers["card"]][form.form_key].append(score(form))
    both = {key: (waves["pre_survey"], waves["post_survey"]) for key, waves in scores.items()}
    return {key: (pre[0], post[0]) for key, (pre, post) in both.items() if len(pre) == len(post) == 1}


def headline(campaign: Campaign) -> dict[str, float]:
    in_register, paired = contacts(campaign), pairs(campaign)
    registers = {session for session, _ in in_register}
    pre, post = zip(*paired.values(), strict=True)
    gain = mean(post) - mean(pre)
    return {
        "participants": len({card for _, card in in_register}),
        "matched_share": sum(session in registers for session, _ in paired) / len(in_register),
        "pre": mean(pre),
        "post": mean(post),
        "g": gain / (100 - mean(pre)),
        "d_av": gain / ((stdev(pre) + stdev(post)) / 2),
        "ge70_pre": mean(value >= 70 for value in pre),
        "ge70_post": mean(value >= 70 for value in post),
        "worse": mean(after < before for before, after in paired.values()),
        "r": correlation(pre, post),
    }


@pytest.mark.parametrize("seed", [7, 1, 4])
def test_a_campaign_gives_the_results_its_specification_expects(seed):
    found = headline(campaign(seed))
    outside = {name: found[name] for name, (low, high) in EXPECTED.items() if not low <= found[name] <= high}
    assert outside == {}


def test_the_same_seed_gives_the_same_campaign_and_another_seed_another():
    again = simulate(PROGRAMME, PLAN, VENUES, seed=7)
    assert again == campaign(7)
    assert not {form.instance_id for form in again.forms} & {form.instance_id for form in campaign(1).forms}


def test_thirty_eight_sessions_are_held_one_is_postponed_one_cancelled():
    sheets = [form for form in campaign(profile="clean").forms if form.form_key == "attendance"]
    assert Counter(sheet.answers["status"] for sheet in sheets) == {"held": 38, "postponed": 1, "cancelled": 1}


def test_every_card_is_valid_and_handed_out_in_the_session_that_uses_it():
    packs = {row["name"]: set(pack(number)) for number, row in enumerate(PLAN)}
    honest = campaign(profile="clean")
    rows = [
        (sheet.session, row)
        for sheet in honest.forms
        if sheet.form_key == "attendance"
        for row in sheet.answers.get("register", ())
    ]
    assert all(row["register/card"] % 97 == 1 for _, row in rows)
    strangers = [row for session, row in rows if row["register/card"] not in packs[session]]
    assert 0 < len(strangers) < 50
    assert {row.get("register/earlier", "yes") for row in strangers} == {"yes"}


def test_the_demo_has_each_defect_as_often_as_it_says():
    seeded = Counter(fact.check for fact in campaign(7).facts if fact.cause == "seeded")
    expected = {kind.check: kind.demo for kind in KINDS} | {
        "QC04": 8,  # both forms of each of the four cards
        "QC11": 12,  # both forms of each of the six pairs
    }
    del expected["QC29"]  # nobody handed out an old form
    assert 4 <= seeded.pop("QC16") <= 16  # all forms of one tablet on two days
    del expected["QC16"]
    assert seeded == expected


def test_a_tablet_with_an_old_form_fills_its_last_forms_with_it():
    held_back = simulate(PROGRAMME, PLAN, VENUES, seed=7, has_old_form=True)
    old = [form for form in held_back.forms if form.is_old_form]
    assert len({form.device for form in old}) == 1
    assert len(old) == len([fact for fact in held_back.facts if fact.check == "QC29"]) == 24


def test_an_honest_campaign_has_nothing_wrong_on_purpose_and_hardly_anything_by_chance():
    assert {(fact.check, fact.cause) for fact in campaign(profile="clean").facts} == {("QC30", "chance")}
    assert all(not form.tampered for form in campaign(profile="clean").forms)


def test_the_stress_profile_has_five_percent_of_each_kind_of_survey():
    stressed = campaign(7, "stress")
    surveys = len([form for form in campaign(7, "clean").forms if form.form_key != "attendance"])
    seeded = Counter(fact.check for fact in stressed.facts if fact.cause == "seeded")
    for kind in KINDS:
        if kind.per == "surveys" and kind.check != "QC29":
            assert seeded[kind.check] >= 0.045 * surveys, kind.check


def test_each_form_has_at_most_one_seeded_defect_but_a_register_may_have_several():
    for form in campaign(7).forms:
        seeded = [check for check, cause in form.defects if cause == "seeded" and check not in ("QC03", "QC16")]
        assert len(seeded) <= 1


def test_no_form_is_sent_before_it_is_filled_or_long_after_the_campaign():
    forms = campaign(7, "clean").forms
    last = max(form.ended_at for form in forms if form.form_key == "attendance") + LATEST
    assert all(form.started_at < form.ended_at <= form.sent_at <= last for form in forms)
    assert list(forms) == sorted(forms, key=lambda form: form.sent_at)


def test_honest_surveys_of_one_tablet_never_overlap():
    surveys = [form for form in campaign(7, "clean").forms if form.form_key != "attendance"]
    surveys.sort(key=lambda form: (form.device, form.started_at))
    for _, of_device in groupby(surveys, key=lambda form: form.device):
        forms = list(of_device)
        gaps = [later.started_at - form.ended_at for form, later in pairwise(forms)]
        assert min(gaps) > timedelta(minutes=1)


def test_who_answers_both_surveys_knows_a_little_more_from_the_start():
    paired, alone = [], []
    for seed in (7, 1):
        both = pairs(campaign(seed, "clean"))
        for form in campaign(seed, "clean").forms:
            if form.form_key == "pre_survey" and form.answers["consent"] == "yes":
                (paired if (form.session, form.answers["card"]) in both else alone).append(score(form))
    assert mean(paired) > mean(alone)


@pytest.mark.parametrize("profile", ["demo", "stress"])
def test_a_small_plan_can_be_simulated_too(profile):
    small = campaign(3, profile, sessions=2)
    assert {form.session for form in small.forms} == {row["name"] for row in PLAN[:2]}


def test_the_truth_file_names_forms_of_the_campaign_and_no_card(tmp_path):
    demo = campaign(7)
    write_truth(demo, tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    sent = {form.instance_id for form in demo.forms}
    unsent = {fact["check"] for fact in truth["facts"] if fact["form"] and fact["instance_id"] not in sent}
    assert truth["seed"] == 7
    assert unsent == {"QC07"}  # a session form that never came is what this check is about
    cards = {str(card) for _, card in contacts(demo)}
    assert not any(card in json.dumps(truth["facts"]) for card in cards)
