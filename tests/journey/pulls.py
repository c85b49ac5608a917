"""The pull that journeys break: a form's second pull, with edits, removed rows, new, bad and unchanged submissions."""

import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree

from sqlalchemy import select

from collector.errors import RunInProgress
from collector.kobo.client import Client
from collector.reporting import raw
from collector.reporting.tables import raw_submissions
from jobs.pull import Means, pull
from jobs.runs import run_recorded
from tests.support.attendance import programme
from tests.support.databases import MOVING, contents, open_databases
from tests.support.loading import SECRET, START
from tests.support.page_server import ASSET, TOKEN

FIRST, SECOND = 25, 40
CHANGES = {
    3: {"venue_type": "hotel"},
    7: {"register": None, "head_f": "0"},
    12: {"head_f": "many"},
    24: {"__version__": "vNobodyKnows"},
    31: {"_submission_time": "yesterday"},
    33: {"register": [{"register/card": "x"}]},
}
PAGE_SIZE = 9


def pull_all(url, database_url, folder, watch=lambda engine: None, raw_url="", due_at=None):
    with open_databases(database_url, folder, raw_url) as databases, Client(url, TOKEN) as client:
        watch(databases.reporting)
        watch(databases.raw)
        work = {"secret": SECRET, "now": lambda: START, "means": Means(page_size=PAGE_SIZE, overlap=FIRST)}
        return run_recorded(
            databases,
            "pull",
            lambda run: pull(client, databases, programme(), ["attendance"], run=run, **work),
            now=lambda: START,
            due_at=due_at,
        )


def pull_again(url, database_url, folder):
    """Start again, until PostgreSQL has noticed that the holder of the lock is gone."""
    until = time.monotonic() + 10
    while True:
        try:
            return pull_all(url, database_url, folder)
        except RunInProgress:
            assert time.monotonic() < until
            time.sleep(0.05)


def state(database_url, folder, raw_url=""):
    """What the databases hold, but for run ids, times, and what each run counted."""
    with open_databases(database_url, folder, raw_url) as databases:
        reporting = contents(databases.reporting, but=MOVING)
        kept = {
            name: rows
            for name, rows in reporting.items()
            if name not in {"runs", "completeness", "syncs", "raw_frames"}
        }
        columns = raw_submissions.c.asset_uid, raw_submissions.c.digest, raw_submissions.c.submission_id
        with databases.raw.connect() as connection:
            records = connection.execute(select(*columns).order_by(*columns)).all()
            bodies = raw.raw_bodies(connection, ASSET, [row.digest for row in records])
            kept["raw_submissions"] = [(*row, bodies[row.digest]) for row in records]
        return kept


@contextmanager
def sqlite_copies(folder):
    """Where the first pull goes, and a function that makes a copy of it."""
    first = folder / "first"
    first.mkdir()

    def copy(number):
        made = Path(copytree(first, folder / str(number)))
        return f"sqlite:///{made / 'reporting.db'}", made

    yield f"sqlite:///{first / 'reporting.db'}", first, copy


@contextmanager
def postgresql_copies(server, folder):
    """The same with a database as the template of others."""
    with server.database() as first, ExitStack() as made:
        template = first.split("/")[3].split("?")[0]
        yield first, folder, lambda number: (made.enter_context(server.database(template)), folder)
