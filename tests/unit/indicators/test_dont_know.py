import random
from dataclasses import replace

import pytest

from collector.indicators.campaign import put_together
from collector.indicators.dont_know import ALARM, dont_know_z
from collector.indicators.fieldwork import is_straight
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RIGHT, planned, report, survey

SESSIONS = {f"S{number:02}": f"E{number % 5:02}" for number in range(20)}  # five enumerators, four sessions each
AUDIENCES = dict.fromkeys(SESSIONS, "gov")


def linked(rates, people=15, seed=1):
    """Surveys in which each item is "I do not know" with the rate of the session's enumerator."""
    chance = random.Random(seed)
    surveys = []
    for name, code in SESSIONS.items():
        for number in range(people):
            answers = {item: "dk" if chance.random() < rates.get(code, 0.2) else key for item, key in RIGHT.items()}
            surveys.append(survey("before", f"{name} {number}", session=name, answers=answers))
    sessions = put_together([planned(n) for n in SESSIONS], [report(n) for n in SESSIONS], [], PROGRAMME.codes)
    return link(surveys, sessions, PROGRAMME)


def test_who_hears_it_twice_as_often_stands_out_and_nobody_else():
    z = dont_know_z(linked({"E03": 0.4}), SESSIONS, AUDIENCES)
    assert z["E03"] > ALARM
    assert all(abs(value) < z["E03"] for code, value in z.items() if code != "E03")


def test_of_two_what_one_hears_more_often_the_other_hears_less_often():
    found = linked({})
    z = dont_know_z(found, SESSIONS, AUDIENCES)
    assert set(z) == set(SESSIONS.values())
    doubled = {name: code for name, code in SESSIONS.items() if code in {"E00", "E01"}}
    assert dont_know_z(found, doubled, AUDIENCES)["E00"] == pytest.approx(
        -dont_know_z(found, doubled, AUDIENCES)["E01"], rel=0.5
    )


def test_few_forms_or_sessions_have_no_z():
    assert dont_know_z(linked({}, people=9), SESSIONS, AUDIENCES) == {}
    two = {name: code for name, code in SESSIONS.items() if name in {"S00", "S05"} or code != "E00"}
    assert "E00" not in dont_know_z(linked({}, people=40), two, AUDIENCES)


def test_one_answer_to_all_eight_true_or_false_items_is_straight():
    told = survey("after")
    assert is_straight(told, PROGRAMME) is False
    assert is_straight(replace(told, answers={**RIGHT, **dict.fromkeys(RIGHT, "true")}), PROGRAMME)
    assert is_straight(replace(told, answers={"K02": "true", "K03": "true"}), PROGRAMME) is None
