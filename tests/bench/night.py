"""The nightly export of a very large campaign, whole: how much memory and time its numbers and its workbooks take.

A campaign of large_campaign.py straight into SQLite; then `export` in a process of its own, stage by stage.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.measured import against, in_fresh_process, peak_mb, report

SIZES = (25_000, 1_000_000)
MOST_MB = 150
STAGES = {  # what export calls, one after the other → what it does
    "read_night": "read, link and count",
    "card_tails": "look up cards",
    "make_book": "lay out the workbook",
    "_put_in_places": "write rows",
    "digest_of": "digest",
}
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def run(*, is_quick: bool, size: int = 0) -> None:
    """Print what each stage took, and whether the whole stays within its memory."""
    for rows in (size,) if size else (5_000,) if is_quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            filled = in_fresh_process("tests.bench.night", "fill", folder, str(rows))
            done = in_fresh_process("tests.bench.night", "export", folder, str(rows))
        told, stages = done.outcome
        print(f"{rows:,} register rows, {filled.outcome:,} surveys: {told}")
        for stage, seconds, peak in stages:
            print(f"  {stage}: {seconds:.1f} s, peak so far {peak:.0f} MB")
        rest = done.seconds - sum(seconds for _, seconds, _ in stages)
        print(f"  find what is open, and count: {rest:.1f} s")
        met = against(done.peak_mb, MOST_MB, is_most=True, unit=" MB")
        print(f"  the whole export: {done.seconds:.1f} s, {done.memory} ({met})", flush=True)


def _fill(folder: Path, rows: int) -> int:
    from sqlalchemy import func, select

    from collector.reporting.database import migrate, open_engine
    from collector.reporting.tables import submissions
    from tests.bench.large_campaign import OF_SESSION, store

    engine = open_engine(_url(folder))
    migrate(engine, "reporting")
    with engine.begin() as connection:
        store(connection, rows)
        stored = connection.scalar(select(func.count()).select_from(submissions)) or 0
    engine.dispose()
    return stored - rows // OF_SESSION


def _export(folder: Path) -> tuple[str, list[tuple[str, float, float]]]:
    import jobs.export
    from tests.support.campaign import PROGRAMME
    from tests.support.databases import open_databases

    stages: list[tuple[str, float, float]] = []
    for name, stage in STAGES.items():
        setattr(jobs.export, name, _noted(getattr(jobs.export, name), stage, stages))
    with open_databases(_url(folder), folder) as databases:
        made = jobs.export.export(databases, PROGRAMME, folder=folder / "export", name="book", now=NOW)
    files = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in sorted(made.path.parent.iterdir()))
    return f"{made.totals.participants_high:,} participants, {made.totals.pairs:,} pairs; {files}", stages


def _noted(work: Callable[..., Any], stage: str, stages: list[tuple[str, float, float]]) -> Callable[..., Any]:
    def noted(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        done = work(*given, **named)
        stages.append((stage, time.perf_counter() - began, peak_mb()))
        return done

    return noted


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'reporting.db'}"


if __name__ == "__main__":
    what, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    report(lambda: _fill(folder, rows) if what == "fill" else _export(folder))
