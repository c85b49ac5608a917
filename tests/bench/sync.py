"""What it costs to follow a form of which 50 submissions changed: a quick pull, a sweep, and everything read again.

The page server sends light pages where they are asked for; the account may not read the history, the dearest case.
Requests are those of the pull of the form, as its run records them.
"""

from __future__ import annotations

import sys
from math import ceil

from tests.bench.measured import Measured, against, in_fresh_process, report
from tests.bench.pull import database_of, pulled

CHANGED = 50
PAGE = 1000
OF_A_SYNC = 8
"""Requests of a complete sync that do not depend on the size: who asks and with which permissions, the media files,
what is new, what changed, how many there are."""

NEEDED_SWEEP = 40_000
"""Submissions a second of processor that a sweep goes through: on a busy machine the clock tells of others."""


def run(*, is_quick: bool, size: int = 0) -> None:
    """Print a line for each way and database. size: submissions stored."""
    from tests.support.page_server import page_server, set_state

    size = size or (1_000 if is_quick else 100_000)
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
        f"{form['requests']} requests{_needed(how, measured)}, {measured.seconds:.1f} s "
        f"({measured.cpu_seconds:.1f} s of processor), {measured.memory}",
        flush=True,
    )


def _needed(how: str, measured: Measured) -> str:
    form = measured.outcome
    if how == "quick":
        return f" ({against(form['requests'], 2, is_most=True)})"
    if how == "full":
        return ""
    requests = against(form["requests"], ceil(form["on_server"] / PAGE) + OF_A_SYNC, is_most=True)
    rate = form["on_server"] / measured.cpu_seconds
    return f" ({requests}), {rate:,.0f} submissions a second of processor ({against(rate, NEEDED_SWEEP)})"


if __name__ == "__main__":
    _url, _database_url, _folder, _how = sys.argv[1:]
    report(lambda: pulled(_url, _database_url, _folder, _how))  # type: ignore[arg-type]
