from datetime import date, timedelta

import pytest

from collector.indicators.campaign import put_together
from tests.support.campaign import PROGRAMME, RECEIVED_AT, planned, report, row

CODES = PROGRAMME.codes


def test_every_planned_session_stands_there_and_one_outside_the_plan_too():
    sessions = put_together([planned("A"), planned("B")], [report("B"), report("X")], [], CODES)
    assert [(session.name, session.is_held) for session in sessions] == [("A", False), ("B", True), ("X", True)]


def test_a_session_form_sent_twice_counts_once_by_its_earliest_held_form():
    late = report("A", root_uuid="late", submitted_at=RECEIVED_AT + timedelta(hours=1), women=9)
    cancelled = report("A", root_uuid="none", submitted_at=RECEIVED_AT - timedelta(days=1), status="cancelled")
    (session,) = put_together([planned("A")], [late, cancelled, report("A")], [row("p", "A")], CODES)
    assert (session.report.root_uuid, session.reports, len(session.rows)) == ("report-A", 3, 1)


def test_contacts_are_the_headcount_and_the_register_where_nobody_counted():
    uncounted = report("B", women=None, men=None)
    rows = [row("p", "B"), row("q", "B", row=2)]
    counted, listed = put_together([], [report("A", women=12, men=9), uncounted], rows, CODES)
    assert (counted.contacts, listed.contacts) == (21, 2)


def test_a_session_that_was_not_held_has_no_contacts_and_keeps_its_planned_day():
    (session,) = put_together([planned("A")], [report("A", status="postponed", held_on=None)], [], CODES)
    assert (session.contacts, session.day, session.held_on) == (0, date(2026, 7, 5), None)


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        (date(2026, 7, 4), date(2026, 7, 5)),  # before the plan begins
        (date(2026, 7, 6), date(2026, 7, 6)),  # a day late
        (date(2027, 7, 5), date(2026, 7, 5)),  # after the form was received
    ],
)
def test_a_day_that_cannot_be_is_counted_as_planned(typed, counted):
    (session,) = put_together([planned("A")], [report("A", held_on=typed)], [], CODES)
    assert (session.held_on, session.day, session.has_wrong_day) == (typed, counted, typed != counted)
