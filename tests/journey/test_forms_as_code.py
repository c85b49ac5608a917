"""A form changed while its data come in: planned, priced, held back or mapped, deployed, read on in one column."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from collector.errors import DeploymentHeld, FormError, ServerUnreachable
from collector.form.changes import What
from collector.form.programme import read_programme
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting.database import open_engine
from collector.reporting.tables import accepted_changes
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, Sandbox, serve
from jobs.form_plan import pull_command
from jobs.guard import guarded_deploy, make_plans
from jobs.nightly import Desk, export_recorded, pull_recorded
from jobs.settings import Settings, read_settings
from jobs.wiring import open_databases

FORMS = Path(__file__).parents[2] / "forms"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = "attendance"
SUBMISSIONS = (
    {"status": "held", "head_f": "12", "venue_type": "hotel", "issues": "late call"},
    {"status": "held", "head_f": "9", "venue_type": "hotel", "issues": "none"},
    {"status": "held", "head_f": "7", "venue_type": "camp"},
    {"status": "cancelled"},
)


@dataclass
class Office:
    """A forms folder of one's own, a sandbox, a database: what an officer works with."""

    sandbox: Sandbox
    settings: Settings
    folder: Path

    @property
    def programme(self):
        return read_programme(self.folder / "programme.toml")

    def client(self, attempts: int = 3) -> Client:
        patience = Patience(attempts=attempts, sleep=lambda seconds: None)
        return Client(self.sandbox.url, self.sandbox.token(OWNER), patience=patience, timeout_seconds=30)

    def plan(self, key: str = KEY):
        with self.client() as client:
            (plan,) = make_plans(client, self.settings, self.programme, [key])
        return plan

    def deploy(self, key: str = KEY, attempts: int = 3, **decided):
        with self.client(attempts) as client:
            decided = {"by": OWNER, "now": lambda: NOW, **decided}
            (done,) = guarded_deploy(client, self.settings, self.programme, [key], **decided)
        return done

    def pull(self, *records, key: str = KEY):
        """Submissions arrive, and are pulled."""
        plan = self.plan(key)
        version = {"__version__": plan.asset.deployed_version_uid}
        self.sandbox.put_json(plan.asset.uid, [{**record, **version} for record in records])
        with open_databases(self.settings) as databases:
            pull_recorded(Desk(self.settings, databases, lambda: NOW), [key])

    def rows(self, statement):
        engine = open_engine(self.settings.database.url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(statement)]
        finally:
            engine.dispose()

    def edit(self, change, key: str = KEY):
        path = self.folder / self.programme.forms[key].workbook
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)

    def rename(self, old: str, new: str):
        """A question gets another name wherever it is mentioned, in the workbook and in programme.toml."""

        def change(book):
            for cells in book["survey"].iter_rows():
                for cell in cells:
                    if isinstance(cell.value, str):
                        cell.value = new if cell.value == old else cell.value.replace(f"${{{old}}}", f"${{{new}}}")

        self.edit(change)
        path = self.folder / "programme.toml"
        path.write_text(path.read_text("utf-8").replace(f'"{old}"', f'"{new}"'), "utf-8")


def row_named(book, name, sheet="survey"):
    names = {cell.value: cell.column for cell in book[sheet][1]}
    return next(cells[0].row for cells in book[sheet].iter_rows() if cells[names["name"] - 1].value == name), names


def without(sheet, name):
    def change(book):
        book[sheet].delete_rows(row_named(book, name, sheet)[0])

    return change


@pytest.fixture
def office(tmp_path):
    with serve(tmp_path / "sandbox", options=Options(now=lambda: NOW, import_seconds=0)) as sandbox:
        shutil.copytree(FORMS, tmp_path / "forms")
        (tmp_path / "settings.toml").write_text("", "utf-8")
        settings = read_settings(
            tmp_path / "settings.toml",
            server={"url": sandbox.url, "token": SecretStr(sandbox.token(OWNER))},
            database={"url": f"sqlite:///{tmp_path / 'collector.db'}"},
            raw={"url": f"sqlite:///{tmp_path / 'raw.db'}"},
            forms={"folder": tmp_path / "forms"},
            export={"folder": tmp_path / "export"},
            privacy={"secret": SecretStr("a secret of the tests, long enough")},
            judging={"quarantine": ()},  # what these forms leave out is only told: a form's changes are the matter here
        )
        yield Office(sandbox, settings, tmp_path / "forms")


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


def edit_on_server(office, label):
    """Somebody changes a label in the web builder, and deploys it."""
    with office.client() as client:
        asset = office.plan().asset
        content = dict(client.get_json(asset.path)["content"])
        survey = [dict(row) for row in content["survey"]]
        row = next(row for row in survey if row.get("name") == "head_f")
        row["label"] = [label, *row["label"][1:]]
        client.patch_json(asset.path, {"content": {**content, "survey": survey}})


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
        is_cut, cut_at = bool(fault.acted), cut_at + 1
        running.deploy(**decided)
        assert running.plan().state == "unchanged"
        path.write_bytes(old)
        running.deploy()
    assert cut_at >= 11
    with running.client() as client:
        assert client.get_json("/api/v2/assets/", limit=1)["count"] == 1


FOLLOW_UP = """
[forms.follow_up]
kind = "survey"
wave = "follow_up"
workbook = "follow_up.xlsx"
"""


def test_a_fourth_form_needs_no_python(office):
    """A follow-up survey: a workbook and a few lines of programme.toml, from check to export."""
    from jobs.forms import check_form

    shutil.copy(office.folder / "post_survey.xlsx", office.folder / "follow_up.xlsx")
    programme = office.folder / "programme.toml"
    lines = programme.read_text("utf-8")
    questions = lines.partition("[forms.post_survey.questions]")[2].partition("\n# ----")[0]
    programme.write_text(f"{lines}{FOLLOW_UP}\n[forms.follow_up.questions]{questions}", "utf-8")

    def renamed(book):
        names = {cell.value: cell.column for cell in book["settings"][1]}
        book["settings"].cell(2, names["form_id"]).value = "follow_up"

    office.edit(renamed, "follow_up")
    path = office.folder / "follow_up.xlsx"
    assert check_form(path, office.settings, office.programme, on_date=NOW.date()).mistakes == ()
    assert office.plan("follow_up").state == "created"
    assert office.deploy("follow_up").outcome == "created"
    office.pull({"session_id": "ERB-01", "consent": "yes", "card": "1234567"}, key="follow_up")
    assert office.rows(text("SELECT session_id, consent FROM follow_up")) == [("ERB-01", "yes")]
    with open_databases(office.settings) as databases:
        exported = export_recorded(Desk(office.settings, databases, lambda: NOW))
    assert exported.path.is_file()


def test_the_servers_form_is_not_written_over_a_file_unasked(running, tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.form_plan.read_settings", lambda file: running.settings)
    with pytest.raises(FormError, match="--overwrite"):
        pull_command(None, KEY, to=None, is_overwriting=False)
    pull_command(None, KEY, to=tmp_path / "home.xlsx", is_overwriting=False)
    assert (tmp_path / "home.xlsx").read_bytes().startswith(b"PK")
