from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import inspect

from collector.form.judging.policy import Policy
from collector.form.plan import read_plan
from collector.form.records import QuarantinedFinding, RegisterRow, VersionCount
from collector.reporting import queries
from collector.reporting.forms import deployments, save_version
from collector.reporting.tables import submissions
from tests.support.attendance import VERSION, attendance_content, attendance_version, root_uuid, submission
from tests.support.campaign import PROGRAMME, RIGHT
from tests.support.loading import destination, load_records, with_cells
from tests.support.stored_campaign import MEDIA, RECEIVED_AT, StoredCampaign, version_of


@pytest.fixture
def connection(databases):
    with databases.reporting.connect() as connection:
        yield connection


@pytest.fixture
def campaign(connection):
    return StoredCampaign(connection)


def test_a_session_form_comes_back_by_meaning_and_typed(connection, campaign):
    campaign.report("ERB-01", [{"card": "k1"}], women=12, men=9)
    (report,) = queries.session_reports(connection, PROGRAMME, version_of("attendance"))
    assert (report.session, report.status, report.held_on) == ("ERB-01", "held", date(2026, 7, 5))
    assert (report.women, report.men, report.modules) == (12, 9, ("m1", "m2"))
    assert (report.starts_at, report.submitted_at) == (time(10), RECEIVED_AT)


def test_register_rows_come_back_in_their_order_with_key_and_refusal(connection, campaign):
    refusal = {"card": "k2", "consent": "no", "sex": None, "age_group": None, "earlier": None}
    campaign.report("ERB-01", [{"card": "k1", "org_type": "gov_admin"}, refusal])
    first, second = queries.register_rows(connection, PROGRAMME, version_of("attendance"))
    assert first == RegisterRow("root-1", 1, "k1", "yes", "f", "25_34", "gov_admin", earlier="no")
    assert second == RegisterRow("root-1", 2, "k2", "no")


def test_a_survey_comes_back_with_one_or_several_choices_by_item(connection, campaign):
    campaign.survey("before", "ERB-01", "k1", right=True)
    campaign.survey("after", "ERB-01", "k1", right=False)
    (before,) = queries.surveys(connection, PROGRAMME, "before", version_of("pre_survey"))
    (after,) = queries.surveys(connection, PROGRAMME, "after", version_of("post_survey"))
    assert (before.wave, before.session, before.person_key) == ("before", "ERB-01", "k1")
    assert before.answers == RIGHT
    assert (after.answers["K05"], after.answers["K06"]) == ("dk", ("dk",))


def test_the_ledger_comes_back_as_counts_equation_and_reasons(connection, campaign):
    campaign.report("ERB-01")
    campaign.quarantined("attendance", "type", "head_f")
    campaign.counted(attendance=2)
    version = version_of("attendance").version
    assert queries.version_counts(connection) == (VersionCount("attendance", version, 1, 1),)
    counted = queries.last_completeness(connection)["attendance"]
    assert (counted.on_server, counted.missing, counted.counted_at) == (2, 0, RECEIVED_AT)
    assert queries.quarantined_findings(connection, Policy()) == (
        QuarantinedFinding("attendance", 2, RECEIVED_AT, "type", "head_f", 9, "look at it.", root_uuid="root-2"),
    )


def test_only_the_last_pull_of_a_form_is_told(connection, campaign):
    campaign.counted(attendance=2)
    later = StoredCampaign(connection)
    later.counted(attendance=5)
    assert queries.last_completeness(connection)["attendance"].on_server == 5


def test_before_the_first_submission_everything_reads_as_empty(connection):
    assert not inspect(connection).has_table("attendance")
    assert queries.session_reports(connection, PROGRAMME, version_of("attendance")) == ()
    assert list(queries.register_rows(connection, PROGRAMME, version_of("attendance"))) == []
    assert list(queries.surveys(connection, PROGRAMME, "before", version_of("pre_survey"))) == []
    assert queries.version_counts(connection) == queries.quarantined_findings(connection, Policy()) == ()


def test_a_column_that_no_submission_asked_for_yet_reads_as_empty(connection, campaign):
    campaign.report("ERB-01")
    connection.exec_driver_sql("ALTER TABLE attendance DROP COLUMN head_m")
    (report,) = queries.session_reports(connection, PROGRAMME, version_of("attendance"))
    assert (report.women, report.men) == (0, None)


def test_a_count_that_was_asked_as_text_before_is_a_number_in_the_reports(databases):
    as_text = with_cells("head_f", type="text", constraint=None)
    to = destination(databases, {"v1": as_text, VERSION: attendance_content()})
    answers = [("v1", "12"), ("v1", "a dozen"), (VERSION, "30")]
    load_records(to, *(submission(n, __version__=uid, head_f=women) for n, (uid, women) in enumerate(answers, 1)))
    with databases.reporting.connect() as connection:
        reports = queries.session_reports(connection, PROGRAMME, replace(attendance_version(), version=VERSION))
        rows = tuple(queries.register_rows(connection, PROGRAMME, replace(attendance_version(), version=VERSION)))
    assert [report.women for report in reports] == [12, None, 30]
    assert {row.root_uuid for row in rows} == {root_uuid(1), root_uuid(2), root_uuid(3)}


def test_the_plan_of_the_forms_has_forty_sessions_with_days():
    plan = read_plan(MEDIA[PROGRAMME.plan.file], PROGRAMME.plan)
    assert (len(plan), plan[0].session, plan[0].planned_on) == (40, "ERB-01", date(2026, 7, 5))
    assert all(session.planned_on and session.planned_minutes for session in plan)


def test_a_plan_with_gaps_and_a_byte_order_mark_is_read_as_far_as_it_goes():
    content = "\ufeffname,planned_date,planned_minutes\nA,someday,\n,2026-07-05,60\nB,2026-07-05,60\n".encode()
    first, second = read_plan(content, PROGRAMME.plan)
    assert (first.session, first.planned_on, first.planned_minutes) == ("A", None, None)
    assert (second.session, second.planned_on, second.planned_minutes) == ("B", date(2026, 7, 5), 60)


def test_versions_come_back_in_their_order_and_submissions_that_were_not_filled_with_the_newest(connection, campaign):
    campaign.survey("before", "ERB-01", "k1", right=True)
    campaign.survey("before", "ERB-01", "k2", right=True)
    connection.execute(submissions.update().where(submissions.c.root_uuid == "root-2").values(form_version="old"))
    campaign.quarantined("pre_survey", "choice", "knowledge/K05")
    newest = version_of("pre_survey").version
    assert queries.other_versions(connection, {"pre_survey": newest}) == {"root-2": "old"}
    assert queries.other_versions(connection, {}) == {}
    save_version(
        connection,
        "pre_survey",
        replace(version_of("pre_survey"), version="next"),
        {},
        seen_at=RECEIVED_AT + timedelta(days=1),
        deployed_at=None,
    )
    assert deployments(connection)["pre_survey"] == [(newest, RECEIVED_AT), ("next", None)]
