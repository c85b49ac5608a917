from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.indicators import reach
from collector.indicators.campaign import put_together
from collector.indicators.register import registers_of
from tests.support.campaign import PROGRAMME, RECEIVED_AT, planned, report, row

CODES = PROGRAMME.codes


def people_of(*rows, reports=None):
    return reach.participants(put_together([], reports or [report("ERB-01")], rows, CODES), CODES)


def test_who_comes_twice_is_one_participant_and_two_contacts():
    later = report("ERB-02", held_on=date(2026, 7, 6))
    sessions = put_together([], [report(), later], [row("p1"), row("p1", "ERB-02", earlier="yes")], CODES)
    found = reach.count(reach.participants(sessions, CODES), CODES)
    assert (found.low, found.high, reach.contacts(sessions)) == (1, 1, 4)


def test_an_earlier_visit_that_cannot_be_linked_lowers_the_low_end_only():
    found = reach.count(people_of(row("p1"), row("p2", row=2, earlier="yes"), row("p3", row=3, earlier="ns")), CODES)
    assert (found.low, found.high) == (1, 3)


def test_a_refusal_is_counted_among_the_people_whose_sex_is_not_known():
    found = reach.count(people_of(row("p1"), row("p2", row=2, consent="no", sex=None, age_group=None)), CODES)
    assert (found.women, found.unsaid, found.high) == (1, 1, 2)


def test_the_same_card_twice_in_a_register_is_one_person():
    assert reach.count(people_of(row("p1"), row("p1", row=2)), CODES).high == 1


def test_a_person_of_two_governorates_counts_in_each_and_once_in_the_whole():
    sessions = put_together(
        [],
        [report(), report("DHK-01", governorate="duhok", held_on=date(2026, 7, 7))],
        [row("p1"), row("p1", "DHK-01")],
        CODES,
    )
    people = reach.participants(sessions, CODES)
    slices = reach.by(people, lambda person: person.governorates, CODES)
    assert {place: found.high for place, found in slices.items()} == {"erbil": 1, "duhok": 1}
    assert reach.count(people, CODES).high == 1


def test_a_register_of_a_session_that_was_not_held_reaches_nobody():
    assert people_of(row("p1"), reports=[report(status="cancelled")]) == ()


def test_progress_keeps_postponed_sessions_in_the_plan_and_future_ones_out_of_what_is_due():
    plan = [planned("A"), planned("B"), planned("C", planned_on=date(2026, 12, 1))]
    sessions = put_together(plan, [report("A"), report("B", status="postponed", held_on=None)], [], CODES)
    assert reach.progress(sessions, date(2026, 11, 24)) == reach.Progress(held=1, due=2, planned=3)


def test_weeks_begin_on_sunday_and_empty_weeks_are_not_skipped():
    plan = [planned("A", planned_on=date(2026, 7, 9)), planned("B", planned_on=date(2026, 7, 19))]
    held = report("A", held_on=date(2026, 7, 9), submitted_at=RECEIVED_AT + timedelta(days=4))
    found = reach.weeks(put_together(plan, [held], [], CODES))
    assert [(week.starts_on.day, week.planned_so_far, week.held_so_far) for week in found] == [
        (5, 1, 1),
        (12, 1, 1),
        (19, 2, 1),
    ]


visits = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["f", "m", "pns", None])), max_size=30)


@given(visits, st.lists(st.sampled_from(["yes", "no", "ns", None]), min_size=30, max_size=30))
def test_the_range_never_exceeds_the_visits_and_slices_by_age_add_up(found, earlier):
    rows = [
        row(person, row=number, sex=sex, earlier=earlier[number - 1]) for number, (person, sex) in enumerate(found, 1)
    ]
    people = people_of(*rows)
    total = reach.count(people, CODES)
    assert 0 <= total.low <= total.high == len({person for person, _ in found}) <= len(found)
    by_age = reach.by(people, lambda person: [person.age_group or ""], CODES)
    assert sum(part.high for part in by_age.values()) == total.high


details = st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(1, 40), st.sampled_from(["f", "m", None]))


@given(st.lists(details, max_size=30))
def test_a_register_reads_as_its_rows(found):
    rows = [row(person, row=number, sex=sex) for person, number, sex in found]
    for register in registers_of(rows, ["report-ERB-01"]).values():
        assert list(register) == sorted(rows, key=lambda row: row.row)
        assert (len(register), register == tuple(register), register[:1]) == (len(rows), True, tuple(register)[:1])


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=6), max_size=5))
def test_who_comes_again_is_one_person_at_the_place_of_the_first_visit(visits):
    plan = [planned(f"S{number}") for number in range(len(visits))]
    rows = [
        row(person, f"S{session}", row=place, age_group=f"{session} {place}")
        for session, people in enumerate(visits)
        for place, person in enumerate(people)
    ]
    sessions = put_together(plan, [report(f"S{number}") for number in range(len(visits))], rows, CODES)
    expected = {one.person_key or one: one.age_group for one in reversed(rows)}
    found = reach.participants(sessions, CODES)
    assert sorted(person.age_group for person in found) == sorted(expected.values())
    assert [int(person.age_group.split()[0]) for person in found] == list(found.sessions)
