"""Tablets against a server over real HTTP: the deployed forms are fetched, filled, sent, and can be read back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import requests
from openpyxl import load_workbook

from collector.errors import TabletError, TokenRefused
from collector.kobo import pages
from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, deploy
from collector.sandbox.options import Options
from collector.sandbox.server import ENUMERATORS, OWNER, Sandbox, serve
from collector.tablets.campaign import Campaign
from collector.tablets.filled import Filled
from collector.tablets.tablet import fetch_blank_forms, run_tablets
from tests.support.material import MEDIA, PROGRAMME, campaign, form_xml, score, workbook

pytestmark = pytest.mark.java

OPTIONS = Options(now=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC), import_seconds=0)
THREE_SESSIONS = campaign(7, "demo", sessions=3)


@dataclass
class Field:
    """A sandbox with the three forms deployed, shared with the enumerators; asset uids by form key."""

    sandbox: Sandbox
    assets: dict[str, str]

    @property
    def tokens(self) -> dict[str, str]:
        return {username: self.sandbox.token(username) for username in ENUMERATORS}

    def received(self, form_key: str) -> dict[str, dict[str, str]]:
        """The server's data list by instance id."""
        with Client(self.sandbox.url, self.sandbox.token(OWNER)) as client:
            walked = pages.fetch_pages(client, self.assets[form_key], after=0, page_size=1000)
            records = [msgspec.json.decode(record) for page in walked for record in page.records]
        return {record["meta/instanceID"]: record for record in records}


