"""The q language of lists: what is written between fields means what it says, the unknown matches nothing."""

from __future__ import annotations

import pytest

from collector.sandbox.boolean import Condition, condition


def spelled(field: str, value: str) -> Condition:
    return f"<{field}:{value}>", [value]


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        ("a:1", "<a:1>"),
        ('"two words"', "<:two words>"),
        ('d__gte:"2026-11-23 16:47:56" AND a:x', "(<d__gte:2026-11-23 16:47:56> AND <a:x>)"),
        ("a:1 AND (b:2 OR b:3)", "(<a:1> AND (<b:2> OR <b:3>))"),
        ("a:1 OR b:2 AND c:3", "(<a:1> OR (<b:2> AND <c:3>))"),
        ("NOT a:1 b:2", "(NOT <a:1> AND <b:2>)"),
    ],
)
def test_a_query_is_read_with_its_brackets_and_quotes(query: str, sql: str) -> None:
    assert condition(query, spelled)[0] == sql


@pytest.mark.parametrize("query", ["(a:1", "a:1 AND", "a:1)", ""])
def test_half_a_query_is_an_error(query: str) -> None:
    with pytest.raises(ValueError, match=r"closed|ends|unexpected"):
        condition(query, spelled)
