"""Simulated answers have the shares they are meant to have; cards check themselves."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.tablets.cards import card
from collector.tablets.knowledge import ABILITY_SD, DONT_KNOW, FACILITY, Mind, answer
from tests.support.material import PROGRAMME


@pytest.mark.parametrize("wave", ["before", "after"])
def test_the_share_of_right_answers_over_people_of_all_abilities_is_the_items_facility(wave):
    random = Random(1)
    for item, facility in FACILITY.items():
        key = PROGRAMME.items[item]
        minds = [Mind(random.gauss(0, ABILITY_SD), 0.0, DONT_KNOW[wave]) for _ in range(4000)]
        given_answers = [answer(item, key, wave, mind, "dk", random)[0] for mind in minds]
        assert given_answers.count(key.key[0]) / 4000 == pytest.approx(facility[wave], abs=0.025)
        wrong = [choice for choice in given_answers if choice != key.key[0]]
        assert wrong.count("dk") / len(wrong) == pytest.approx(DONT_KNOW[wave], abs=0.04)


def test_whoever_sees_no_right_option_says_i_do_not_know_and_nothing_else():
    random, clueless = Random(1), Mind(-9.0, 0.0, 0.45)
    answers = {answer("K06", PROGRAMME.items["K06"], "before", clueless, "dk", random) for _ in range(300)}
    assert ("dk",) in answers
    assert not any("dk" in chosen and len(chosen) > 1 for chosen in answers)


@given(st.integers(10_000, 99_999), st.integers(0, 6), st.integers(1, 9))
def test_a_card_with_one_wrong_digit_is_never_valid(serial, place, step):
    digits = [int(digit) for digit in str(card(serial))]
    digits[place] = (digits[place] + step) % 10
    assert int("".join(map(str, digits))) % 97 != 1
    assert card(serial) % 97 == 1
