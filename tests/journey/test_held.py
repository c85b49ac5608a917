"""Deletions that look like an accident are held, said why, and applied only when a person confirms them."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import text

from collector.errors import DeletionsHeld
from collector.reporting.syncs import Complete
from collector.sandbox.rights import grant
from jobs import page
from jobs.deletions import Guards, why_hold
from jobs.nightly import Desk, pull_recorded
from jobs.pull import Means
from jobs.settings import read_settings
from jobs.sync import Standing
from jobs.troubles import refuse_gaps
from tests.model.follower import Follower
from tests.model.world import READER, open_world
from tests.support.attendance import FORM, card
from tests.support.databases import open_databases
from tests.support.loading import START

STORED = 30


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with open_world(tmp_path_factory.mktemp("world"), READER) as world:
        yield world


@pytest.fixture
def follower(world, tmp_path):
    """Thirty submissions, pulled."""
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        chance = random.Random(4)
        world.begin()
        world.account = READER
        for _ in range(STORED):
            world.submit(chance)
        follower = Follower(world, databases)
        pulled(follower, "complete")
        yield follower


def pulled(follower, how="complete", **means):
    return follower.pull(Means(how, **means)).forms[0]


def deleted(world, which):
    """which: `_id`s, or how many of the oldest."""
    with world.client("programme") as client:
        for number in sorted(world.instances)[:which] if isinstance(which, int) else which:
            client.delete(f"/api/v2/assets/{world.asset_uid}/data/{number}/")


def test_a_few_deletions_leave_tombstones_and_a_revision_each(world, follower):
    deleted(world, 3)
    form = pulled(follower, "quick")
    assert (form.strategy, form.deleted, form.held, form.missing, form.unexplained) == ("sweep", 3, 0, 0, "")
    assert follower.rows("SELECT count(*) FROM revisions WHERE kind = 'deleted'") == [(3,)]


def test_many_deletions_at_once_wait_until_a_person_confirms_them(world, follower):
    deleted(world, 20)
    form = pulled(follower)
    assert (form.held, form.deleted, form.accepted + form.quarantined) == (20, 0, STORED)
    assert "20 of 30 submissions vanished" in follower.rows("SELECT reason FROM held_deletions")[0][0]
    assert pulled(follower, "quick").held == 20
    after = pulled(follower, is_confirmed=True)
    assert (after.held, after.deleted, after.missing) == (0, 20, 0)


def test_what_vanishes_before_it_is_confirmed_waits_for_a_look_of_its_own(world, follower, tmp_path):
    chance = random.Random(6)
    for _ in range(STORED):
        world.submit(chance)
    pulled(follower)
    first, second = sorted(world.instances)[:20], sorted(world.instances)[20:45]
    deleted(world, first)
    assert pulled(follower).held == 20
    deleted(world, second)
    after = pulled(follower, is_confirmed=True)
    assert (after.held, after.deleted) == (25, 20)
    assert follower.rows("SELECT DISTINCT reason FROM held_deletions") == [
        ("25 of 40 submissions vanished at once, more than 5%",)
    ]
    (tmp_path / "settings.toml").write_text("", "utf-8")
    desk = Desk(read_settings(tmp_path / "settings.toml"), follower.databases, lambda: START)
    with pytest.raises(DeletionsHeld, match="25 deletions are held now, not 20: nothing was applied"):
        pull_recorded(desk, [FORM], how="complete", is_confirmed=True, held=20)


def test_what_is_held_waits_though_some_of_it_comes_back(world, follower):
    """As when an account is given back a part of what it may see: the rest would be too little to be held by itself."""
    with world.sandbox.store.write() as connection:
        connection.execute("DELETE FROM grants WHERE username = ?", (READER,))
    numbers = sorted(world.instances)
    for seen, held in ((numbers, 0), (numbers[:5], 25), (numbers[:15], 15), (numbers[:29], 1)):
        partial = {"view_submissions": [{"_id": {"$in": seen}}]}
        grant(world.sandbox.store, world.asset_uid, READER, "partial_submissions", partial)
        form = pulled(follower)
        assert (form.held, form.deleted) == (held, 0)
    grant(world.sandbox.store, world.asset_uid, READER, "validate_submissions")
    assert (pulled(follower).held, pulled(follower).deleted) == (0, 0)


STANDING = Standing("reader", frozenset({"view_submissions"}), START)
LAST = Complete("aX", "reader", STANDING.permissions, START, START)


@pytest.mark.parametrize(
    ("gone", "present", "last", "says"),
    [
        (19, 30, LAST, ""),
        (20, 30, LAST, "20 of 30 submissions vanished at once, more than 5%"),
        (20, 400, LAST, ""),
        (21, 400, LAST, "21 of 400 submissions vanished"),
        (1, 1, LAST, "the form was emptied"),
        (
            1,
            400,
            replace(LAST, permissions=frozenset({"manage_asset"})),
            "lost: manage_asset; gained: view_submissions",
        ),
        (1, 400, replace(LAST, account="other"), "another account than before ('other' → 'reader')"),
        (1, 400, replace(LAST, asset_uid="aY"), "another project than before (aY → aX)"),
        (1, 400, None, ""),
    ],
)
def test_deletions_are_held_by_share_and_count_and_by_who_asks(gone, present, last, says):
    reason = why_hold(gone, present, Guards(), last, STANDING, "aX")
    assert says in reason if says else not reason


def test_a_form_that_was_emptied_is_held(world, follower):
    deleted(world, STORED)
    form = pulled(follower)
    assert form.held == STORED
    assert follower.rows("SELECT DISTINCT reason FROM held_deletions") == [("the form was emptied",)]


def test_another_permission_holds_even_one_deletion_and_its_return_lifts_it(world, follower):
    with world.sandbox.store.write() as connection:
        connection.execute("DELETE FROM grants WHERE username = ?", (READER,))
    hidden = sorted(world.instances)[0]
    partial = {"view_submissions": [{"_id": {"$gt": hidden}}]}
    grant(world.sandbox.store, world.asset_uid, READER, "partial_submissions", partial)
    form = pulled(follower)
    assert form.held == 1
    assert "permissions changed (lost:" in follower.rows("SELECT reason FROM held_deletions")[0][0]
    grant(world.sandbox.store, world.asset_uid, READER, "validate_submissions")
    form = pulled(follower)
    assert (form.held, form.deleted, form.missing) == (0, 0, 0)


def test_a_filter_that_shows_less_holds_even_one_deletion(world, follower):
    """The permissions have the same names before and after."""
    numbers = sorted(world.instances)
    with world.sandbox.store.write() as connection:
        connection.execute("DELETE FROM grants WHERE username = ?", (READER,))
    for seen, held in ((numbers, 0), (numbers, 0), (numbers[1:], 1), (numbers[1:], 1), (numbers, 0)):
        partial = {"view_submissions": [{"_id": {"$in": seen}}]}
        grant(world.sandbox.store, world.asset_uid, READER, "partial_submissions", partial)
        form = pulled(follower)
        assert (form.held, form.deleted) == (held, 0)
        if held:
            (reason,) = follower.rows("SELECT reason FROM held_deletions")[0]
            assert reason.count("partial_submissions:") == 2
    grant(world.sandbox.store, world.asset_uid, READER, "validate_submissions")


def test_before_the_first_sync_a_lost_permission_holds_what_it_hides(world, tmp_path):
    """The first pull of a project asks who it is, once; a sync that finds fewer submissions compares."""
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        world.begin()
        world.account = READER
        for _ in range(STORED):
            world.submit(random.Random(4))
        follower = Follower(world, databases)
        pulled(follower, "quick")
        assert pulled(follower, "quick").requests == 2
        with world.sandbox.store.write() as connection:
            connection.execute("DELETE FROM grants WHERE username = ?", (READER,))
        partial = {"view_submissions": [{"_id": {"$gt": sorted(world.instances)[0]}}]}
        grant(world.sandbox.store, world.asset_uid, READER, "partial_submissions", partial)
        form = pulled(follower, "quick")
        assert (form.strategy, form.held, form.deleted) == ("sweep", 1, 0)
        assert "permissions changed (lost:" in follower.rows("SELECT reason FROM held_deletions")[0][0]
        assert pulled(follower, "quick").held == 1
        assert pulled(follower, is_confirmed=True).deleted == 1
        grant(world.sandbox.store, world.asset_uid, READER, "validate_submissions")


def test_a_run_with_held_deletions_fails_with_its_own_code(world, follower):
    deleted(world, 20)
    result = follower.pull(Means("complete"))
    with pytest.raises(DeletionsHeld, match=r"attendance \(20\).*collector sync confirm") as caught:
        refuse_gaps(result)
    assert caught.value.exit_code == 62


def test_what_an_edit_changed_is_kept_without_a_card(world, follower):
    number = sorted(world.instances)[0]
    instance = world.instances[number]
    people = [{"register/card": str(card(3)), "register/sex": "f"}]
    edit = {**instance, "head_f": "7", "register": people, "uuid": "e" * 32, "old": instance["uuid"]}
    world.send(edit)
    pulled(follower)
    changes = {row[0]: row[1] for row in follower.rows("SELECT path, new FROM revision_changes")}
    assert changes["head_f"] == "7"
    assert str(card(3)) not in str(changes)
    with follower.databases.reporting.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM revisions WHERE kind = 'edited'")) == 1


def test_submissions_that_come_back_are_present_again_and_say_so(world, follower):
    with world.sandbox.store.write() as connection:
        connection.execute("DELETE FROM grants WHERE username = ?", (READER,))
    hidden = sorted(world.instances)[0]
    partial = {"view_submissions": [{"_id": {"$gt": hidden}}]}
    grant(world.sandbox.store, world.asset_uid, READER, "partial_submissions", partial)
    pulled(follower)
    assert pulled(follower, is_confirmed=True).deleted == 1
    grant(world.sandbox.store, world.asset_uid, READER, "validate_submissions")
    form = pulled(follower)
    assert (form.deleted, form.missing, form.unexplained) == (0, 0, "")
    kinds = follower.rows(f"SELECT kind FROM revisions WHERE submission_id = {hidden} ORDER BY number")
    assert kinds == [("deleted",), ("returned",)]


def test_what_was_received_but_never_loaded_and_then_deleted_has_a_tombstone(world, follower, monkeypatch):
    world.submit(random.Random(5))
    monkeypatch.setattr(page.Writer, "write", lambda self, batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pulled(follower)
    monkeypatch.undo()
    last = max(world.instances)
    with world.client("programme") as client:
        client.delete(f"/api/v2/assets/{world.asset_uid}/data/{last}/")
    form = pulled(follower)
    assert (form.seen, form.deleted, form.missing, form.unexplained) == (STORED + 1, 1, 0, "")
    assert follower.rows("SELECT submission_id, reason FROM tombstones") == [(last, "never_loaded")]
