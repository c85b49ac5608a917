"""A server with a random history, and the database that follows it: what the model test plays with.

The model is the server itself: what it shows at the end is what the database must hold. Nobody is real.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import Engine, MetaData, event, text

from collector.errors import RunInProgress
from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.policy import Policy
from collector.form.programme import read_programme
from collector.kobo.assets import fetch_content
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.kobo.xform import xform_of
from collector.reporting import raw
from collector.reporting.ledger import pairs
from collector.sandbox.accounts import find_user
from collector.sandbox.calls import Upload
from collector.sandbox.options import Options
from collector.sandbox.rights import grant
from collector.sandbox.server import OWNER, Sandbox, serve
from collector.sandbox.submissions import receive
from jobs.deploy import deploy
from jobs.pull import Means, PullResult, pull
from jobs.runs import run_recorded
from jobs.wiring import Databases
from tests.support.attendance import attendance_media, card, submission, xml_of
from tests.support.loading import SECRET
from tests.support.material import FORMS

FORM = "attendance"
READER = "reader"
MOST_FORMS = 3
STATUSES = ("validation_status_approved", "validation_status_not_approved", "validation_status_on_hold")
FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "close"},
    {"action": "act-then-close"},
    {"action": "status", "status": 429, "retry_after": 0},
    {"action": "status", "status": 500},
    {"action": "status", "status": 502},
    {"action": "html"},
    {"action": "truncate"},
    {"action": "duplicate-row"},
    {"action": "wrong-count"},
)


class Killed(BaseException):
    """The process ended between two statements: what was not committed is gone."""


@dataclass
class Clock:
    """The time of server and service alike."""

    time: datetime = datetime(2026, 7, 6, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass
class World:
    """One sandbox with one deployed form of two versions, and the account that pulls."""

    sandbox: Sandbox
    clock: Clock
    asset_uid: str
    versions: tuple[str, ...]
    account: str
    judges: Mapping[str, Judge]
    instances: dict[int, dict[str, Any]] = field(default_factory=dict)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    deployed: int = 0

    def begin(self) -> None:
        """A server without submissions and without a past."""
        with self.sandbox.store.write() as connection:
            for table in ("attachments", "superseded", "submissions", "history"):
                connection.execute(f"DELETE FROM {table}")
        self.instances, self.deleted, self.deployed = {}, [], 0

    def step(self, chance: random.Random) -> str:
        """One thing that happens on the server; its name."""
        self.clock.time += timedelta(minutes=chance.choice((1, 5, 40, 600)))
        changes = ("edit", "blank", "register", "delete", "validate", "attach")
        step = chance.choice(("submit", "late", "backdate", "redeploy", "send_again", *changes, *changes))
        if (step in changes and not self.instances) or (step == "send_again" and not self.deleted):
            step = "submit"
        getattr(self, f"_{step}")(chance)
        return step

    def submit(self, chance: random.Random) -> str:
        """One more submission."""
        self._submit(chance)
        return "submit"

    def shown(self) -> dict[int, dict[str, Any]]:
        """Every submission that the server shows to the account, by `_id`; the clock goes on until all are visible."""
        self.clock.time += timedelta(hours=1)
        with self.client() as client:
            answer = client.get_json(f"/api/v2/assets/{self.asset_uid}/data/", limit=1000)
        return {record["_id"]: record for record in answer["results"]}

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether a submission that the server shows keeps the rules of its form."""
        return Policy().accepts(self.judges[record["__version__"]].judge_json(record).findings)

    def client(self, username: str = "") -> Client:
        patience = Patience(attempts=2, sleep=lambda seconds: None)
        return Client(self.sandbox.url, self.sandbox.token(username or self.account), patience=patience)

    def _submit(self, chance: random.Random, hidden: float = 0, date: str = "") -> None:
        changes = {
            "head_f": str(chance.randint(0, 20)) if chance.random() < 0.9 else "many",
            "venue_type": chance.choice(("hotel", "school")),
            "register": _people(chance),
        }
        if self.deployed and chance.random() < 0.7:
            changes |= {"mood": str(chance.randint(1, 5)), "__version__": self.versions[1]}
        form = chance.randint(1, MOST_FORMS)
        self._send({"form": form, "uuid": str(uuid.UUID(int=chance.getrandbits(128))), "date": date, **changes}, hidden)

    def _late(self, chance: random.Random) -> None:
        self._submit(chance, hidden=chance.choice((30, 3600)))

    def _backdate(self, chance: random.Random) -> None:
        self._submit(chance, date="2026-06-01T10:00:00Z")

    def _redeploy(self, chance: random.Random) -> None:
        self.deployed = 1

    def _send_again(self, chance: random.Random) -> None:
        self._send(self.deleted.pop(chance.randrange(len(self.deleted))))

    def _send(self, instance: dict[str, Any], hidden: float = 0, *, files: tuple[Upload, ...] = ()) -> None:
        store = self.sandbox.store
        user = find_user(store, OWNER)
        received = receive(store, self._xml(instance), files, user, hidden_seconds=hidden)
        if received.submission_id:
            self.instances[received.submission_id] = instance

    def _xml(self, instance: dict[str, Any]) -> bytes:
        changes = {name: instance.get(name) or None for name in ("head_f", "venue_type", "register", "mood")}
        changes |= {"venue": instance["venue"]} if "venue" in instance else {}
        identity = {"meta/instanceID": f"uuid:{instance['uuid']}", "meta/rootUuid": None, "meta/audit": "audit.csv"}
        if "old" in instance:
            identity["meta/deprecatedID"] = f"uuid:{instance['old']}"
        changes["__version__"] = instance.get("__version__", self.versions[0])
        answers = json.loads(submission(instance["form"], **{**changes, **identity, "formhub/uuid": None}))
        date = {"submissionDate": instance["date"]} if instance["date"] else {}
        return xml_of(answers, id=self.asset_uid, **date)

    def _change(self, chance: random.Random, **changes: Any) -> None:
        instance = self.instances[chance.choice(sorted(self.instances))]
        edited = {
            "uuid": str(uuid.UUID(int=chance.getrandbits(128))),
            "old": instance["uuid"],
            "first": instance.get("first", instance),
        }
        self._send({**instance, **changes, **edited})

    def _edit(self, chance: random.Random) -> None:
        self._change(chance, head_f=str(chance.randint(0, 20)))

    def _blank(self, chance: random.Random) -> None:
        self._change(chance, **{chance.choice(("head_f", "venue_type")): ""})

    def _register(self, chance: random.Random) -> None:
        self._change(chance, register=_people(chance))

    def _delete(self, chance: random.Random) -> None:
        number = chance.choice(sorted(self.instances))
        instance = self.instances.pop(number)
        self.deleted.append({**instance.get("first", instance)})
        self._ask("delete", f"data/{number}/")

    def _validate(self, chance: random.Random) -> None:
        number = chance.choice(sorted(self.instances))
        self._ask("patch_json", f"data/{number}/validation_status/", {"validation_status.uid": chance.choice(STATUSES)})

    def _ask(self, method: str, path: str, *body: object) -> None:
        """As the owner; a submission that is not visible yet is left alone."""
        self.clock.time += timedelta(hours=2)
        with self.client(OWNER) as client:
            getattr(client, method)(f"/api/v2/assets/{self.asset_uid}/{path}", *body)

    def _attach(self, chance: random.Random) -> None:
        instance = self.instances[chance.choice(sorted(self.instances))]
        upload = Upload("audit.csv", "audit.csv", "text/csv", b"event,node\n")
        self._send(instance, files=(upload,))


