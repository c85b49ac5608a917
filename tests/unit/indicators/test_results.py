from dataclasses import replace
from datetime import date, timedelta

import pytest

from collector.form.records import VersionCount
from collector.indicators import learning, reach
from collector.indicators.breakdowns import breakdowns
from collector.indicators.campaign import put_together
from collector.indicators.coverage import districts
from collector.indicators.feedback import feedback
from collector.indicators.fieldwork import enumerators, pairing_by_session
from collector.indicators.results import Evidence, indicators
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RECEIVED_AT, RIGHT, planned, report, row, survey

TODAY = date(2026, 7, 10)
CODES = PROGRAMME.codes


def evidence(plan=(), reports=(), rows=(), surveys=(), counts=()):
    sessions = put_together(plan, reports, rows, CODES)
    linked = link(surveys, sessions, PROGRAMME)
    learned = tuple(learning.learning(linked, sessions, PROGRAMME, key) for key in PROGRAMME.item_sets)
    people = reach.participants(sessions, CODES)
    items = learning.item_changes(linked.pairs, PROGRAMME)
    return Evidence(PROGRAMME, TODAY, sessions, people, surveys, linked, learned, items, counts)


def of(found, id):
    return next(indicator for indicator in indicators(found) if indicator.id == id)


def both_waves(people, **changes):
    return [survey(wave, f"p{number}", **changes) for number in range(people) for wave in ("before", "after")]


def test_all_twenty_are_told_in_order_even_before_the_first_pull():
    found = [indicator.id for indicator in indicators(evidence())]
    assert found == [f"I{number:02}" for number in range(1, 21) if number not in (12, 13, 14)]
    assert [of(evidence(), id).value for id in ("I01", "I08", "I10", "I19")] == [None] * 4


def test_knowledge_stands_once_for_each_item_set_with_pairs():
    found = indicators(evidence([planned()], [report()], surveys=both_waves(12)))
    assert [one.item_set for one in found if one.id in {"I12", "I13", "I14"}] == ["professional"] * 3


def test_the_headline_of_participants_is_the_low_end_of_their_range():
    rows = [row("p1"), row("p2", row=2), row("p3", row=3, earlier="yes")]
    found = of(evidence([planned()], [report()], rows), "I03")
    assert (found.value, found.low, found.high) == (2, 2, 3)


def test_a_postponed_session_stays_in_the_plan():
    plan = [planned("A"), planned("B"), planned("C", planned_on=date(2026, 12, 1))]
    held = of(evidence(plan, [report("A"), report("B", status="postponed")]), "I01")
    assert (held.numerator, held.denominator, held.value) == (1, 2, 0.5)


@pytest.mark.parametrize(("women", "is_told"), [(9, False), (10, True)])
def test_a_share_of_fewer_than_ten_people_is_not_told(women, is_told):
    rows = [row(f"p{number}", row=number + 1) for number in range(women)]
    found = of(evidence([planned()], [report()], rows), "I04")
    assert (found.value is not None) is is_told
    assert (found.numerator, found.denominator) == (women, women)


def test_disability_counts_each_person_once_and_needs_eleven():
    surveys = [survey("before", f"p{number}", disability=("4",) * 6) for number in range(11)]
    surveys += [survey("before", f"q{number}", disability=("1", "pns")) for number in range(19)]
    surveys += [survey("before", "silent", disability=("pns",)), surveys[0]]
    found = of(evidence(surveys=surveys), "I05")
    assert (found.numerator, found.denominator) == (11, 30)
    assert found.value == pytest.approx(11 / 30)
    assert of(evidence(surveys=surveys[1:-1]), "I05").value is None


@pytest.mark.parametrize(
    "flaw",
    [{"modules": ("m1",)}, {"after_done": "no"}, {"referral_info": None}, {"ends_at": report().starts_at}],
)
def test_a_session_is_as_designed_only_if_it_meets_all_four(flaw):
    plan = [planned(f"S{number}", modules=("m1", "m2")) for number in range(5)]
    reports = [report(f"S{number}", referral_info="yes") for number in range(5)]
    assert of(evidence(plan, reports), "I09").value == 1
    flawed = [report("S0", **{"referral_info": "yes", **flaw}), *reports[1:]]
    assert of(evidence(plan, flawed), "I09").value == 0.8


def test_knowing_the_signs_needs_three_right_and_no_wrong_one():
    key, wrong = PROGRAMME.items["K11"].key, PROGRAMME.items["K11"].wrong
    answers = [key, key[:3], key[:2], (*key, wrong[0])]
    surveys = [survey("before", f"p{number}") for number in range(12)]
    surveys += [survey("after", f"p{number}", answers=RIGHT | {"K11": answers[number % 4]}) for number in range(12)]
    found = of(evidence([planned()], [report()], surveys=surveys), "I16")
    assert (found.numerator, found.denominator) == (6, 12)


