import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.indicators.campaign import put_together
from collector.indicators.learning import Flag, Pair, Surveys, changes_of, item_changes, learning
from collector.indicators.scoring import Scored
from tests.support.campaign import PROGRAMME, planned, report, row, survey

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "stat_test_vectors.json").read_text("utf-8"))


def scored(wave, score, right=(), person="p"):
    return Scored(survey(wave, person), "professional", score, dict(right), frozenset())


def pairs_of(before, after, sessions):
    return tuple(
        Pair(str(session), f"p{number}", scored("before", x, person=f"p{number}"), scored("after", y))
        for number, (x, y, session) in enumerate(zip(before, after, sessions, strict=True))
    )


def figures(pairs, sessions=(), unpaired=()):
    return learning(Surveys(pairs, tuple(unpaired), ()), sessions, PROGRAMME, "professional")


def spread(people, sessions, before=40.0, after=70.0):
    """`people` pairs over `sessions` sessions, scores a little apart."""
    return pairs_of(
        [before + number % 5 for number in range(people)],
        [after + number % 3 for number in range(people)],
        [number % sessions for number in range(people)],
    )


def register(people, share_paired):
    """Sessions whose register holds the paired people p0 … and enough others to reach a pairing rate."""
    rows = [row(f"p{number}", "0", row=number + 1) for number in range(round(people / share_paired))]
    return put_together([planned("0")], [report("0")], rows, PROGRAMME.codes)


def test_means_change_and_gain_are_the_golden_ones():
    golden = GOLDEN["paired"]
    found = figures(pairs_of(golden["pre"], golden["post"], golden["session"]))
    assert (found.pairs, found.sessions) == (golden["n"], 3)
    assert found.before == pytest.approx(golden["mean_pre"], abs=5e-5)
    assert found.after == pytest.approx(golden["mean_post"], abs=5e-5)
    assert found.change == pytest.approx(golden["mean_diff"], abs=5e-5)
    assert found.gain == pytest.approx(golden["g_class"], abs=5e-5)


def test_below_ten_pairs_no_mean_and_no_share_are_told():
    found = figures(spread(9, 3))
    assert (found.before, found.change, found.passed_after, found.gain) == (None, None, None, None)
    assert found.flags == (Flag.TOO_SMALL,)


def test_below_thirty_pairs_the_change_stands_without_interval():
    found = figures(spread(29, 12))
    assert found.change is not None
    assert found.interval is None
    assert Flag.SMALL in found.flags


def test_below_ten_sessions_the_range_of_session_means_replaces_the_interval():
    found = figures(spread(60, 9))
    assert found.interval is None
    assert found.session_means[0] <= found.change <= found.session_means[1]


def test_with_enough_people_and_sessions_the_interval_holds_the_change():
    found = figures(spread(60, 10))
    assert found.session_means is None
    assert found.interval[0] <= found.change <= found.interval[1]
    assert found.flags == ()


@pytest.mark.parametrize(
    ("share", "flags", "is_told"),
    [(0.8, (), True), (0.7, (Flag.PAIRING_LOW,), True), (0.5, (Flag.PAIRING_TOO_LOW,), False)],
)
def test_low_pairing_is_flagged_and_too_low_pairing_is_not_reported(share, flags, is_told):
    pairs = tuple(Pair("0", pair.person_key, pair.before, pair.after) for pair in spread(60, 10))
    found = figures(pairs, register(60, share))
    assert found.pairing == pytest.approx(share, abs=0.01)
    assert tuple(flag for flag in found.flags if flag is not Flag.FEW_SESSIONS) == flags
    assert (found.change is not None) is is_told


def test_pairing_counts_only_consenting_people_of_sessions_that_did_both_surveys():
    both, one = report("0"), report("1", after_done="no")
    rows = [row("p0", "0"), row("refused", "0", row=2, consent="no"), row("p1", "1")]
    sessions = put_together([], [both, one], rows, PROGRAMME.codes)
    found = figures(pairs_of([40, 40], [70, 70], ["0", "1"]), sessions)
    assert (found.matched, found.expected) == (1, 1)


@pytest.mark.parametrize(("before", "has_gain"), [(60.0, True), (82.0, False)])
def test_at_the_ceiling_there_is_no_normalised_gain(before, has_gain):
    assert (figures(spread(40, 10, before, 95.0)).gain is not None) is has_gain


def test_the_score_before_of_people_who_left_stands_beside():
    left = [scored("before", 30.0, person=f"u{number}") for number in range(10)]
    assert figures(spread(40, 10), unpaired=left).unpaired_before == pytest.approx(30)
    assert figures(spread(40, 10), unpaired=left[:9]).unpaired_before is None


def answered(both_right, gained, lost, both_wrong):
    table = [(True, True)] * both_right + [(False, True)] * gained
    table += [(True, False)] * lost + [(False, False)] * both_wrong
    return tuple(
        Pair("s", str(number), scored("before", 0, {"K01": before}), scored("after", 0, {"K01": after}))
        for number, (before, after) in enumerate(table)
    )


@pytest.mark.parametrize("golden", GOLDEN["mcnemar"])
def test_an_item_is_counted_as_in_the_golden_table(golden):
    cells = {name: golden[name] for name in ("both_right", "gained", "lost", "both_wrong")}
    found = changes_of(answered(**cells))["K01"]
    assert (found.gained, found.lost, found.pairs) == (golden["gained"], golden["lost"], sum(cells.values()))
    points = 100 * (found.right_after - found.right_before) / found.pairs
    assert points == pytest.approx(golden["diff_pp"], abs=0.005)
    assert found.gained_share == pytest.approx(golden["item_gain_G"], abs=5e-5)
    assert found.lost_share == pytest.approx(golden["item_loss_L"], abs=5e-5)


def test_items_below_thirty_pairs_have_no_test_and_items_nobody_was_asked_do_not_appear():
    (few,) = item_changes(answered(10, 9, 5, 5), PROGRAMME)
    (many,) = item_changes(answered(10, 10, 5, 5), PROGRAMME)
    assert few.p is None
    assert many.p is not None


def test_p_is_adjusted_over_all_items_with_a_test():
    """Holm: the smaller p of two is doubled, and the larger is never below it."""
    (alone,) = item_changes(answered(10, 12, 3, 10), PROGRAMME)
    twice = [
        Pair("s", pair.person_key, *(replace(one, right={**one.right, "K02": one.right["K01"]}) for one in both))
        for pair in answered(10, 12, 3, 10)
        for both in [(pair.before, pair.after)]
    ]
    assert [one.p for one in item_changes(twice, PROGRAMME)] == [pytest.approx(min(1, 2 * alone.p))] * 2


scores = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=30, max_size=60)


@given(scores, st.randoms())
@settings(max_examples=20)
def test_the_order_of_people_changes_nothing(found, random):
    pairs = list(pairs_of(*zip(*found, strict=True), [number % 10 for number in range(len(found))]))
    shuffled = random.sample(pairs, len(pairs))
    one, other = figures(tuple(pairs)), figures(tuple(shuffled))
    assert one.change == pytest.approx(other.change, abs=1e-9)
    assert one.interval == pytest.approx(other.interval, abs=1e-9)
    assert one.flags == other.flags
