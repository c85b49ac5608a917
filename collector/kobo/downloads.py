"""Download a file into another, and go on where an earlier try was cut: by a range, where the server gives ranges.

Used by jobs/attachments.py; the request itself is client.py's, which gives the token to the server alone: a storage to
which it sends us on gets none. Source: RFC 9110, Range and If-Range; kobo/api.md §5.8: the server itself ignores Range,
what stands before it, or its storage, may not.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from collector.errors import AnswerUnreadable, ServerError
from collector.kobo.client import Client
from collector.kobo.file_body import FileBody
from collector.kobo.retry import Passing

CHUNK = 1 << 16


def download(client: Client, path: str, into: Path) -> None:
    """Fetch a file of the server. `into` may hold the beginning of it, and holds the whole afterwards.

    The length is checked against what the server says, and the MD5 where it gives one. Raises ServerError; what came
    so far stays for the next try, unless it was found wrong.
    """
    client.patience.persist(lambda: _try(client, path, into), is_idempotent=True)


def _try(client: Client, path: str, into: Path) -> None:
    start = into.stat().st_size if into.exists() else 0
    mark = into.with_suffix(".mark")
    unless_changed = mark.read_text("utf-8") if start and mark.exists() else ""
    try:
        with client.open_file(path, start=start, unless_changed=unless_changed) as body:
            mark.write_text(body.mark, "utf-8")
            with into.open("ab" if body.start else "wb") as file:
                for chunk in body.chunks(CHUNK):
                    file.write(chunk)
            _check(body, into, path)
    except ServerError as error:
        if error.status == 416 and start:  # the beginning that we have is of another file, or is all of it
            raise _again(into, path, "the server has no such range") from None
        raise
    mark.unlink(missing_ok=True)


def _check(body: FileBody, into: Path, path: str) -> None:
    size = into.stat().st_size
    if body.total is not None and size != body.total:
        raise _again(into, path, f"{size:,} bytes came of {body.total:,}", is_wrong=size > body.total)
    if body.md5 and body.md5 != base64.b64encode(_md5_of(into)).decode():
        raise _again(into, path, "its MD5 is not the one the server gives")


def _again(into: Path, path: str, why: str, *, is_wrong: bool = True) -> Passing:
    if is_wrong:
        into.unlink()
    return Passing(AnswerUnreadable(f"file {path.partition('?')[0]} came in wrong: {why}. The next run tries again."))


def _md5_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).digest()
