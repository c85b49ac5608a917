"""A server with a random history, and the database that follows it: what the model test plays with.

The model is the server itself: what it shows at the end is what the database must hold. Nobody is real.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.form.judging.judge import Judge, judge_of
from collector.form.judging.policy import Policy
from collector.kobo.assets import fetch_content, fetch_media
from collector.kobo.client import Client
from collector.kobo.deployment import DeployableForm, Deployment, deploy
from collector.kobo.retry import Patience
from collector.kobo.xform import xform_of
from collector.sandbox.accounts import find_user
from collector.sandbox.calls import Upload
from collector.sandbox.options import Options
from collector.sandbox.rights import grant
from collector.sandbox.server import OWNER, Sandbox, serve
from collector.sandbox.submissions import receive
from tests.model.forms import FORM, MOOD, VENUE_TYPES, VENUES, VERSIONS, media, workbook
from tests.support.attendance import card, xml_of

READER, MANAGER = "reader", "manager"
START = datetime(2026, 7, 6, 8, tzinfo=UTC)
STATUSES = ("validation_status_approved", "validation_status_not_approved", "validation_status_on_hold")
ANSWERED = ("venue_type", "venue", "head_f", "mood")
CHANGES = ("edit", "blank", "register", "delete", "validate", "attach")
"""What happens to a submission that is there."""

CHANGED_BY_DEPLOYING = ("assets", "versions", "imports", "deployments")
"""Tables of the sandbox: put back before each history."""


@dataclass
class Clock:
    """The time of server and service alike."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time


