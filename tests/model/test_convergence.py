"""After the last clean sync the database equals the server, whatever happened on either side before.

Random histories of a server, followed by random pulls that are killed between two statements or answered badly; a
failure prints its seed and its steps. `python -m tests.bench convergence` plays thousands of others.
"""

from __future__ import annotations

import pytest

from tests.conftest import KINDS
from tests.model.law import WAYS, play_all
from tests.model.world import open_world
from tests.support.databases import open_databases

HISTORIES = 84
"""For each way and database: 504 in all."""


@pytest.fixture(scope="module", params=WAYS)
def way(request, tmp_path_factory):
    account, has_dates = WAYS[request.param]
    with open_world(tmp_path_factory.mktemp("world"), account, has_dates=has_dates) as world:
        yield request.param, world


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_equals_the_server_after_the_last_clean_sync(request, way, kind, tmp_path):
    strategy, world = way
    seeds = range(HISTORIES)
    print(f"{strategy} on {kind}: {HISTORIES} histories, seeds {seeds[0]} to {seeds[-1]}")  # noqa: T201
    if kind == "sqlite":
        seen = _play(world, f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path, seeds)
    else:
        with request.getfixturevalue("postgresql").database() as url:
            seen = _play(world, url, tmp_path, seeds)
    assert strategy in {each.split(",")[0] for each in seen}


def _play(world, url, folder, seeds):
    with open_databases(url, folder) as databases:
        return play_all(world, databases, seeds)
