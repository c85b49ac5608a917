"""What it costs to follow a form of which 50 submissions changed: a quick pull, a sweep, and everything read again.

The page server sends light pages where they are asked for; the account may not read the history, the dearest case.
"""

from __future__ import annotations

import sys

from tests.bench.measured import Measured, in_fresh_process, report
from tests.bench.pull import database_of, pulled

CHANGED = 50


def run(*, is_quick: bool) -> None:
    """Print a line for each way and database."""
    from tests.support.page_server import page_server, set_state

    size = 1_000 if is_quick else 100_000
    with page_server() as url:
        for kind in ("SQLite", "PostgreSQL"):
            set_state(url, size)
            with database_of(kind) as place:
                in_fresh_process("tests.bench.sync", url, *place, "quick")
                for number, how in enumerate(("quick", "complete", "full")):
                    edits = {
                        each: {"_uuid": f"edit-{number}", "head_f": "8"} for each in range(1, size, size // CHANGED)
                    }
                    set_state(url, size, edits if how != "quick" else {})
                    _print(kind, how, in_fresh_process("tests.bench.sync", url, *place, how))


def _print(kind: str, how: str, measured: Measured) -> None:
    form = measured.outcome
    print(
        f"{kind}: {how} of {form['on_server']:,} stored, {form['changed']} changed: strategy {form['strategy']}, "
        f"{form['requests']} requests, {measured.seconds:.1f} s ({measured.cpu_seconds:.1f} s of processor), "
        f"peak {measured.peak_mb:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    _url, _database_url, _folder, _how = sys.argv[1:]
    report(lambda: pulled(_url, _database_url, _folder, _how))  # type: ignore[arg-type]
