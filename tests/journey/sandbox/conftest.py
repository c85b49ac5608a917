"""A running sandbox with one deployed form, over real HTTP, and a clock that the tests move."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from collector.sandbox.downloads import write_workbook
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, Sandbox, serve

SURVEY = [
    {"type": "text", "name": "colour", "label": "Colour"},
    {"type": "begin repeat", "name": "person", "label": "Person"},
    {"type": "integer", "name": "age", "label": "Age"},
    {"type": "end repeat"},
    {"type": "image", "name": "photo", "label": "Photo"},
]


@dataclass
class Clock:
    time: datetime = datetime(2026, 11, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Project:
    """The sandbox, the uid of its one form, and how to speak to it."""

    sandbox: Sandbox
    clock: Clock
    uid: str = ""
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.sandbox.url}/api/v2/assets/{self.uid}"

    def session(self, username: str = OWNER) -> requests.Session:
        if username not in self.sessions:
            self.sessions[username] = requests.Session()
            headers = {"Authorization": f"Token {self.sandbox.token(username)}", "Accept": "application/json"}
            self.sessions[username].headers.update(headers)
        return self.sessions[username]

    def xml(self, colour: str = "red", *, instance: str = "", **meta: str) -> bytes:
        """A submission; meta: deprecatedID=…, without "uuid:"."""
        ids = {"instanceID": instance or str(uuid.uuid4()), **meta}
        inner = "".join(f"<{name}>uuid:{value}</{name}>" for name, value in ids.items())
        return f'<{self.uid} id="{self.uid}"><colour>{colour}</colour><meta>{inner}</meta></{self.uid}>'.encode()

    def send(self, xml: bytes, username: str = OWNER, **files: bytes) -> requests.Response:
        parts = {"xml_submission_file": ("submission.xml", xml)}
        parts |= {name: (name, content) for name, content in files.items()}
        return self.session(username).post(f"{self.sandbox.url}/submission", files=parts)

    def data(self, username: str = OWNER, **params: Any) -> Any:
        return self.session(username).get(f"{self.address}/data/", params=params).json()

    def imported(self, workbook: bytes, **fields: str) -> Any:
        return self.task(self.session(), {"file": workbook}, fields)

    def task(self, session: requests.Session, files: dict[str, bytes], fields: dict[str, str]) -> Any:
        """The finished import task."""
        answer = session.post(f"{self.sandbox.url}/api/v2/imports/", files=files, data=fields)
        while (task := session.get(answer.json()["url"]).json())["status"] == "processing":
            time.sleep(0.002)
        return task


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One server a module."""
    clock = Clock()
    with serve(tmp_path_factory.mktemp("sandbox"), options=_options(clock)) as sandbox:
        project = Project(sandbox, clock)
        yield project
        for session in project.sessions.values():
            session.close()


@pytest.fixture
def project(running: Project) -> Iterator[Project]:
    """A fresh deployed form on it, no faults set."""
    task = running.imported(write_workbook({"survey": SURVEY, "settings": [{"form_title": "Colours"}]}))
    running.uid = task["messages"]["created"][0]["uid"]
    running.session().post(f"{running.address}/deployment/", json={"active": True}).raise_for_status()
    yield running
    running.sandbox.faults.clear()


def _options(clock: Clock) -> Options:
    return Options(now=clock, import_seconds=0, allow_faults=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"
