"""What a light page shows of a submission, and whether it has moved since: the sweep's means.

A sweep asks for FIELDS only, through pages.py; page.py notes the same mark of each submission that it loads, so that
two marks differ exactly where the submission was edited, validated, or got a file. Used by jobs/page.py, jobs/sync.py.
Source: kobo API v2: `_uuid` moves at each edit, and neither at a validation nor with a late attachment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

FIELDS = ("_id", "_uuid", "_validation_status", "_attachments")
OF_A_FILE = ("uid", "id", "filename", "question_xpath", "is_deleted")
"""What identifies a file; its addresses do not: they name the server as it was called."""


class _Marked(msgspec.Struct):
    uuid: Any = msgspec.field(name="_uuid", default=None)
    status: Any = msgspec.field(name="_validation_status", default=None)
    files: Any = msgspec.field(name="_attachments", default=None)


_READ = msgspec.json.Decoder(_Marked).decode
_WRITE = msgspec.json.Encoder(order="sorted").encode


def fingerprint_of(record: bytes) -> str:
    """The mark of a submission, whole or light, in 32 hexadecimal digits: of its edit, its status and its files."""
    marked = _READ(record)
    return _mark(marked.uuid, marked.status, marked.files)


def mark_of(submission: Mapping[str, Any]) -> str:
    """The same of one that was decoded before."""
    return _mark(*map(submission.get, ("_uuid", "_validation_status", "_attachments")))


def _mark(uuid: Any, status: Any, files: Any) -> str:
    seen = _WRITE([uuid, status or {}, _files(files)])
    return hashlib.blake2b(seen, digest_size=16).hexdigest()


def _files(value: Any) -> Any:
    if not isinstance(value, list):
        return value or []
    return [{key: file.get(key) for key in OF_A_FILE} if isinstance(file, dict) else file for file in value]
