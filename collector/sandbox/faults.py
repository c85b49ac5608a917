"""Switches that make a sandbox fail on purpose. Set in the process (Sandbox.faults) or over `/_sandbox/faults`.

An ASGI layer around the whole application (app.py). Each fault names the requests it hits; the first that fits acts.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Action = Literal[
    "status",
    "hang",
    "close",
    "act-then-close",
    "cut",
    "html",
    "truncate",
    "duplicate-row",
    "wrong-count",
    "publish-late",
]

HIDDEN_SECONDS = "x-sandbox-hidden-seconds"
GATEWAY_PAGE = (
    "<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center><hr>nginx</body></html>"
)


@dataclass
class Fault:
    """One way to fail.

    method, path: which requests ("" is any method; path is searched as a regular expression, query included).
    after: how many fitting requests pass before it acts; times: how often it acts, 0 for ever.
    action: "status" answers `status` with an HTML page (429 with Retry-After), the request is not carried out;
    "hang" waits `seconds`, then goes on; "close" cuts the line at once; "act-then-close" carries the request out first;
    "cut" breaks the body off in the middle; "html" is 200 with an HTML page; "truncate" is half the JSON, complete by
    its length; "publish-late" takes a submission but hides it from the data API for `seconds`, so that a lower `_id`
    appears after a higher one; "duplicate-row" repeats the first row of a page; "wrong-count" adds one to its count.
    """

    action: Action
    method: str = ""
    path: str = ""
    after: int = 0
    times: int = 1
    status: int = 503
    retry_after: int = 1
    seconds: float = 0.0
    seen: int = field(default=0, init=False)
    acted: int = field(default=0, init=False)

    def hits(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if self.method not in ("", method) or not re.search(self.path, path):
            return False
        if self.times and self.acted >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.acted += 1
        return True


class Faults:
    """The faults set now. latency_ms: added to every request."""

    def __init__(self) -> None:
        self.latency_ms = 0.0
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, action: Action, **details: Any) -> Fault:
        """Set a fault, e.g. add("status", path="/data/", status=502, times=3); the fault counts how often it acted."""
        fault = Fault(action, **details)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self.latency_ms = 0.0

    def hit(self, method: str, path: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in self._faults if fault.hits(method, path)), None)

    def set_from(self, wanted: Mapping[str, Any]) -> None:
        """Replace all by {"latency_ms": …, "faults": [{…}]}, as PUT to /_sandbox/faults. Raises TypeError."""
        allowed = {item.name for item in fields(Fault) if item.init}
        faults = [
            Fault(**{key: value for key, value in fault.items() if key in allowed})
            for fault in wanted.get("faults", [])
        ]
        with self._lock:
            self._faults = faults
        self.latency_ms = float(wanted.get("latency_ms", 0))

    def wrap(self, app: App) -> App:
        """The application with the faults around it."""

        async def faulty(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if scope["type"] != "http" or path.startswith("/_sandbox/"):
                return await app(scope, receive, send)
            if self.latency_ms:
                await asyncio.sleep(self.latency_ms / 1000)
            query = scope.get("query_string", b"").decode()
            fault = self.hit(scope["method"], f"{path}?{query}" if query else path)
            if fault is None:
                return await app(scope, receive, send)
            return await _act(fault, app, scope, receive, send)

        return faulty


async def _act(fault: Fault, app: App, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    match fault.action:
        case "hang":
            await asyncio.sleep(fault.seconds)
            await app(scope, receive, send)
        case "publish-late":
            scope["headers"] = [*scope["headers"], (HIDDEN_SECONDS.encode(), str(fault.seconds).encode())]
            await app(scope, receive, send)
        case "status":
            await _refuse(fault, receive, send)
        case "close":
            await _close(receive, send)
        case "act-then-close":
            await _whole_answer(app, scope, receive)
            await _close(receive, send)
        case _:
            status, headers, body = await _whole_answer(app, scope, receive)
            await _spoil(fault, status, headers, body, receive, send)


async def _refuse(fault: Fault, receive: Receive, send: Send) -> None:
    await _drain(receive)
    headers = [(b"content-type", b"text/html")]
    if fault.status in (429, 503):
        headers.append((b"retry-after", str(fault.retry_after).encode()))
    await _answer(send, fault.status, headers, GATEWAY_PAGE.format(status=fault.status).encode())


async def _spoil(
    fault: Fault, status: int, headers: list[tuple[bytes, bytes]], body: bytes, receive: Receive, send: Send
) -> None:
    match fault.action:
        case "cut":
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.05)  # let the half reach the client before the line goes
            return await _close(receive, send)
        case "html":
            page = GATEWAY_PAGE.format(status=200).encode()
            return await _answer(send, 200, [(b"content-type", b"text/html")], page)
        case "truncate":
            body = body[: len(body) // 2]
        case "duplicate-row" | "wrong-count":
            body = _changed_page(fault.action, body)
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    await _answer(send, status, kept, body)


def _changed_page(action: str, body: bytes) -> bytes:
    page = json.loads(body)
    if action == "wrong-count":
        page["count"] += 1
    elif page["results"]:
        page["results"] = [page["results"][0], *page["results"]]
    return json.dumps(page, ensure_ascii=False).encode()


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _whole_answer(
    app: App, scope: MutableMapping[str, Any], receive: Receive
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """(status, headers, body) of the application's answer, kept back."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in messages)
    return messages[0]["status"], list(messages[0]["headers"]), body


async def _drain(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def _close(receive: Receive, send: Send) -> None:
    """Cut the line without an answer: ASGI has no word for it, so uvicorn's own transport is closed."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("only uvicorn's connections can be closed")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