@contextmanager
def open_world(folder: Path, account: str, *, has_dates: bool = False) -> Iterator[World]:
    """A sandbox with the form deployed twice: the second version asks one question more."""
    clock = Clock()
    with serve(folder / "sandbox", options=Options(now=clock.now, has_date_modified=has_dates)) as sandbox:
        programme = read_programme(FORMS / "programme.toml")
        versions = []
        with Client(sandbox.url, sandbox.token(OWNER)) as client:
            for forms in (FORMS, _with_a_question_more(folder / "forms")):
                (deployed,) = deploy(client, programme, forms, [FORM])
                versions.append(deployed.version_uid)
            judges = {uid: _judge(client, deployed.asset_uid, uid) for uid in versions}
        sandbox.add_user(READER)
        grant(sandbox.store, deployed.asset_uid, READER, "validate_submissions")
        yield World(sandbox, clock, deployed.asset_uid, tuple(versions), account, judges)


def _judge(client: Client, asset_uid: str, version: str) -> Judge:
    content = fetch_content(client, asset_uid, version)
    return judge_of(xform_of(content, asset_uid=asset_uid, version=version, title=FORM), attendance_media())


@dataclass
class Follower:
    """The service: its databases, and pulls that may be killed or be answered badly."""

    world: World
    databases: Databases

    def begin(self) -> None:
        """Databases without submissions; forms and versions stay."""
        for engine in {self.databases.reporting, self.databases.raw}:
            _empty(engine)

    def pull(self, chance: random.Random, *, is_clean: bool, means: Means) -> PullResult | None:
        """One run; None where it failed, as it may unless it is clean."""
        sandbox = self.world.sandbox
        with ExitStack() as stack:
            stack.callback(sandbox.faults.clear)
            if not is_clean and chance.random() < 0.5:
                fault = chance.choice(FAULTS)
                path = r"/(data|history)/\?"
                sandbox.faults.add(path=path, after=chance.randint(0, 6), times=chance.choice((1, 9)), **fault)
            elif not is_clean:
                stack.enter_context(_killed_at(self.databases, chance.randint(1, 120)))
            try:
                return self._unlocked(means)
            except (Exception, Killed):
                if is_clean:
                    raise
                return None

    def _unlocked(self, means: Means) -> PullResult:
        """Pull once PostgreSQL has noticed that the holder of the lock is gone."""
        until = time.monotonic() + 10
        while True:
            try:
                return self._pull(means)
            except RunInProgress:
                assert time.monotonic() < until
                time.sleep(0.02)

    def _pull(self, means: Means) -> PullResult:
        programme = read_programme(FORMS / "programme.toml")
        now = self.world.clock.now
        with self.world.client() as client:
            return run_recorded(
                self.databases,
                "sync",
                lambda run: pull(
                    client, self.databases, programme, [FORM], run=run, secret=SECRET, now=now, means=means
                ),
                now=now,
            )

    def rows(self, statement: str) -> list[Any]:
        with self.databases.reporting.connect() as connection:
            return list(connection.execute(text(statement)))

    def received(self) -> dict[str, tuple[int, Any]]:
        """Every state in the raw store: digest → `_id` and the submission."""
        with self.databases.raw.connect() as connection:
            statement = text("SELECT digest, submission_id FROM raw_submissions")
            numbers = pairs(connection.execute(statement))
            bodies = raw.raw_bodies(connection, self.world.asset_uid, numbers)
        return {digest: (number, json.loads(bodies[digest])) for digest, number in numbers.items()}


def _people(chance: random.Random) -> list[dict[str, str]]:
    """Rows of a register, cut from one that is valid in every form of the world."""
    rows: list[dict[str, str]] = json.loads(submission(1))["register"]
    changed = [
        {**row, "register/sex": chance.choice("fm"), "register/card": str(card(chance.randint(0, 500)))} for row in rows
    ]
    return changed[: chance.randint(0, 4)]


def _with_a_question_more(folder: Path) -> Path:
    folder.mkdir()
    for path in FORMS.rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(FORMS)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    book = openpyxl.load_workbook(folder / "attendance.xlsx")
    sheet = book["survey"]
    header = [cell.value for cell in sheet[1]]
    added = {"type": "integer", "name": "mood", **{name: "Mood" for name in header if str(name).startswith("label")}}
    sheet.append([added.get(name) for name in header])
    book.save(folder / "attendance.xlsx")
    return folder


@contextmanager
def _killed_at(databases: Databases, at: int) -> Iterator[None]:
    left = [at]

    def step(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    engines = {databases.reporting, databases.raw}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", step)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", step)


def _empty(engine: Engine) -> None:
    kept = {"form_versions", "media", "forms", "reporting_migration", "raw_migration"}
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in kept:
                connection.execute(table.delete())
