"""One form of one's own on a sandbox, and the databases that follow it: for journeys that begin at the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, deploy
from collector.sandbox.server import OWNER, Sandbox
from jobs.pull import FormPull, How, Means, Report, pull
from jobs.runs import run_recorded
from jobs.wiring import Databases
from tests.support.attendance import FORM, programme
from tests.support.loading import SECRET, rows_of
from tests.support.sheets import write_workbook

HEAD = ("type", "name", "label", "renamed_from")


@dataclass
class Clock:
    time: datetime = datetime(2026, 11, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


CLOCK = Clock()
"""Of servers, and of who follows them unless it has its own."""


@dataclass
class Site:
    """One form on a server, and the databases that follow it."""

    sandbox: Sandbox
    databases: Databases
    folder: Path
    asset_uid: str | None = None
    version: str = ""
    clock: Clock = field(default_factory=lambda: CLOCK)

    def client(self, username: str = OWNER) -> Client:
        return Client(self.sandbox.url, self.sandbox.token(username))

    def deploy(self, *rows: tuple[str, ...], choices: tuple[tuple[str, str], ...] = ()) -> None:
        """Bring a form out, in place of the one before."""
        listed = [("list_name", "name", "label"), *((*choice, choice[1]) for choice in choices)]
        survey = [HEAD, *((*row, row[1], "")[:4] if len(row) == 2 else row for row in rows)]
        path = write_workbook(self.folder, survey=survey, choices=listed)
        form = DeployableForm(FORM, "A form", path.read_bytes(), {})
        with self.client() as client:
            if self.asset_uid is None:
                self.asset_uid = client.post_json("/api/v2/assets/", {"name": "A form", "asset_type": "survey"})["uid"]
            done = deploy(client, form, asset_uid=self.asset_uid, is_overwriting=True)
        self.version = done.version_uid

    def send(self, *records: dict[str, object]) -> list[int]:
        filled = [{"__version__": self.version, **record} for record in records]
        return self.sandbox.put_json(self.asset_uid or "", filled)

    def pull(
        self, how: How = "quick", username: str = OWNER, page_size: int = 100, report: Report = lambda *_: None
    ) -> FormPull:
        means = Means(how, page_size, 5, assets={FORM: self.asset_uid or ""})
        with self.client(username) as client:
            to = client, self.databases, programme(), [FORM]
            work = partial(pull, *to, secret=SECRET, now=self.clock, means=means, report=report)
            return run_recorded(self.databases, "pull", lambda run: work(run=run), now=self.clock).forms[0]

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        return rows_of(self.databases, table, *columns)


def approve(site: Site, number: int) -> None:
    """Set a submission's validation status."""
    with site.client() as client:
        address = f"/api/v2/assets/{site.asset_uid}/data/{number}/validation_status/"
        client.patch_json(address, {"validation_status.uid": "validation_status_approved"})


def complete(result: FormPull) -> bool:
    """Whether the equation holds."""
    return (result.missing, result.unexplained) == (0, "")
