"""The Collect dialect beside JavaRosa itself, on random expressions; tests/bench/differential.py runs many more."""

from __future__ import annotations

import pytest

from tests.conformance.javarosa import Bench, disagreements
from tests.conformance.known import reason_of

pytestmark = pytest.mark.java


def test_random_expressions_mean_what_they_mean_in_javarosa():
    found = [each for each in disagreements(Bench(), seed=20260705, count=400) if not reason_of(each)]
    assert not found