def test_a_form_from_the_future_is_left_out_of_timeliness():
    ends = [RECEIVED_AT - timedelta(hours=1), RECEIVED_AT - timedelta(hours=49), RECEIVED_AT + timedelta(hours=1)]
    surveys = [survey("before", f"p{number}", finished_at=end) for number, end in enumerate(ends)]
    found = of(evidence(surveys=surveys), "I20")
    assert (found.numerator, found.denominator) == (1, 2)


def test_clean_means_counted_and_without_an_open_error():
    some = evidence(counts=[VersionCount("attendance", "v1", 9, 1)])
    assert of(some, "I19").value == 0.9
    found = of(replace(some, unclean=2), "I19")
    assert (found.numerator, found.denominator, found.value) == (7, 10, 0.7)


def test_every_breakdown_counts_the_people_anew():
    plan = [planned("A"), planned("B", audience="idp")]
    reports = [report("A"), report("B", audience="idp", held_on=date(2026, 7, 6))]
    rows = [row("p1", "A"), row("p1", "B"), row("p2", "B", row=2, displacement="idp")]
    sessions = put_together(plan, reports, rows, CODES)
    found = breakdowns(sessions, reach.participants(sessions, CODES), CODES)
    high = {(one.name, one.value): one.people.high for one in found}
    assert high["campaign", ""] == 2
    assert (high["audiences", "gov"], high["audiences", "idp"]) == (1, 2)
    assert (high["displacement", "idp"], high["displacement", ""]) == (1, 1)
    assert sum(one.contacts for one in found if one.name == "audiences") == found[0].contacts


def test_a_district_without_a_session_is_listed():
    found = districts(put_together([planned("A"), planned("B", district="soran")], [report("A")], [], CODES))
    assert [(one.district, one.planned, one.held) for one in found] == [("erbil_c", 1, 1), ("soran", 1, 0)]


def test_pairing_tells_scores_of_ten_people_or_more():
    surveys = both_waves(10) + [survey("before", f"left{number}") for number in range(9)]
    found = evidence([planned()], [report()], surveys=surveys)
    (paired,) = pairing_by_session(found.sessions, surveys, found.linked, CODES)
    assert (paired.before, paired.after, paired.pairs, paired.before_only) == (19, 10, 10, 9)
    assert (paired.paired_score, paired.unpaired_score) == (0, None)


def test_an_enumerator_of_two_sessions_has_counts_only():
    plan = [planned(name) for name in "ABC"]
    reports = [report(name, enumerator="E01") for name in "ABC"]
    surveys = [survey("before", name, session=name, finished_at=RECEIVED_AT) for name in "ABC"]
    few, many = evidence(plan, reports[:2], surveys=surveys), evidence(plan, reports, surveys=surveys)
    (counted,) = enumerators(few.sessions, surveys, few.linked, PROGRAMME)
    (told,) = enumerators(many.sessions, surveys, many.linked, PROGRAMME)
    assert (counted.surveys, counted.dont_know) == (2, None)
    assert (told.surveys, told.dont_know, told.late) == (3, 1, 0)


def test_feedback_counts_answers_on_the_scale_for_all_and_by_audience():
    given = [survey("after", f"p{number}", feedback=(answer,)) for number, answer in enumerate(["5", "4", "2", "pns"])]
    everybody, gov = feedback(given, {"ERB-01": "gov"}, PROGRAMME)
    assert (everybody.audience, gov.audience) == ("", "gov")
    assert (everybody.people, everybody.agree.count, everybody.low) == (3, 2, 1)
    assert everybody.mean == pytest.approx(11 / 3)


@pytest.mark.parametrize(("sessions", "has_interval"), [(9, False), (10, True)])
def test_a_share_of_people_has_an_interval_from_ten_sessions_on(sessions, has_interval):
    plan = [planned(f"S{number}") for number in range(sessions)]
    rows = [row(f"p{number}", f"S{number % sessions}", row=number + 1) for number in range(40)]
    found = of(evidence(plan, [report(f"S{number}") for number in range(sessions)], rows), "I04")
    assert (found.value, found.low is not None) == (1, has_interval)
    assert ("few_sessions" in found.notes) is not has_interval


def test_five_answers_of_one_person_are_not_five_people():
    """Whoever agrees with one question about a session agrees with the others: the interval must not shrink by it."""
    told = [
        survey("after", f"p{number}", session=f"S{number % 12}", feedback=("2" if number % 12 < 3 else "4",))
        for number in range(60)
    ]
    often = [replace(one, feedback=one.feedback * 5) for one in told]
    once, five_times = of(evidence(surveys=told), "I10"), of(evidence(surveys=often), "I10")
    assert five_times.denominator == 5 * once.denominator
    assert five_times.high - five_times.low == pytest.approx(once.high - once.low)
