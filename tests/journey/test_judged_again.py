"""Media files and XML over HTTP: a venue that is added on the server frees who named it, in the next sync."""

import uuid

import pytest

from collector.kobo import pages
from collector.sandbox.server import OWNER
from jobs.pull import Means
from tests.model.follower import Follower
from tests.model.forms import VENUES, VERSIONS
from tests.model.world import deploy_form, open_world
from tests.support.databases import open_databases

NEW_VENUE = "venue_of_tomorrow"


@pytest.fixture
def world(tmp_path):
    with open_world(tmp_path / "world", OWNER) as world:
        yield world


@pytest.fixture
def follower(world, tmp_path):
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        yield Follower(world, databases)


def send(world, number, venue):
    """A submission that is valid where its venue is."""
    answers = {"venue_type": "hotel", "venue": venue, "head_f": "9", "register": []}
    world.send({"uuid": str(uuid.UUID(int=number)), "date": "", "version": 1, **answers})


def pulled(follower, how="complete"):
    return follower.pull(Means(how)).forms[0]


def test_a_venue_that_is_added_comes_in_with_the_next_sync(world, follower):
    send(world, 2, NEW_VENUE)
    send(world, 3, VENUES[0])
    form = pulled(follower)
    assert (form.accepted, form.quarantined, form.again.judged) == (2, 0, 0)
    assert follower.rows("SELECT code, path FROM findings") == [("choice", "venue")]
    assert follower.rows(f"SELECT count(*) FROM attendance WHERE venue = '{NEW_VENUE}'") == [(0,)]
    with world.client(OWNER) as client:
        deploy_form(client, VERSIONS, NEW_VENUE)
    assert pulled(follower, "quick").again is None
    form = pulled(follower)
    assert (form.accepted, form.quarantined) == (2, 0)
    assert (form.again.judged, form.again.freed, form.again.caught) == (2, 0, 0)
    assert follower.rows(f"SELECT count(*) FROM attendance WHERE venue = '{NEW_VENUE}'") == [(1,)]
    assert pulled(follower).again.judged == 0
    assert follower.rows("SELECT judged FROM rejudgings ORDER BY run") == [(0,), (2,), (0,)]


def test_the_xml_of_a_submission_comes_as_the_tablet_sent_it(world, follower):
    send(world, 2, NEW_VENUE)
    (number,) = world.instances
    with world.client() as client:
        xml = pages.fetch_xml(client, world.asset_uid, number)
    assert xml == world.xml(world.instances[number])
