"""A form changed while its data come in: planned, priced, held back or mapped, deployed, read on in one column."""

from __future__ import annotations

from contextlib import suppress

import openpyxl
import pytest
from sqlalchemy import select, text

from collector.errors import DeploymentHeld, FormError, PermissionMissing, ServerUnreachable
from collector.form.changes import What
from collector.kobo.client import Client
from collector.reporting.tables import accepted_changes
from collector.sandbox.server import OWNER
from jobs.form_plan import pull_command
from jobs.form_texts import show_command
from jobs.forms import form_path
from jobs.guard import guarded_deploy
from tests.journey.office import KEY, NOW, open_office, row_named, without

SUBMISSIONS = (
    {"status": "held", "head_f": "12", "venue_type": "hotel", "issues": "late call"},
    {"status": "held", "head_f": "9", "venue_type": "hotel", "issues": "none"},
    {"status": "held", "head_f": "7", "venue_type": "camp"},
    {"status": "cancelled"},
)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def running(office):
    """The form is out, and four submissions are in."""
    office.deploy()
    office.pull(*SUBMISSIONS)
    return office


def test_a_question_renamed_without_a_word_is_priced_and_held_back(running):
    running.rename("head_f", "women")
    (planned,) = running.plan().held
    assert (planned.change.what, planned.change.is_guess) == (What.QUESTION_RENAMED, True)
    assert (planned.price.answers, planned.price.submissions) == (3, 3)
    with pytest.raises(DeploymentHeld, match="question_renamed:women"):
        running.deploy()


def test_a_question_renamed_with_a_mapping_goes_on_in_its_column(running):
    running.rename("head_f", "women")

    def mapped(book):
        row, names = row_named(book, "women")
        book["survey"].cell(1, len(names) + 1).value = "renamed_from"
        book["survey"].cell(row, len(names) + 1).value = "head_f"

    running.edit(mapped)
    assert running.plan().held == ()
    assert running.deploy().outcome == "changed"
    running.pull({"status": "held", "women": "30"})
    counts = running.rows(text("SELECT head_f FROM attendance WHERE head_f IS NOT NULL ORDER BY head_f"))
    assert counts == [(7,), (9,), (12,), (30,)]


@pytest.mark.parametrize(
    ("name", "change", "answers"),
    [("venue_type/hotel", "choice_removed:venue_type/hotel", 2), ("issues/late", "choice_removed:issues/late", 1)],
)
def test_a_choice_taken_away_costs_the_answers_that_use_it(running, name, change, answers):
    running.edit(without("choices", name.partition("/")[2]))
    (planned,) = running.plan().held
    assert (planned.change.id, planned.price.answers) == (change, answers)


def test_a_breaking_change_goes_out_when_it_is_accepted_and_is_recorded_with_who_and_when(running):
    before = running.plan().asset.deployed_version_uid
    running.edit(without("choices", "hotel"))
    change = "choice_removed:venue_type/hotel"
    assert running.deploy(accepting=[change]).outcome == "changed"
    kept = running.rows(select(accepted_changes))
    assert kept == [(KEY, before, change, NOW, OWNER, 2, 2)]


def test_accepting_what_does_not_happen_is_a_mistake(running):
    running.edit(without("choices", "hotel"))
    with pytest.raises(FormError, match="breaking changes: choice_removed:venue_type/hotel"):
        running.deploy(accepting=["choice_removed:venue_type/motel"])


def test_a_workbook_that_was_only_saved_again_is_unchanged(running):
    before = (running.folder / "attendance.xlsx").read_bytes()
    running.edit(lambda book: setattr(book.properties, "title", "saved again"))
    assert (running.folder / "attendance.xlsx").read_bytes() != before
    assert running.plan().state == "unchanged"
    assert running.deploy().outcome == "unchanged"


def edit_on_server(office, label, *, is_deployed=False):
    """Somebody changes a label in the web builder, and deploys it there too or leaves it at that."""
    with office.client() as client:
        asset = office.plan().asset
        content = dict(client.get_json(asset.path)["content"])
        survey = [dict(row) for row in content["survey"]]
        row = next(row for row in survey if row.get("name") == "head_f")
        row["label"] = [label, *row["label"][1:]]
        saved = client.patch_json(asset.path, {"content": {**content, "survey": survey}})
        if is_deployed:
            client.patch_json(f"{asset.path}deployment/", {"active": True, "version_id": saved["version_id"]})


def test_a_form_changed_by_hand_on_the_server_is_shown_and_never_overwritten_unasked(running):
    edit_on_server(running, "Ladies")
    plan = running.plan()
    assert plan.state == "drifted"
    assert [(change.what, change.after) for change in plan.drift] == [(What.WORDING_CHANGED, "Ladies")]
    with pytest.raises(DeploymentHeld, match="--take ours or --take server"):
        running.deploy()
    assert running.deploy(take="ours").outcome == "changed"
    assert running.plan().state == "unchanged"


