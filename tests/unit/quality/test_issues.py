"""What must be found open, and what must be left in peace. Simulated people; nobody is real."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from collector.form.history import HeldDeletions
from collector.form.records import Completeness, QuarantinedFinding
from collector.indicators.campaign import put_together
from collector.quality.issues import CHECKS, Records, after_working_days, issues
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, WRONG, planned, report, row, survey

TODAY = date(2026, 7, 20)
MOMENT = datetime(2026, 7, 5, 12, tzinfo=UTC)


def found(*, plan=(), reports=(), rows=(), surveys=(), **more):
    sessions = put_together(plan, reports, rows, PROGRAMME.codes)
    linked = link(surveys, sessions, PROGRAMME)
    return issues(Records(PROGRAMME, TODAY, sessions, surveys, linked, **more))


def kinds(**records):
    return {issue.kind: issue for issue in found(**records)}


def both_waves(people, session="ERB-01", **after):
    return [
        each
        for person in people
        for each in (survey("before", person, session=session), survey("after", person, session=session, **after))
    ]


PEOPLE = [f"k{number}" for number in range(12)]
HELD = {
    "plan": [planned("ERB-01")],
    "reports": [report("ERB-01", women=12, men=0)],
    "rows": [row(person, "ERB-01", row=number) for number, person in enumerate(PEOPLE, 1)],
}


def test_a_session_as_it_should_be_leaves_nothing_to_do():
    assert kinds(**HELD, surveys=both_waves(PEOPLE)) == {}


def test_a_planned_session_that_sent_no_form_is_open_from_its_day_and_due_after_a_working_day():
    issue = kinds(plan=[planned("ERB-01", planned_on=date(2026, 7, 16))])["no_form"]  # a Thursday
    assert (issue.since, issue.due_on, issue.who) == (date(2026, 7, 16), date(2026, 7, 19), "supervisor")
    assert kinds(plan=[planned("ERB-01", planned_on=TODAY)]) == {}


def test_what_is_missing_of_a_held_session_is_named():
    bare = kinds(plan=[planned("ERB-01")], reports=[report("ERB-01", women=12, men=0)])
    assert bare.keys() == {"no_register", "no_before", "no_after"}
    assert kinds(**HELD, surveys=[survey("before", person, session="ERB-01") for person in PEOPLE]).keys() == {
        "no_after"
    }


def test_people_without_a_partner_are_counted_by_wave():
    surveys = both_waves(PEOPLE[:6]) + [survey("before", person, session="ERB-01") for person in PEOPLE[6:10]]
    surveys += [survey("after", person, session="ERB-01") for person in PEOPLE[10:]]
    open_ = kinds(**HELD, surveys=surveys)
    assert open_["pairing_low"].facts == {"pairs": 6, "people": 12, "count": 4}
    assert open_["after_only"].facts == {"count": 2}


def test_headcounts_may_miss_two_people_and_not_three():
    for women, is_open in ((14, False), (15, True)):
        reports = [report("ERB-01", women=women, men=0)]
        assert ("headcount" in kinds(**(HELD | {"reports": reports}), surveys=both_waves(PEOPLE))) is is_open


def test_a_card_that_is_in_no_register_is_open_unless_somebody_refused_details():
    stranger = both_waves(["stranger"])
    assert "not_registered" in kinds(**HELD, surveys=both_waves(PEOPLE) + stranger)
    refusal = row("gone", "ERB-01", row=13, consent="no", sex=None, age_group=None)
    rows = [*HELD["rows"], refusal]
    assert "not_registered" not in kinds(**(HELD | {"rows": rows}), surveys=both_waves(PEOPLE) + stranger)


def test_two_different_surveys_of_a_card_are_open_and_the_same_one_twice_is_not():
    again = survey("after", PEOPLE[0], session="ERB-01")
    assert "two_surveys" not in kinds(**HELD, surveys=[*both_waves(PEOPLE), again])
    other = survey("after", PEOPLE[0], session="ERB-01", answers=WRONG)
    assert kinds(**HELD, surveys=[*both_waves(PEOPLE), other])["two_surveys"].facts == {"count": 1}


def test_a_card_with_two_sexes_looks_swapped_and_who_prefers_not_to_say_does_not():
    def with_sex(sex):
        surveys = [survey("before", PEOPLE[0], session="ERB-01", sex=sex), *both_waves(PEOPLE)[1:]]
        return "swapped" in kinds(**HELD, surveys=surveys)

    assert (with_sex("m"), with_sex("pns")) == (True, False)


def test_an_after_survey_that_began_before_the_other_ended_is_open():
    surveys = [
        survey("before", PEOPLE[0], session="ERB-01", started_at=MOMENT, finished_at=MOMENT + timedelta(minutes=9)),
        survey("after", PEOPLE[0], session="ERB-01", started_at=MOMENT - timedelta(hours=1), finished_at=MOMENT),
    ]
    assert kinds(**HELD, surveys=surveys)["order"].facts == {"count": 1}


def test_surveys_filled_in_two_minutes_are_too_short():
    hasty = [
        survey("before", person, session="ERB-01", started_at=MOMENT, finished_at=MOMENT + timedelta(minutes=minutes))
        for person, minutes in zip(PEOPLE, [2, 2, *[9] * 10], strict=True)
    ]
    issue = kinds(**HELD, surveys=[*hasty, *(survey("after", person, session="ERB-01") for person in PEOPLE)])
    assert issue["too_short"].facts == {"count": 2, "people": 12, "minutes": 3.0}


def test_surveys_of_a_session_that_sent_no_form_are_open_once():
    issue = kinds(surveys=both_waves(PEOPLE, "SUL-09"))["unknown_session"]
    assert (issue.session, issue.facts) == ("SUL-09", {"count": 24})


def test_answers_without_consent_stop_everything_and_come_first():
    surveys = [*both_waves(PEOPLE), survey("before", "other", session="ERB-01", consent="no")]
    first, *_ = found(**HELD, surveys=surveys)
    assert (first.kind, first.severity, first.due_on) == ("no_consent", "S1", first.since)


def test_a_quarantined_submission_is_one_issue_with_its_first_finding():
    findings = [QuarantinedFinding("attendance", 12, MOMENT, "not_an_integer", "head_f", 22, "…")] * 3
    issue = kinds(quarantined=findings)["quarantined"]
    assert (issue.id, issue.facts, issue.finding) == ("QC36 attendance 12 quarantined", {"count": 2}, findings[0])


def test_numbers_that_do_not_reconcile_and_held_deletions_are_open():
    counted = Completeness("attendance", 1, MOMENT, 12, 10, 1)
    open_ = kinds(completeness={"attendance": counted}, held=[HeldDeletions("pre_survey", 40)])
    assert open_["incomplete"].facts == {"on_server": 12, "here": 11}
    assert open_["held"].facts == {"count": 40}
    assert kinds(completeness={"attendance": replace(counted, accepted=11)}) == {}


def test_working_days_run_from_sunday_to_thursday():
    assert after_working_days(date(2026, 7, 16), 1) == date(2026, 7, 19)
    assert after_working_days(date(2026, 7, 19), 5) == date(2026, 7, 26)


def test_every_kind_has_its_check_severity_and_somebody_who_acts():
    for check, severity, who, days in CHECKS.values():
        assert (check[:2], severity in {"S1", "S2", "S3"}) == ("QC", True)
        assert who in {"data_manager", "supervisor", "me_officer"}
        assert days >= 0
