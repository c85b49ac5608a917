"""Two people deploy one form at once, and servers that say no late: one deployment goes on, nothing is doubled."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from collector.errors import DeploymentFailed
from collector.kobo.assets import fetch_asset, fetch_files, find_asset, find_assets
from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, deploy
from collector.kobo.retry import Patience
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from tests.journey.office import KEY, open_office
from tests.journey.workbooks import SURVEY, workbook

ALICE = DeployableForm("visit", "Visit", workbook(), {"venues.csv": b"name,label\nv1,Hall\n"})
BOB = replace(
    ALICE,
    workbook=workbook([*SURVEY, ("text", "remark", "Remark", "ملاحظة", "")]),
    media={"venues.csv": b"name,label\nv1,Hall\nv2,Room\n"},
)
NUMBER = ("integer", "n", "N", "ن", "")
STEPS = ("importing", "sending", "deploying", "looking")


@pytest.fixture
def sandbox(tmp_path):
    ticks = count()
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    with serve(
        tmp_path, options=Options(now=lambda: now + timedelta(seconds=next(ticks)), import_seconds=0)
    ) as sandbox:
        yield sandbox


def open_client(sandbox):
    return Client(sandbox.url, sandbox.token(OWNER), patience=Patience(sleep=lambda seconds: None), timeout_seconds=30)


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "there"])
@pytest.mark.parametrize("step", STEPS)
def test_who_began_later_goes_on_and_the_other_is_told(sandbox, step, is_new):
    """Bob deploys, start to end, while Alice stands at a step of hers."""
    with open_client(sandbox) as client:
        if not is_new:
            deploy(client, replace(ALICE, workbook=workbook([*SURVEY, NUMBER]), media={"venues.csv": b"name,label\n"}))
        met = []

        def report(said):
            if step in said and not met:
                met.append(deploy(client, BOB, by="bob"))

        with pytest.raises(DeploymentFailed, match=f"form 'visit': {OWNER} deploys it at the same time"):
            deploy(client, ALICE, by="alice", report=report)
        asset = find_asset(client, "visit")
        assert asset.deployed_version_uid == met[0].version_uid
        assert len(fetch_files(client, asset.uid)) == 1
        if step == "importing":  # hers came in after his was out: a draft, which nobody gets before it is decided
            with pytest.raises(DeploymentFailed, match="was changed on the server"):
                deploy(client, BOB)
        else:
            assert deploy(client, BOB).outcome == "unchanged"
        assert deploy(client, ALICE, is_overwriting=True).outcome == "changed"


def test_two_who_create_the_project_at_the_same_moment_leave_one(sandbox):
    """Bob's project is made between Alice's look for one and hers."""
    with open_client(sandbox) as client:

        def report(said):
            if "creating" in said:
                deploy(client, BOB, by="bob")

        with pytest.raises(DeploymentFailed, match="deploys it at the same time"):
            deploy(client, ALICE, by="alice", report=report)
        (asset,) = find_assets(client, "visit")
        assert client.get_json("/api/v2/assets/", limit=1)["count"] == 1
        assert asset.is_active


def test_what_a_killed_run_began_is_said_and_finished(sandbox):
    with open_client(sandbox) as client:

        def report(said):
            if "deploying" in said:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            deploy(client, ALICE, by="alice", report=report)
        said = []
        assert deploy(client, ALICE, by="bob", report=said.append).outcome == "changed"
        assert said[0] == "visit: finishing what alice began"


def test_two_processes_at_once_leave_one_project_and_one_of_the_two_forms(tmp_path):
    with open_office(tmp_path) as office:
        office.sandbox.faults.latency_ms = 20
        file = tmp_path / "settings.toml"
        file.write_text(f"""
[server]
url = "{office.sandbox.url}"
[database]
url = "sqlite:///{tmp_path / "collector.db"}"
[raw]
url = "sqlite:///{tmp_path / "raw.db"}"
[forms]
folder = "{office.folder}"
""")
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "server__token").write_text(office.sandbox.token(OWNER))
        (tmp_path / "secrets" / "privacy__secret").write_text("a secret of the tests, long enough")
        command = [sys.executable, "-m", "jobs.cli", "deploy", KEY, "--settings", str(file)]
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
        ]
        ended = [(*each.communicate(timeout=120), each.returncode) for each in running]
        office.sandbox.faults.clear()
        assert 0 in [code for _, _, code in ended], ended
        for _, error, code in ended:
            assert code == 0 or "at the same time" in error, error
        with office.client() as client:
            (asset,) = find_assets(client, KEY)
            assert len({each.filename for each in fetch_files(client, asset.uid)}) == len(
                fetch_files(client, asset.uid)
            )
        office.deploy()  # the loser's import may have left a draft, of the same content, that nobody gets yet
        assert office.plan().state == "unchanged"


def test_a_server_that_refuses_an_import_late_is_quoted_and_the_old_form_runs_on(tmp_path):
    """The import is taken, said to be under way for a while, and then refused."""
    options = Options(now=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC), import_seconds=1.2)
    with serve(tmp_path, options=options) as sandbox, Client(sandbox.url, sandbox.token(OWNER)) as client:
        first = deploy(client, ALICE)
        polls = sandbox.faults.add("hang", method="GET", path="/imports/", after=10**6)
        with pytest.raises(DeploymentFailed, match=r"the server cannot read it: .*Correct the workbook"):
            deploy(client, replace(ALICE, workbook=b"PK no workbook"))
        assert polls.seen >= 2
        assert fetch_asset(client, first.asset_uid).deployed_version_uid == first.version_uid
        assert deploy(client, ALICE).version_uid == fetch_asset(client, first.asset_uid).deployed_version_uid


@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_stumbles_while_it_reads_an_import_is_asked_again(sandbox, status):
    with open_client(sandbox) as client:
        fault = sandbox.faults.add("status", method="GET", path="/imports/", status=status, times=2)
        assert deploy(client, ALICE).outcome == "created"
        assert fault.acted == 2
