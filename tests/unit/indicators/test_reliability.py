import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.indicators.reliability import alpha, item_rest

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))["kr20"]
matrices = st.integers(2, 6).flatmap(
    lambda items: st.lists(st.lists(st.integers(0, 1), min_size=items, max_size=items), min_size=2, max_size=20)
)


def test_alpha_and_item_rest_are_the_golden_ones():
    assert alpha(GOLDEN["matrix"]) == pytest.approx(GOLDEN["kr20"], abs=5e-5)
    assert item_rest(GOLDEN["matrix"]) == pytest.approx(GOLDEN["rest_correlation"], abs=5e-5)


def test_where_nothing_varies_there_is_no_number():
    assert alpha([[1, 1], [1, 1]]) is None
    assert item_rest([[1, 0], [1, 1]]) == [None, None]


@pytest.mark.parametrize("answers", [[], [[1, 0]], [[1], [0]]])
def test_too_few_people_or_items_give_no_alpha(answers):
    assert alpha(answers) is None


@given(matrices)
def test_alpha_is_never_above_one_and_ignores_the_order_of_items(answers):
    found, turned = alpha(answers), alpha([row[::-1] for row in answers])
    assert found is None or found <= 1 + 1e-9
    assert found == (None if turned is None else pytest.approx(turned))


@given(matrices)
def test_item_rest_never_lies_outside_minus_one_to_one(answers):
    assert all(found is None or -1 - 1e-9 <= found <= 1 + 1e-9 for found in item_rest(answers))
