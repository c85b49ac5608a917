"""The command line as a user meets it: each thing that is wrong is one line, says what to do, and has its exit code."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from jobs.cli import main
from jobs.sandbox import now
from tests.support.keys import new_key
from tests.support.mail_server import HOST, PASSWORD, USER, serving, write_certificate

ROOT = Path(__file__).parents[2]
FORMS = ROOT / "forms"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("sandbox"), options=Options(now=now)) as sandbox:
        yield sandbox


@pytest.fixture
def user(tmp_path, sandbox, monkeypatch):
    """Somebody with a settings file of their own: `run(*words)` is what they type."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLLECTOR_")}
    environment |= {
        "COLLECTOR_SERVER__URL": sandbox.url,
        "COLLECTOR_SERVER__TOKEN": sandbox.token(OWNER),
        "COLLECTOR_PRIVACY__SECRET": "a secret of the tests, long enough",
        "COLLECTOR_FORMS__FOLDER": str(FORMS),
        "PYTHONPATH": str(ROOT),
    }
    (tmp_path / "settings.toml").write_text("", "utf-8")

    def run(*words, **changed):
        own = {name: value for name, value in (environment | changed).items() if value is not None}
        done = in_this_process(words, own, tmp_path, monkeypatch)
        assert "Traceback" not in done.stderr
        return done

    return SimpleNamespace(run=run, folder=tmp_path, environment=environment)


