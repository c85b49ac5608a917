"""Thousands of random histories of a server, each followed to the end: does the database always equal the server?

The same law as tests/model, with seeds that its tests do not play.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.measured import in_fresh_process, report
from tests.bench.pull import database_of

FIRST_SEED = 10_000


def run(*, is_quick: bool) -> None:
    """Print a line for each way and database; a history that breaks the law ends the bench with its seed."""
    from tests.model.law import WAYS

    count = 5 if is_quick else 500
    for kind in ("SQLite", "PostgreSQL"):
        for way in WAYS:
            with database_of(kind) as (database_url, _):
                measured = in_fresh_process("tests.bench.convergence", way, database_url, str(count))
            last = FIRST_SEED + count - 1
            print(
                f"{kind}, {way}: {count} histories, seeds {FIRST_SEED} to {last}, {measured.seconds:.0f} s", flush=True
            )


def _play(way: str, database_url: str, count: int) -> None:
    from tests.model.law import WAYS, play_all
    from tests.model.world import open_world
    from tests.support.databases import open_databases

    account, has_dates = WAYS[way]
    with tempfile.TemporaryDirectory(prefix="collector-bench-") as folder:
        at = Path(folder)
        (at / "world").mkdir()
        with open_world(at / "world", account, has_dates=has_dates) as world, open_databases(database_url, at) as here:
            play_all(world, here, range(FIRST_SEED, FIRST_SEED + count))


if __name__ == "__main__":
    report(lambda: _play(sys.argv[1], sys.argv[2], int(sys.argv[3])))
