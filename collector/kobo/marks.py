"""What a light page shows of a submission, and whether it has moved since: the sweep's means.

A sweep asks for FIELDS only, through pages.py; page.py notes the same mark of each submission that it loads, so that
two marks differ exactly where the submission was edited, validated, or got a file. Used by jobs/page.py, jobs/sync.py.
Source: kobo API v2: `_uuid` moves at each edit, and neither at a validation nor with a late attachment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from collector.kobo.walk import number_of

FIELDS = ("_id", "_uuid", "_validation_status", "_attachments")
OF_A_FILE = ("uid", "id", "filename", "question_xpath", "is_deleted")
"""What identifies a file; its addresses do not: they name the server as it was called."""


class _Marked(msgspec.Struct):
    uuid: Any = msgspec.field(name="_uuid", default=None)
    status: Any = msgspec.field(name="_validation_status", default=None)
    files: Any = msgspec.field(name="_attachments", default=None)


class _File(msgspec.Struct, gc=False):
    """The keys of OF_A_FILE in their order when sorted: written, it is what `_files` leaves of a file."""

    filename: Any = None
    id: Any = None
    is_deleted: Any = None
    question_xpath: Any = None
    uid: Any = None


class _Light(msgspec.Struct, gc=False):
    """What servers give where FIELDS are asked for."""

    id: int = msgspec.field(name="_id")
    uuid: Any = msgspec.field(name="_uuid", default=None)
    status: Any = msgspec.field(name="_validation_status", default=None)
    files: list[_File] | None = msgspec.field(name="_attachments", default=None)


_READ = msgspec.json.Decoder(_Marked).decode
_READ_LIGHT = msgspec.json.Decoder(list[_Light]).decode
_WRITE = msgspec.json.Encoder(order="sorted").encode


def fingerprint_of(record: bytes) -> str:
    """The mark of a submission, whole or light, in 32 hexadecimal digits: of its edit, its status and its files."""
    marked = _READ(record)
    return _mark(marked.uuid, marked.status, marked.files)


def marks_of(records: Sequence[bytes]) -> dict[int, str]:
    """The marks of a light page by `_id`, in its order. Decoded at once: a sweep goes through all that is stored."""
    try:
        light = _READ_LIGHT(b"[%b]" % b",".join(records))
    except msgspec.DecodeError:  # files of another shape, which a mark is made of all the same
        return {number_of(record): fingerprint_of(record) for record in records}
    return {each.id: _digest(each.uuid, each.status, each.files or []) for each in light}


def mark_of(submission: Mapping[str, Any]) -> str:
    """The same of one that was decoded before."""
    return _mark(*map(submission.get, ("_uuid", "_validation_status", "_attachments")))


def _mark(uuid: Any, status: Any, files: Any) -> str:
    return _digest(uuid, status, _files(files))


def _digest(uuid: Any, status: Any, files: Any) -> str:
    return hashlib.blake2b(_WRITE([uuid, status or {}, files]), digest_size=16).hexdigest()


def _files(value: Any) -> Any:
    if not isinstance(value, list):
        return value or []
    return [{key: file.get(key) for key in OF_A_FILE} if isinstance(file, dict) else file for file in value]
