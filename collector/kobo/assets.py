"""What the server says about its projects: find ours, their versions, their content, their media.

Fed by client.py; used by deployment.py, and by jobs for what a pull needs to know of a form.
Source: Kobo API v2, /api/v2/assets/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import msgspec

from collector.errors import AnswerUnreadable, ServerError
from collector.kobo.client import Client
from collector.kobo.marker import Marker, read_marker

PAGE_SIZE = 1000
PARTIAL = "partial_submissions"
_NAMED = re.compile(r"/users/([^/?]+)")
_NAMED_AT = re.compile(rb"https?://[^/\"]+")  # a server may be called by several names
_WRITE = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Asset:
    """A form project on the server.

    version_uid: the newest draft; deployed_version_uid: what tablets get, "" before the first deployment.
    has_deployment: it was deployed once; is_active: it takes submissions now, False for an archived project too.
    created_at: as the server writes it; modified_by: the account that changed it last, "" where nobody has.
    permissions: what our account may do with it; only the detail says so, a list does not.
    limits: by account, a mark of the filters through which it sees submissions, "partial_submissions:3f2a9c01"; only
    managers are told those of others.
    content, settings: as the server gives them; content is the draft's, and empty in a list.
    """

    uid: str
    name: str
    marker: Marker | None
    version_uid: str
    deployed_version_uid: str
    has_deployment: bool
    is_active: bool
    created_at: str = ""
    modified_by: str = ""
    permissions: frozenset[str] = frozenset()
    limits: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        return f"/api/v2/assets/{self.uid}/"


@dataclass(frozen=True, slots=True)
class Version:
    """One deployed version of a form. number: "3", counted by the server; deployed_at: as the server writes it."""

    uid: str
    number: str
    deployed_at: str


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A media file of a project. md5: of its content, as the server says; "" for one that lies elsewhere."""

    uid: str
    filename: str
    md5: str


def find_asset(client: Client, form_key: str) -> Asset | None:
    """The project that carries this form's marker, None where there is none among those the account can see.

    Raises ServerError where several carry it, as after cloning a project.
    """
    found = find_assets(client, form_key)
    if len(found) > 1:
        uids = ", ".join(asset.uid for asset in found)
        raise ServerError(
            f"several projects carry the mark of form '{form_key}' ({uids}): take the text 'collector:{form_key} …' "
            "out of the descriptions of all but one."
        )
    return found[0] if found else None


def find_assets(client: Client, form_key: str) -> list[Asset]:
    """Every project that carries this form's marker, among those the account can see."""
    rows = _rows(client, "/api/v2/assets/", q="asset_type:survey")
    return [asset for asset in map(_asset, rows) if asset.marker and asset.marker.form_key == form_key]


def fetch_asset(client: Client, asset_uid: str) -> Asset:
    """A project in full. Raises PermissionMissing where it is not there or not visible."""
    return _asset(client.get_json(f"/api/v2/assets/{asset_uid}/"))


def fetch_versions(client: Client, asset_uid: str) -> tuple[Version, ...]:
    """The versions of a form that were deployed, newest first."""
    return tuple(
        Version(str(row["uid"]), str(row.get("version_number") or ""), str(row.get("date_deployed") or ""))
        for row in _rows(client, f"/api/v2/assets/{asset_uid}/versions/")
    )


def fetch_content(client: Client, asset_uid: str, version_uid: str) -> Mapping[str, Any]:
    """The content of one version of a form, for content.py. Raises PermissionMissing for a version unknown there."""
    answer = client.get_json(f"/api/v2/assets/{asset_uid}/versions/{version_uid}/")
    content = answer.get("content") if isinstance(answer, dict) else None
    if not isinstance(content, dict):
        raise AnswerUnreadable(f"version {version_uid} of project {asset_uid} comes without its content.")
    return content


