"""An encrypted form from tablet to tables: opened with the key, waiting without it, and nothing shown of either."""

import io
import json
import random
import shutil
import traceback
import uuid
from dataclasses import dataclass, replace

import openpyxl
import pytest
from sqlalchemy import text

from collector.errors import ServerError
from collector.form.encryption import read_private_keys
from collector.form.judging.policy import Policy
from collector.form.programme import read_programme
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting.database import migrate, open_engine, writing
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from collector.tablets.javarosa import Form
from collector.tablets.openrosa import OpenRosa
from collector.tablets.sealing import packed, public_key_of
from jobs.attachments import FilePolicy
from jobs.deploy import deploy
from jobs.past import History, rebuilt
from jobs.pull import Means, pull
from jobs.rebuild import replay
from jobs.runs import run_recorded
from tests.journey.test_replay import tables_of
from tests.support.keys import new_key
from tests.support.loading import SECRET, START
from tests.support.material import FORMS, filled

pytestmark = pytest.mark.java

FORM = "attendance"
PROGRAMME = read_programme(FORMS / "programme.toml")
PEM, PUBLIC = new_key()
OTHER_PEM, OTHER_PUBLIC = new_key()


@dataclass
class Field:
    """A sandbox with the form, encrypted, and one tablet."""

    sandbox: object
    asset_uid: str
    blank: object

    def send(self, seed, *, media=None, spoilt=None, withheld=(), public=PUBLIC):
        """One filled form; spoilt: changes the parcel's files before they are sent; returns its XML.

        public: the key that the form had when the tablet fetched it.
        """
        own = f"uuid:{uuid.UUID(int=random.Random(seed).getrandbits(128))}"
        xml = Form(self.blank.form_xml, self.blank.media).fill(replace(filled(FORM), instance_id=own))
        parcel = packed(self.blank.form_xml.replace(PUBLIC.encode(), public.encode()), xml, media)
        files = {name: content for name, content in parcel.files.items() if name not in withheld}
        if spoilt:
            spoilt(files)
        tablet = OpenRosa(self.sandbox.url)
        try:
            assert tablet.send(parcel.xml, self.sandbox.token(OWNER), files) is None
        finally:
            tablet.close()
        return xml, parcel

    def pull(self, databases, *keys, how="quick", take=(), folder=None):
        means = Means(how, 10, 5, keys=[key for pem in keys for key in read_private_keys(pem)])
        if folder:
            means = Means(how, 10, 5, keys=means.keys, files=FilePolicy(folder, frozenset(take)))
        with Client(self.sandbox.url, self.sandbox.token(OWNER), patience=Patience(attempts=1)) as client:
            work = {"secret": SECRET, "now": lambda: START, "means": means}
            return run_recorded(
                databases,
                "pull",
                lambda run: pull(client, databases, PROGRAMME, [FORM], run=run, **work),
                now=lambda: START,
            ).forms[0]


@pytest.fixture
def field(tmp_path):
    forms = shutil.copytree(FORMS, tmp_path / "forms")
    book = openpyxl.load_workbook(forms / "attendance.xlsx")
    sheet = book["settings"]
    column = sheet.max_column + 1
    for offset, (name, value) in enumerate({"public_key": PUBLIC, "submission_url": "https://example.org/x"}.items()):
        sheet.cell(1, column + offset, name)
        sheet.cell(2, column + offset, value)
    book.save(forms / "attendance.xlsx")
    with serve(tmp_path / "sandbox", options=Options(now=lambda: START)) as sandbox:
        with Client(sandbox.url, sandbox.token(OWNER)) as client:
            (deployed,) = deploy(client, PROGRAMME, forms, [FORM])
        tablet = OpenRosa(sandbox.url)
        (blank,) = tablet.fetch_blank_forms(sandbox.token(OWNER))
        tablet.close()
        yield Field(sandbox, deployed.asset_uid, blank)


def codes(databases):
    with databases.reporting.connect() as connection:
        return [code for (code,) in connection.execute(text("SELECT code FROM findings ORDER BY root_uuid"))]