@pytest.fixture(scope="module")
def deployed_once(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Folder of a sandbox with the three forms deployed, and their uids."""
    folder = tmp_path_factory.mktemp("deployed")
    with serve(folder, options=OPTIONS) as sandbox:
        return folder, {key: deployed(sandbox, key, workbook(key).path.read_bytes()) for key in PROGRAMME.forms}


@pytest.fixture
def field(deployed_once, tmp_path) -> Iterator[Field]:
    folder, assets = deployed_once
    shutil.copytree(folder, tmp_path / "sandbox")
    with serve(tmp_path / "sandbox", options=OPTIONS) as sandbox:
        yield Field(sandbox, assets)


def deployed(sandbox: Sandbox, key: str, content: bytes) -> str:
    with Client(sandbox.url, sandbox.token(OWNER)) as client:
        uid = deploy(client, DeployableForm(key, workbook(key).form_id, content, MEDIA)).asset_uid
    share = [
        {"user": f"/api/v2/users/{name}/", "permission": "/api/v2/permissions/add_submissions/"} for name in ENUMERATORS
    ]
    headers = {"Authorization": f"Token {sandbox.token(OWNER)}"}
    url = f"{sandbox.url}/api/v2/assets/{uid}/permission-assignments/bulk/"
    requests.post(url, json=share, headers=headers, timeout=10).raise_for_status()
    return uid


def part(*forms: Filled) -> Campaign:
    return replace(THREE_SESSIONS, forms=forms)


def first_of_each() -> Campaign:
    return part(*(next(form for form in THREE_SESSIONS.forms if form.form_key == key) for key in PROGRAMME.forms))


def test_a_campaign_filled_by_two_processes_arrives_whole_with_its_answers_and_times(field):
    progress = []
    sent = run_tablets(
        field.sandbox.url,
        field.tokens,
        THREE_SESSIONS,
        backdated=True,
        on_sent=lambda done, total, label: progress.append((done, total)),
    )
    total = len(THREE_SESSIONS.forms)
    assert (sent.total, sent.refused, sent.engine, sent.engine_reason) == (total, (), "javarosa", "")
    assert progress == [(number, total) for number in range(1, total + 1)]
    for key in PROGRAMME.forms:
        received = field.received(key)
        filled = {form.instance_id: form for form in THREE_SESSIONS.forms if form.form_key == key}
        assert received.keys() == filled.keys()
        for instance_id, form in filled.items():
            record = received[instance_id]
            assert record["_submission_time"] == form.sent_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            assert record["_submitted_by"] == form.username
            if key != "attendance" and form.answers["consent"] == "yes" and not form.tampered:
                assert float(record["knowledge/score"]) == pytest.approx(score(form), abs=0.006)


def test_one_tablet_sends_in_the_order_of_its_days(field):
    run_tablets(field.sandbox.url, field.tokens, THREE_SESSIONS, count=1, workers=1, engine="plain")
    received = field.received("pre_survey")
    in_order = [form.instance_id for form in THREE_SESSIONS.forms if form.form_key == "pre_survey"]
    assert list(received) == in_order
    assert len({record["deviceid"] for record in received.values()}) == 1


def test_sending_a_campaign_again_changes_nothing(field):
    for _ in range(2):
        sent = run_tablets(field.sandbox.url, field.tokens, first_of_each(), workers=0)
        assert (sent.total, sent.refused) == (3, ())
    assert [len(field.received(key)) for key in PROGRAMME.forms] == [1, 1, 1]


def test_a_bad_line_while_sending_neither_loses_a_form_nor_doubles_it(field):
    actions = ("act-then-close", "close", "cut")
    faults = [field.sandbox.faults.add(action, method="POST", path="/submission") for action in actions]
    sent = run_tablets(field.sandbox.url, field.tokens, first_of_each(), workers=0)
    assert [fault.acted for fault in faults] == [1, 1, 1]
    assert (sent.total, sent.refused) == (3, ())
    assert [len(field.received(key)) for key in PROGRAMME.forms] == [1, 1, 1]


def test_answers_an_engine_would_refuse_are_put_in_afterwards(field):
    survey = next(form for form in THREE_SESSIONS.forms if form.answers.get("consent") == "yes")
    tampered = replace(survey, tampered={"consent": "no", "person/age_check": "not_in_list"})
    run_tablets(field.sandbox.url, field.tokens, part(tampered), workers=0)
    (record,) = field.received(survey.form_key).values()
    assert (record["consent"], record["person/age_check"]) == ("no", "not_in_list")


def test_a_tablet_that_kept_an_old_form_sends_with_the_old_version(field):
    before = fetch_blank_forms(field.sandbox.url, field.tokens, first_of_each())
    deployed(field.sandbox, "pre_survey", reworded(workbook("pre_survey").path))
    kept, fetched = (form for form in THREE_SESSIONS.forms[:2])
    forms = part(replace(kept, is_old_form=True), fetched)
    run_tablets(field.sandbox.url, field.tokens, forms, workers=0, old_forms=before)
    received = field.received("pre_survey")
    versions = [received[form.instance_id]["__version__"] for form in forms.forms]
    assert versions[0].encode() in before["pre_survey"].form_xml
    assert versions[1].encode() not in before["pre_survey"].form_xml


def reworded(path: Path) -> bytes:
    """The same form with one hint more, which makes a new version of it; saving it again would not."""
    book = load_workbook(path)
    survey = book["survey"]
    columns = {cell.value: cell.column for cell in survey[1]}
    row = next(cells[0].row for cells in survey.iter_rows() if cells[columns["name"] - 1].value == "consent")
    for heading, column in columns.items():
        if heading.startswith("hint::"):
            survey.cell(row, column).value = "؟"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def test_without_java_a_campaign_is_sent_all_the_same_and_the_reason_is_told(field):
    code = (
        "import sys; sys.modules['jpype'] = None\n"
        "from tests.journey.tablets.test_tablets import first_of_each, run_tablets\n"
        "sent = run_tablets(sys.argv[1], sys.argv[2], first_of_each(), workers=0)\n"
        "print(sent.total, sent.engine, sent.engine_reason, sep='|')"
    )
    command = [sys.executable, "-c", code, field.sandbox.url, field.sandbox.token(OWNER)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    total, engine, reason = run.stdout.strip().split("|")
    assert (total, engine) == ("3", "plain")
    assert "jpype" in reason
    assert [len(field.received(key)) for key in PROGRAMME.forms] == [1, 1, 1]


def test_an_archived_form_is_no_longer_on_the_tablets(field):
    url = f"{field.sandbox.url}/api/v2/assets/{field.assets['pre_survey']}/deployment/"
    headers = {"Authorization": f"Token {field.sandbox.token(OWNER)}"}
    requests.patch(url, json={"active": False}, headers=headers, timeout=10).raise_for_status()
    with pytest.raises(TabletError, match="no deployed form has all questions of 'pre_survey'"):
        run_tablets(field.sandbox.url, field.tokens, first_of_each(), workers=0)


def test_what_a_worker_process_fails_with_reaches_the_caller_with_its_class_and_text(field):
    survey = next(form for form in THREE_SESSIONS.forms if form.form_key == "pre_survey")
    with pytest.raises(TabletError, match="question 'card' refused the answer: This is not a valid card number"):
        run_tablets(
            field.sandbox.url,
            field.tokens,
            part(replace(survey, language="en", answers={**survey.answers, "card": 1_000_072})),
            workers=1,
        )


def test_a_wrong_token_and_a_missing_token_are_told_apart(field):
    with pytest.raises(TokenRefused):
        run_tablets(field.sandbox.url, "0" * 40, first_of_each(), workers=0)
    with pytest.raises(TabletError, match="no token for user 'e"):
        run_tablets(field.sandbox.url, {}, first_of_each(), workers=0)


def test_one_token_serves_all_tablets(field):
    sent = run_tablets(field.sandbox.url, field.sandbox.token(OWNER), first_of_each(), workers=0)
    assert sent.total == 3
    assert {record["_submitted_by"] for record in field.received("attendance").values()} == {OWNER}


def test_the_forms_of_the_server_are_those_of_the_project(field):
    blank = fetch_blank_forms(field.sandbox.url, field.tokens, first_of_each())
    for key, form in blank.items():
        assert form.form_id == field.assets[key]
        assert form.media == MEDIA
        assert form.form_xml.count(b"<bind") == form_xml(key).count(b"<bind") + 2  # the project's id and the version
