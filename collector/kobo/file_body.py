"""The answer to a request for a file: where it begins, how long the whole is, and what tells it from another.

Made by client.py; read by downloads.py. Source: RFC 9110, Content-Range, ETag, Last-Modified; RFC 1864, Content-MD5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import requests


@dataclass(frozen=True, slots=True)
class FileBody:
    """The answer to a request for a file. start: its first byte, from 0; total: of the whole file, None if unsaid.

    mark: tells this state of the file from another, "" where the server gives none; md5: base64, as the server says.
    """

    _response: requests.Response

    @property
    def start(self) -> int:
        """Source: RFC 9110, Content-Range: bytes 500-999/1000."""
        if self._response.status_code != 206:
            return 0
        first = self._range.partition("-")[0].removeprefix("bytes ")
        return int(first) if first.isdigit() else -1

    @property
    def total(self) -> int | None:
        if self._response.status_code == 206:
            total = self._range.rpartition("/")[2]
        else:
            total = self._response.headers.get("Content-Length", "")
        return int(total) if total.isdigit() else None

    @property
    def mark(self) -> str:
        tag = self._response.headers.get("ETag", "")
        return self._response.headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag

    @property
    def md5(self) -> str:
        return self._response.headers.get("Content-MD5", "") if self._response.status_code == 200 else ""

    @property
    def _range(self) -> str:
        return self._response.headers.get("Content-Range", "")

    def chunks(self, size: int) -> Iterator[bytes]:
        """The body, piece by piece."""
        return iter(self._response.iter_content(size))
