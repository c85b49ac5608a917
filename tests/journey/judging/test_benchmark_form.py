"""Thirteen single faults in one submission of a large form: each found, named and placed, alone."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
from pyxform.xls2xform import convert

from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.verdict import Outcome

BENCH = Path(__file__).parents[3] / "../shared/proto/engine_bench"
FAULTS: dict[str, tuple[dict[str, str | None], str, str]] = {
    "required missing": ({"consent": None}, "required", "consent"),
    "choice of a static list": ({"grp_act/act_type": "party"}, "choice", "grp_act/act_type"),
    "choice of a filtered list": ({"grp_loc/site": "r1d3s3"}, "choice_not_offered", "grp_loc/site"),
    "type": ({"grp_act/session_no": "abc"}, "type", "grp_act/session_no"),
    "constraint": ({"grp_act/session_no": "31"}, "constraint", "grp_act/session_no"),
    "not relevant": ({"grp_loc/site_other": "Elsewhere"}, "answer_in_irrelevant", "grp_loc/site_other"),
    "calculation": ({"n_total": "25"}, "calculate", "n_total"),
    "repeat count": ({"n_expected": "19"}, "repeat_count", "participants[1]"),
    "incomplete rank": ({"priorities": "p2 p1"}, "rank_incomplete", "priorities"),
    "range": ({"satisfaction": "17"}, "range", "satisfaction"),
    "impossible date": ({"grp_act/act_date": "2024-02-31"}, "type", "grp_act/act_date"),
    "geopoint": ({"grp_loc/gps": "100 200"}, "geo", "grp_loc/gps"),
    "choice twice": ({"grp_act/topics": "health health"}, "choice_duplicate", "grp_act/topics"),
}


@pytest.fixture(scope="module")
def bench() -> tuple[Judge, Any]:
    """The judge of the form, and the function that gives its n-th valid submission."""
    if not BENCH.is_dir():
        pytest.skip("needs ../shared/proto/engine_bench")
    sys.path.insert(0, str(BENCH))
    try:
        from data import sub
        from form import md
    finally:
        sys.path.remove(str(BENCH))
    markdown = md().replace("| default_language |", "| default_language | allow_choice_duplicates |")
    markdown = markdown.replace("| 2024010100 | English (en) |", "| 2024010100 | English (en) | yes |")
    return judge_of(convert(xlsform=markdown, file_type=".md").xform), sub


def test_valid_submissions_pass(bench):
    judge, submission = bench
    for number in range(50):
        assert judge.judge_json(submission(number), "enketo").findings == ()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_named_and_placed(bench, fault):
    judge, submission = bench
    changes, code, path = FAULTS[fault]
    broken = {key: text for key, text in (copy.deepcopy(submission(0)) | changes).items() if text is not None}
    (finding,) = judge.judge_json(broken, "enketo").roots
    assert (finding.code, finding.path, finding.outcome) == (code, path, Outcome.VIOLATION)


def test_collect_takes_no_date_of_this_form_since_a_text_is_no_date_to_it(bench):
    judge, submission = bench
    (finding,) = judge.judge_json(submission(0), "collect").findings
    assert (finding.code, finding.path) == ("constraint", "grp_act/act_date")
