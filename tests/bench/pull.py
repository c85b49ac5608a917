"""Pull, judge and load generated attendance submissions over HTTP, on SQLite and PostgreSQL; then pull again.

The server is a page server in another process (tests/support/page_server.py); each pull is a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from collector.form.judging.verdict import Verdict
from tests.bench.measured import ROOT, Measured, in_fresh_process, report

if TYPE_CHECKING:
    from jobs.pull import How
    from jobs.readings import Brief

AHEAD = 6  # pages under way at most, as settings.toml has it
AGAIN_CHANGED = 100  # of the submissions, in the pull that reads everything again


def run(*, is_quick: bool, size: int = 0) -> None:
    """Print a line for each size and database. size: of the larger one."""
    small, large = (200, 1_000) if is_quick else (10_000, size or 100_000)
    from tests.support.page_server import page_server

    with page_server() as url:
        for database, sizes in (("SQLite", (small, large)), ("PostgreSQL", (small,))):
            for size in sizes:
                _pull_twice(url, database, size)


def _pull_twice(url: str, database: str, size: int) -> None:
    from tests.support.page_server import set_state

    set_state(url, size)
    with database_of(database) as (database_url, folder):
        first = in_fresh_process("tests.bench.pull", url, database_url, folder)
        _print(database, first, "pulled, judged and loaded")
        set_state(url, size, {number: {"head_f": "8"} for number in range(1, size, size // AGAIN_CHANGED)})
        again = in_fresh_process("tests.bench.pull", url, database_url, folder, "again")
        _print(database, again, f"read again, {again.outcome['changed']} of them changed,")


def _print(database: str, measured: Measured, what: str) -> None:
    outcome = measured.outcome
    rate = outcome["on_server"] / measured.seconds
    print(
        f"{database}: {outcome['on_server']:,} submissions ({outcome['rows']:,} register rows) {what} in "
        f"{measured.seconds:.1f} s ({rate:,.0f}/s, {measured.cpu_seconds:.1f} s of processor), "
        f"{measured.memory}",
        flush=True,
    )


@contextmanager
def database_of(kind: str) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="collector-bench-") as folder:
        if kind == "SQLite":
            yield f"sqlite:///{folder}/reporting.db", folder
            return
        from tests.support.postgresql import running_server

        with running_server() as server, server.database() as url:
            yield url, folder


def pulled(url: str, database_url: str, folder: str, how: How, *, is_judging: bool = True) -> dict[str, Any]:
    from sqlalchemy import text

    from collector.form.programme import read_programme
    from collector.kobo.client import Client
    from collector.reporting.database import migrate, open_engine
    from jobs import jury, readings, versions
    from jobs.pull import Means, pull
    from jobs.runs import run_recorded
    from jobs.wiring import Databases

    if not is_judging:
        readings.judge_for = versions.judge_for = lambda *_: _Lenient()  # type: ignore[assignment]
        jury._be_seated = _be_seated_lenient
    raw_url = f"sqlite:///{folder}/raw.db" if database_url.startswith("sqlite") else database_url
    databases = Databases(open_engine(database_url), open_engine(raw_url))
    migrate(databases.reporting, "reporting")
    migrate(databases.raw, "raw")
    programme = read_programme(ROOT / "forms" / "programme.toml")
    with Client(url, "0" * 40) as client:

        def work(run: int) -> dict[str, Any]:
            options: dict[str, Any] = {"run": run, "secret": b"a secret of the bench", "now": _now}
            options["means"] = Means(how, ahead=AHEAD, processes=jury.processors())
            result = pull(client, databases, programme, ["attendance"], **options)
            return asdict(result.forms[0])

        outcome = run_recorded(databases, "pull", work, now=_now)
    assert outcome is not None
    with databases.reporting.connect() as connection:
        outcome["rows"] = connection.scalar(text("SELECT count(*) FROM attendance_register"))
    return outcome


class _Lenient:
    """Stands for the form engine where the rest is measured: nothing is judged, everything passes."""

    def judge_json(self, _: object) -> Verdict:
        return Verdict()


def _be_seated_lenient(brief: Brief) -> None:
    """Begin life as a process that reads and judges nothing."""
    from jobs import jury, readings

    readings.judge_for = lambda *_: _Lenient()  # type: ignore[assignment]
    jury._be_seated(brief)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    _url, _database_url, _folder, *_again = sys.argv[1:]
    report(lambda: pulled(_url, _database_url, _folder, "full" if _again else "quick"))
