"""Servers of one file, for tests of downloads: with ranges or without, cutting lines, sending on to a storage."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """content: what it serves; cuts: bytes after which the next answers break off; asked: headers of each request."""

    content: bytes = b""
    has_ranges: bool = True
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    cuts: list[int] = field(default_factory=list)
    sends_on_to: str = ""
    said_length: int | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def file_server(**how) -> Iterator[FileServer]:
    """A server of its own, on a free port."""
    state = FileServer(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(dict(self.headers))
            if state.sends_on_to:
                self.send_response(302)
                self.send_header("Location", f"{state.sends_on_to}/stored")
                self.end_headers()
                return
            self._serve()

        def _serve(self) -> None:
            start = self._start()
            if start and start >= len(state.content):
                self.send_response(416)
                self.end_headers()
                return
            rest = state.content[start:]
            self.send_response(206 if start else 200)
            for name, value in state.headers.items():
                self.send_header(name, value)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(state.content) - 1}/{len(state.content)}")
            self.send_header("Content-Length", str(state.said_length or len(rest)))
            self.end_headers()
            self.wfile.write(rest[: state.cuts.pop(0)] if state.cuts else rest)

        def _start(self) -> int:
            wanted, unless = self.headers.get("Range", ""), self.headers.get("If-Range", "")
            if not state.has_ranges or not wanted or (unless and unless != state.headers.get("ETag")):
                return 0
            return int(wanted.removeprefix("bytes=").partition("-")[0])

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)  # noticed at once when it ends
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
