"""The Collect dialect beside JavaRosa on random whole forms; tests/bench/forms.py runs many more."""

from __future__ import annotations

import pytest

from collector.form.judging import repeats
from collector.form.xpath.functions import numbers
from tests.conformance.form_fuzz import fuzz, lines_of, main

pytestmark = pytest.mark.java

SEEDS = range(20260705, 20260705 + 60)


def test_random_forms_say_of_every_node_what_they_say_in_javarosa():
    tally = fuzz(SEEDS, 5)
    assert not tally.differences, "\n".join(lines_of(tally))
    assert tally.fillings >= 250
    assert all(tally.agreed[rule] > 100 for rule in ("relevant", "required", "constraint", "choice", "calculate"))
