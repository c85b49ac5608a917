import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.indicators.statistics import (
    Tally,
    clustered_error,
    clustered_interval,
    clustered_wilson,
    deviation,
    holm,
    incomplete_beta,
    mcnemar,
    mean,
    t_quantile,
    wilson,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))
shares = st.floats(0, 1)


def changes_by_session() -> dict[str, list[float]]:
    paired = GOLDEN["paired"]
    found: dict[str, list[float]] = {}
    for session, before, after in zip(paired["session"], paired["pre"], paired["post"], strict=True):
        found.setdefault(str(session), []).append(after - before)
    return found


def test_the_clustered_interval_is_the_golden_one():
    assert clustered_error(changes_by_session().values()) == pytest.approx(GOLDEN["paired"]["cluster_se"], abs=5e-5)
    assert clustered_interval(changes_by_session().values()) == pytest.approx(
        GOLDEN["paired"]["cluster_ci95"], abs=5e-5
    )


@pytest.mark.parametrize("golden", GOLDEN["wilson"])
def test_wilson_is_the_golden_one(golden):
    assert wilson(golden["k"], golden["n"]) == pytest.approx(golden["ci95"], abs=5e-5)


@pytest.mark.parametrize("golden", GOLDEN["mcnemar"])
def test_mcnemar_is_the_golden_one(golden):
    assert mcnemar(golden["gained"], golden["lost"]) == pytest.approx(golden["p_exact"], rel=1e-5)


def test_holm_is_the_golden_one():
    assert holm(GOLDEN["holm"]["p"]) == pytest.approx(GOLDEN["holm"]["adjusted"])


@pytest.mark.parametrize(
    ("freedom", "table"),
    [(1, 12.7062), (2, 4.3027), (9, 2.2622), (39, 2.0227), (1e6, 1.96)],
)
def test_t_quantiles_are_those_of_the_printed_tables(freedom, table):
    assert t_quantile(0.975, freedom) == pytest.approx(table, abs=1e-4)


def test_the_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        mean([])


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson_holds_the_share_and_stays_within_0_and_1(successes, failures):
    low, high = wilson(successes, successes + failures)
    assert 0 <= low <= high <= 1
    if successes + failures:
        assert low <= successes / (successes + failures) <= high


@pytest.mark.parametrize(("gained", "lost"), [(1_100, 1_000), (1_000, 1_050), (2_000, 1), (1_500, 1_500), (2_500, 700)])
def test_mcnemar_of_many_is_as_exact_as_in_whole_numbers(gained, lost):
    tail = sum(math.comb(gained + lost, k) for k in range(min(gained, lost) + 1))
    assert mcnemar(gained, lost) == pytest.approx(float(min(1, Fraction(2 * tail, 2 ** (gained + lost)))), rel=1e-9)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_does_not_care_which_way_people_changed(gained, lost):
    assert mcnemar(gained, lost) == mcnemar(lost, gained) <= 1


@given(st.lists(shares, max_size=20))
def test_holm_never_makes_a_p_smaller_nor_swaps_two(p_values):
    adjusted = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)


@given(shares, st.floats(0.5, 50), st.floats(0.5, 50))
def test_the_incomplete_beta_is_symmetric(x, a, b):
    rest = 1 - x
    assert incomplete_beta(1 - rest, a, b) + incomplete_beta(rest, b, a) == pytest.approx(1, abs=1e-9)


@given(st.floats(0, 0.99))  # nearer to 1 the arcsine itself loses its digits
def test_the_incomplete_beta_knows_the_uniform_and_the_arcsine(x):
    assert incomplete_beta(x, 1, 1) == pytest.approx(x, abs=1e-12)
    assert incomplete_beta(x, 0.5, 0.5) == pytest.approx(2 / math.pi * math.asin(math.sqrt(x)), abs=1e-9)


@given(st.lists(st.lists(st.floats(-100, 100), min_size=1, max_size=8), min_size=2, max_size=12), st.floats(-50, 50))
def test_the_clustered_interval_moves_with_the_values(groups, shift):
    by_session = {str(number): values for number, values in enumerate(groups)}
    moved = {name: [value + shift for value in values] for name, values in by_session.items()}
    assert clustered_interval(moved.values()) == pytest.approx(
        [end + shift for end in clustered_interval(by_session.values())], abs=1e-6
    )


people_by_session = st.lists(
    st.integers(1, 30).flatmap(lambda people: st.tuples(st.integers(0, people), st.just(people))),
    min_size=2,
    max_size=40,
)


@given(people_by_session)
def test_the_clustered_share_holds_its_value_and_is_never_surer_than_wilson(by_session):
    successes, trials = (sum(each) for each in zip(*by_session, strict=True))
    low, high = clustered_wilson(by_session)
    plain_low, plain_high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert high - low >= plain_high - plain_low - 1e-12


@given(people_by_session)
def test_the_clustered_share_of_the_others_is_the_mirror_image(by_session):
    low, high = clustered_wilson(by_session)
    others = clustered_wilson([(people - successes, people) for successes, people in by_session])
    assert others == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_sessions_that_agree_among_themselves_count_as_people():
    """Every session all or nothing: 40 sessions say no more than 40 people, however many are in them."""
    split = [(20, 20)] * 20 + [(0, 20)] * 20
    low, high = clustered_wilson(split)
    alone = wilson(20, 40)
    assert low == pytest.approx(alone[0], abs=0.01)
    assert high == pytest.approx(alone[1], abs=0.01)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=40))
def test_the_order_of_numbers_and_how_they_come_change_no_mean_and_no_deviation(values):
    tally = Tally(values[:1])
    tally.extend(values[1:])
    assert (len(tally), mean(tally), mean(iter(values))) == (len(values), mean(values), mean(values))
    assert deviation(tally) == deviation(values)


def test_of_a_stream_of_nothing_there_is_no_mean():
    with pytest.raises(ValueError, match="mean of nothing"):
        mean(iter(()))
