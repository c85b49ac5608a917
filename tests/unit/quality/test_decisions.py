"""What a decision does to issues and numbers, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collector.form.history import Revised
from collector.indicators.campaign import put_together
from collector.quality.decisions import (
    CORRECT,
    DELETE,
    EXCLUDE,
    OPTIONS,
    REOPEN,
    UNLINK,
    Typed,
    counted,
    settle,
    standing,
    unlinked,
)
from collector.quality.issues import CHECKS, Records, issues
from collector.quality.linking import link
from tests.support.campaign import PROGRAMME, RECEIVED_AT, planned, report, row, survey

NOW = datetime(2026, 7, 6, 20, tzinfo=UTC)
OTHER_SEX = "m"


def campaign(revised=()):
    """Ten people of one session; in the register the first one is of the other sex: perhaps a swapped card."""
    people = [f"p{number}" for number in range(10)]
    rows = [row(name, row=number, sex=OTHER_SEX if name == "p0" else "f") for number, name in enumerate(people)]
    sessions = put_together([planned()], [report(women=9, men=1)], rows, PROGRAMME.codes)
    surveys = tuple(survey(wave, name) for name in people for wave in ("before", "after"))
    linked = link(surveys, sessions, PROGRAMME)
    found = issues(Records(PROGRAMME, NOW.date(), sessions, surveys, linked, revised=revised))
    return surveys, linked, found


def swapped(found):
    (one,) = (issue for issue in found if issue.kind == "swapped")
    return one


def decide(decision, issue, made=(), revised=(), *, run=1, state=None, found=None):
    typed = [Typed("w.xlsx", "ToDo!L7", issue.id, state or issue.state, decision)]
    return settle(typed, [issue] if found is None else found, made, revised, run=run, at=NOW)


def edited(root):
    return Revised("pre_survey", 1, 1, root, "edited", 1, RECEIVED_AT)


def test_every_kind_of_issue_says_what_may_be_decided_and_deletion_is_for_consent_and_identity():
    assert OPTIONS.keys() == CHECKS.keys()
    assert {kind for kind, options in OPTIONS.items() if DELETE in options} == {"no_consent", "quarantined"}


def test_an_unlinked_pair_is_no_pair_and_its_surveys_still_count():
    surveys, linked, found = campaign()
    made = decide(UNLINK, swapped(found))
    kept, apart = counted(made, (), surveys)
    assert kept == surveys
    told = unlinked(linked, apart)
    assert {pair.person_key for pair in linked.pairs} - {pair.person_key for pair in told.pairs} == {"p0"}
    assert len(told.unpaired_before) == len(told.unpaired_after) == 1


def test_an_excluded_record_counts_again_when_it_is_edited_or_the_decision_is_replaced():
    surveys, _, found = campaign()
    issue = swapped(found)
    made = decide(EXCLUDE, issue)
    assert {one.person_key for one in surveys} - {one.person_key for one in counted(made, (), surveys)[0]} == {"p0"}
    back = counted(made, [edited("before-p0")], surveys)[0]
    assert [one.root_uuid for one in back if one.person_key == "p0"] == ["before-p0"]  # the other was not edited
    assert counted((*made, *decide(REOPEN, issue, made, run=2)), (), surveys)[0] == surveys
    _, _, changed = campaign([edited("after-p0")])
    later = decide(CORRECT, swapped(changed), made, [edited("after-p0")], run=2)
    assert counted((*made, *later), [edited("after-p0")], surveys)[0] == surveys


def test_a_decision_stands_while_its_records_are_as_they_were():
    _, _, found = campaign()
    made = decide(CORRECT, swapped(found))
    assert dict(standing(made, found)) == {swapped(found).id: made[0]}
    _, _, changed = campaign([edited("after-p0")])
    assert dict(standing(made, changed)) == {}
    (late,) = decide(CORRECT, swapped(changed), state=swapped(found).state)
    assert late.outcome == "stale"


def test_an_issue_that_is_gone_keeps_its_decision_in_the_log():
    _, _, found = campaign()
    (one,) = decide(CORRECT, swapped(found), found=[issue for issue in found if issue.kind != "swapped"])
    assert (one.outcome, one.decision) == ("gone", CORRECT)


@pytest.mark.parametrize("kind", ["incomplete", "held"])
def test_what_a_command_settles_is_not_settled_by_a_word(kind):
    _, _, found = campaign()
    (one,) = decide(CORRECT, replace(swapped(found), kind=kind))
    assert (one.outcome, one.reason) == ("unread", "not_here")


def test_reopening_what_nobody_decided_is_not_read():
    _, _, found = campaign()
    (one,) = decide(REOPEN, swapped(found))
    assert (one.outcome, one.reason) == ("unread", "not_here")
