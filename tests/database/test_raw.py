"""The raw store keeps every submission byte for byte, once, and notices damage."""

import pytest
from sqlalchemy import func, select, update

from collector.errors import DatabaseError
from collector.reporting import raw
from collector.reporting.database import writing
from collector.reporting.tables import raw_frames, raw_submissions
from tests.support.loading import START

BODIES = [b'{"_id":1,"a":"x"}', b'{\n  "_id": 2,\n  "a": "\xd8\xb3"\n}\n', b'{"_id":3}']


def record(body, number=1):
    return raw.RawRecord(body, raw.digest_of(body), number, "root")


def keep(databases, *bodies, asset="aX"):
    with writing(databases.raw) as connection:
        return raw.keep(connection, asset, [record(body) for body in bodies], START)


def count(databases, table):
    with databases.raw.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_what_was_received_comes_back_byte_for_byte_line_breaks_included(databases):
    keep(databases, *BODIES)
    with databases.raw.connect() as connection:
        assert [raw.raw_submission(connection, "aX", raw.digest_of(body)) for body in BODIES] == BODIES


def test_what_is_stored_already_is_not_stored_again(databases):
    assert keep(databases, *BODIES[:2]) == 2
    assert keep(databases, *BODIES, BODIES[2]) == 1
    assert keep(databases, *BODIES) == 0
    assert (count(databases, raw_frames), count(databases, raw_submissions)) == (2, 3)


def test_two_projects_do_not_share_submissions(databases):
    keep(databases, BODIES[0])
    assert keep(databases, BODIES[0], asset="aY") == 1


def test_a_damaged_frame_is_refused_and_not_passed_on(databases):
    keep(databases, *BODIES)
    with writing(databases.raw) as connection:
        connection.execute(update(raw_frames).values(body=b"not zlib"))
    with databases.raw.connect() as connection, pytest.raises(DatabaseError, match="damaged"):
        raw.raw_submission(connection, "aX", raw.digest_of(BODIES[0]))


def test_an_unknown_submission_is_named(databases):
    with databases.raw.connect() as connection, pytest.raises(DatabaseError, match="pull it again"):
        raw.raw_submission(connection, "aX", "0" * 32)
