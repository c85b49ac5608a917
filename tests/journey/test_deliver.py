"""From a night in the database to the mail of each group: nobody twice, nobody forgotten, no failure hidden."""

from __future__ import annotations

import io
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msoffcrypto
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from collector.errors import (
    DeliveryError,
    FolderNotWritable,
    MailServerRefused,
    RecipientsRefused,
    SecretMissing,
    SettingsError,
)
from collector.reporting.database import open_engine
from collector.reporting.tables import deliveries, exports, indicator_results, nights
from jobs import nightly as jobs
from jobs.alarms import alarms, told
from jobs.doctor import examine
from jobs.nightly import Desk, deliver_recorded, export_recorded, mails_due
from jobs.rebuild import replay
from jobs.settings import read_settings
from tests.support.databases import open_databases
from tests.support.mail_server import HOST, PASSWORD, USER, serving, write_certificate
from tests.support.stored_campaign import FORMS, StoredCampaign

NOW = datetime(2026, 7, 6, 23, 5, tzinfo=UTC)  # five past two of the 7th in Baghdad
OFFICERS, PARTNERS = ["a@example.org", "b@example.org"], ["p@partner.example"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("certificates") / "server.pem")


@pytest.fixture
def mailbox(certificate):
    with serving(certificate) as mailbox:
        yield mailbox


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def office(tmp_path, mailbox, certificate, clock, monkeypatch):
    """A desk with a campaign of one session; `office(groups=…)` changes [mail]."""
    monkeypatch.delenv("COLLECTOR_SETTINGS", raising=False)
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        with databases.reporting.begin() as connection:
            campaign = StoredCampaign(connection)
            for session in ("ERB-01", "ERB-02"):
                campaign.report(session, [{"card": f"{session} {number}"} for number in range(6)])
            campaign.counted(attendance=2, pre_survey=0, post_survey=0)

        def desk(**changes):
            mail = {
                "server": HOST,
                "port": mailbox.port,
                "user": USER,
                "password": PASSWORD,
                "sender": "collector@example.org",
                "ca_file": str(certificate),
                "groups": {"officers": {"to": OFFICERS}, "partners": {"to": PARTNERS, "edition": "shared"}},
            }
            settings = read_settings(
                mail=mail | changes,
                forms={"folder": str(FORMS)},
                export={"folder": str(tmp_path / "export")},
                privacy={"secret": "a secret of the tests, long enough"},
            )
            return Desk(settings, databases, lambda: clock[0])

        yield desk


def tonight(at, clock, days=0):
    """A night without the pull: the workbooks that the groups need, as a run named nightly."""
    clock[0] = NOW + timedelta(days=days)

    def work(run):
        for edition, language in jobs.workbooks_of(at.settings):
            jobs._export(at, run, edition, language)

    jobs.run_recorded(at.databases, "nightly", work, now=at.now)


def alarm_of(at):
    with at.databases.reporting.connect() as connection:
        return told(alarms(connection, at.settings, at.now()))


def rows_of(engine, table):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


