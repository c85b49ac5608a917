"""What an officer works with: a forms folder of one's own, a sandbox, a database. For tests of forms as code."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import openpyxl
from pydantic import SecretStr

from collector.form.programme import read_programme
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting.database import open_engine
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, Sandbox, serve
from jobs.guard import guarded_deploy, make_plans
from jobs.nightly import Desk, export_recorded, pull_recorded
from jobs.settings import Settings, read_settings
from jobs.wiring import open_databases

FORMS = Path(__file__).parents[2] / "forms"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = "attendance"


@dataclass
class Office:
    """A forms folder of one's own, a sandbox, a database: what an officer works with."""

    sandbox: Sandbox
    settings: Settings
    folder: Path
    requests: int = 0
    """Of the last deployment."""
    now: Callable[[], datetime] = lambda: NOW

    @property
    def programme(self):
        return read_programme(self.folder / "programme.toml")

    def client(self, attempts: int = 3) -> Client:
        patience = Patience(attempts=attempts, sleep=lambda seconds: time.sleep(0.01))
        return Client(self.sandbox.url, self.sandbox.token(OWNER), patience=patience, timeout_seconds=30)

    def plan(self, key: str = KEY):
        with self.client() as client:
            (plan,) = make_plans(client, self.settings, self.programme, [key])
        return plan

    def deploy(self, key: str = KEY, attempts: int = 3, **decided):
        with self.client(attempts) as client:
            decided = {"by": OWNER, "now": self.now, **decided}
            try:
                (done,) = guarded_deploy(client, self.settings, self.programme, [key], **decided)
            finally:
                self.requests = client.requests
        return done

    def pull(self, *records, key: str = KEY):
        """Submissions arrive, and are pulled."""
        plan = self.plan(key)
        version = {"__version__": plan.asset.deployed_version_uid}
        self.sandbox.put_json(plan.asset.uid, [{**record, **version} for record in records])
        with open_databases(self.settings) as databases:
            pull_recorded(Desk(self.settings, databases, self.now), [key])

    def export(self):
        """Write the workbook; returns its path."""
        with open_databases(self.settings) as databases:
            return export_recorded(Desk(self.settings, databases, self.now)).path

    def rows(self, statement):
        engine = open_engine(self.settings.database.url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(statement)]
        finally:
            engine.dispose()

    def edit(self, change, key: str = KEY):
        path = self.folder / self.programme.forms[key].workbook
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)

    def rename(self, old: str, new: str):
        """A question gets another name wherever it is mentioned, in the workbook and in programme.toml."""

        def change(book):
            for cells in book["survey"].iter_rows():
                for cell in cells:
                    if isinstance(cell.value, str):
                        cell.value = new if cell.value == old else cell.value.replace(f"${{{old}}}", f"${{{new}}}")

        self.edit(change)
        path = self.folder / "programme.toml"
        path.write_text(path.read_text("utf-8").replace(f'"{old}"', f'"{new}"'), "utf-8")


def row_named(book, name, sheet="survey"):
    names = {cell.value: cell.column for cell in book[sheet][1]}
    return next(cells[0].row for cells in book[sheet].iter_rows() if cells[names["name"] - 1].value == name), names


def without(sheet, name):
    def change(book):
        book[sheet].delete_rows(row_named(book, name, sheet)[0])

    return change


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """An office in a folder, with the project's own forms where it is empty; its server ends with the block."""
    is_new = not (folder / "forms").exists()
    ticks = count(0 if is_new else 10_000)  # one deployment is after the other
    options = Options(now=lambda: NOW + timedelta(seconds=next(ticks)), import_seconds=0)
    with serve(folder / "sandbox", options=options) as sandbox:
        if is_new:
            shutil.copytree(FORMS, folder / "forms")
        (folder / "settings.toml").write_text("", "utf-8")
        settings = read_settings(
            folder / "settings.toml",
            server={"url": sandbox.url, "token": SecretStr(sandbox.token(OWNER))},
            database={"url": f"sqlite:///{folder / 'collector.db'}"},
            raw={"url": f"sqlite:///{folder / 'raw.db'}"},
            forms={"folder": folder / "forms"},
            export={"folder": folder / "export"},
            privacy={"secret": SecretStr("a secret of the tests, long enough")},
            judging={"quarantine": ()},  # what these forms leave out is only told: a form's changes are the matter here
        )
        yield Office(sandbox, settings, folder / "forms")
