"""Send the recorded requests to a sandbox, in order, and compare the answers.

Ids, hosts and credentials differ between the two servers: wherever a recorded answer and the sandbox's show two ids at
the same place, the pair is learnt and put into the requests that follow. The clock follows the recordings.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import unified_diff
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from collector.sandbox.server import Sandbox
from tests.journey.recordings import books
from tests.journey.recordings.interludes import BEFORE
from tests.journey.recordings.shapes import differences, shape_of, xml_shape

DATA = Path(__file__).parents[2] / "data" / "recordings"
KF, KC = "http://127.0.0.1:8011", "http://localhost:8011"
PEOPLE = ("owner1", "enum1", "other1", "super_admin")
IDENTIFIER = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:a|v|i|af|p|att)[A-Za-z0-9]{21}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?![A-Za-z0-9])"
)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(61)
OWN_TEXTS = {"error"}  # pyxform's wording differs between its versions


class Replay:
    """One walk through the recordings. `now` is the sandbox's clock."""

    def __init__(self) -> None:
        self.sandbox: Sandbox
        self.time = datetime(2026, 11, 23, 16, 32, 1, tzinfo=UTC)
        self.pairs: dict[str, str] = {}
        self.recordings = list(read())
        self.sessions: dict[str, requests.Session] = {}

    def now(self) -> datetime:
        return self.time

    def begin(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        for username in PEOPLE:
            sandbox.add_user(username, f"{username} password", is_superuser=username == "super_admin")

    def run(self, recording: dict[str, Any]) -> list[str]:
        """Replay one recording; returns what differs."""
        self.time = max(self.time, _time_of(recording))
        if recording["number"] in BEFORE:
            BEFORE[recording["number"]](self)
        answer = self._send(recording)
        self._pair(recording["answer"], _body(answer))
        return self._compare(recording, answer)

    def url(self, path: str) -> str:
        return self.sandbox.url + path

    def session(self, username: str) -> requests.Session:
        if username not in self.sessions:
            self.sessions[username] = requests.Session()
            self.sessions[username].headers["Authorization"] = f"Token {self.sandbox.token(username)}"
        return self.sessions[username]

    def learn(self, recorded: str, ours: str) -> None:
        self.pairs.setdefault(recorded, ours)

    def known(self, recorded: str) -> str:
        return self.pairs[recorded]

    def recorded(self, number: int) -> Any:
        return next(recording["answer"] for recording in self.recordings if recording["number"] == number)

    def finished(self, session: requests.Session, address: str) -> Any:
        """The import task at an address, once it is done."""
        deadline = time.monotonic() + 10
        while (task := session.get(address).json())["status"] == "processing" and time.monotonic() < deadline:
            time.sleep(0.005)
        return task

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()

    def _send(self, recording: dict[str, Any]) -> requests.Response:
        headers = {"Accept": recording["accept"] or "*/*"}
        if recording["language"]:
            headers["Accept-Language"] = recording["language"]
        auth = self._credentials(recording["caller"], headers)
        address = self.url(self._ours(recording["path"]))
        arguments = self._payload(recording, headers)
        if "/imports/i" in address and recording["answer"].get("status") not in ("processing", None):
            self.finished(self.session(recording["caller"].split()[1]), address)
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                recording["method"], address, headers=headers, auth=auth, allow_redirects=False, timeout=30, **arguments
            )

    def _credentials(self, caller: str, headers: dict[str, str]) -> Any:
        scheme, _, rest = caller.partition(" ")
        username, _, wrong = rest.partition(" ")
        password = "wrong" if wrong else f"{username} password"
        match scheme:
            case "token":
                headers["Authorization"] = (
                    f"Token {'0' * 40 if wrong else self.sandbox.token(username)}" if rest else "Token "
                )
            case "bearer":
                headers["Authorization"] = f"Bearer {self.sandbox.token('owner1')}"
            case "basic":
                return HTTPBasicAuth(username, password)
            case "digest":
                return HTTPDigestAuth(username, password)
        return None

    def _payload(self, recording: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        body = recording["body"]
        if isinstance(body, dict) and "multipart" in body:
            files = {part: self._file(recording, file) for part, file in body["multipart"].items()}
            return {"files": files, "data": self._ours(body.get("fields"))}
        if recording["content_type"] == "application/x-www-form-urlencoded":
            return {"data": self._form(recording, self._ours(body))}
        if body is None:
            return {}
        headers["Content-Type"] = recording["content_type"]
        text = self._ours(body)
        return {"data": text.encode() if isinstance(text, str) else json.dumps(text)}

    def _form(self, recording: dict[str, Any], fields: dict[str, str]) -> dict[str, str]:
        encoded = fields.get("base64Encoded", "")
        if encoded == "bare" or encoded.endswith(";base64"):
            workbook = books.simple(books.Q1, books.Q2, form_id="simpleb64")
            text = base64.b64encode(workbook).decode()
            return fields | {"base64Encoded": text if encoded == "bare" else f"{encoded},{text}"}
        return fields

    def _file(self, recording: dict[str, Any], file: dict[str, str]) -> tuple[str, bytes, str | None]:
        content = file["content"]
        if content == "<69 bytes>":
            picture = PICTURE[:-1] + bytes([recording["name"].endswith("diff-content")])
            return file["filename"], picture, file["content_type"]
        if content.endswith(" bytes>"):
            return file["filename"], self._workbook(recording["number"]), file["content_type"]
        return file["filename"], self._ours(content).encode(), file["content_type"]

    def _workbook(self, number: int) -> bytes:
        match number:
            case 34:
                return books.of_content(self.recorded(105)["content"], "Household visit")
            case 106:
                return books.of_content(self.recorded(108)["content"], "Household visit")
            case 52:
                return books.simple(books.Q1, books.Q2, books.Q3, title="Simple v2")
            case 57:
                return books.simple(books.Q1)
            case 68:
                return books.INVALID
            case 75:
                return books.NO_SURVEY
            case 79:
                return books.NO_TYPE
            case 92:
                return books.simple(books.Q1, books.Q2, title="Renamed by title")
        return books.simple(books.Q1, books.Q2)

    def _ours(self, value: Any) -> Any:
        """A recorded text, or anything holding texts, with our ids and our host."""
        if isinstance(value, str):
            for recorded, ours in self.pairs.items():
                value = value.replace(recorded, ours)
            return value.replace(KF, self.sandbox.url).replace(KC, self.sandbox.url)
        if isinstance(value, dict):
            return {key: self._ours(item) for key, item in value.items()}
        return [self._ours(item) for item in value] if isinstance(value, list) else value

    def _pair(self, recorded: Any, ours: Any) -> None:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in recorded.keys() & ours.keys():
                self._pair(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
            for one, other in zip(recorded, ours, strict=True):
                self._pair(one, other)
        elif isinstance(recorded, str) and isinstance(ours, str):
            one, other = IDENTIFIER.findall(recorded), IDENTIFIER.findall(ours)
            if len(one) == len(other):
                for pair in zip(one, other, strict=True):
                    self.learn(*pair)

    def _compare(self, recording: dict[str, Any], answer: requests.Response) -> list[str]:
        if answer.status_code != recording["status"]:
            return [f"status {answer.status_code}, not {recording['status']}: {answer.text[:200]}"]
        return [*self._compare_headers(recording["headers"], answer), *self._compare_bodies(recording, answer)]

    def _compare_headers(self, recorded: dict[str, str], answer: requests.Response) -> Iterator[str]:
        for name, value in recorded.items():
            found = answer.headers.get(name, "")
            if name in ("Content-Type", "Www-Authenticate"):
                found = re.split("[; ]", found)[0] if value else ""  # files came from nginx, which names no type here
            if name == "Date":
                value, found = value[-3:], found[-3:]
            if name == "Location":
                value, found = IDENTIFIER.sub("…", value), IDENTIFIER.sub("…", found)
            if found != self._ours(value):
                yield f"header {name} is '{found}', not '{value}'"

    def _compare_bodies(self, recording: dict[str, Any], answer: requests.Response) -> list[str]:
        expected, found = recording["answer"], _body(answer)
        if isinstance(expected, dict) and "__binary__" in expected:
            return [] if len(answer.content) == expected["__binary__"] else [f"{len(answer.content)} bytes"]
        if expected in ("<html>", "<workbook>"):
            return [] if found else ["no body"]
        if isinstance(expected, str) or isinstance(found, str):
            return self._compare_texts(recording, expected, found)
        if recording["status"] >= 400 and not OWN_TEXTS & set(expected):
            return [] if found == self._ours(expected) else [f"{found}, not {expected}"]
        if isinstance(expected, dict) and expected.get("status") == "processing":
            expected, found = ({**side, "messages": None} for side in (expected, found))  # it may be done already
        if _is_data(recording, expected, found):
            return [] if found == self._ours(expected) else [f"{found}, not {self._ours(expected)}"]
        different = differences(shape_of(expected), shape_of(found))
        if isinstance(expected, dict) and "count" in expected and "/history/" not in recording["path"]:
            different += (
                [] if expected["count"] == found["count"] else [f"count {found['count']}, not {expected['count']}"]
            )
        return different

    def _compare_texts(self, recording: dict[str, Any], expected: Any, found: Any) -> list[str]:
        if (
            isinstance(expected, str)
            and expected.lstrip().startswith("<")
            and "xml" in recording["headers"]["Content-Type"]
        ):
            lines = unified_diff(xml_shape(self._ours(expected)), xml_shape(str(found)), "recorded", "here", n=0)
            return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
        if recording["path"].startswith("/service_health/"):
            return [] if str(found)[:2].lower() == "ok" else [str(found)]
        return [] if found == self._ours(expected) else [f"{found!r}, not {expected!r}"]


def read() -> Iterator[dict[str, Any]]:
    """The trimmed recordings, in order."""
    for chapter in sorted(DATA.glob("*.jsonl")):
        for line in chapter.read_text(encoding="utf-8").splitlines():
            yield json.loads(line) | {"chapter": chapter.stem}


def _body(answer: requests.Response) -> Any:
    if answer.content and answer.headers.get("Content-Type", "").startswith("application/json"):
        return answer.json()
    return answer.content.decode(errors="replace")


def _time_of(recording: dict[str, Any]) -> datetime:
    """When the real server answered; of a new submission, the moment it was stored."""
    text = json.dumps(recording["answer"])
    if recording["path"].endswith("/submission") and (
        stored := re.search(r'markedAsCompleteDate[=":\\ ]+([\d:T.+-]+)', text)
    ):
        return datetime.fromisoformat(stored[1])
    return parsedate_to_datetime(recording["headers"]["Date"].replace("UTC", "GMT"))


def _is_data(recording: dict[str, Any], expected: Any, found: Any) -> bool:
    """Whether submissions are compared value by value: where the trimmed page still has all its rows."""
    if recording["method"] != "GET" or not re.search(r"/data(/|\.json|\?)", recording["path"]):
        return False
    return not isinstance(expected, dict) or len(expected.get("results", ())) == len(found.get("results", ()))
