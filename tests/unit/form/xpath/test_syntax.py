"""What is no expression is refused by its column; what is too big is refused before it hurts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import CannotEvaluate, ExpressionSyntax
from collector.form.xpath.dialects import COLLECT, ENKETO
from collector.form.xpath.expression import compile_expression
from tests.unit.form.xpath.worlds import at, boolean, text, world


@pytest.mark.parametrize(
    ("expression", "column", "word"),
    [
        (". >= ", 6, "missing"),
        ("(1 + 2", 7, "bracket"),
        ("1 + 2)", 6, "bracket too many"),
        ("'open", 1, "not closed"),
        ("a b", 3, "operator is missing"),
        ("if(1, 2", 8, "comma"),
        ("\u2018yes\u2019 = 1", 1, "typographic"),
        ("ancester::a", 1, "no axis"),
        ("", 1, "missing"),
    ],
)
def test_a_mistake_is_named_with_its_column(expression, column, word):
    with pytest.raises(ExpressionSyntax) as refused:
        compile_expression(expression, COLLECT)
    assert (refused.value.column, word in refused.value.problem) == (column, True)


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "+".join(["1"] * 5000),
        "not(" * 3000 + "1" + ")" * 3000,
        "1 " * 50_000,
        "-" * 9000,
    ],
)
def test_an_expression_bomb_is_refused_and_nothing_else_happens(bomb):
    with pytest.raises(ExpressionSyntax):
        compile_expression(bomb, COLLECT)


def test_long_chains_of_or_are_honest_work():
    assert boolean(" or ".join([f". = '{code}'" for code in range(3000)] + ["true()"]))


def test_an_expression_that_visits_too_much_is_stopped():
    with pytest.raises(CannotEvaluate) as stopped:
        compile_expression("count(//*[//*[//*[//*]]])", ENKETO).number(at("", world(60)))
    assert stopped.value.reason == "too_expensive"


@given(st.text(alphabet="()[]'/.@*+-=<>|, adivmodor1:$", max_size=30))
def test_whatever_the_text_only_our_own_errors_come_out(source):
    for dialect in (COLLECT, ENKETO):
        with suppress(ExpressionSyntax, CannotEvaluate):
            compile_expression(source, dialect).text(at("", world()))


@pytest.mark.parametrize("spaced", ["1+ 1", "1 +1", " 1 + 1 ", "1+1", "\n1\t+ 1"])
def test_blanks_around_operators_mean_nothing(spaced):
    assert text(spaced) == "2"


def test_what_an_expression_uses_is_known_without_evaluating_it():
    compiled = compile_expression("today() > ../day and count(instance('sites')/root/item[name = /data/site])", COLLECT)
    assert compiled.functions == {"today", "count"}
    assert compiled.paths == {"../day", "name", "/data/site"}
    assert (compiled.instances, compiled.is_deterministic) == ({"sites"}, False)
