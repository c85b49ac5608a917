"""Forms as many people write them: none is refused by mistake, and what is left alone is said by its row."""

from __future__ import annotations

from datetime import date

import pytest

from collector.form.review.review import review
from collector.tablets.inspection import inspect_form
from tests.support.sheets import write_workbook

pytestmark = pytest.mark.java

PLACES = {"places.csv": b"k,v\n1,2\n"}
COLUMNS = (
    "relevant",
    "constraint",
    "calculation",
    "choice_filter",
    "parameters",
    "trigger",
    "repeat_count",
    "appearance",
)
CHOICES = [
    ["list_name", "name", "label", "part"],
    ["a", "x", "X", ""],
    ["a", "y", "Y", ""],
    ["b", "p", "P", "x"],
    ["b", "q", "Q", "y"],
]


def ask(kind, name="", label="?", **cells):
    return [kind, name, label, *(cells.get(column, "") for column in COLUMNS)]


def end(kind):
    return [f"end_{kind}"]


SHAPES = {
    "groups and nested repeats": [
        ask("begin_group", "g"),
        ask("begin_repeat", "r"),
        ask("begin_repeat", "s"),
        ask("integer", "i", constraint=". > position(..)"),
        end("repeat"),
        ask("calculate", "n", calculation="count(${s})"),
        end("repeat"),
        end("group"),
    ],
    "a counted repeat read from outside": [
        ask("integer", "n"),
        ask("begin_repeat", "r", repeat_count="${n}"),
        ask("text", "t"),
        end("repeat"),
        ask("calculate", "j", calculation="join(', ', ${t})"),
        ask("calculate", "k", calculation="indexed-repeat(${t}, ${r}, 1)"),
    ],
    "a cascade": [ask("select_one a", "one"), ask("select_one b", "two", choice_filter="part = ${one}")],
    "pulldata": [ask("text", "k"), ask("calculate", "p", calculation="pulldata('places', 'v', 'k', ${k})")],
    "a ranking": [ask("rank a", "k")],
    "a grid": [
        ask("begin_group", "g", appearance="field-list"),
        ask("select_one a", "h", appearance="label"),
        ask("select_one a", "i", appearance="list-nolabel"),
        end("group"),
    ],
    "a matrix of KoboToolbox": [ask("begin_kobomatrix", "m"), ask("select_one a", "c"), end("kobomatrix")],
    "data in XML": [
        ask("xml-external", "houses"),
        ask("integer", "q"),
        ask("calculate", "c", calculation="instance('houses')/house[@x = ${q}]/n"),
    ],
    "audit, range, trigger": [
        ask("audit", "audit"),
        ask("range", "a", parameters="start=1 end=10 step=1"),
        ask("calculate", "d", calculation="now()", trigger="${a}"),
        ask("text", "t", constraint="regex(., '^[a-z]+$')"),
    ],
    "sensors and pictures": [ask("start-geopoint", "s"), ask("background-audio", "b"), ask("image", "i")],
    "choices out of a repeat": [
        ask("begin_repeat", "r"),
        ask("text", "t"),
        end("repeat"),
        ask("select_one ${t}", "c"),
    ],
    "another answer": [ask("select_one a or_other", "c"), ask("text", "t", relevant="${c} = 'other'")],
    "what was saved last": [
        ask("select_one a", "c"),
        ask("calculate", "o", calculation="once(random())"),
        ask("calculate", "l", calculation="jr:choice-name(${c}, '${c}')"),
        ask("calculate", "s", calculation="${last-saved#c}"),
    ],
}
LEFT_ALONE = {
    **{"a ranking": [2], "a matrix of KoboToolbox": [2, 4], "data in XML": [2], "audit, range, trigger": [2, 4]},
    "sensors and pictures": [3, 4],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_form_of_another_author_is_not_refused_by_mistake(tmp_path, shape):
    path = write_workbook(tmp_path, survey=[["type", "name", "label", *COLUMNS], *SHAPES[shape]], choices=CHOICES)
    found = review(path, PLACES, on_date=date(2026, 11, 24))
    assert found.mistakes == ()
    assert [remark.row for remark in found.remarks if remark.code == "left_alone"] == LEFT_ALONE.get(shape, [])
    assert bool(found.xform) == ("matrix" not in shape)
    assert not found.xform or inspect_form(found.xform.encode(), PLACES) == []


def test_a_sheet_of_entities_is_left_alone_and_said(tmp_path):
    survey = [["type", "name", "label", *COLUMNS], ask("text", "t")]
    path = write_workbook(tmp_path, survey=survey, entities=[["dataset", "label"], ["trees", "${t}"]])
    found = review(path, {}, on_date=date(2026, 11, 24))
    assert [(remark.sheet, remark.code) for remark in found.remarks] == [("entities", "left_alone")]
