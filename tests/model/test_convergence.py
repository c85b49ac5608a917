"""After the last clean sync the database equals the server, whatever happened on either side before.

Histories are drawn by hypothesis (machine.py): always the same here, others in `python -m tests.bench convergence`.
How to play a failing one again: CONTRIBUTING.md.
"""

from __future__ import annotations

import pytest

from jobs import page
from tests.conftest import KINDS, TOLD
from tests.model.fresh import fresh_database, fresh_files
from tests.model.machine import WAYS, play
from tests.model.world import open_world

HISTORIES = {"sqlite": 145, "postgresql": 22}
"""For each way: 501 in all. The rules are the same on both, and PostgreSQL takes twice as long."""

BESIDE = ("sweep",)
"""Ways in which every page of which all is new is written by a thread beside the next one, not only large ones."""

SEEDS = {
    ("history", "sqlite"): 1,
    ("sweep", "sqlite"): 2,
    ("date_modified", "sqlite"): 3,
    ("history", "postgresql"): 4,
    ("sweep", "postgresql"): 5,
    ("date_modified", "postgresql"): 6,
}


@pytest.fixture(scope="module", params=WAYS)
def way(request, tmp_path_factory):
    account, has_dates = WAYS[request.param]
    with open_world(tmp_path_factory.mktemp("world"), account, has_dates=has_dates) as world:
        yield request.param, world


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_equals_the_server_after_the_last_clean_sync(
    request, way, kind, tmp_path, record_property, monkeypatch
):
    strategy, world = way
    if strategy in BESIDE:
        monkeypatch.setattr(page, "MANY", 1)
    if kind == "sqlite":
        databases = fresh_files(tmp_path)
    else:
        databases = fresh_database(request.getfixturevalue("postgresql"), tmp_path)
    seed = SEEDS[strategy, kind]
    with databases as fresh:
        played = play(world, fresh, histories=HISTORIES[kind], first_seed=seed)
    record_property(TOLD, f"{strategy} on {kind}, seed {seed}: {played}")
    assert played.histories >= HISTORIES[kind]
    assert played.strategies[strategy] >= played.histories / 4  # before the first complete sync it is a sweep
