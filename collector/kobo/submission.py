"""One submission's metadata, typed; its answers still as the server gives them.

Fed by pages.py with the bytes received; read by collector/reporting and jobs/pull.py.
Source: Kobo API v2, /api/v2/assets/{uid}/data/: its own times are UTC and do not say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from collector.errors import UnreadableSubmission


class Attachment(msgspec.Struct, frozen=True):
    """A file sent with a submission. filename: as in the answer; question_xpath: "" for a file of no question."""

    uid: str
    filename: str
    question_xpath: str = ""
    is_deleted: bool = False
    mimetype: str = ""
    is_encrypted: bool = False


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission's metadata under our names, and the whole of it as received.

    id: the server's `_id`: the same for every edit, new when a deleted submission is sent again.
    root_uuid: the same for every edit; instance_id: new at each edit. Both without "uuid:".
    form_version: the version uid the form was filled with, "" where it does not say.
    submitted_at, modified_at: aware, UTC. submitted_at never moves; modified_at only where the server keeps it.
    validation_status: "validation_status_approved" and the like, "" for none.
    answers: the JSON object, keys and values as the server gives them; nearly every value is text.
    """

    id: int
    root_uuid: str
    instance_id: str
    form_version: str
    submitted_at: datetime
    modified_at: datetime | None
    submitted_by: str | None
    validation_status: str
    attachments: tuple[Attachment, ...]
    answers: dict[str, Any]


def digest_of(body: bytes) -> str:
    """BLAKE2b of the exact bytes, 128 bits, in hexadecimal: whether a submission has changed at all."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def in_utc(time: datetime) -> datetime:
    """A time of the server: its own have no zone and are UTC, others carry "Z" or an offset."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def read_submission(raw: bytes) -> Submission:
    """Read one submission; raises UnreadableSubmission, which quarantines this one and lets the others pass."""
    try:
        answers = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableSubmission(None, "it is not JSON") from None
    if not isinstance(answers, dict):
        raise UnreadableSubmission(None, "it is not a JSON object")
    number = answers.get("_id")
    if type(number) is not int:
        raise UnreadableSubmission(None, "it has no _id")
    try:
        return _submission(number, answers)
    except _Wrong as wrong:
        raise UnreadableSubmission(number, str(wrong)) from None


class _Wrong(Exception):
    """What is wrong with a submission's metadata."""


def _submission(number: int, answers: dict[str, Any]) -> Submission:
    uuid = answers.get("_uuid")
    return Submission(
        id=number,
        root_uuid=_uuid(answers.get("meta/rootUuid") or uuid, "meta/rootUuid"),
        instance_id=_uuid(answers.get("meta/instanceID") or uuid, "meta/instanceID"),
        form_version=_text(answers.get("__version__"), "__version__") or "",
        submitted_at=_time(answers.get("_submission_time"), "_submission_time"),
        modified_at=_time(answers["_date_modified"], "_date_modified") if answers.get("_date_modified") else None,
        submitted_by=_text(answers.get("_submitted_by"), "_submitted_by"),
        validation_status=_status(answers.get("_validation_status")),
        attachments=_attachments(answers.get("_attachments")),
        answers=answers,
    )


def _uuid(value: object, name: str) -> str:
    text = _text(value, name)
    if not text:
        raise _Wrong(f"it has neither {name} nor _uuid")
    return text.removeprefix("uuid:")


def _text(value: object, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _Wrong(f"{name} is not text")


def _time(value: object, name: str) -> datetime:
    try:
        return in_utc(datetime.fromisoformat(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise _Wrong(f"{name} is not a time") from None


def _status(value: object) -> str:
    if not value:
        return ""
    uid = value.get("uid", "") if isinstance(value, Mapping) else None
    if not isinstance(uid, str):
        raise _Wrong("_validation_status has no uid that is text")
    return uid


def _attachments(value: object) -> tuple[Attachment, ...]:
    if not value:
        return ()
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise _Wrong("_attachments is not a list of objects")
    return tuple(_attachment(each) for each in value)


def _attachment(value: Mapping[str, object]) -> Attachment:
    path = str(value.get("media_file_basename") or value.get("filename") or "")
    return Attachment(
        uid=str(value.get("uid") or value.get("id") or ""),
        filename=path.rsplit("/", 1)[-1],
        question_xpath=str(value.get("question_xpath") or ""),
        is_deleted=value.get("is_deleted") is True,
        mimetype=str(value.get("mimetype") or ""),
        is_encrypted=value.get("is_encrypted") is True,
    )
