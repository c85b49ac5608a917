import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.form.programme import Item
from collector.indicators.scoring import credit, score_survey
from tests.support.campaign import PROGRAMME, RIGHT, WRONG, survey

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))
SEVERAL = Item(question="q", key=("a", "b", "c", "d"), wrong=("e", "f"), valid_from=date(2000, 1, 1))
ONE = Item(question="q", key=("true",), valid_from=date(2000, 1, 1))
DAY = date(2026, 7, 5)


@pytest.mark.parametrize("golden", GOLDEN["select_multiple"], ids=lambda golden: " ".join(golden["chosen"]) or "-")
def test_credit_for_several_choices_is_the_golden_one(golden):
    earned = credit(SEVERAL, tuple(golden["chosen"]), "dk")
    assert earned == pytest.approx(golden["credit"])
    assert (earned == 1) == bool(golden["full"])


def test_i_do_not_know_beside_other_choices_is_i_do_not_know():
    assert credit(SEVERAL, ("a", "b", "c", "d", "dk"), "dk") == 0


@pytest.mark.parametrize(("answer", "earned"), [("true", 1), ("false", 0), ("dk", 0), (None, None)])
def test_one_choice_is_right_or_earns_nothing_and_blank_is_missing(answer, earned):
    assert credit(ONE, answer, "dk") == earned


@given(st.sets(st.sampled_from("abcdef")), st.sampled_from("ef"))
def test_a_wrong_choice_more_never_earns_more(chosen, wrong):
    assert credit(SEVERAL, tuple(chosen | {wrong}), "dk") <= credit(SEVERAL, tuple(chosen), "dk")


def test_all_right_is_100_and_all_dont_know_is_0_and_counted():
    best = score_survey(survey("after", answers=RIGHT), PROGRAMME, "professional", DAY)
    worst = score_survey(survey("after", answers=WRONG), PROGRAMME, "professional", DAY)
    assert (best.score, best.dont_know) == (100, frozenset())
    assert (worst.score, worst.dont_know) == (0, frozenset(RIGHT))


def test_the_community_set_ignores_the_items_it_does_not_ask():
    answers = RIGHT | {"K01": "dk"}
    assert score_survey(survey("after", answers=answers), PROGRAMME, "community", DAY).score == 100


@pytest.mark.parametrize(("missing", "has_score"), [(0, True), (2, True), (3, False)])
def test_more_than_two_items_missing_leave_no_score(missing, has_score):
    answers = dict(list(RIGHT.items())[missing:])
    scored = score_survey(survey("after", answers=answers), PROGRAMME, "professional", DAY)
    assert (scored is not None) is has_score


def test_an_item_is_left_out_before_its_key_was_valid():
    answers = RIGHT | {"K09": "dk"}
    old = score_survey(survey("after", answers=answers), PROGRAMME, "professional", date(2018, 12, 31))
    new = score_survey(survey("after", answers=answers), PROGRAMME, "professional", DAY)
    assert old.score == 100
    assert new.score == pytest.approx(100 * 11 / 12)
