"""The vectors: ours always, those of the engines' own suites where they are at hand. run.py shows what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.run import EXPRESSIONS, OWN, differences, main, outcomes, rates

SHARED = Path(__file__).parents[2] / "../shared/xforms"


def test_what_javarosa_answered_once_is_what_we_answer():
    found = outcomes(OWN, EXPRESSIONS)
    assert len(found) >= 600
    assert not [row for row in differences(found) if not row["reason"]]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the vectors in ../shared/xforms")
def test_the_engines_own_suites_agree_but_for_what_is_explained():
    found = outcomes(SHARED, EXPRESSIONS)
    assert not [row for row in differences(found) if not row["reason"]]
    assert min(float(str(row["percent"])) for row in rates(found)) >= 99.5


def test_the_report_is_json_for_scripts(capsys, tmp_path):
    assert main(["--vectors", str(tmp_path), "--json"]) == 0
    assert '"rates": []' in capsys.readouterr().out
