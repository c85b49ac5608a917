"""Thousands of random histories of a server, each followed to the end: does the database always equal the server?

The same machine as tests/model, from another seed each time, so that it goes where nobody has been.
"""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.measured import in_fresh_process, report

HISTORIES = 500
"""For each way and database: 3,000 in all."""


def run(*, is_quick: bool) -> None:
    """Print a line for each way and database; a history that breaks the law ends the bench with its steps."""
    from tests.model.machine import WAYS

    for kind in ("SQLite", "PostgreSQL"):
        for way in WAYS:
            seed = random.randrange(1_000_000)
            print(f"{kind}, {way}, seed {seed}: ", end="", flush=True)
            measured = in_fresh_process(
                "tests.bench.convergence", way, kind, str(5 if is_quick else HISTORIES), str(seed)
            )
            print(f"{measured.outcome}; {measured.seconds:.0f} s", flush=True)


def _play(way: str, kind: str, histories: int, seed: int) -> str:
    from tests.model.fresh import fresh_database, fresh_files
    from tests.model.machine import WAYS, play
    from tests.model.world import open_world
    from tests.support.postgresql import running_server

    account, has_dates = WAYS[way]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="collector-bench-")))
        world = stack.enter_context(open_world(folder / "world", account, has_dates=has_dates))
        if kind == "SQLite":
            fresh = stack.enter_context(fresh_files(folder))
        else:
            fresh = stack.enter_context(fresh_database(stack.enter_context(running_server()), folder))
        return str(play(world, fresh, histories=histories, first_seed=seed))


if __name__ == "__main__":
    report(lambda: _play(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
