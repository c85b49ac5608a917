"""Which files came with which submissions: they stay with theirs, whatever it is filed under."""

import pytest
from sqlalchemy import select

from collector.reporting.archive_tables import attachments
from collector.reporting.attachments import Fetched, Filed, note_files, write_fetched
from collector.reporting.database import writing
from tests.support.attendance import FORM
from tests.support.loading import START

PHOTO, VOICE = (Filed(uid, uid, f"{uid}.jpg", "image/jpeg", False, False) for uid in ("photo", "voice"))


@pytest.fixture
def connection(databases):
    with writing(databases.reporting) as connection:
        yield connection


def stored(connection):
    columns = attachments.c.root_uuid, attachments.c.uid, attachments.c.state, attachments.c.is_deleted
    return [tuple(row) for row in connection.execute(select(*columns).order_by(attachments.c.uid))]


def test_files_of_a_duplicate_go_with_it_when_it_is_filed_under_its_own_identity(connection):
    note_files(connection, FORM, [("id-7", 7, [PHOTO, VOICE])])
    write_fetched(connection, FORM, [Fetched("id-7", "photo", "stored", "", 9, "0" * 64, START)])
    note_files(connection, FORM, [("root", 7, [PHOTO])])
    assert stored(connection) == [("root", "photo", "stored", False), ("root", "voice", "missing", True)]


def test_files_of_another_duplicate_stay_where_they_are(connection):
    note_files(connection, FORM, [("id-7", 7, [PHOTO]), ("root", 8, [VOICE])])
    note_files(connection, FORM, [("root", 8, [VOICE]), ("id-7", 7, [PHOTO])])
    assert stored(connection) == [("id-7", "photo", "missing", False), ("root", "voice", "missing", False)]


def test_files_of_a_submission_whose_own_identity_looks_like_an_id_stay_with_it(connection):
    note_files(connection, FORM, [("id-7", 3, [PHOTO])])
    note_files(connection, FORM, [("root", 7, [VOICE])])
    assert stored(connection) == [("id-7", "photo", "missing", False), ("root", "voice", "missing", False)]
