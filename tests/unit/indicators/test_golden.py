"""Every golden number of the statistics has a test that matches it, or a reason why the product does not tell it."""

import json
import math
from pathlib import Path

import pytest

from collector.indicators.learning import learning
from collector.indicators.statistics import clustered_error, deviation, incomplete_beta, mean
from tests.support.campaign import PROGRAMME
from tests.unit.indicators.test_learning import Surveys, pairs_of

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))
PAIRED = GOLDEN["paired"]
CHANGES = [after - before for before, after in zip(PAIRED["pre"], PAIRED["post"], strict=True)]

GIVEN = {
    "paired": {"pre", "post", "session"},
    "mcnemar": {"both_right", "gained", "lost", "both_wrong"},
    "wilson": {"k", "n"},
    "holm": {"p"},
    "kr20": {"matrix", "note"},
    "select_multiple": {"chosen", "true", "distractors"},
}
MATCHED = {
    "paired": {
        "test_learning": {"n", "mean_pre", "mean_post", "mean_diff", "g_class"},
        "test_statistics": {"cluster_se", "cluster_ci95"},
        "test_paired": {
            "sd_diff",
            "ci95",
            "wilcoxon_Wplus",
            "wilcoxon_Wminus",
            "wilcoxon_p_normal_no_cc",
            "rank_biserial",
            "normalised_change_each",
            "normalised_change_mean",
            "normalised_change_n",
            "dav",
            "hedges_J",
            "gav",
        },
        "test_golden": {"t", "df", "p", "dz", "deff"},
    },
    "mcnemar": {"test_statistics": {"p_exact"}, "test_learning": {"diff_pp", "item_gain_G", "item_loss_L"}},
    "wilson": {"test_statistics": {"ci95"}},
    "holm": {"test_statistics": {"adjusted"}},
    "kr20": {"test_reliability": {"kr20", "rest_correlation"}},
    "select_multiple": {"test_scoring": {"credit", "full"}},
}
NOT_TOLD = {
    "paired": {"wilcoxon_p_pratt": "pairs that are equal are dropped and counted, not ranked"},
    "mcnemar": {"chi2_no_cc": "the exact test is told, whatever the number of people"},
}


def test_every_golden_number_is_matched_or_left_out_for_a_reason():
    for name, vectors in GOLDEN.items():
        keys = {key for vector in (vectors if isinstance(vectors, list) else [vectors]) for key in vector}
        matched = set().union(*MATCHED[name].values())
        assert keys == GIVEN[name] | matched | set(NOT_TOLD.get(name, {})), name


@pytest.mark.parametrize(("group", "file"), [(group, file) for group, files in MATCHED.items() for file in files])
def test_the_file_that_matches_a_golden_number_names_it(group, file):
    text = Path(__file__).with_name(f"{file}.py").read_text("utf-8")
    missing = [key for key in MATCHED[group][file] if f'"{key}"]' not in text]
    assert not missing, f"{file}.py never reads {missing}"


def test_the_paired_t_test_follows_from_mean_deviation_and_the_incomplete_beta():
    error = deviation(CHANGES) / math.sqrt(len(CHANGES))
    t, freedom = mean(CHANGES) / error, len(CHANGES) - 1
    assert (t, freedom) == (pytest.approx(PAIRED["t"], abs=5e-5), PAIRED["df"])
    assert incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) == pytest.approx(PAIRED["p"], abs=5e-7)
    assert mean(CHANGES) / deviation(CHANGES) == pytest.approx(PAIRED["dz"], abs=5e-5)


def test_the_design_effect_is_the_clustered_error_over_that_of_people_alone():
    by_session = {}
    for session, change in zip(PAIRED["session"], CHANGES, strict=True):
        by_session.setdefault(str(session), []).append(change)
    alone = deviation(CHANGES) / math.sqrt(len(CHANGES))
    assert (clustered_error(by_session.values()) / alone) ** 2 == pytest.approx(PAIRED["deff"], abs=5e-5)


def test_the_golden_pairs_are_told_as_the_rules_for_few_sessions_say():
    pairs = pairs_of(PAIRED["pre"], PAIRED["post"], PAIRED["session"])
    told = learning(Surveys(pairs, (), ()), [], PROGRAMME, "professional")
    assert told.interval is None  # three sessions
    assert told.effect.average == pytest.approx(PAIRED["dav"], abs=5e-5)