def in_this_process(words, environment, folder, monkeypatch):
    """A command as its own process would run it, without the second that Python takes to begin."""
    out, err = io.StringIO(), io.StringIO()
    with monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        patch.setattr("sys.argv", ["collector", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return SimpleNamespace(returncode=ended.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def is_refused(done, code, *words):
    """One line on standard error, with its words, its exit code, and nothing on standard output."""
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr
    return True


@pytest.fixture(scope="module")
def deployed(sandbox, tmp_path_factory):
    """The three forms on the sandbox, deployed by the command."""
    folder = tmp_path_factory.mktemp("deployer")
    own = {
        **os.environ,
        "COLLECTOR_SERVER__URL": sandbox.url,
        "COLLECTOR_SERVER__TOKEN": sandbox.token(OWNER),
        "COLLECTOR_FORMS__FOLDER": str(FORMS),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "jobs.cli", "deploy", "--json"]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def test_deploying_again_leaves_every_form_alone(deployed, user):
    assert {form["outcome"] for form in deployed} == {"created"}
    again = json.loads(user.run("deploy", "--json").stdout)
    assert [form["outcome"] for form in again] == ["unchanged"] * 3
    assert [form["version_uid"] for form in again] == [form["version_uid"] for form in deployed]


def test_a_night_before_the_first_submission_has_its_workbook_and_status(deployed, user):
    done = user.run("run", "nightly", "--json")
    assert done.returncode == 0, done.stderr
    night = json.loads(done.stdout)
    assert [form["on_server"] for form in night["pulled"]] == [0, 0, 0]
    assert Path(night["exported"]["path"]).is_file()
    again = json.loads(user.run("rejudge", "--json", COLLECTOR_SERVER__TOKEN=None).stdout)
    assert [(form["form"], form["judged"]) for form in again] == [(form["form"], 0) for form in night["pulled"]]
    status = user.run("status", "--json")
    assert status.returncode == 0
    assert [(run["job"], run["state"]) for run in json.loads(status.stdout)["runs"]] == [
        ("rejudge", "succeeded"),
        ("nightly", "succeeded"),
    ]


def test_a_mail_that_missed_somebody_fails_the_night_and_is_mended_by_delivering_again(deployed, user):
    certificate = write_certificate(user.folder / "mail.pem")
    with serving(certificate) as mailbox:
        (user.folder / "settings.toml").write_text(
            f'[mail]\nserver = "{HOST}"\nport = {mailbox.port}\nuser = "{USER}"\nsender = "c@example.org"\n'
            'ca_file = "mail.pem"\n[mail.groups.officers]\nto = ["a@example.org", "b@example.org"]\n',
            "utf-8",
        )
        (user.folder / "secrets").mkdir()
        (user.folder / "secrets" / "mail__password").write_text(PASSWORD, "utf-8")
        mailbox.refused["b@example.org"] = "452 mailbox full"
        night = user.run("run", "nightly", "--json")
        assert night.returncode == 93, night.stderr
        assert "1 of 2 missed it): 452 mailbox full" in night.stderr
        assert [each["state"] for each in json.loads(night.stdout)["sent"]] == ["sent", "refused"]
        status = user.run("status")
        assert status.returncode == 60
        assert "ALARM The mail about the workbook of" in status.stdout
        mailbox.refused.clear()
        shown = user.run("deliver", "--dry-run")
        assert "To group 'officers': b@example.org" in shown.stdout
        assert user.run("deliver").returncode == 0
        assert mailbox.envelopes == [("a@example.org",), ("b@example.org",)]
        assert user.run("status").returncode == 0


def test_an_unknown_setting(user):
    (user.folder / "settings.toml").write_text("[servr]\n", "utf-8")
    assert is_refused(user.run("pull"), 10, "unknown setting 'servr'", "did you mean 'server'")


@pytest.mark.parametrize("port", ["taken", "70000"])
def test_a_port_that_nobody_can_listen_at(user, sandbox, port):
    port = sandbox.url.rpartition(":")[2] if port == "taken" else port
    assert is_refused(user.run("sandbox", "--port", port), 10, f"port {port}", "port, or 0 for a free one")


def test_a_missing_token(user):
    assert is_refused(user.run("pull", COLLECTOR_SERVER__TOKEN=None), 11, "COLLECTOR_SERVER__TOKEN")


def test_a_missing_pseudonym_secret(user):
    assert is_refused(user.run("pull", COLLECTOR_PRIVACY__SECRET=None), 11, "COLLECTOR_PRIVACY__SECRET")


def test_an_unreachable_server(user):
    nowhere = "http://127.0.0.1:9"
    done = user.run("deploy", COLLECTOR_SERVER__URL=nowhere)
    assert is_refused(done, 21, nowhere, "url")
    own = user.environment | {"COLLECTOR_SERVER__URL": nowhere}
    command = [sys.executable, "-m", "jobs.cli", "deploy"]
    apart = subprocess.run(command, cwd=user.folder, env=own, capture_output=True, text=True, timeout=120, check=False)
    assert (apart.returncode, apart.stdout, apart.stderr) == (done.returncode, done.stdout, done.stderr)


def test_a_wrong_token_is_refused_and_the_run_recorded_as_failed(user):
    wrong = "0123456789" * 4
    done = user.run("pull", COLLECTOR_SERVER__TOKEN=wrong)
    assert done.returncode == 22
    assert "COLLECTOR_SERVER__TOKEN" in done.stderr
    assert wrong not in done.stderr
    status = user.run("status")
    assert status.returncode == 60
    assert "failed" in status.stdout


def test_a_workbook_that_is_no_xlsform(user):
    assert is_refused(user.run("deploy", "attendance", **with_form(user, b"not a workbook")), 31, "attendance.xlsx")


def test_a_mistake_in_an_xlsform_is_placed(user, tmp_path):
    book = openpyxl.load_workbook(FORMS / "attendance.xlsx")
    names = {cell.value: cell.column for cell in book["survey"][1]}
    row = next(cells[0].row for cells in book["survey"].iter_rows() if cells[0].value == "select_one round")
    book["survey"].cell(row, names["type"]).value = "select_one rond"
    book.save(tmp_path / "mistaken.xlsx")
    done = user.run("deploy", "attendance", **with_form(user, (tmp_path / "mistaken.xlsx").read_bytes()))
    assert is_refused(done, 32, f"row {row}", "column 'type'", "rond", "did you mean 'round'")


def with_form(user, attendance):
    """A forms folder of the user's own, with another attendance workbook."""
    forms = user.folder / "forms"
    (forms / "media").mkdir(parents=True)
    for path in [*FORMS.glob("*.*"), *FORMS.glob("media/*")]:
        (forms / path.relative_to(FORMS)).write_bytes(path.read_bytes())
    (forms / "attendance.xlsx").write_bytes(attendance)
    return {"COLLECTOR_FORMS__FOLDER": str(forms)}


def test_a_database_that_is_no_file(user):
    (user.folder / "data" / "collector.db").mkdir(parents=True)
    done = user.run("pull")
    assert done.returncode in (41, 42)
    assert "collector.db" in done.stderr


def test_a_second_run_while_one_is_running(deployed, user):
    assert user.run("pull").returncode == 0
    lock = next(user.folder.glob("data/*lock*"))
    with closing(sqlite3.connect(lock, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert is_refused(user.run("pull"), 45, "wait")


def test_a_folder_that_cannot_be_written(deployed, user):
    (user.folder / "export").write_text("a file where the folder should be", "utf-8")
    assert is_refused(user.run("export"), 51, "export")


def test_a_form_that_does_not_exist(user):
    assert is_refused(user.run("deploy", "attendence"), 30, "attendence", "attendance, pre_survey, post_survey")


def test_placeholders_go_nowhere_but_to_the_sandbox(user, monkeypatch):
    from collector.errors import PlaceholderLeft
    from collector.form.programme import read_programme
    from collector.kobo.client import Client
    from jobs import deploy

    monkeypatch.setattr(deploy, "is_sandbox", lambda client: False)
    client = Client("http://127.0.0.1:9", "0" * 40)
    with pytest.raises(PlaceholderLeft, match=r"\[ROLE AND APPROVED CHANNEL"):
        deploy.deploy(client, read_programme(FORMS / "programme.toml"), FORMS)


def test_the_doctor_says_what_is_well_and_what_to_mend(deployed, user):
    well = user.run("doctor")
    assert well.returncode == 0, well.stdout
    ill = user.run("doctor", "--json", COLLECTOR_SERVER__URL="http://127.0.0.1:9")
    assert ill.returncode == 21
    assert [check["check"] for check in json.loads(ill.stdout) if not check["well"]] == ["server and token"]


def test_the_doctor_looks_at_the_key_of_encrypted_forms_and_at_what_is_taken(user):
    done = user.run("doctor", "--json", COLLECTOR_ENCRYPTION__PRIVATE_KEY="no key", COLLECTOR_ATTACHMENTS__TAKE='["x"]')
    checks = {check["check"]: check for check in json.loads(done.stdout)}
    assert "no block -----BEGIN" in checks["key of encrypted forms"]["detail"]
    assert "begins with no form of programme.toml" in checks["attachments"]["detail"]


@pytest.mark.skipif(os.name != "posix", reason="no file modes")
def test_the_doctor_refuses_a_key_that_others_may_read(user):
    pem, _ = new_key()
    (user.folder / "secrets").mkdir()
    file = user.folder / "secrets" / "encryption__private_key"
    file.write_text(pem, "utf-8")
    for mode, is_well in ((0o644, False), (0o600, True)):
        file.chmod(mode)
        checks = json.loads(user.run("doctor", "--json").stdout)
        assert [check["well"] for check in checks if check["check"] == "key of encrypted forms"] == [is_well]


def test_the_database_is_rebuilt_elsewhere_and_in_its_place_only_when_told(deployed, user):
    assert user.run("replay").returncode == 40
    assert user.run("pull").returncode == 0
    again = json.loads(user.run("replay", "--into", "sqlite:///again.db", "--json").stdout)
    assert again["lost"] == []
    assert again["entries"]
    assert is_refused(user.run("replay"), 46, "--into", "--replace")
    assert user.run("replay", "--replace").returncode == 0
    assert user.run("pull").returncode == 0


def test_a_slot_that_is_due_is_caught_up_once(deployed, user):
    (user.folder / "settings.toml").write_text('[schedule]\nnightly = "* * * * *"\n', "utf-8")
    assert user.run("schedule", "--once").returncode == 0
    runs = json.loads(user.run("status", "--json").stdout)
    assert [run["job"] for run in runs["runs"]] == ["nightly"]
    assert runs["slots"][0][2] == "succeeded"


def test_a_scheduled_run_that_fails_exits_non_zero_and_stays_visible(user):
    (user.folder / "settings.toml").write_text('[schedule]\nnightly = "* * * * *"\n', "utf-8")
    assert user.run("schedule", "--once", COLLECTOR_SERVER__TOKEN="0123456789" * 4).returncode == 60
    status = user.run("status")
    assert status.returncode == 60
    assert "TokenRefused" in status.stdout


def test_a_mistake_in_programme_toml_belongs_to_the_run_that_met_it(deployed, user):
    forms = Path(with_form(user, (FORMS / "attendance.xlsx").read_bytes())["COLLECTOR_FORMS__FOLDER"])
    text = (forms / "programme.toml").read_text("utf-8")
    (forms / "programme.toml").write_text(text.replace("threshold = 70", "treshold = 70"), "utf-8")
    assert is_refused(user.run("run", "nightly", COLLECTOR_FORMS__FOLDER=str(forms)), 33, "threshold")
    assert "ProgrammeMistake" in user.run("status").stdout


@pytest.mark.parametrize(
    "words",
    [
        *(
            [name]
            for name in (
                "demo",
                "deploy",
                "pull",
                "rejudge",
                "replay",
                "export",
                "schedule",
                "status",
                "doctor",
                "sandbox",
            )
        ),
        ["tablets"],
        ["run", "nightly"],
        *(["forms", name] for name in ("check", "show", "diff", "text", "plan", "pull")),
    ],
    ids=" ".join,
)
def test_each_command_has_help_and_an_example(user, words):
    text = user.run(*words, "--help").stdout
    assert f"Example: collector {' '.join(words)}" in " ".join(text.split())
