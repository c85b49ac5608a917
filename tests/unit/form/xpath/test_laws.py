"""Laws that hold whatever the answers are: numbers survive their text, and an index finds what a scan finds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.form.xpath.context import Context, World
from collector.form.xpath.dialects import COLLECT, DIALECTS, ENKETO
from collector.form.xpath.expression import compile_expression
from collector.form.xpath.nodes import Node
from collector.form.xpath.values import java_number, javascript_number
from tests.unit.form.xpath.worlds import at, world

finite = st.floats(allow_nan=False, allow_infinity=False)
answers = st.sampled_from(["a", "b", "", " ", "5", "05", "2024-01-01", "2024-1-1", "x y"])


@given(finite)
def test_a_number_survives_the_text_of_both_engines(number):
    assert float(java_number(number)) == number
    assert float(javascript_number(number)) == number


@given(finite)
def test_negating_twice_changes_nothing(number):
    where = at("", world())
    where.node.named("site")[0].text = repr(number)
    doubled = compile_expression("- - number(/data/site)", ENKETO)
    assert doubled.number(where) == compile_expression("number(/data/site)", ENKETO).number(where)


@given(st.lists(answers, max_size=6), answers, st.sampled_from(["string", "int", "date"]))
def test_an_index_finds_what_comparing_one_by_one_finds(columns, wanted, kind):
    root, items = Node("data"), Node("root")
    root.add(Node("wanted", wanted, kind))
    for column in columns:
        item = items.add(Node("item"))
        item.add(Node("k", column))
    where = Context(root, World(root, datetime(2026, 7, 5, tzinfo=UTC), {"c": items}))
    for dialect in (COLLECT, ENKETO):
        indexed = compile_expression("instance('c')/root/item[k = /data/wanted]", dialect).nodes(where)
        scanned = compile_expression("instance('c')/root/item[k = /data/wanted and true()]", dialect).nodes(where)
        assert [id(node) for node in indexed] == [id(node) for node in scanned]


@pytest.mark.parametrize("dialect", list(DIALECTS))
@given(a=st.booleans(), b=st.booleans())
def test_not_and_or_follow_de_morgan(dialect, a, b):
    x, y = f"{str(a).lower()}()", f"{str(b).lower()}()"
    law = compile_expression(f"not({x} and {y}) = (not({x}) or not({y}))", DIALECTS[dialect])
    assert law.boolean(at("", world()))


@given(st.text(max_size=12), st.integers(-15, 15), st.integers(-15, 15))
def test_substr_agrees_with_python_where_there_is_nothing_beyond_the_basic_plane(value, start, end):
    where = at("", world())
    where.node.named("site")[0].text = value = "".join(c for c in value if c <= "\uffff")
    cut = compile_expression(f"substr(string(/data/site), {start}, {end})", ENKETO).text(where)
    assert cut == value[start:end]
