import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.indicators.paired import effect, normalised_change, retention, signed_ranks
from collector.indicators.statistics import deviation, mean, t_interval

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))["paired"]
BEFORE, AFTER = GOLDEN["pre"], GOLDEN["post"]
CHANGES = [after - before for before, after in zip(BEFORE, AFTER, strict=True)]
points = st.floats(0, 100)
changes = st.lists(st.floats(-100, 100), min_size=1, max_size=40)


def test_wilcoxon_is_the_golden_one():
    found = signed_ranks(CHANGES)
    assert (found.rises, found.falls) == (GOLDEN["wilcoxon_Wplus"], GOLDEN["wilcoxon_Wminus"])
    assert found.p == pytest.approx(GOLDEN["wilcoxon_p_normal_no_cc"], abs=5e-6)
    assert found.rank_biserial == pytest.approx(GOLDEN["rank_biserial"], abs=5e-5)
    assert found.equal == 3


def test_the_paired_interval_is_the_golden_one():
    assert deviation(CHANGES) == pytest.approx(GOLDEN["sd_diff"], abs=5e-5)
    assert t_interval(CHANGES) == pytest.approx(GOLDEN["ci95"], abs=5e-5)


def test_the_effect_size_is_the_golden_one():
    found = effect(BEFORE, AFTER)
    assert found.average == pytest.approx(GOLDEN["dav"], abs=5e-5)
    assert found.correction == pytest.approx(GOLDEN["hedges_J"], abs=5e-7)
    assert found.corrected == pytest.approx(GOLDEN["gav"], abs=1e-4)


def test_normalised_changes_are_the_golden_ones():
    each = [normalised_change(before, after) for before, after in zip(BEFORE, AFTER, strict=True)]
    assert each == [
        pytest.approx(golden, abs=5e-4) if golden is not None else None for golden in GOLDEN["normalised_change_each"]
    ]
    told = [change for change in each if change is not None]
    assert len(told) == GOLDEN["normalised_change_n"]
    assert mean(told) == pytest.approx(GOLDEN["normalised_change_mean"], abs=5e-4)


def test_people_who_all_score_the_same_have_no_effect_size():
    assert effect([50, 50], [70, 70]) is None
    assert effect([50], [70]) is None


def test_equal_pairs_are_left_out_and_counted():
    found = signed_ranks([0, 0, 0])
    assert (found.equal, found.p, found.rank_biserial) == (3, 1, 0)


def test_retention_is_the_part_of_the_change_that_is_kept():
    found = retention([(40, 80, 70), (40, 80, 60)], of=8)
    assert (found.kept, found.people, found.response) == (pytest.approx(0.625), 2, 0.25)
    assert retention([(40, 40, 70)], of=1) is None
    assert retention([], of=5) is None


@given(changes)
def test_turning_every_change_round_swaps_rises_and_falls_and_keeps_p(found):
    there, back = signed_ranks(found), signed_ranks([-change for change in found])
    assert (there.rises, there.falls, there.p) == (back.falls, back.rises, back.p)
    assert there.rank_biserial == -back.rank_biserial


@given(changes)
def test_the_ranks_of_all_who_moved_add_up(found):
    ranks = signed_ranks(found)
    moved = len(found) - ranks.equal
    assert ranks.rises + ranks.falls == pytest.approx(moved * (moved + 1) / 2)
    assert 0 <= ranks.p <= 1


@given(st.lists(st.tuples(points, points), min_size=2, max_size=30), st.floats(-20, 20))
def test_moving_both_waves_alike_keeps_the_effect_size(scores, shift):
    before, after = (list(wave) for wave in zip(*scores, strict=True))
    found = effect(before, after)
    if found and (deviation(before) + deviation(after)) > 0.1:
        moved = effect([score + shift for score in before], [score + shift for score in after])
        assert moved.average == pytest.approx(found.average, rel=1e-6, abs=1e-9)
        assert abs(moved.corrected) <= abs(moved.average) or len(scores) == 2


@given(points, points)
def test_normalised_change_lies_between_all_lost_and_all_gained(before, after):
    found = normalised_change(before, after)
    assert found is None or -1 <= found <= 1


@pytest.mark.parametrize("seed", range(5))
def test_wilcoxon_agrees_with_scipy(seed):
    stats = pytest.importorskip("scipy.stats", reason="scipy is the oracle where it is installed")
    import random

    drawn = random.Random(seed)
    values = [drawn.choice([-2, -1, 0, 1, 2, 3]) * 8.3 for _ in range(40)]
    oracle = stats.wilcoxon(values, zero_method="wilcox", correction=False, method="asymptotic")
    assert signed_ranks(values).p == pytest.approx(oracle.pvalue)