def test_the_servers_form_can_be_taken_home_and_is_then_ours(running):
    edit_on_server(running, "Ladies")
    running.deploy(take="server")
    book = openpyxl.load_workbook(running.folder / "attendance.xlsx")
    row, names = row_named(book, "head_f")
    assert book["survey"].cell(row, names["label::English (en)"]).value == "Ladies"
    assert running.plan().state == "unchanged"


@pytest.mark.parametrize("is_deployed", [False, True])
def test_a_form_brought_home_is_no_drift_any_more_and_nothing_is_lost_of_it(running, monkeypatch, is_deployed):
    monkeypatch.setattr("jobs.form_plan.read_settings", lambda file: running.settings)
    edit_on_server(running, "Ladies", is_deployed=is_deployed)
    assert running.plan().state == "drifted"
    draft = running.plan().asset.version_uid
    pull_command(None, KEY, to=None, is_overwriting=True)
    plan = running.plan()
    assert (plan.state, plan.drift) == ("unchanged" if is_deployed else "changed", ())
    done = running.deploy()
    assert (done.outcome, done.version_uid) == ("unchanged" if is_deployed else "changed", draft)
    assert running.plan().state == "unchanged"
    edit_on_server(running, "Women present")
    assert running.plan().state == "drifted"


def test_what_is_changed_at_home_after_it_was_brought_home_still_needs_a_decision(running, monkeypatch):
    monkeypatch.setattr("jobs.form_plan.read_settings", lambda file: running.settings)
    edit_on_server(running, "Ladies")
    pull_command(None, KEY, to=None, is_overwriting=True)
    running.edit(without("choices", "hotel"))
    assert running.plan().state == "drifted"
    with pytest.raises(DeploymentHeld, match="--take ours or --take server"):
        running.deploy()


def test_a_guarded_deployment_cut_at_any_request_is_finished_by_the_next_run(running):
    """The line is lost at the first request, then at the second, and so on; in between the old form is put back."""
    path = running.folder / "attendance.xlsx"
    old = path.read_bytes()
    running.edit(without("choices", "hotel"))
    new = path.read_bytes()
    decided = {"accepting": ["choice_removed:venue_type/hotel"]}
    cut_at, is_cut = 0, True
    while is_cut:
        path.write_bytes(new)
        fault = running.sandbox.faults.add("close", after=cut_at)
        with suppress(ServerUnreachable):
            running.deploy(attempts=1, **decided)
        running.sandbox.faults.clear()
        is_cut, requests, cut_at = bool(fault.acted), running.requests, cut_at + 1
        running.deploy(**decided)
        assert running.plan().state == "unchanged"
        path.write_bytes(old)
        running.deploy()
    asked_whether_sandbox = 1  # which no fault touches
    assert cut_at - 1 == requests - asked_whether_sandbox, "a request was never cut"
    assert requests >= 19
    with running.client() as client:
        assert client.get_json("/api/v2/assets/", limit=1)["count"] == 1


def test_the_servers_form_is_not_written_over_a_file_unasked(running, tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.form_plan.read_settings", lambda file: running.settings)
    with pytest.raises(FormError, match="--overwrite"):
        pull_command(None, KEY, to=None, is_overwriting=False)
    pull_command(None, KEY, to=tmp_path / "home.xlsx", is_overwriting=False)
    assert (tmp_path / "home.xlsx").read_bytes().startswith(b"PK")


def test_a_word_that_means_no_form_is_answered_with_the_forms_there_are(office):
    with pytest.raises(FormError, match="neither a file nor one of the forms: attendance, pre_survey, post_survey"):
        form_path(office.settings, office.programme, "attendence")


def test_a_form_is_shown_in_a_language_that_it_has_or_not_at_all(office, monkeypatch, capsys):
    monkeypatch.setattr("jobs.form_texts.read_settings", lambda file: office.settings)
    show_command(None, KEY, language="ckb", form=None, as_json=True)
    assert "ژمارەی ژنانی ئامادەبوو" in capsys.readouterr().out
    with pytest.raises(FormError, match=r"no language 'fr'; its languages: English \(en\), "):
        show_command(None, KEY, language="fr", form=None, as_json=True)


def test_an_account_that_does_not_see_the_project_makes_no_second_one(running):
    with (
        Client(running.sandbox.url, running.sandbox.token("e05")) as stranger,
        pytest.raises(PermissionMissing, match="change_asset"),
    ):
        guarded_deploy(stranger, running.settings, running.programme, [KEY], by="e05", now=lambda: NOW)
    with running.client() as client, Client(running.sandbox.url, running.sandbox.token("e05")) as stranger:
        assert [each.get_json("/api/v2/assets/", limit=1)["count"] for each in (client, stranger)] == [1, 0]
