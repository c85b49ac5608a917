"""The raw store keeps every submission byte for byte, once, and notices damage."""

import zlib

import pytest
from sqlalchemy import func, select, update

from collector.kobo.submission import digest_of
from collector.reporting import raw
from collector.reporting.database import writing
from collector.reporting.frames import TOGETHER, frame_of
from collector.reporting.tables import raw_frames, raw_submissions
from tests.support.loading import START

BODIES = [b'{"_id":1,"a":"x"}', b'{\n  "_id": 2,\n  "a": "\xd8\xb3"\n}\n', b'{"_id":3}']


def record(body, number=1):
    return raw.RawRecord(body, digest_of(body), number, "root")


def keep(databases, *bodies, asset="aX", frames=()):
    with writing(databases.raw) as connection:
        return raw.keep(connection, asset, [record(body) for body in bodies], START, frames)


def opened_frames(databases):
    with databases.raw.connect() as connection:
        return [zlib.decompress(each.body) for each in connection.execute(select(raw_frames).order_by(raw_frames.c.id))]


def count(databases, table):
    with databases.raw.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_what_was_received_comes_back_byte_for_byte_line_breaks_included(databases):
    keep(databases, *BODIES)
    with databases.raw.connect() as connection:
        found = raw.raw_bodies(connection, "aX", map(digest_of, BODIES))
    assert found == {digest_of(body): body for body in BODIES}


def test_what_is_stored_already_is_not_stored_again(databases):
    assert keep(databases, *BODIES[:2]) == 2
    assert keep(databases, *BODIES, BODIES[2]) == 1
    assert keep(databases, *BODIES) == 0
    assert (count(databases, raw_frames), count(databases, raw_submissions)) == (2, 3)


def test_a_frame_holds_what_is_new_and_once_as_every_zlib_reads_it(databases):
    keep(databases, BODIES[0])
    for bodies in (BODIES, [BODIES[1], b'{"_id":4}'], [b'{"_id":5}', b'{"_id":5}']):
        keep(databases, *bodies)
    with databases.raw.connect() as connection:
        every = [*BODIES, b'{"_id":4}', b'{"_id":5}']
        found = raw.raw_bodies(connection, "aX", map(digest_of, every))
    assert found == {digest_of(body): body for body in every}
    assert opened_frames(databases) == [BODIES[0], b"\n".join(BODIES[1:]), *every[3:]]


def test_the_same_number_in_other_bytes_is_another_state(databases):
    keep(databases, BODIES[0])
    assert keep(databases, b'{"_id":1,"a":"y"}') == 1
    assert keep(databases, BODIES[0], b'{"_id":1,"a":"y"}') == 0


@pytest.mark.parametrize("made", [(), (0,), (2,), (0, 1, 2)])
def test_many_records_come_back_whoever_made_their_frames(databases, made):
    bodies = [b'{"_id":%d}' % number for number in range(2 * TOGETHER + 1)]
    pieces = [bodies[:TOGETHER], bodies[TOGETHER:-1], bodies[-1:]]
    keep(databases, *bodies, frames=[frame_of(piece) if n in made else None for n, piece in enumerate(pieces)])
    with databases.raw.connect() as connection:
        assert raw.raw_bodies(connection, "aX", map(digest_of, bodies)) == {digest_of(b): b for b in bodies}
    assert opened_frames(databases) == [b"\n".join(piece) for piece in pieces]


def test_frames_of_records_that_are_stored_in_part_are_made_anew(databases):
    keep(databases, BODIES[1])
    assert keep(databases, *BODIES, frames=[frame_of(BODIES)]) == 2
    assert opened_frames(databases) == [BODIES[1], b"\n".join([BODIES[0], BODIES[2]])]
    with databases.raw.connect() as connection:
        assert raw.raw_bodies(connection, "aX", map(digest_of, BODIES)) == {digest_of(b): b for b in BODIES}


def test_two_projects_do_not_share_submissions(databases):
    keep(databases, BODIES[0])
    assert keep(databases, BODIES[0], asset="aY") == 1


def test_what_is_in_a_damaged_frame_or_unknown_is_not_passed_on_and_the_frame_is_told(databases):
    keep(databases, *BODIES)
    keep(databases, b'{"_id":4}')
    with writing(databases.raw) as connection:
        connection.execute(update(raw_frames).where(raw_frames.c.id == 1).values(body=b"not zlib"))
    digests = [digest_of(body) for body in (*BODIES, b'{"_id":4}')]
    with databases.raw.connect() as connection:
        assert raw.raw_bodies(connection, "aX", [*digests, "0" * 32]) == {digests[3]: b'{"_id":4}'}
        (loss,) = raw.damaged_frames(connection)
    assert (loss.frame, set(loss.states)) == (1, set(digests[:3]))
