"""Media files and XML over HTTP: a venue that is added on the server frees who named it, in the next sync."""

import csv
import json
import random
import shutil
import uuid

import pytest

from collector.form.programme import read_programme
from collector.kobo import pages
from collector.sandbox.server import OWNER
from jobs.deploy import deploy
from jobs.pull import Means
from tests.model.world import FORM, Follower, open_world
from tests.support.attendance import submission
from tests.support.databases import open_databases
from tests.support.material import FORMS

NEW_VENUE = "venue_of_tomorrow"


@pytest.fixture
def world(tmp_path):
    with open_world(tmp_path / "world", OWNER) as world:
        yield world


@pytest.fixture
def follower(world, tmp_path):
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        yield Follower(world, databases)


def send(world, form, **changes):
    """A valid submission, changed."""
    number = uuid.UUID(int=random.Random(form).getrandbits(128))
    rows = json.loads(submission(form))["register"]
    world._send({"form": form, "uuid": str(number), "date": "", "head_f": "9", "register": rows, **changes})


def pulled(follower, how="complete"):
    return follower.pull(None, is_clean=True, means=Means(how)).forms[0]


def deploy_with_venue(world, folder):
    """The forms with one more venue, in the district of form 2."""
    shutil.copytree(FORMS, folder)
    path = folder / "media" / "venues.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = {**rows[0], "name": NEW_VENUE, "district": json.loads(submission(2))["district"]}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerows([*rows, row])
    with world.client(OWNER) as client:
        deploy(client, read_programme(FORMS / "programme.toml"), folder, [FORM])


def test_a_venue_that_is_added_comes_in_with_the_next_sync(world, follower, tmp_path):
    types = {number: json.loads(submission(number))["venue_type"] for number in (2, 3)}
    send(world, 2, venue=NEW_VENUE, venue_type=types[2])
    send(world, 3, venue=json.loads(submission(3))["venue"], venue_type=types[3])
    form = pulled(follower)
    assert (form.accepted, form.quarantined, form.again.judged) == (2, 0, 0)
    assert follower.rows("SELECT code, path FROM findings") == [("choice", "venue")]
    assert follower.rows(f"SELECT count(*) FROM attendance WHERE venue = '{NEW_VENUE}'") == [(0,)]
    deploy_with_venue(world, tmp_path / "forms")
    assert pulled(follower, "quick").again is None
    form = pulled(follower)
    assert (form.accepted, form.quarantined) == (2, 0)
    assert (form.again.judged, form.again.freed, form.again.caught) == (2, 0, 0)
    assert follower.rows(f"SELECT count(*) FROM attendance WHERE venue = '{NEW_VENUE}'") == [(1,)]
    assert pulled(follower).again.judged == 0
    assert follower.rows("SELECT judged FROM rejudgings ORDER BY run") == [(0,), (2,), (0,)]


def test_the_xml_of_a_submission_comes_as_the_tablet_sent_it(world, follower):
    send(world, 2, venue=NEW_VENUE, venue_type="hotel")
    (number,) = world.instances
    with world.client() as client:
        xml = pages.fetch_xml(client, world.asset_uid, number)
    assert xml == world._xml(world.instances[number])
