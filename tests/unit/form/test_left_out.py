"""An answer is left out at its place, and nothing else; what was received stays as it was."""

import copy

import pytest

from collector.form.left_out import leave_out

ANSWERS = {
    "g/a": "x",
    "g/row": [
        {"g/row/b": "y", "g/row/in/deep": [{"g/row/in/deep/k": "1"}, {"g/row/in/deep/k": "2"}]},
        {"g/row/b": "z"},
    ],
}


@pytest.mark.parametrize(
    ("places", "rest"),
    [
        ([], ANSWERS),
        (["g/a"], {"g/row": ANSWERS["g/row"]}),
        (["g/row[2]/b"], {"g/a": "x", "g/row": [ANSWERS["g/row"][0], {}]}),
        (
            ["g/row[1]/in/deep[2]/k", "g/row[1]/b", "g/a"],
            {"g/row": [{"g/row/in/deep": [{"g/row/in/deep/k": "1"}, {}]}, {"g/row/b": "z"}]},
        ),
        (["g/row[3]/b", "g/row[1]/in/deep[1]/x/y[1]/z", "nowhere", "g/a[1]/b"], ANSWERS),
    ],
)
def test_an_answer_is_left_out_at_its_place_and_nothing_else(places, rest):
    before = copy.deepcopy(ANSWERS)
    assert leave_out(ANSWERS, places) == rest
    assert before == ANSWERS
