"""The sandbox as an HTTP server: routes, authentication, answers in the shapes of KoboToolbox, and `serve`.

Imported by jobs and tests only. Starlette and uvicorn carry HTTP; the handlers are plain functions (routes.py).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from collector.errors import SettingsError
from collector.sandbox import accounts, seeding
from collector.sandbox.app import build_app
from collector.sandbox.faults import Faults
from collector.sandbox.imports import resume
from collector.sandbox.options import Options
from collector.sandbox.store import Store
from collector.sandbox.submissions import Received

OWNER = "programme"
ENUMERATORS = tuple(f"e{number:02}" for number in range(1, 11))
SUPERUSER = "admin"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. url: without a slash at the end; it serves the API and OpenRosa."""

    url: str
    store: Store
    faults: Faults

    def token(self, username: str) -> str:
        """The user's token. Raises KeyError for an unknown user."""
        return accounts.token_of(self.store, username)

    def add_user(self, username: str, password: str | None = None, *, is_superuser: bool = False) -> str:
        """Add a user; returns their token."""
        return accounts.add_user(self.store, username, password, is_superuser=is_superuser)

    def submit(self, xml: bytes, *, username: str, hidden_seconds: float = 0) -> Received:
        """Submit without HTTP, by the same rules. Raises what submissions.receive raises."""
        return seeding.submit(self.store, xml, username=username, hidden_seconds=hidden_seconds)

    def put_json(self, asset_uid: str, records: Sequence[Mapping[str, object]]) -> list[int]:
        """Store ready-made submissions in bulk; returns their `_id`s."""
        return seeding.put_json(self.store, asset_uid, records)


@contextmanager
def serve(folder: Path, *, options: Options, host: str = "127.0.0.1", port: int = 0) -> Iterator[Sandbox]:
    """Run a sandbox on a folder, in a thread, until the block ends. The same folder gives the same state again.

    port: 0 takes a free one; raises SettingsError for one that is taken. A fresh folder gets the owner "programme",
    enumerators "e01" … "e10", a superuser "admin".
    """
    listener = _listen(host, port)
    store = Store(folder, options)
    faults = Faults()
    _first_users(store)
    resume(store)
    config = uvicorn.Config(
        build_app(store, faults),
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        yield Sandbox(f"http://{host}:{listener.getsockname()[1]}", store, faults)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        store.close()


def _listen(host: str, port: int) -> socket.socket:
    # asyncio switches Nagle off only where the protocol is named; without it every answer waits 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError):
        listener.close()
        raise SettingsError(
            f"nobody can listen at port {port} of {host}: another program does, or this user may not; give another "
            "port, or 0 for a free one."
        ) from None
    listener.listen(512)
    return listener


def _first_users(store: Store) -> None:
    if store.one("SELECT 1 FROM users") is None:
        with store.write():
            for username in (OWNER, *ENUMERATORS):
                accounts.add_user(store, username)
            accounts.add_user(store, SUPERUSER, is_superuser=True)