def rows(databases, statement):
    with databases.reporting.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_past_night_is_made_again_with_its_encrypted_submissions_opened(field, databases):
    field.send(1)
    field.pull(databases, PEM)
    with rebuilt(History(databases, PROGRAMME, SECRET, Policy(), read_private_keys(PEM)), 1) as (engine, _):
        again = tables_of(engine)
    then = tables_of(databases.reporting)
    assert then["attendance"]
    for table in ("attendance", "attendance_register", "envelopes"):
        assert again[table] == then[table], table


def test_the_tablet_seals_what_the_form_says_to_seal(field):
    assert public_key_of(field.blank.form_xml) == PUBLIC
    xml, parcel = field.send(1)
    assert b"<register>" in xml
    assert b"register" not in parcel.xml
    assert list(parcel.files) == ["submission.xml.enc"]


def test_with_the_key_an_encrypted_submission_is_loaded_like_any_other(field, databases):
    for seed in range(3):
        field.send(seed)
    result = field.pull(databases, PEM)
    assert (result.new, result.accepted, result.quarantined, result.missing) == (3, 3, 0, 0)
    people = rows(databases, "SELECT count(*) FROM attendance_register")
    assert people == [(3 * len(filled(FORM).answers["register"]),)]
    assert rows(databases, "SELECT outcome, signature FROM envelopes") == [("opened", "verified")] * 3


def test_without_the_key_it_waits_and_is_opened_from_the_archive_when_the_key_arrives(field, databases):
    field.send(1)
    result = field.pull(databases)
    assert (result.accepted, result.quarantined, codes(databases)) == (0, 1, ["encrypted_without_key"])
    result = field.pull(databases, OTHER_PEM)
    assert (result.accepted, codes(databases)) == (0, ["encrypted_for_another_key"])
    field.sandbox.faults.add("status", path=r"attachments|\.xml|format=xml", status=500, times=0)
    result = field.pull(databases, OTHER_PEM, PEM)
    assert (result.accepted, result.quarantined, codes(databases)) == (1, 0, [])


def test_a_key_that_was_changed_opens_with_the_one_before_it_and_one_taken_away_closes_what_is_judged_again(
    field, databases
):
    field.send(1)
    field.send(2, public=OTHER_PUBLIC)
    result = field.pull(databases, OTHER_PEM)
    assert (result.accepted, codes(databases)) == (1, ["encrypted_for_another_key"])
    assert field.pull(databases, OTHER_PEM, PEM).accepted == 2
    assert field.pull(databases, OTHER_PEM, how="full").accepted == 2
    with writing(databases.reporting) as connection:
        connection.execute(text("UPDATE submissions SET judged_by = NULL"))
    assert field.pull(databases, OTHER_PEM, how="complete").again.caught == 1
    assert rows(databases, "SELECT count(*) FROM attendance") == [(1,)]
    with writing(databases.reporting) as connection:
        connection.execute(text("UPDATE submissions SET judged_by = NULL"))
    field.pull(databases, how="complete")
    assert codes(databases) == ["encrypted_without_key"] * 2
    assert rows(databases, "SELECT count(*) FROM attendance_register") == [(0,)]
    assert field.pull(databases, PEM, OTHER_PEM).accepted == 2


def test_keys_that_did_not_fit_are_not_tried_again_each_time(field, databases):
    field.send(1)
    field.pull(databases, OTHER_PEM)
    tried = rows(databases, "SELECT last_run FROM submissions")
    field.pull(databases, OTHER_PEM)
    assert rows(databases, "SELECT last_run FROM submissions") == tried


def test_content_that_has_not_arrived_is_named_and_taken_when_it_does(field, databases):
    _, parcel = field.send(1, withheld=["submission.xml.enc"])
    field.pull(databases, PEM)
    assert codes(databases) == ["encrypted_incomplete"]
    tablet = OpenRosa(field.sandbox.url)
    tablet.send(parcel.xml, field.sandbox.token(OWNER), parcel.files)
    tablet.close()
    assert field.pull(databases, PEM).accepted == 1


