"""The Collect dialect beside JavaRosa on random whole forms; tests/bench/forms.py runs many more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.form.judging import court
from collector.form.xpath.code import Function
from collector.form.xpath.dialects import COLLECT
from tests.conformance import form_verdicts
from tests.conformance.form_fuzz import fuzz, lines_of

pytestmark = pytest.mark.java

SEEDS = range(20260705, 20260705 + 60)


def test_random_forms_say_of_every_node_what_they_say_in_javarosa():
    tally = fuzz(SEEDS, 5)
    assert not tally.differences, "\n".join(lines_of(tally))
    assert tally.fillings >= 250
    assert all(tally.agreed[rule] > 100 for rule in ("relevant", "required", "constraint", "choice", "calculate"))


@pytest.mark.parametrize("lie", ["selected", "sum"])
def test_a_function_that_lies_is_found(lie, monkeypatch):
    wrong = Function(lambda context, *values: 17.0, "any*", "number")
    functions = {**COLLECT.functions, lie: wrong}
    monkeypatch.setattr(form_verdicts, "COLLECT", replace(COLLECT, functions=functions))
    assert fuzz(SEEDS[:30], 3, is_shrinking=False).differences


def test_relevance_that_lies_is_found(monkeypatch):
    monkeypatch.setattr(court, "compile_relevance", lambda model, rules: lambda hearing: None)
    found = fuzz(SEEDS[:10], 3, is_shrinking=False).differences
    assert {difference.comparison.rule for difference in found} >= {"relevant", "inherited"}
