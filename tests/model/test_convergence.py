"""After the last clean sync the database equals the server, whatever happened on either side before.

Random histories of a server, followed by random pulls that are killed between two statements or answered badly; a
failure prints its seed.
"""

from __future__ import annotations

import time

import pytest

from tests.conftest import KINDS
from tests.model.law import play
from tests.model.world import READER, Follower, open_world
from tests.support.databases import open_databases

SECONDS = 9.0
"""How long histories are played for each way and database: six of them make the minute that a CI run has."""

WAYS = {"history": ("programme", False), "sweep": (READER, False), "date_modified": (READER, True)}


@pytest.fixture(scope="module", params=WAYS)
def way(request, tmp_path_factory):
    account, has_dates = WAYS[request.param]
    with open_world(tmp_path_factory.mktemp("world"), account, has_dates=has_dates) as world:
        yield request.param, world


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_equals_the_server_after_the_last_clean_sync(request, way, kind, tmp_path, record_property):
    strategy, world = way
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'reporting.db'}"
        seen = _play_all(world, url, tmp_path)
    else:
        with request.getfixturevalue("postgresql").database() as url:
            seen = _play_all(world, url, tmp_path)
    record_property("histories", len(seen))
    assert strategy in {each.split(",")[0] for each in seen}


def _play_all(world, url, folder):
    strategies = []
    with open_databases(url, folder) as databases:
        follower = Follower(world, databases)
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            strategies += play(world, follower, seed=len(strategies))
    print(f"{len(strategies)} histories, seeds 0 to {len(strategies) - 1}")  # noqa: T201
    return strategies
