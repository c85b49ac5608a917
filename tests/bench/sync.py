"""What it costs to follow a form: a quick pull and a complete sync of which nothing changed; then, where 50 submissions
changed, a complete sync beside a full download.

The page server sends light pages where they are asked for; the account may not read the history, the dearest case.
Requests are counted by the server, by kind. Each measurement begins with the start of its process.
"""

from __future__ import annotations

import sys
from collections import Counter
from math import ceil

from tests.bench.measured import Measured, against, in_fresh_process, report
from tests.bench.pull import database_of, pulled

USUAL = 100_000
CHANGED = 50
PAGE = 1000
NEEDED_SWEEP = 40_000
"""Submissions a second of processor, where a sweep finds nothing; on a busy machine the clock tells of others."""

STEPS = (("quick", False), ("complete", False), ("complete", True), ("full", True))
FLAT_MB = 150.0


def run(*, is_quick: bool, size: int = 0) -> None:
    """Print a line for each way and database. size: submissions stored."""
    from tests.support.page_server import page_server

    with page_server() as url:
        for kind in ("SQLite", "PostgreSQL"):
            _follow(url, kind, size or (1_000 if is_quick else USUAL))


def _follow(url: str, kind: str, size: int) -> None:
    from tests.support.page_server import requests_by_kind, set_state

    with database_of(kind) as place:
        set_state(url, size)
        in_fresh_process("tests.bench.sync", url, *place, "fill")
        done = {}
        for number, (how, is_edited) in enumerate(STEPS):
            edited = range(1, size, size // CHANGED) if is_edited else ()
            set_state(url, size, {each: {"_uuid": f"edit-{number}", "head_f": "8"} for each in edited})
            done[how] = in_fresh_process("tests.bench.sync", url, *place, how)
            _print(kind, how, done[how], requests_by_kind(url))
    saved = done["full"].seconds / done["complete"].seconds, done["full"].cpu_seconds / done["complete"].cpu_seconds
    print(
        f"{kind}: a full download takes {saved[0]:.1f} × the time, {saved[1]:.1f} × the processor of a complete sync",
        flush=True,
    )


def _print(kind: str, how: str, measured: Measured, asked: Counter[str]) -> None:
    form = measured.outcome
    print(
        f"{kind}: {how} of {form['on_server']:,} stored, {form['changed']} changed: strategy {form['strategy']}, "
        f"{form['requests']} requests{_needed(how, measured, asked)}, {measured.seconds:.1f} s "
        f"({measured.cpu_seconds:.1f} s of processor), {measured.memory} "
        f"({against(measured.peak_mb, FLAT_MB, is_most=True, unit=' MB')})",
        flush=True,
    )


def _needed(how: str, measured: Measured, asked: Counter[str]) -> str:
    from tests.support.page_server import LIGHT, NAMED, OTHER, WHOLE

    kinds = ", ".join(f"{asked[each]} {each}" for each in (LIGHT, NAMED, WHOLE, OTHER) if asked[each])
    form = measured.outcome
    if how == "quick":
        return f" ({kinds}; {against(form['requests'], 2, is_most=True)})"
    if how == "full":
        return f" ({kinds})"
    pages = against(asked[LIGHT], ceil(form["on_server"] / PAGE), is_most=True)
    rate = form["on_server"] / measured.cpu_seconds
    is_needed = form["on_server"] >= USUAL and not form["changed"]  # of few, the start of the process is all
    needed = f" ({against(rate, NEEDED_SWEEP)})" if is_needed else ""
    return f" ({kinds}; light pages {pages}), {rate:,.0f} submissions a second of processor{needed}"


if __name__ == "__main__":
    _url, _database_url, _folder, _how = sys.argv[1:]
    # The fill is not measured; the generated submissions are right, so that judging them would write the same
    _options = {"how": "quick", "is_judging": False} if _how == "fill" else {"how": _how}
    report(lambda: pulled(_url, _database_url, _folder, **_options))  # type: ignore[arg-type]
