"""The law that the database must obey after the last clean sync: it equals the server, and its history is complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jobs.pull import Means
from tests.model.follower import Follower
from tests.model.forms import MOOD, VERSIONS
from tests.model.world import World

PAGE_SIZE = 4
LAST = Means("complete", PAGE_SIZE, overlap=0)


def check(world: World, follower: Follower) -> str:
    """Sync once more, and compare; returns the strategy of that sync."""
    shown = world.shown()
    (form,) = follower.pull(LAST).forms
    if form.held:  # so much is gone, or all of it, that a person is asked
        (form,) = follower.pull(replace(LAST, is_confirmed=True)).forms
    assert (form.missing, form.unexplained, form.held) == (0, "", 0)
    received = follower.received()
    rows = follower.rows("SELECT submission_id, root_uuid, digest, verdict FROM submissions")
    stored = {row.submission_id: row for row in rows}
    assert {number: received.get(row.digest, (0, None))[1] for number, row in stored.items()} == shown
    accepted = {number: record for number, record in shown.items() if world.accepts(record)}
    assert {number for number, row in stored.items() if row.verdict == "accepted"} == accepted.keys()
    if follower.rows("SELECT 1 FROM form_tables"):
        _check_tables(world, follower, {stored[number].root_uuid: record for number, record in accepted.items()})
    else:
        assert not accepted
    _check_ledger(follower, stored, received)
    return form.strategy.partition(",")[0]


def _check_tables(world: World, follower: Follower, accepted: Mapping[str, Mapping[str, Any]]) -> None:
    """The form's tables hold the answers of what is accepted, and nothing else; a retyped question has two columns."""
    columns = follower.rows("SELECT version, path, column_name FROM question_columns")
    known = {row.version for row in columns}
    moods = {row.version: row.column_name for row in columns if row.path == "mood"}
    assert moods.keys() == {world.versions[version - 1] for version in MOOD} & known
    assert len(set(moods.values())) == len(moods)
    asked = {uid: TYPES[MOOD[version]] for version in MOOD if (uid := world.versions[version - 1]) in moods}
    expected = {
        (
            root,
            *(record.get(name) for name in ("venue_type", "venue")),
            _number(record.get("head_f")),
            *(read(record.get("mood")) if record["__version__"] == uid else None for uid, read in asked.items()),
        )
        for root, record in accepted.items()
    }
    names = ", ".join(("root_uuid", "venue_type", "venue", "head_f", *(moods[uid] for uid in asked)))
    assert set(map(tuple, follower.rows(f"SELECT {names} FROM attendance"))) == expected
    people = {
        (root, index, person["register/sex"], _number(person.get("register/spoke")))
        for root, record in accepted.items()
        for index, person in enumerate(record.get("register", ()), 1)
    }
    spoke = "spoke" if world.versions[VERSIONS - 1] in known else "NULL"
    rows = follower.rows(f"SELECT root_uuid, repeat_index, sex, {spoke} FROM attendance_register")
    assert set(map(tuple, rows)) == people


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


TYPES: Mapping[str, Callable[[Any], object]] = {"integer": _number, "text": lambda answer: answer}
"""XLSForm type → how the database has an answer of it."""
