"""Files of submissions: taken where the policy says so, once, late or not, and never at the cost of anything else."""

import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

from collector.form.judging.policy import Policy
from collector.form.programme import read_programme
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting.blobs import Blobs
from collector.reporting.database import open_engine
from collector.sandbox.accounts import find_user
from collector.sandbox.calls import Upload
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from collector.sandbox.submissions import receive
from jobs.attachments import FilePolicy
from jobs.deploy import deploy
from jobs.pull import Means, pull
from jobs.rebuild import replay
from jobs.runs import run_recorded
from tests.journey.test_replay import tables_of
from tests.support.loading import SECRET, START
from tests.support.material import FORMS

FORM = "attendance"
PROGRAMME = read_programme(FORMS / "programme.toml")
PHOTO = b"\xff\xd8 a room full of chairs"
NOTHING_QUARANTINES = Policy(frozenset())
FACE = b"\xff\xd8 a face"


@dataclass
class Field:
    """A sandbox whose form asks for two photographs, one of them marked pii; and where files go."""

    sandbox: object
    asset_uid: str
    version: str
    databases: object
    folder: object
    sent: dict = field(default_factory=dict)

    def send(self, number, *, old="", **files):
        """A submission with answers for these files; those that are bytes are uploaded."""
        own = str(uuid.UUID(int=number))
        answers = "".join(f"<{name}>{name}.jpg</{name}>" for name in files)
        edited = f"<deprecatedID>uuid:{old}</deprecatedID>" if old else ""
        xml = (
            f'<data id="{self.asset_uid}">{answers}<head_f>1</head_f><__version__>{self.version}</__version__>'
            f"<meta><instanceID>uuid:{own}</instanceID>{edited}</meta></data>"
        ).encode()
        uploads = [
            Upload(name, f"{name}.jpg", "image/jpeg", content)
            for name, content in files.items()
            if isinstance(content, bytes)
        ]
        store = self.sandbox.store
        receive(store, xml, uploads, find_user(store, OWNER))
        return own

    def pull(self, *take, how="quick"):
        policy = FilePolicy(self.folder, frozenset(take))
        means = Means(how, 10, 5, policy=NOTHING_QUARANTINES, files=policy)
        with Client(self.sandbox.url, self.sandbox.token(OWNER), patience=Patience(attempts=1)) as client:
            work = {"secret": SECRET, "now": lambda: START, "means": means}
            return run_recorded(
                self.databases,
                "pull",
                lambda run: pull(client, self.databases, PROGRAMME, [FORM], run=run, **work),
                now=lambda: START,
            ).forms[0]

    def rows(self, columns="question, state"):
        with self.databases.reporting.connect() as connection:
            statement = f"SELECT {columns} FROM attachments ORDER BY submission_id, question"
            return [tuple(row) for row in connection.execute(text(statement))]

    def stored(self):
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def field_with_files(tmp_path, databases):
    forms = shutil.copytree(FORMS, tmp_path / "forms")
    book = openpyxl.load_workbook(forms / "attendance.xlsx")
    sheet = book["survey"]
    header = [cell.value for cell in sheet[1]]
    for name, pii in (("face", "yes"), ("photo", "no")):
        added = {"type": "image", "name": name, "pii": pii}
        added |= {column: name.title() for column in header if str(column).startswith("label")}
        sheet.append([added.get(column) for column in header])
    book.save(forms / "attendance.xlsx")
    with serve(tmp_path / "sandbox", options=Options(now=lambda: START)) as sandbox:
        with Client(sandbox.url, sandbox.token(OWNER)) as client:
            (deployed,) = deploy(client, PROGRAMME, forms, [FORM])
        yield Field(sandbox, deployed.asset_uid, deployed.version_uid, databases, tmp_path / "files")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_nothing_is_taken_by_default(field_with_files):
    field_with_files.send(1, photo=PHOTO, face=FACE)
    field_with_files.pull()
    assert field_with_files.rows() == [("face", "refused"), ("photo", "refused")]
    assert not field_with_files.folder.exists()


def test_a_form_is_taken_but_for_what_is_marked_pii_and_that_by_its_own_name(field_with_files):
    field_with_files.send(1, photo=PHOTO, face=FACE)
    assert field_with_files.pull(FORM).files.stored == 1
    assert field_with_files.rows("question, state, file_name") == [
        ("face", "refused", None),
        ("photo", "stored", "photo.jpg"),
    ]
    assert field_with_files.rows("sha256, size")[1] == (sha256(PHOTO), len(PHOTO))
    field_with_files.pull(FORM, f"{FORM}/face")
    assert field_with_files.stored() == sorted([sha256(PHOTO), sha256(FACE)])


def test_two_submissions_with_the_same_file_share_one(field_with_files):
    for number in (1, 2):
        field_with_files.send(number, photo=PHOTO)
    assert field_with_files.pull(FORM).files.stored == 2
    assert field_with_files.stored() == [sha256(PHOTO)]


def test_a_late_file_is_found(field_with_files):
    field_with_files.send(1, photo=None)
    field_with_files.pull(FORM)
    assert field_with_files.rows() == []
    field_with_files.send(1, photo=PHOTO)
    field_with_files.pull(FORM, how="complete")
    assert field_with_files.rows() == [("photo", "stored")]


