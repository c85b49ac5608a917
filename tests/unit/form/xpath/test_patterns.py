"""regex() in the flavour of each client; what cannot be run safely or exactly is said."""

from __future__ import annotations

import pytest

from collector.errors import CannotEvaluate
from collector.form.xpath.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "text", "java", "javascript"),
    [
        ("[0-9]+", "a1", False, True),
        ("^a$", "a", True, True),
        ("a$", "a\n", False, False),
        (".", "\u2028", False, False),
        ("\\d", "٣", False, False),
        ("\\s", "\u00a0", False, True),
        ("\\w+", "é", False, False),
        ("[a-z&&[^b]]+", "ac", True, False),
        ("a++b", "aab", True, None),
        ("\\p{L}+", "كوردی", True, None),
        ("(a|b)*c", "abc", True, True),
        ("[[]", "[", None, True),
        ("\\Qa.b\\E", "a.b", True, False),
        ("", "", True, True),
    ],
)
def test_a_pattern_means_what_its_client_means(pattern, text, java, javascript):
    for flavour, expected in (("java", java), ("javascript", javascript)):
        if expected is not None:
            assert matcher(pattern, flavour)(text) is expected


@pytest.mark.parametrize("pattern", ["(", "[a", "*a", "\\k<x>", "a" * 6000, "\\"])
def test_a_pattern_that_cannot_be_read_is_a_reason_not_an_answer(pattern):
    with pytest.raises(CannotEvaluate) as refused:
        matcher(pattern, "java")
    assert refused.value.reason == "regex_unsupported"


def test_a_catastrophic_pattern_is_stopped():
    with pytest.raises(CannotEvaluate) as stopped:
        matcher("(a|aa)+$", "java")("a" * 60 + "b")
    assert stopped.value.reason == "too_expensive"