@contextmanager
def closing_engine(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


def text_of(message):
    return message.get_body(("plain",)).get_content()


def test_every_group_gets_its_mail_and_nobody_gets_it_twice(office, mailbox, clock):
    at = office()
    tonight(at, clock)
    deliver_recorded(at)
    assert mailbox.envelopes == [tuple(OFFICERS), tuple(PARTNERS)]
    heard = []
    deliver_recorded(at, announce=heard.extend)
    assert len(mailbox.taken) == 2
    assert [(each.address, each.is_earlier) for each in heard] == [(each, True) for each in (*OFFICERS, *PARTNERS)]


def test_the_shared_mail_has_no_list_of_things_to_do_and_names_nobody_else(office, mailbox, clock):
    at = office()
    tonight(at, clock)
    deliver_recorded(at)
    (_, internal), (_, shared) = mailbox.taken
    assert "Who must act" in text_of(internal)
    assert "Who must act" not in text_of(shared)
    assert "Participants, low to high: 12 to 12" in text_of(shared)
    assert not [each for each in (*OFFICERS, *PARTNERS) if each in internal.as_string()]


def test_who_was_refused_is_reported_and_tried_again_alone(office, mailbox, clock):
    at = office(groups={"officers": {"to": OFFICERS}})
    tonight(at, clock)
    mailbox.refused["b@example.org"] = "452 mailbox full"
    with pytest.raises(RecipientsRefused, match=r"officers: 1 of 2 missed it.*452 mailbox full") as caught:
        deliver_recorded(at)
    assert "@" not in str(caught.value)
    assert "did not reach 1 of 2 recipients of group 'officers'" in alarm_of(at)
    mailbox.refused.clear()
    deliver_recorded(at)
    assert mailbox.envelopes == [("a@example.org",), ("b@example.org",)]
    first, second = (message for _, message in mailbox.taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert alarm_of(at) == ""


def test_who_missed_a_night_is_told_what_changed_since_the_mail_they_have(office, mailbox, clock):
    at = office(groups={"officers": {"to": OFFICERS, "contents": ["changes"]}})
    tonight(at, clock)
    deliver_recorded(at)
    mailbox.refused["b@example.org"] = "451 later"
    tonight(at, clock, days=1)
    with pytest.raises(RecipientsRefused):
        deliver_recorded(at)
    mailbox.refused.clear()
    tonight(at, clock, days=2)
    deliver_recorded(at)
    by_recipient = {recipients: text_of(message) for recipients, message in mailbox.taken[-2:]}
    assert "Change since 2026-07-08" in by_recipient["a@example.org",]
    assert "Change since 2026-07-07" in by_recipient["b@example.org",]


def test_a_rebuilt_database_knows_each_night_and_who_got_its_mail_and_no_mail_is_sent_again(
    office, mailbox, clock, tmp_path
):
    at = office()
    tonight(at, clock)
    mailbox.refused["b@example.org"] = "452 mailbox full"
    with pytest.raises(RecipientsRefused):
        deliver_recorded(at)
    with closing_engine(f"sqlite:///{tmp_path / 'rebuilt.db'}") as rebuilt:
        replay(at.databases.raw, rebuilt, at.programme, secret=at.settings.pseudonym_secret)
        for table in (nights, indicator_results, exports, deliveries):
            rows = rows_of(at.databases.reporting, table)
            assert rows
            assert rows_of(rebuilt, table) == rows, table.name
    assert len(mailbox.taken) == 2


def test_a_server_that_cuts_the_line_is_told_and_the_next_run_reaches_everybody(office, mailbox, clock):
    at = office()
    tonight(at, clock)
    mailbox.is_dropping = True
    with pytest.raises(RecipientsRefused, match="line was cut"):
        deliver_recorded(at)
    mailbox.is_dropping = False
    deliver_recorded(at)
    assert mailbox.envelopes == [tuple(OFFICERS), tuple(PARTNERS)]


def test_a_login_that_fails_is_told_for_all_and_kept(office, mailbox, clock):
    at = office(password="a wrong one")
    tonight(at, clock)
    with pytest.raises(MailServerRefused, match="Not delivered to 3 of 3"):
        deliver_recorded(at)
    assert alarm_of(at).count("did not reach") == 2
    assert mailbox.taken == []


def test_the_mail_that_failed_is_an_alarm_in_the_next_one_but_not_for_partners(office, mailbox, clock):
    broken = office(password="a wrong one")
    tonight(broken, clock)
    with pytest.raises(MailServerRefused):
        deliver_recorded(broken)
    at = office()
    deliver_recorded(at)
    (_, internal), (_, shared) = mailbox.taken
    assert internal["Subject"].startswith("ALARM · ")
    assert "did not reach 2 of 2 recipients of group 'officers'" in text_of(internal)
    assert "ALARM" not in shared["Subject"]


def test_a_workbook_that_is_late_is_an_alarm(office, mailbox, clock):
    at = office()
    tonight(at, clock)
    deliver_recorded(at)
    assert alarm_of(at) == ""
    clock[0] = NOW + timedelta(days=1)
    assert alarm_of(at) == ""  # tonight's may still come
    clock[0] = NOW + timedelta(days=1, hours=3)
    assert alarm_of(at) == (
        "No workbook arrived: one was due on 2026-07-08 02:00, the last before it was made on 2026-07-07 02:05."
    )


def test_a_new_recipient_of_a_group_gets_the_newest_mail_alone(office, mailbox, clock):
    tonight(office(), clock)
    deliver_recorded(office(groups={"officers": {"to": OFFICERS[:1]}}))
    deliver_recorded(office(groups={"officers": {"to": OFFICERS}}))
    assert mailbox.envelopes == [("a@example.org",), ("b@example.org",)]


def test_an_attached_workbook_opens_with_its_password_only(office, mailbox, clock):
    groups = {"officers": {"to": OFFICERS, "workbook": "attached", "language": "ckb"}}
    at = office(groups=groups, workbook_password="کلیل ١٢٣")
    tonight(at, clock)
    deliver_recorded(at)
    (attached,) = mailbox.taken[0][1].iter_attachments()
    assert attached.get_filename() == "collector-ckb.xlsx"
    locked = msoffcrypto.OfficeFile(io.BytesIO(attached.get_content()))
    locked.load_key(password="کلیل ١٢٣")
    opened = io.BytesIO()
    locked.decrypt(opened)
    book = load_workbook(opened)
    assert book[book.sheetnames[1]].sheet_view.rightToLeft
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        locked.load_key(password="another", verify_password=True)


def test_without_the_password_nothing_is_sent_to_anybody(office, mailbox, clock):
    groups = {"all": {"to": ["c@example.org"]}, "officers": {"to": OFFICERS, "workbook": "attached"}}
    at = office(groups=groups)
    tonight(at, clock)
    with pytest.raises(SecretMissing, match="COLLECTOR_MAIL__WORKBOOK_PASSWORD"):
        deliver_recorded(at)
    assert mailbox.taken == []


def test_a_dry_run_shows_the_mails_and_sends_nothing(office, mailbox, clock):
    at = office(groups={"officers": {"to": OFFICERS, "workbook": "link"}}, link="https://files.example.org/nights")
    export_recorded(at)
    (mail,) = mails_due(at)
    assert (mail.group, mail.to) == ("officers", tuple(OFFICERS))
    assert "https://files.example.org/nights/collector.xlsx" in mail.letter.text
    assert mailbox.taken == []
    assert mails_due(at) == [mail]


def more_sessions(at, clock, *names):
    with at.databases.reporting.begin() as connection:
        campaign = StoredCampaign.again(connection, clock[0])
        for session in names:
            campaign.report(session, [{"card": f"{session} {number}"} for number in range(6)])


def test_the_shared_workbook_stands_until_a_new_month_has_brought_enough(office, mailbox, clock, tmp_path):
    at, shared = office(), tmp_path / "export" / "collector-shared.xlsx"
    tonight(at, clock)
    first = shared.read_bytes()
    more_sessions(at, clock, "ERB-03", "ERB-04")
    tonight(at, clock, days=1)  # two sessions, but the same month
    more_sessions(at, clock, "ERB-05")
    deliver_recorded(at)
    assert shared.read_bytes() == first
    assert "Participants, low to high: 12 to 12" in text_of(mailbox.taken[1][1])
    tonight(at, clock, days=30)
    deliver_recorded(at)
    assert shared.read_bytes() != first
    assert "Participants, low to high: 30 to 30" in text_of(mailbox.taken[-1][1])
    assert len(list(shared.parent.glob("collector-shared-*.xlsx"))) == 2


def test_a_shared_workbook_that_stands_and_is_gone_is_said_so(office, clock, tmp_path):
    at, shared = office(), tmp_path / "export" / "collector-shared.xlsx"
    tonight(at, clock)
    shared.unlink()
    with pytest.raises(FolderNotWritable, match=r"not there any more; copy it from collector-shared-2026-07-07\.xlsx"):
        export_recorded(at, "shared")


def test_another_language_of_the_shared_workbook_is_written_of_the_same_numbers_only(office, clock, tmp_path):
    at, folder = office(), tmp_path / "export"
    tonight(at, clock)
    clock[0] = NOW + timedelta(days=1)
    assert export_recorded(at, "shared", "ar").path.name == "collector-ar-shared.xlsx"
    more_sessions(at, clock, "ERB-03", "ERB-04")
    assert export_recorded(at, "shared", "ckb").stands_since
    assert sorted(path.name for path in folder.glob("*shared.xlsx")) == [
        "collector-ar-shared.xlsx",
        "collector-shared.xlsx",
    ]


def test_each_group_gets_the_workbook_of_its_edition_and_language(office, mailbox, clock, tmp_path):
    groups = {
        "officers": {"to": OFFICERS, "workbook": "link", "language": "ar"},
        "partners": {"to": PARTNERS, "workbook": "attached", "language": "ckb", "edition": "shared"},
        "donors": {"to": ["d@example.org"], "language": "ar"},
    }
    at = office(groups=groups, link="https://files.example.org/nights", shared_password="a password")
    tonight(at, clock)
    deliver_recorded(at)
    written = {path.name for path in (tmp_path / "export").iterdir() if "2026" not in path.name}
    assert written == {"collector.xlsx", "collector-ar.xlsx", "collector-ckb-shared.xlsx"}
    officers, partners, donors = (message for _, message in mailbox.taken)
    assert "https://files.example.org/nights/collector-ar.xlsx" in text_of(officers)
    (attached,) = partners.iter_attachments()
    assert attached.get_filename() == "collector-ckb-shared.xlsx"
    assert "xlsx" not in text_of(donors)


def test_a_group_whose_language_was_not_written_yet_is_told_the_command(office, clock):
    tonight(office(), clock)
    at = office(groups={"officers": {"to": OFFICERS, "workbook": "link", "language": "ar"}}, link="https://example.org")
    with pytest.raises(DeliveryError, match="run `collector export --language ar`"):
        deliver_recorded(at)
    export_recorded(at, language="ar")
    deliver_recorded(at)


def test_a_group_that_does_not_exist(office, clock):
    at = office()
    tonight(at, clock)
    with pytest.raises(SettingsError, match="did you mean 'officers'"):
        deliver_recorded(at, ["oficers"])


def test_addresses_stay_out_of_the_database(office, mailbox, clock, tmp_path):
    at = office()
    tonight(at, clock)
    mailbox.refused["b@example.org"] = "550 <b@example.org> is unknown"
    with pytest.raises(RecipientsRefused):
        deliver_recorded(at)
    at.databases.reporting.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("reporting.db*"))
    assert not [each for each in (*OFFICERS, *PARTNERS) if each.encode() in content]
    assert b"550 the address is unknown" in content


def test_the_doctor_tries_the_mail_server_and_sends_nothing(mailbox, certificate, tmp_path, monkeypatch):
    path = tmp_path / "settings.toml"
    path.write_text(
        f'[mail]\nserver = "{HOST}"\nport = {mailbox.port}\nuser = "{USER}"\nsender = "c@example.org"\n'
        f'ca_file = "{certificate}"\n'
    )
    monkeypatch.setenv("COLLECTOR_MAIL__PASSWORD", PASSWORD)
    (check,) = [check for check in examine(path, []) if check.what == "mail server"]
    assert (check.is_well, check.detail) == (True, f"{HOST}:{mailbox.port}, STARTTLS, logged in as {USER}")
    assert mailbox.taken == []