@dataclass
class World:
    """One sandbox with one form, the account that pulls, and what was sent so far.

    versions: uids, the oldest first; deployed: how many of them are out; opened: what the server held when the world
    was opened. What is drawn comes from the `chance` that each step is given; a step says in words what it did.
    """

    sandbox: Sandbox
    clock: Clock
    asset_uid: str
    versions: list[str]
    account: str
    judges: dict[str, Judge]
    deployments: tuple[Mapping[str, Any], ...]
    opened: Mapping[str, Sequence[Sequence[Any]]]
    instances: dict[int, dict[str, Any]] = field(default_factory=dict)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    deployed: int = 1
    sent: int = 0

    def begin(self) -> None:
        """A server on its first day: the first version is out, and nothing was submitted."""
        self.clock.time = START
        with self.sandbox.store.write() as connection:
            for table in ("attachments", "superseded", "submissions", "history"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name IN ('submissions', 'history')")
            connection.execute("PRAGMA defer_foreign_keys = ON")
            for table, rows in self.opened.items():
                connection.execute(f"DELETE FROM {table}")
                connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            connection.execute("UPDATE versions SET deployed = NULL, deployed_number = NULL")
        self.instances, self.deleted, self.deployed, self.sent = {}, [], 0, 0
        self.versions = [str(row["version_uid"]) for row in self.deployments]
        self._put_out()

    def step(self, chance: random.Random) -> str:
        """One thing that happens on the server."""
        step = chance.choice(("submit", "late", "backdate", "redeploy", "send_again", *CHANGES, *CHANGES))
        if (step in CHANGES and not self.instances) or (step == "send_again" and not self.deleted):
            step = "submit"
        if step == "redeploy" and self.deployed == VERSIONS:
            step = "submit"
        return str(getattr(self, step)(chance))

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

    def submit(self, chance: random.Random, hidden: float = 0, date: str = "") -> str:
        """One more, by any version that is out: tablets take the newest when they like."""
        self._pass_time(chance)
        self.sent += 1
        instance = {
            "uuid": str(uuid.UUID(int=self.sent)),
            "date": date,
            "version": chance.randint(1, self.deployed),
            "venue_type": chance.choice(VENUE_TYPES),
            "venue": chance.choice(("", *VENUES)),
            "head_f": chance.choice(("many", *map(str, range(1, 20)))),
            "mood": str(chance.randint(1, 5)),
            "register": _people(chance),
        }
        number = self.send(instance, hidden)
        return f"submission {number} by version {instance['version']}" + (f", hidden for {hidden} s" if hidden else "")

    def late(self, chance: random.Random) -> str:
        """One whose `_id` is seen after higher ones."""
        return self.submit(chance, hidden=chance.choice((30, 3600)))

    def backdate(self, chance: random.Random) -> str:
        return self.submit(chance, date="2026-06-01T10:00:00Z") + ", backdated"

    def redeploy(self, chance: random.Random) -> str:
        """The next version goes out: as `collector deploy` brings it to the server, or in a fraction of the time."""
        self._pass_time(chance)
        if chance.choice((True, False, False, False)):
            self._deploy()
            return f"version {self.deployed} is deployed"
        self._put_out()
        return f"version {self.deployed} is out"

    def _deploy(self) -> None:
        """The next version goes out by the server's API."""
        self.deployed += 1
        with self.client(OWNER) as client:
            uid = deploy_form(client, self.deployed).version_uid
            self.judges[uid] = _judge(client, self.asset_uid, uid)
        self.versions[self.deployed - 1] = uid

    def _put_out(self) -> None:
        """The next version goes out as the server's own rows have it, written when the world was opened."""
        self.deployed += 1
        with self.sandbox.store.write() as connection:
            row, stamp = self.deployments[self.deployed - 1], self.sandbox.store.stamp()
            connection.execute(
                "UPDATE versions SET deployed = ?, deployed_number = ? WHERE uid = ?",
                (stamp, self.deployed, row["version_uid"]),
            )
            connection.execute(
                f"UPDATE deployments SET {', '.join(f'{name} = ?' for name in row)} WHERE asset_uid = ?",
                (*row.values(), self.asset_uid),
            )

    def send_again(self, chance: random.Random) -> str:
        """A tablet sends once more what was deleted on the server."""
        self._pass_time(chance)
        number = self.send(self.deleted.pop(chance.randrange(len(self.deleted))))
        return f"a deleted one comes back as {number}"

    def edit(self, chance: random.Random) -> str:
        return self._change(chance, head_f=str(chance.randint(0, 20)))

    def blank(self, chance: random.Random) -> str:
        """An answer is taken back, one that has to be there or one that has not."""
        return self._change(chance, **{chance.choice(("venue", "head_f", "mood")): ""})

    def register(self, chance: random.Random) -> str:
        """Rows of the repeat come, go and change."""
        return self._change(chance, register=_people(chance))

    def delete(self, chance: random.Random) -> str:
        number = self._one(chance)
        self._ask("delete", f"data/{number}/")
        instance = self.instances.pop(number)
        self.deleted.append({**instance.get("first", instance)})
        return f"{number} is deleted"

    def validate(self, chance: random.Random) -> str:
        number, status = self._one(chance), chance.choice(STATUSES)
        self._ask("patch_json", f"data/{number}/validation_status/", {"validation_status.uid": status})
        return f"{number}: {status}"

    def attach(self, chance: random.Random) -> str:
        """A file that arrives after its submission."""
        number = self._one(chance)
        self.send(self.instances[number], files=(Upload("audit.csv", "audit.csv", "text/csv", b"event,node\n"),))
        return f"a file of {number} arrives"

    def send(self, instance: dict[str, Any], hidden: float = 0, *, files: tuple[Upload, ...] = ()) -> int:
        """Post a submission, new or edited; returns its `_id`, 0 where nothing came of it."""
        store = self.sandbox.store
        received = receive(store, self.xml(instance), files, find_user(store, OWNER), hidden_seconds=hidden)
        if received.submission_id:
            self.instances[received.submission_id] = instance
        return received.submission_id

    def xml(self, instance: Mapping[str, Any]) -> bytes:
        """A submission as its tablet sends it."""
        version = instance["version"]
        answers = {name: instance[name] for name in ANSWERED if instance.get(name)}
        if version not in MOOD:
            answers.pop("mood", None)
        spoke = {"register/spoke": "2"} if version == VERSIONS else {}
        answers |= {"register": [{**row, **spoke} for row in instance["register"]], "meta/audit": "audit.csv"}
        answers |= {"__version__": self.versions[version - 1], "meta/instanceID": f"uuid:{instance['uuid']}"}
        if "old" in instance:
            answers["meta/deprecatedID"] = f"uuid:{instance['old']}"
        date = {"submissionDate": instance["date"]} if instance["date"] else {}
        return xml_of(answers, id=self.asset_uid, **date)

    def _one(self, chance: random.Random) -> int:
        self._pass_time(chance)
        return chance.choice(sorted(self.instances))

    def _change(self, chance: random.Random, **changes: Any) -> str:
        number = self._one(chance)
        instance = self.instances[number]
        self.sent += 1
        edited = {"uuid": str(uuid.UUID(int=self.sent)), "old": instance["uuid"]}
        self.send({**instance, **changes, **edited, "first": instance.get("first", instance)})
        return f"{number}: {changes}"

    def _ask(self, method: str, path: str, *body: object) -> None:
        """As the owner, once everything is visible."""
        self.clock.time += timedelta(hours=2)
        with self.client(OWNER) as client:
            getattr(client, method)(f"/api/v2/assets/{self.asset_uid}/{path}", *body)

    def _pass_time(self, chance: random.Random) -> None:
        self.clock.time += timedelta(minutes=chance.choice((1, 5, 40, 600)))


@contextmanager
def open_world(folder: Path, account: str, *, has_dates: bool = False) -> Iterator[World]:
    """A sandbox with every version of the form, of which the first is out."""
    clock = Clock()
    options = Options(now=clock.now, has_date_modified=has_dates, import_seconds=0)
    with serve(folder / "sandbox", options=options) as sandbox:
        with Client(sandbox.url, sandbox.token(OWNER)) as client:
            made = []
            for version in range(1, VERSIONS + 1):
                deployment = deploy_form(client, version)
                made.append((deployment.version_uid, _deployment_row(sandbox, deployment.asset_uid)))
            asset_uid, (versions, deployments) = deployment.asset_uid, zip(*made, strict=True)
            judges = {uid: _judge(client, asset_uid, uid) for uid in versions}
        opened = {table: sandbox.store.all(f"SELECT * FROM {table}") for table in CHANGED_BY_DEPLOYING}
        for username, right in ((READER, "validate_submissions"), (MANAGER, "manage_asset")):
            sandbox.add_user(username)
            grant(sandbox.store, asset_uid, username, right)
        world = World(sandbox, clock, asset_uid, list(versions), account, judges, deployments, opened)
        world.begin()
        yield world


def deploy_form(client: Client, version: int, *venues: str) -> Deployment:
    """Deploy a version of the form, with more venues than it has."""
    return deploy(client, DeployableForm(FORM, "Attendance", workbook(version), media(*venues)))


def _deployment_row(sandbox: Sandbox, asset_uid: str) -> dict[str, Any]:
    row = sandbox.store.one("SELECT * FROM deployments WHERE asset_uid = ?", asset_uid)
    assert row
    return {name: row[name] for name in ("version_uid", "label", "xform", "repeats", "geopoints")}


def _judge(client: Client, asset_uid: str, version: str) -> Judge:
    content = fetch_content(client, asset_uid, version)
    xform = xform_of(content, asset_uid=asset_uid, version=version, title=FORM)
    return judge_of(xform, fetch_media(client, asset_uid, known={}))


def _people(chance: random.Random) -> list[dict[str, str]]:
    """Rows of a register, valid in every version."""
    count = chance.randint(0, 3)
    return [
        {"register/card": str(card(chance.randint(0, 500))), "register/sex": chance.choice("fm")} for _ in range(count)
    ]
