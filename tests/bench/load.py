"""Pull, judge and load beside what others do with the same pages in the same run: a bare floor, and dlt's merge.

The floor decodes and inserts every answer as text, without keys, types or judging: what the database itself costs.
Identities are scattered, as tablets make them: where a key begins with them, its index is written all over.
dlt (skipped by name where it is not installed) merges on `_id` with a child table for the register; it judges nothing.
Then what a pull takes in memory at two sizes a hundredfold apart, and a server 150 ms away.
Memory is that of the pulling process, with the libraries it loads, without the processes that judge for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

from tests.bench.measured import Measured, against, in_fresh_process, report
from tests.bench.pull import AHEAD, database_of, pulled

PAGE = 1000
SIZE = 100_000
LATENCY_SECONDS = 0.15
REGISTER = "register"

WAYS = {
    "floor": "decoded and inserted as text; no key, no judging",
    "judging off": "ours, without the form engine",
    "judging on": "ours",
    "dlt": "merge on _id; no judging, no deletions",
}
NEEDED = {
    ("SQLite", "judging off"): {"floor": 0.5, "dlt": 7.0},
    ("PostgreSQL", "judging off"): {"floor": 0.4, "dlt": 5.0},
    ("SQLite", "judging on"): {"dlt": 2.0},
    ("PostgreSQL", "judging on"): {"dlt": 2.0},
}
"""How fast each way must be, as a multiple of another."""

NEEDED_MB, NEEDED_FAR = 150, 10_000
MEMORY = (("judging on", 10_000), ("judging off", 10_000), ("judging off", 1_000_000))


def run(*, is_quick: bool, size: int = 0) -> None:
    """Print a line for each way and database, then memory, then the far server. size: submissions, by default SIZE."""
    from tests.support.page_server import page_server

    size = size or (300 if is_quick else SIZE)
    with page_server() as url:
        for kind in ("SQLite", "PostgreSQL"):
            _compare(url, kind, size)
        _far(url, size)
        for kind in ("SQLite", "PostgreSQL"):
            for way, count in MEMORY[: 2 if kind == "PostgreSQL" else None]:
                _memory(url, kind, way, min(count, size) if is_quick else count)


def _compare(url: str, kind: str, size: int) -> None:
    from tests.support.page_server import set_state

    set_state(url, size)
    next(_pages(url))  # the first page takes the server a second, which the first to ask would wait for
    rates: dict[str, float] = {}
    for way, what in WAYS.items():
        if way == "dlt" and find_spec("dlt") is None:
            print(f"{kind}: dlt skipped: it is not installed (pip install --group bench)")
            continue
        with database_of(kind) as (database_url, folder):
            measured = in_fresh_process("tests.bench.load", way, url, database_url, folder)
        rates[way] = size / measured.seconds
        print(f"{kind}: {way} ({what}): {_figures(measured, rates[way])}", flush=True)
    for way in ("judging off", "judging on"):
        for other, needed in NEEDED[kind, way].items():
            if other in rates:
                print(f"{kind}: {way} is {_ratio(rates, way, other, needed)}", flush=True)


def _figures(measured: Measured, rate: float) -> str:
    return f"{rate:,.0f} submissions/s, {measured.cpu_seconds:.1f} s of processor, {measured.memory}"


def _ratio(rates: dict[str, float], way: str, other: str, needed: float) -> str:
    ratio, floor = rates[way] / rates[other], rates["floor"] / rates[other]
    told = f"{ratio:.2f} × {other}; {against(ratio, needed, shown='g', unit=' ×')}"
    # A way that also types, keys and keeps what it received cannot be faster than the bare inserts of the same rows
    return told if floor >= needed else f"{told}: out of reach here, the floor itself is {floor:.2f} × {other}"


def _far(url: str, size: int) -> None:
    from tests.support.page_server import set_state

    set_state(url, size, latency_seconds=LATENCY_SECONDS)
    for ahead in (1, AHEAD):
        measured = in_fresh_process("tests.bench.load", "walk", url, str(ahead))
        rate = measured.outcome / measured.seconds
        told = f"; {against(rate, NEEDED_FAR, unit='/s')}" if ahead > 1 else ""
        print(
            f"server {LATENCY_SECONDS * 1000:.0f} ms away, up to {ahead} pages under way: {measured.outcome:,} "
            f"submissions pulled in order, {rate:,.0f}/s, {measured.cpu_seconds:.1f} s of processor, "
            f"{measured.memory}{told}",
            flush=True,
        )


def _memory(url: str, kind: str, way: str, count: int) -> None:
    from tests.support.page_server import set_state

    set_state(url, count)
    with database_of(kind) as (database_url, folder):
        measured = in_fresh_process("tests.bench.load", way, url, database_url, folder)
    told = against(measured.peak_mb, NEEDED_MB, is_most=True, unit=" MB")
    print(f"{kind}: {way}, {count:,} submissions: {_figures(measured, count / measured.seconds)}; {told}", flush=True)


def _pages(url: str) -> Iterator[list[dict[str, Any]]]:
    """The pages, decoded, by the fewest means."""
    import msgspec
    import requests

    from tests.support.page_server import ASSETS

    session, after = requests.Session(), 0
    session.trust_env = False
    while True:
        query = {"query": msgspec.json.encode({"_id": {"$gt": after}}).decode(), "limit": str(PAGE)}
        found = msgspec.json.decode(session.get(f"{url}{ASSETS}data/", params=query).content)["results"]
        if not found:
            return
        yield found
        after = found[-1]["_id"]


Insert = Callable[[str, list[str], Iterable[tuple[str | None, ...]]], None]


def _floor(url: str, database_url: str) -> None:
    insert: Insert | None = None
    names: dict[str, list[str]] = {}
    for page in _pages(url):
        rows = [row for submission in page for row in submission.get(REGISTER, ())]
        if insert is None:
            names = {"session": _names(page), "register": _names(rows)}
            insert = _open(database_url, names)
        for table, records in (("session", page), ("register", rows)):
            columns = names[table]
            insert(table, columns, (tuple(map(record.get, columns)) for record in records))


def _names(records: Iterable[dict[str, Any]]) -> list[str]:
    """The keys of answers."""
    found = {name for record in records for name, answer in record.items() if isinstance(answer, str)}
    return sorted(found)


def _open(database_url: str, names: dict[str, list[str]]) -> Insert:
    def create(table: str) -> str:
        columns = ", ".join(f'"{name}" TEXT' for name in names[table])
        return f"CREATE TABLE {table} ({columns})"

    if database_url.startswith("sqlite"):
        import sqlite3

        database = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        for table in names:
            database.execute(create(table))

        def insert(table: str, columns: list[str], rows: Iterable[tuple[str | None, ...]]) -> None:
            with database:
                database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)

        return insert

    import psycopg

    connection = psycopg.connect(database_url.replace("postgresql+psycopg", "postgresql"))
    for table in names:
        connection.execute(create(table))  # type: ignore[arg-type]

    def copy(table: str, columns: list[str], rows: Iterable[tuple[str | None, ...]]) -> None:
        with connection.cursor().copy(f"COPY {table} FROM STDIN") as into:  # type: ignore[arg-type]
            for row in rows:
                into.write_row(row)
        connection.commit()

    return copy


def _dlt(url: str, database_url: str, folder: str) -> None:
    import os

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt

    resource = dlt.resource(_pages(url), name="attendance", primary_key="_id", write_disposition="merge")
    if database_url.startswith("sqlite"):
        os.environ["LOAD__WORKERS"] = "1"  # SQLite has one writer: its workers lock each other out, and some give up
        destination = dlt.destinations.sqlalchemy(database_url)
    else:
        destination = dlt.destinations.postgres(_by_socket(database_url))
    pipeline = dlt.pipeline("bench", pipelines_dir=f"{folder}/dlt", destination=destination, dataset_name="bench")
    pipeline.run(resource)


def _by_socket(database_url: str) -> str:
    """The address as dlt takes it, which insists on a host, of a server behind a socket's folder."""
    from sqlalchemy import make_url

    at = make_url(database_url)
    return f"postgresql://{at.username}:-@localhost:5432/{at.database}?host={at.query['host']}"


def _walk(url: str, ahead: int) -> int:
    from collector.kobo.client import Client
    from collector.kobo.pages import fetch_pages
    from tests.support.page_server import ASSET, TOKEN

    with Client(url, TOKEN) as client:
        return sum(len(page.records) for page in fetch_pages(client, ASSET, after=0, page_size=PAGE, ahead=ahead))


def _work(way: str, url: str, *where: str) -> object:
    if way == "walk":
        return _walk(url, int(where[0]))
    if way == "floor":
        return _floor(url, where[0])
    if way == "dlt":
        return _dlt(url, *where)
    return pulled(url, *where, "quick", is_judging=way == "judging on")


if __name__ == "__main__":
    report(lambda: _work(*sys.argv[1:]))
