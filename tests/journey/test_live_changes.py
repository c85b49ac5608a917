"""Each kind of change while the demo's campaign is in: planned, priced, held or deployed, answered and read again."""

from __future__ import annotations

from collections import Counter

import pytest

from collector.form.changes import What
from collector.reporting.forms import latest_version
from collector.reporting.queries import register_rows
from jobs.form_plan import in_data
from jobs.wiring import open_databases
from tests.journey.changed_campaign import Campaign, answers_to, cost, filled_again, opened_again, submissions
from tests.support.form_changes_page import LIVE, PAGE, live_row
from tests.support.live_changes import CASES

pytestmark = pytest.mark.java


@pytest.fixture(scope="module")
def campaign_changed(campaign, tmp_path_factory):
    return Campaign(campaign[0], tmp_path_factory.mktemp("changed"))


@pytest.fixture(params=CASES, ids=lambda case: case.title)
def measured(request, campaign_changed):
    return campaign_changed.measure(request.param)


def test_every_kind_of_change_is_made_on_the_campaign():
    assert {case.what for case in CASES} == set(What)


def test_a_change_is_told_and_priced_as_the_server_s_submissions_say(measured, campaign):
    case, documents = measured.case, submissions(campaign[0], measured.case.form)
    counted = tuple(cost(line, documents) for line in case.plan)
    assert measured.prices == counted
    prices = (f": {in_data(price)}" if price else "" for price in counted)
    assert measured.plan == tuple(line.text + price for line, price in zip(case.plan, prices, strict=True))
    assert case.what.replace("_", " ") in " ".join(measured.plan)


def test_what_would_break_data_is_held_until_it_is_accepted(measured):
    assert measured.refused == measured.case.held


def test_answers_before_and_after_stand_where_the_table_says(measured, campaign):
    case, documents = measured.case, submissions(campaign[0], measured.case.form)
    assert measured.verdict == "accepted"
    assert measured.tables == (set(case.added), set())
    for place, (old, new) in case.holds.items():
        before = sum(len(answers_to(old, document)) for document in documents) if old else 0
        assert measured.holds[place] == (before, before + (len(answers_to(new, measured.filled)) if new else 0)), place


def test_the_workbook_keeps_its_columns_and_reads_what_came_before_where_the_table_says(measured):
    before, after = measured.headings
    assert before == after
    if measured.case.sheet:
        *_, is_read = measured.case.sheet
        first, then = measured.sheet
        assert then > first > 0 if is_read else first > then > 0


def test_answers_to_a_renamed_choice_count_together(campaign, tmp_path):
    """The database keeps what was answered; numbers and sheets read all of it under the code of today."""
    (case,) = (case for case in CASES if case.what is What.CHOICE_RENAMED)
    documents = submissions(campaign[0], case.form)
    roles = Counter(role for each in documents for role in answers_to("register/role", each))
    filled = filled_again(documents, case)
    with opened_again(campaign[0], tmp_path / "office") as office:
        office.edit(case.edit, case.form)
        office.deploy(case.form)
        office.pull(filled, key=case.form)
        with open_databases(office.settings) as databases, databases.reporting.connect() as connection:
            rows = tuple(register_rows(connection, office.programme, latest_version(connection, case.form)))
    told = Counter(row.role for row in rows if row.role)
    assert told["leading"] == roles["decision"] + len(answers_to("register/role", filled))
    assert {role: count for role, count in told.items() if role != "leading"} == {
        role: count for role, count in roles.items() if role != "decision"
    }


def test_the_page_tells_what_was_measured(campaign_changed):
    rows = "".join(live_row(campaign_changed.measure(case)) for case in CASES)
    assert LIVE + rows in PAGE.read_text("utf-8"), "run: python -m tests.support.form_changes_page"
