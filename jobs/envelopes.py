"""Open encrypted submissions in a pull: from here on they are like any other, in the shape of the server's JSON.

Used by page.py, before it judges. What is fetched is archived as received, encrypted; what is decrypted stays in
memory and in the form's tables: the raw store holds what was received, and nobody can open it without the key.
Two requests a submission: its manifest, which the JSON shows only in part, and its encrypted content.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from collector.errors import FrameDamaged, ServerBusy, ServerError, ServerUnreachable, TokenRefused
from collector.form.answers import is_metadata, place
from collector.form.encryption import (
    SUFFIX,
    Damaged,
    Manifest,
    PrivateKey,
    WrongKey,
    decrypted,
    is_signed,
    read_manifest,
    unwrap,
)
from collector.form.instance.to_json import answers_of, version_in
from collector.form.xform.markup import Unparsable
from collector.kobo.client import Client
from collector.reporting import files
from collector.reporting.database import writing
from collector.reporting.envelopes import Outcome, listed, stored_signature, write_outcomes
from jobs.readings import SEALED
from jobs.versions import Versions
from jobs.wiring import Databases

MARK = f'"{SEALED}"'.encode()
OF_THE_ENVELOPE = ("base64EncryptedKey", SEALED)
MANIFEST = "manifest.xml"
OPENED, DAMAGED = "opened", "encrypted_damaged"


AWAY = (ServerUnreachable, ServerBusy, TokenRefused)


class Incomplete(Exception):
    """The encrypted content is not on the server, or the server cannot give it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A submission as it is judged. finding: why it could not be opened; xml: of one that was, b"" of any other."""

    body: bytes = field(repr=False)
    finding: str = ""
    xml: bytes = field(default=b"", repr=False)


@dataclass
class Envelopes:
    """The encrypted submissions of one form during one run.

    client: None where no server is asked. are_files_taken: whether media may be decrypted at all.
    noted: in a replay, what became of them then, by digest. outcomes: the same of what was opened here since told().
    """

    asset_uid: str
    databases: Databases
    versions: Versions
    keys: Sequence[PrivateKey]
    now: Callable[[], datetime]
    client: Client | None = None
    are_files_taken: bool = False
    noted: Mapping[str, Outcome] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def open(self, body: bytes, digest: str) -> Letter:
        """A submission as received → as it is judged."""
        outer = read_sealed(body)
        if outer is None:
            return Letter(body)
        then = self.noted.get(digest)
        if then and then.code != OPENED:
            outcome, letter = then, Letter(body, then.code)
        else:
            outcome, letter = self._opened(outer, body, then)
            if outcome.code == DAMAGED and self.client:  # it may have come in wrong: once more, past the archive
                outcome, letter = self._opened(outer, body, then, afresh=True)
        self.outcomes[digest] = outcome
        return letter

    @property
    def fingerprints(self) -> str:
        return listed([key.fingerprint for key in self.keys])

    def told(self) -> dict[str, dict[str, str]]:
        """What became of what was opened, for the journal."""
        return {digest: asdict(outcome) for digest, outcome in self.outcomes.items()}

    def write(self, connection: Connection, form: str, submissions: Iterable[tuple[str, str]]) -> None:
        """Keep what became of the encrypted ones among these: (root_uuid, digest). Then they are forgotten here."""
        known = [(root, digest, self.outcomes[digest]) for root, digest in submissions if digest in self.outcomes]
        write_outcomes(connection, form, known)
        self.outcomes.clear()

    def key_of(self, outer: Mapping[str, Any]) -> tuple[Manifest, bytes]:
        """Manifest and key of a submission that was opened before, for its media. Raises as opening does."""
        manifest = read_manifest(self._file(outer, MANIFEST, self._fetch_manifest))
        key, _ = unwrap(manifest, self.keys)
        return manifest, key

    def _opened(
        self, outer: Mapping[str, Any], body: bytes, then: Outcome | None, *, afresh: bool = False
    ) -> tuple[Outcome, Letter]:
        try:
            manifest = read_manifest(self._file(outer, MANIFEST, self._fetch_manifest, afresh=afresh))
            content = self._file(outer, manifest.submission_file, self._fetch_content, afresh=afresh)
            if not self.keys:
                return _closed("encrypted_without_key", body)
            key, private = unwrap(manifest, self.keys)
            xml = decrypted(manifest, key, manifest.submission_file, content)
            signature = then.signature if then else self._check(outer, manifest, key, private, xml)
            tried = then.keys if then else self.fingerprints
            return Outcome(OPENED, tried, signature), Letter(self._plain(outer, manifest, xml), xml=xml)
        except WrongKey:
            return _closed("encrypted_for_another_key", body, self.fingerprints)
        except Incomplete:
            return _closed("encrypted_incomplete", body)
        except (Damaged, Unparsable):
            return _closed(DAMAGED, body, self.fingerprints)

    def _check(self, outer: Mapping[str, Any], manifest: Manifest, key: bytes, private: PrivateKey, xml: bytes) -> str:
        """What the signature says; it is about all files, so that without the media it says nothing."""
        if not manifest.signature:
            return "absent"
        if manifest.media and (self.client is None or not self.are_files_taken):
            return self._said_before(outer) or "media_not_taken"
        try:
            media = [decrypted(manifest, key, name, self._fetch_content(outer, name)) for name in manifest.media]
        except Incomplete:
            return "media_missing"
        if not is_signed(manifest, private, [*media, xml]):
            raise Damaged
        return "verified"

    def _said_before(self, outer: Mapping[str, Any]) -> str:
        """What the signature said when there was a server to ask for the media."""
        root = str(outer.get("meta/rootUuid") or outer.get("_uuid")).removeprefix("uuid:")
        with self.databases.reporting.connect() as connection:
            return stored_signature(connection, self.versions.form, root)

    def _plain(self, outer: Mapping[str, Any], manifest: Manifest, xml: bytes) -> bytes:
        """The submission as the server would show it if it could read it."""
        version = self.versions.get(version_in(xml))
        repeats = {plan.repeat for plan in version.plans if plan.repeat} if version else set()
        answers = answers_of(xml, repeats)
        if answers.get("meta/instanceID") != manifest.instance_id:
            raise Damaged  # the content of another submission
        shown = {key: value for key, value in outer.items() if is_metadata(key) and key != "__version__"}
        return msgspec.json.encode({**answers, **shown, "_attachments": list(_media(outer, manifest, answers))})

    def _file(
        self,
        outer: Mapping[str, Any],
        name: str,
        fetch: Callable[[Mapping[str, Any], str], bytes],
        *,
        afresh: bool = False,
    ) -> bytes:
        """A file from the archive, else from the server, and then archived. Raises Incomplete."""
        instance_id = str(outer.get("_uuid") or outer.get("meta/instanceID") or outer["_id"])
        with self.databases.raw.connect() as connection:
            kept = None if afresh else _kept(connection, self.asset_uid, instance_id, name)
        if kept is not None:
            return kept
        body = fetch(outer, name)
        with writing(self.databases.raw) as connection:
            files.keep_file(connection, self.asset_uid, instance_id, name, body, self.now())
        return body

    def _fetch_manifest(self, outer: Mapping[str, Any], _: str) -> bytes:
        return self._fetch(f"/api/v2/assets/{self.asset_uid}/data/{outer['_id']}/", format="xml")

    def _fetch_content(self, outer: Mapping[str, Any], name: str) -> bytes:
        for file in _files(outer):
            if _name(file) == name and not file.get("is_deleted"):
                return self._fetch(_address(self.asset_uid, outer["_id"], file))
        raise Incomplete

    def _fetch(self, path: str, **params: object) -> bytes:
        if self.client is None:
            raise Incomplete
        try:
            return self.client.get_bytes(path, **params)
        except AWAY:
            raise
        except ServerError:  # of this file alone: it must not keep all others from coming in
            raise Incomplete from None


def _kept(connection: Connection, asset_uid: str, instance_id: str, name: str) -> bytes | None:
    """A file of the archive; None also where it is damaged: a server may still have it."""
    try:
        return files.kept_file(connection, asset_uid, instance_id, name)
    except FrameDamaged:
        return None


def _closed(code: str, body: bytes, keys: str = "") -> tuple[Outcome, Letter]:
    return Outcome(code, keys), Letter(body, code)


def read_sealed(body: bytes) -> dict[str, Any] | None:
    """The JSON object of an encrypted submission; None for any other."""
    if MARK not in body:
        return None
    try:
        outer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    is_sealed = isinstance(outer, dict) and all(isinstance(outer.get(key), str) for key in OF_THE_ENVELOPE)
    return outer if is_sealed else None


def _media(outer: Mapping[str, Any], manifest: Manifest, answers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The media files as they would be without encryption: their own names, and the question each answers."""
    questions = {answer: where for where, answer in _placed(answers, "", "")}
    for file in _files(outer):
        if _name(file) in manifest.media:
            name = _name(file).removesuffix(SUFFIX)
            where = questions.get(name, "")
            told = {"question_xpath": "" if where.startswith("meta/") else where, "is_encrypted": True}
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            yield {**file, "media_file_basename": name, "filename": name, "mimetype": kind, **told}


def _placed(answers: Mapping[str, Any], level: str, here: str) -> Iterator[tuple[str, str]]:
    """Every answer that is text, with its path; repeats with their index. here: the path `level` with indices."""
    for path, answer in answers.items():
        where = place(level, here, path)
        if isinstance(answer, str):
            yield where, answer
        elif isinstance(answer, list):
            for index, row in enumerate(answer, 1):
                yield from _placed(row, path, f"{where}[{index}]")


def _files(outer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = outer.get("_attachments")
    return [file for file in listed if isinstance(file, dict)] if isinstance(listed, list) else []


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("media_file_basename") or file.get("filename") or "").rpartition("/")[2]


def _address(asset_uid: str, submission_id: int, file: Mapping[str, Any]) -> str:
    uid = file.get("uid") or file.get("id")
    return f"/api/v2/assets/{asset_uid}/data/{submission_id}/attachments/{uid}/"
