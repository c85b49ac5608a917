"""A page server: what a pull asks of Kobo's API, for generated attendance submissions, in a process of its own.

Its pages cost almost nothing to serve, so that a measured pull is the client's own time. It is no sandbox: it knows
one form, and `_id` runs from 1 to a count. `python -m tests.support.page_server` prints its port.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from tests.support.attendance import FORM, VERSION, attendance_content, attendance_media, scattered_uuid, submission

ROOT = Path(__file__).parents[2]
ASSET = "aAttendance"
ASSETS = f"/api/v2/assets/{ASSET}/"
TOKEN = "0" * 40
KINDS = "/kinds"
LIGHT, NAMED, WHOLE, OTHER = "light pages", "for submissions by name", "whole pages", "others"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, by the state that set_state sent."""

    protocol_version = "HTTP/1.1"
    count = 0
    changes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    hidden: frozenset[int] = frozenset()
    status = 200
    latency_seconds = 0.0
    kinds: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        time.sleep(Handler.latency_seconds)
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == KINDS:
            self._answer(json.dumps(Handler.kinds).encode())
            return
        Handler.kinds[_kind(address.path, query)] += 1
        if Handler.status != 200:
            self._answer(b'{"detail":"as the test wants it"}', Handler.status)
        elif address.path == f"{ASSETS}data/":
            self._answer(self._page(query))
        elif address.path.startswith(f"{ASSETS}files/f"):
            self._answer(list(attendance_media().values())[int(address.path.split("/")[-3][1:])])
        else:
            self._answer(json.dumps(_description(address.path)).encode())

    def do_PUT(self) -> None:
        state = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Handler.count, Handler.changes = state["count"], state["changes"]
        Handler.hidden, Handler.status = frozenset(state["hidden"]), state["status"]
        Handler.latency_seconds = state["latency_seconds"]
        requests = Handler.kinds.total()
        Handler.kinds.clear()
        self._answer(json.dumps({"requests": requests}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing: a measured server is quiet."""

    def _page(self, query: Mapping[str, str]) -> bytes:
        asked = json.loads(query.get("query", '{"_id":{"$gt":0}}'))["_id"]
        beyond = range(asked["$gt"] + 1, Handler.count + 1)
        among = [number for number in asked["$in"] if number in beyond] if "$in" in asked else beyond
        left = len(among) - sum(number in among for number in Handler.hidden)
        chosen = islice((number for number in among if number not in Handler.hidden), int(query["limit"]))
        record = _light if "fields" in query else _whole
        records = (record(number, Handler.changes.get(str(number), {})) for number in chosen)
        return b'{"count":%d,"next":null,"previous":null,"results":[%s]}' % (left, b",".join(records))

    def _answer(self, body: bytes, status: int = 200) -> None:
        head = f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)  # one write: two would wait for each other


def _kind(path: str, query: Mapping[str, str]) -> str:
    if path != f"{ASSETS}data/" or query["limit"] == "1":
        return OTHER
    return LIGHT if "fields" in query else NAMED if "$in" in query["query"] else WHOLE


def _whole(number: int, changes: Mapping[str, Any]) -> bytes:
    return submission(number, scattered_uuid, **changes)


def _light(number: int, changes: Mapping[str, Any]) -> bytes:
    """What a sweep asks for; mostly written by hand, for a sweep is hardly slower than a writer of JSON."""
    if not changes:
        uuid = scattered_uuid(number).encode()
        return b'{"_id":%d,"_uuid":"%b","_validation_status":{},"_attachments":[]}' % (number, uuid)
    seen = {"_uuid": scattered_uuid(number), "_validation_status": {}, "_attachments": []}
    seen |= {key: value for key, value in changes.items() if key in seen}
    return json.dumps({"_id": number, **seen}).encode()


def _description(path: str) -> Mapping[str, Any]:
    """The project, its versions, its files."""
    if path == "/me/":
        return {"username": "programme", "server_time": "2026-07-06T23:00:00Z"}
    if path == ASSETS:
        return {"uid": ASSET, "effective_permissions": [{"codename": "view_submissions"}]}
    if path == "/api/v2/assets/":
        row = {"uid": ASSET, "name": "Attendance", "settings": {"description": f"collector:{FORM}"}}
        return {"count": 1, "results": [row]}
    if path == f"{ASSETS}versions/":
        return {"count": 1, "results": [{"uid": VERSION, "date_deployed": "2026-07-01T08:00:00Z"}]}
    if path == f"{ASSETS}versions/{VERSION}/":
        return {"content": attendance_content()}
    return {"count": len(attendance_media()), "results": list(_files())}


def _files() -> Iterator[Mapping[str, Any]]:
    for number, (name, data) in enumerate(attendance_media().items()):
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        yield {"uid": f"f{number}", "metadata": {"filename": name, "hash": f"md5:{md5}"}}


@contextmanager
def page_server(count: int = 0) -> Iterator[str]:
    """Its address, while it runs with so many submissions."""
    command = [sys.executable, "-m", "tests.support.page_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            set_state(url, count)
            yield url
        finally:
            process.kill()


def set_state(
    url: str,
    count: int,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    *,
    hidden: Collection[int] = (),
    status: int = 200,
    latency_seconds: float = 0.0,
) -> int:
    """From now on there are so many submissions, changed like this, some not visible, every answer with this status.

    Returns how many requests came since the last state was set.
    """
    state = {"count": count, "changes": changes or {}, "hidden": list(hidden), "status": status}
    state["latency_seconds"] = latency_seconds
    with urlopen(Request(url, json.dumps(state).encode(), method="PUT")) as answer:
        return int(json.load(answer)["requests"])


def requests_by_kind(url: str) -> Counter[str]:
    """How many requests of each kind came since the last state was set."""
    with urlopen(f"{url}{KINDS}") as answer:
        return Counter(json.load(answer))


if __name__ == "__main__":
    attendance_content()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)  # noqa: T201
    server.serve_forever()