def test_what_was_changed_since_it_was_encrypted_is_quarantined(field, databases):
    def flip(files):
        content = bytearray(files["submission.xml.enc"])
        content[60] ^= 1
        files["submission.xml.enc"] = bytes(content)

    field.send(1, spoilt=flip)
    result = field.pull(databases, PEM)
    assert (result.accepted, codes(databases)) == (0, ["encrypted_damaged"])


def test_content_that_the_server_cannot_give_keeps_nobody_else_out(field, databases):
    field.send(1)
    field.send(2)
    first = field.sandbox.store.number("SELECT min(id) FROM submissions")
    field.sandbox.faults.add("status", path=f"data/{first}/attachments", status=500, times=0)
    result = field.pull(databases, PEM)
    assert (result.accepted, result.quarantined, codes(databases)) == (1, 1, ["encrypted_incomplete"])
    field.sandbox.faults.clear()
    assert field.pull(databases, PEM, how="complete").accepted == 2


def test_content_that_came_in_wrong_is_fetched_once_more(field, databases):
    field.send(1)
    field.sandbox.faults.add("html", path="attachments", times=1)
    assert field.pull(databases, PEM).accepted == 1


def test_content_of_another_submission_is_quarantined(field, databases):
    _, first = field.send(1)
    field.send(2, spoilt=lambda files: files.update(first.files))
    assert field.pull(databases, PEM).accepted == 1
    assert codes(databases) == ["encrypted_damaged"]


def test_media_are_decrypted_only_where_the_policy_takes_them(field, databases, tmp_path):
    photo = b"\xff\xd8 a face"
    field.send(1, media={"photo.jpg": photo})
    field.pull(databases, PEM)
    assert rows(databases, "SELECT signature FROM envelopes") == [("media_not_taken",)]
    assert rows(databases, "SELECT state, is_encrypted FROM attachments") in ([("refused", 1)], [("refused", True)])
    folder = tmp_path / "files"
    field.pull(databases, PEM, take=[FORM], folder=folder)
    (sha256,) = rows(databases, "SELECT sha256 FROM attachments WHERE state = 'stored'")[0]
    assert (folder / sha256[:2] / sha256).read_bytes() == photo
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [sha256]


def test_a_replay_needs_the_key_and_no_server(field, databases, tmp_path):
    field.send(1)
    field.pull(databases)
    field.send(2)
    field.pull(databases, PEM)
    assert rows(databases, "SELECT count(*) FROM attendance") == [(2,)]
    again = open_engine(f"sqlite:///{tmp_path / 'again.db'}")
    replay(databases.raw, again, PROGRAMME, secret=SECRET, keys=read_private_keys(PEM))
    assert tables_of(again) == tables_of(databases.reporting)
    again.dispose()
    without = open_engine(f"sqlite:///{tmp_path / 'without.db'}")
    migrate(without, "reporting")
    replay(databases.raw, without, PROGRAMME, secret=SECRET)
    with without.connect() as connection:
        assert set(connection.scalars(text("SELECT code FROM findings"))) == {"encrypted_without_key"}
    without.dispose()


def test_neither_key_nor_answers_nor_card_are_anywhere_but_where_they_belong(field, databases, capfd, caplog):
    xml, _ = field.send(1)
    card = str(filled(FORM).answers["register"][0]["register/card"])
    assert card.encode() in xml
    told = io.StringIO()
    field.pull(databases)
    field.pull(databases, OTHER_PEM)
    field.pull(databases, PEM)
    field.send(2)
    field.sandbox.faults.add("close", path="attachments", times=0)
    with pytest.raises(ServerError) as broken:
        field.pull(databases, PEM)
    traceback.print_exception(broken.value, file=told)
    shown = told.getvalue() + "".join(capfd.readouterr()) + caplog.text + json.dumps(tables_of(databases.reporting))
    secrets = [card, *(line for line in PEM.splitlines() if len(line) > 40)]
    assert not [secret for secret in secrets if secret in shown]
    with databases.raw.connect() as connection:
        kept = b"".join(bytes(body) for body in connection.scalars(text("SELECT body FROM raw_files")))
    assert card.encode() not in kept