def fetch_files(client: Client, asset_uid: str) -> tuple[MediaFile, ...]:
    """The media files of a project's form, without their contents."""
    return tuple(
        _media_file(row) for row in _rows(client, f"/api/v2/assets/{asset_uid}/files/", file_type="form_media")
    )


def fetch_media(client: Client, asset_uid: str, *, known: Mapping[str, bytes] | None = None) -> Mapping[str, bytes]:
    """The media files of a project's form, by name. known: contents at hand by their MD5, which are not fetched again.

    Raises AnswerUnreadable for a content that does not match the server's own MD5.
    """
    media = {}
    for file in fetch_files(client, asset_uid):
        data = (known or {}).get(file.md5)
        if data is None:
            data = client.get_bytes(f"/api/v2/assets/{asset_uid}/files/{file.uid}/content/")
        if file.md5 and md5_of(data) != file.md5:
            raise AnswerUnreadable(
                f"media file {file.filename} of project {asset_uid} is not what the server says: upload it again."
            )
        media[file.filename] = data
    return media


def md5_of(data: bytes) -> str:
    """MD5 in hexadecimal: the server's own check of a media file, not a matter of security."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def uid_in(answer: Any) -> str:
    """The uid of what the server has just made."""
    if not isinstance(answer, dict) or not isinstance(answer.get("uid"), str):
        raise AnswerUnreadable("the server describes something without its uid: is this a KoboToolbox server?")
    return str(answer["uid"])


def _rows(client: Client, path: str, **params: object) -> Iterator[Mapping[str, Any]]:
    """Every row of a list, page by page.

    The server's own `next` links mix up their parameters, so that pages are asked for by `start`; a page that brings
    no new row ends the walk, whatever the count says.
    """
    seen: set[str] = set()
    while True:
        answer = client.get_json(path, limit=PAGE_SIZE, start=len(seen), **params)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise AnswerUnreadable(f"{client.url}{path} is not the list that was asked for.")
        fresh = [row for row in answer["results"] if isinstance(row, dict) and str(row.get("uid")) not in seen]
        yield from fresh
        seen.update(str(row.get("uid")) for row in fresh)
        if not fresh or len(seen) >= int(answer.get("count") or 0):
            return


def _asset(row: Any) -> Asset:
    uid = uid_in(row)
    settings = _mapping(row.get("settings"))
    return Asset(
        uid=uid,
        name=str(row.get("name") or ""),
        marker=read_marker(settings.get("description")),
        version_uid=str(row.get("version_id") or ""),
        deployed_version_uid=str(row.get("deployed_version_id") or ""),
        has_deployment=row.get("has_deployment") is True,
        is_active=row.get("deployment__active") is True,
        created_at=str(row.get("date_created") or ""),
        modified_by=str(row.get("last_modified_by") or ""),
        permissions=frozenset(str(each.get("codename")) for each in row.get("effective_permissions") or ()),
        limits=dict(_limits(row.get("permissions"))),
        content=_mapping(row.get("content")),
        settings=settings,
    )


def _limits(assignments: object) -> Iterator[tuple[str, str]]:
    for each in map(_mapping, assignments if isinstance(assignments, list) else ()):
        user, partial = _NAMED.search(str(each.get("user"))), each.get("partial_permissions")
        if user and partial:
            digest = hashlib.sha256(_NAMED_AT.sub(b"", b"\n".join(sorted(map(_WRITE, partial)))))
            yield unquote(user[1]), f"{PARTIAL}:{digest.hexdigest()[:8]}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _media_file(row: Mapping[str, Any]) -> MediaFile:
    metadata = _mapping(row.get("metadata"))
    name, _, digest = str(metadata.get("hash") or "").partition(":")
    # A file that lies elsewhere has the MD5 of its address, marked "-url"
    is_content = name == "md5" and not digest.endswith("-url")
    return MediaFile(str(row.get("uid")), str(metadata.get("filename") or ""), digest if is_content else "")
