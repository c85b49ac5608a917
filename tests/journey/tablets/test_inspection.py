"""The engine of the tablets, asked about blank forms: what it stops at is told with its question."""

from __future__ import annotations

import pytest

from collector.form.review.evaluation import TURNS
from collector.form.review.filling import Filler, filled_xform
from collector.form.xform.read import read_xform
from collector.form.xlsform import to_xform
from collector.tablets.inspection import inspect_filled, inspect_form
from tests.support.material import MEDIA, PROGRAMME, form_xml

pytestmark = pytest.mark.java


def complaints(*survey):
    rows = [{"type": "integer", "name": "q", "label": "Q"}, *survey]
    return inspect_form(to_xform({"survey": rows}, form_id="f").encode())


@pytest.mark.parametrize("form", PROGRAMME.forms)
def test_the_engine_has_nothing_to_say_of_our_forms(form):
    assert inspect_form(form_xml(form), MEDIA) == []


def test_a_misspelt_function_of_a_constraint_is_met_without_an_answer():
    (found,) = complaints({"type": "text", "name": "a", "label": "A", "constraint": "strlen(.) > 2"})
    assert (found.path, found.column) == ("a", "constraint")
    assert "strlen" in found.problem


@pytest.mark.parametrize("group", ["", "g"])
def test_a_calculation_that_keeps_a_form_from_being_opened_is_told_at_its_question(group):
    wrong = {"type": "calculate", "name": "a", "calculation": "conct(${q}, 'x')"}
    rows = [{"type": "begin_repeat", "name": group, "label": "G"}, wrong, {"type": "end_repeat"}] if group else [wrong]
    (found,) = complaints(*rows)
    assert (found.path, found.column) == ("/".join(filter(None, (group, "a"))), "calculation")


def test_a_circle_of_calculations_is_told():
    circle = [
        {"type": "calculate", "name": "a", "calculation": "${b} + 1"},
        {"type": "calculate", "name": "b", "calculation": "${a} + 1"},
    ]
    assert any("cycl" in found.problem.lower() for found in complaints(*circle))


def test_an_expression_inside_a_group_that_is_not_shown_is_evaluated_too():
    rows = [
        {"type": "begin_group", "name": "g", "label": "G", "relevant": "${q} > 1"},
        {"type": "integer", "name": "a", "label": "A", "constraint": "smaller(., 2)"},
        {"type": "end_group"},
    ]
    assert [found.path for found in complaints(*rows)] == ["g/a"]


def test_what_collect_brings_itself_is_no_complaint():
    assert complaints({"type": "calculate", "name": "a", "calculation": "pulldata('plan', 'x', 'y', ${q})"}) == []


def complaints_when_filled(xform, media=None):
    filler = Filler(read_xform(xform, media))
    filled = [filled_xform(xform, filler.fill(turn=turn, rows=1), filler.model) for turn in range(TURNS)]
    return inspect_filled(xform.encode(), filled, media)


@pytest.mark.parametrize("form", PROGRAMME.forms)
def test_the_engine_has_nothing_to_say_of_our_forms_when_they_are_filled(form):
    assert complaints_when_filled(form_xml(form).decode(), MEDIA) == []


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"type": "text", "name": "a", "label": "A", "relevant": "selected(${q}, '1')"}, "relevant"),
        ({"type": "calculate", "name": "a", "calculation": "if(${q} > 0, count-selected(${q}), 0)"}, "calculation"),
    ],
)
def test_the_engine_stops_at_a_type_once_there_is_an_answer(wrong, column):
    rows = [
        {"type": "begin_repeat", "name": "r", "label": "R"},
        {"type": "integer", "name": "q", "label": "Q"},
        wrong,
        {"type": "end_repeat"},
    ]
    xform = to_xform({"survey": rows}, form_id="f")
    assert inspect_form(xform.encode()) == []
    assert [(each.path, each.column) for each in complaints_when_filled(xform)] == [("r/a", column)]