def test_a_download_that_fails_fails_nothing_else_and_is_tried_again(field_with_files):
    for number in (1, 2):
        field_with_files.send(number, photo=PHOTO + bytes([number]))
    field_with_files.sandbox.faults.add("status", path="/attachments/", status=404, times=1)
    result = field_with_files.pull(FORM)
    assert (result.missing, result.files.stored, result.files.failed) == (0, 1, 1)
    assert field_with_files.rows("state, reason") == [("failed", "PermissionMissing (404)"), ("stored", "")]
    field_with_files.pull(FORM)
    assert field_with_files.rows() == [("photo", "stored")] * 2


def test_a_server_that_goes_away_is_not_asked_for_every_file(field_with_files):
    for number in (1, 2, 3):
        field_with_files.send(number, photo=PHOTO + bytes([number]))
    field_with_files.sandbox.faults.add("status", path="/attachments/", status=503, times=0)
    result = field_with_files.pull(FORM)
    assert (result.accepted, result.files.failed) == (3, 1)
    assert field_with_files.rows("state") == [("failed",), ("missing",), ("missing",)]


def test_a_file_that_the_server_lets_go_is_kept_and_marked(field_with_files):
    own = field_with_files.send(1, photo=PHOTO)
    field_with_files.pull(FORM)
    field_with_files.send(2, old=own)
    field_with_files.pull(FORM, how="complete")
    assert [bool(gone) for (gone,) in field_with_files.rows("is_deleted")] == [True]
    assert field_with_files.stored() == [sha256(PHOTO)]


def test_files_of_a_deleted_submission_are_kept_and_marked(field_with_files):
    for number in range(3):
        field_with_files.send(number + 1, photo=PHOTO)
    field_with_files.pull(FORM)
    with field_with_files.databases.reporting.connect() as connection:
        number = connection.scalar(text("SELECT min(submission_id) FROM submissions"))
    with Client(field_with_files.sandbox.url, field_with_files.sandbox.token(OWNER)) as client:
        client.delete(f"/api/v2/assets/{field_with_files.asset_uid}/data/{number}/")
    field_with_files.pull(FORM, how="complete")
    assert [bool(gone) for (gone,) in field_with_files.rows("is_deleted")] == [True, False, False]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full on this system")
def test_a_disk_that_is_full_fails_the_files_and_not_the_pull(field_with_files):
    for number in (1, 2):
        field_with_files.send(number, photo=PHOTO + bytes([number]))
    field_with_files.pull()
    number, uid = field_with_files.rows("submission_id, uid")[0]
    url = field_with_files.sandbox.url.rstrip("/")
    partial = Blobs(field_with_files.folder).partial(FORM, url, field_with_files.asset_uid, str(number), uid)
    partial.symlink_to("/dev/full")
    result = field_with_files.pull(FORM)
    assert (result.missing, result.files.stored, result.files.failed) == (0, 0, 1)
    assert field_with_files.rows("state, reason") == [("failed", "AttachmentsFolder"), ("missing", "")]
    partial.unlink()
    assert field_with_files.pull(FORM).files.stored == 2


def test_half_a_file_goes_when_its_submission_does(field_with_files):
    for number in (1, 2):
        field_with_files.send(number, photo=PHOTO + bytes([number]))
    field_with_files.sandbox.faults.add("cut", path="/attachments/", times=0)
    assert field_with_files.pull(FORM).files.failed
    half = [name for name in field_with_files.stored() if not name.endswith(".mark")]
    assert half
    (first, *_) = field_with_files.rows("submission_id")
    with Client(field_with_files.sandbox.url, field_with_files.sandbox.token(OWNER)) as client:
        client.delete(f"/api/v2/assets/{field_with_files.asset_uid}/data/{first[0]}/")
    assert field_with_files.pull(FORM, how="complete").files.failed
    assert not set(half[:1]) & set(field_with_files.stored())
    field_with_files.sandbox.faults.clear()
    assert field_with_files.pull(FORM).files.stored == 1
    assert field_with_files.stored() == [sha256(PHOTO + bytes([2]))]


def test_strange_entries_in_the_list_of_files_stop_no_pull(field_with_files):
    field_with_files.send(1, photo=PHOTO)
    store = field_with_files.sandbox.store
    strange = [
        {"uid": "a\0b", "question_xpath": "photo", "filename": "x"},
        {"uid": "twice", "question_xpath": "ph\0to", "filename": "\0", "mimetype": "\0"},
        {"uid": "twice", "question_xpath": "photo", "filename": "\0"},
        {"filename": "nobody"},
    ]
    with store.write() as connection:
        row = connection.execute("SELECT id, document FROM submissions").fetchone()
        document = json.loads(row["document"]) | {"_attachments": strange}
        connection.execute("UPDATE submissions SET document = ? WHERE id = ?", (json.dumps(document), row["id"]))
    result = field_with_files.pull(FORM)
    assert (result.missing, result.files.failed) == (0, 1)
    assert field_with_files.rows("uid, question, file_name") == [("twice", "photo", None)]


def test_a_replay_knows_the_files(field_with_files, tmp_path):
    field_with_files.send(1, photo=PHOTO, face=FACE)
    field_with_files.pull()
    field_with_files.send(2, photo=PHOTO + b"2")
    field_with_files.pull(FORM)
    again = open_engine(f"sqlite:///{tmp_path / 'again.db'}")
    replay(field_with_files.databases.raw, again, PROGRAMME, secret=SECRET)
    assert tables_of(again) == tables_of(field_with_files.databases.reporting)
    again.dispose()
