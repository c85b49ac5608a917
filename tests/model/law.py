"""One random history, and the law that the database must obey after it."""

from __future__ import annotations

import random
from typing import Any

from jobs.pull import Means
from tests.model.world import Follower, World

PAGE_SIZE = 4


def play(world: World, follower: Follower, *, seed: int) -> list[str]:
    """Play a history; returns the strategy of its last sync. An error tells the seed."""
    chance = random.Random(seed)
    world.begin()
    follower.begin()
    told = [world.submit(chance) for _ in range(chance.randint(0, 6))]
    follower.pull(chance, is_clean=True, means=Means("complete", PAGE_SIZE, overlap=0))
    for _ in range(chance.randint(2, 9)):
        told.append(world.step(chance))
        if chance.random() < 0.4:
            how = chance.choice(("quick", "quick", "complete", "full"))
            is_clean = chance.random() < 0.4
            told.append(f"{how}{'' if is_clean else '!'}")
            follower.pull(chance, is_clean=is_clean, means=Means(how, PAGE_SIZE, overlap=0))
    shown = world.shown()
    try:
        return [_check(world, follower, chance, shown)]
    except BaseException as error:
        error.add_note(f"seed {seed}: {' '.join(told)}")
        raise


def _check(world: World, follower: Follower, chance: random.Random, shown: dict[int, Any]) -> str:
    follower.pull(chance, is_clean=True, means=Means("complete", PAGE_SIZE, overlap=0, is_confirmed=True))
    result = follower.pull(chance, is_clean=True, means=Means("complete", PAGE_SIZE, overlap=0, is_confirmed=True))
    assert result
    form = result.forms[0]
    assert (form.missing, form.unexplained, form.held) == (0, "", 0)
    received = follower.received()
    rows = follower.rows("SELECT submission_id, root_uuid, digest, verdict FROM submissions")
    stored = {row.submission_id: row for row in rows}
    assert {number: received[row.digest][1] for number, row in stored.items()} == shown
    accepted = {number for number, record in shown.items() if world.accepts(record)}
    assert {number for number, row in stored.items() if row.verdict == "accepted"} == accepted
    _check_tables(follower, stored, shown)
    _check_ledger(follower, stored, received)
    return form.strategy


def _check_tables(follower: Follower, stored: dict[int, Any], shown: dict[int, Any]) -> None:
    """The form's tables hold the answers of what is accepted, and nothing else."""
    accepted = {row.root_uuid: shown[number] for number, row in stored.items() if row.verdict == "accepted"}
    expected = {(root, _number(each.get("head_f")), each.get("venue_type")) for root, each in accepted.items()}
    register = {
        (root, index, person["register/sex"])
        for root, each in accepted.items()
        for index, person in enumerate(each.get("register", ()), 1)
    }
    if shown:
        assert set(map(tuple, follower.rows("SELECT root_uuid, head_f, venue_type FROM attendance"))) == expected
        assert (
            set(map(tuple, follower.rows("SELECT root_uuid, repeat_index, sex FROM attendance_register"))) == register
        )


def _check_ledger(follower: Follower, stored: dict[int, Any], received: dict[str, tuple[int, Any]]) -> None:
    """Whatever was received is present or buried; revisions lead from the first state to the last without a gap."""
    buried = {row.submission_id: row for row in follower.rows("SELECT * FROM tombstones")}
    assert not buried.keys() & stored.keys()
    assert {number for number, _ in received.values()} == buried.keys() | stored.keys()
    last: dict[int, str | None] = {}
    for row in follower.rows("SELECT * FROM revisions ORDER BY submission_id, number"):
        if row.submission_id in last and row.kind not in ("returned", "sent_again"):
            assert row.old_digest == last[row.submission_id]
        last[row.submission_id] = row.new_digest
    for number, digest in last.items():
        if number in stored:
            assert digest == stored[number].digest


def _number(answer: str | None) -> int | None:
    return int(answer) if answer else None
