"""Files of submissions: noted with their page, fetched after it, and only those that the policy takes.

page.py notes; pull.py has them fetched when a form is loaded. A file that cannot be fetched fails nothing else: it is
tried again in the next run. Encrypted files are decrypted in memory, on their way into the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from collector.errors import AttachmentsFolder, ServerBusy, ServerError, ServerUnreachable, TokenRefused
from collector.form.encryption import SUFFIX, Damaged, WrongKey, decrypted
from collector.form.judging.messages import printable
from collector.kobo.client import Client
from collector.kobo.downloads import download
from collector.kobo.submission import Attachment
from collector.reporting import attachments, forms, raw
from collector.reporting.attachments import Fetched, Filed, Wanted
from collector.reporting.blobs import MEMORY, Blob, Blobs
from jobs.archive import recorded
from jobs.destination import Destination
from jobs.envelopes import Incomplete, read_sealed
from jobs.judged import Judged
from jobs.versions import ReadyVersion

BATCH = 20
"""Files whose outcome is written at once: so many are fetched again at most after a kill."""

INDEX = re.compile(r"\[\d+\]")
HOPELESS = (ServerUnreachable, ServerBusy, TokenRefused)
"""Failures of the server, not of a file: the rest of the form's files would only wait for the same."""


@dataclass(frozen=True)
class FilePolicy:
    """take: form keys, and questions as form/path. A question marked pii is taken only where it is named itself."""

    folder: Path = Path("data/attachments")
    take: frozenset[str] = field(default_factory=frozenset)

    def takes_any(self, form: str) -> bool:
        return any(each == form or each.startswith(f"{form}/") for each in self.take)

    def takes(self, form: str, question: str, *, is_pii: bool) -> bool:
        """question: path, "" for a file of no question."""
        return f"{form}/{question}" in self.take or (form in self.take and not is_pii)


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What a pull fetched of a form's files, and what it could not."""

    stored: int = 0
    failed: int = 0


def note_files(
    connection: Connection, to: Destination, judged: Iterable[Judged], written: Iterable[tuple[Judged, bool]]
) -> None:
    """Keep which files came with what was written, and what became of the encrypted ones of all that were judged.

    written: with whether something was stored of the submission before.
    """
    if to.envelopes:
        to.envelopes.write(connection, to.form, [(each.key, each.digest) for each in judged])
    noted = [
        (each.key, each.submission_id, _filed(each.files, each.version))
        for each, is_known in written
        if each.files or is_known
    ]
    if noted:
        attachments.note_files(connection, to.form, noted)


def fetch_files(to: Destination, client: Client, policy: FilePolicy) -> FileCounts:
    """Bring the states of a form's files in line with the policy, then fetch what is missing."""
    _apply(to, policy)
    with to.databases.reporting.connect() as connection:
        wanted = attachments.wanted(connection, to.form) if policy.takes_any(to.form) else []
    stored = failed = 0
    blobs = Blobs(policy.folder)
    _tidy(to, client, blobs, wanted)
    for some in _batches(wanted):
        fetched = list(_fetched(to, client, blobs, some))
        body = {"fetched": [asdict(each) for each in fetched]}
        with recorded(to.databases, "files", body, at=to.now(), run=to.run, form=to.form) as connection:
            attachments.write_fetched(connection, to.form, fetched)
        stored += sum(each.state == "stored" for each in fetched)
        failed += sum(each.state == "failed" for each in fetched)
        if len(fetched) < len(some):
            break
    return FileCounts(stored, failed)


def _tidy(to: Destination, client: Client, blobs: Blobs, wanted: Sequence[Wanted]) -> None:
    """Halves of files of submissions that are gone, or that the policy no longer takes, are nobody's any more."""
    if blobs.folder.exists():
        with suppress(AttachmentsFolder):  # what cannot be taken away now can be in the next run
            blobs.tidy(to.form, [_partial(to, client, blobs, each) for each in wanted])
            blobs.tidy(MEMORY, ())


def _apply(to: Destination, policy: FilePolicy) -> None:
    with to.databases.reporting.connect() as connection:
        questions = attachments.questions_with_files(connection, to.form)
        pii = _pii_paths(connection, to.form) if questions else set()
        taken = {each: _takes(policy, to.form, each, pii) for each in questions}
        wrong = attachments.misplaced(connection, to.form, taken)
    if wrong:
        with recorded(to.databases, "policy", wrong, at=to.now(), run=to.run, form=to.form) as connection:
            attachments.apply_policy(connection, to.form, wrong)


def _takes(policy: FilePolicy, form: str, question: str, pii: set[str]) -> bool:
    path = INDEX.sub("", question)
    return policy.takes(form, path, is_pii=path in pii)


def _pii_paths(connection: Connection, form: str) -> set[str]:
    versions = forms.stored_versions(connection, form)
    return {question.path for version in versions for question in version.questions if question.is_pii}


def _filed(files: Iterable[Attachment], version: ReadyVersion | None) -> list[Filed]:
    """A file's name is shown where the form's tables hold it: not that of a question marked pii."""
    paths = {column.path for plan in version.plans for column in plan.columns} if version else set()
    found = {}
    for file in files:
        if not file.uid or printable(file.uid) != file.uid:
            continue  # it could be neither kept nor asked for
        has_name = INDEX.sub("", file.question_xpath) in paths and _is_storable(file.filename)
        found[file.uid] = Filed(
            file.uid,
            printable(file.question_xpath),
            file.filename if has_name else None,
            printable(file.mimetype),
            file.is_deleted,
            file.is_encrypted,
        )
    return list(found.values())


def _is_storable(text: str) -> bool:
    """No database stores NUL, or half of a pair of surrogates."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _fetched(to: Destination, client: Client, blobs: Blobs, wanted: Sequence[Wanted]) -> Iterator[Fetched]:
    """What becomes of each file; ends where the server cannot be asked any more."""
    for each in wanted:
        try:
            blob = _fetch_encrypted(to, client, blobs, each) if each.is_encrypted else _fetch(to, client, blobs, each)
        except (*HOPELESS, AttachmentsFolder) as error:
            yield Fetched(each.root_uuid, each.uid, "failed", type(error).__name__)
            return
        except ServerError as error:
            yield Fetched(each.root_uuid, each.uid, "failed", _reason(error))
        except (Damaged, WrongKey, Incomplete) as error:
            yield Fetched(each.root_uuid, each.uid, "failed", f"cannot be decrypted: {type(error).__name__}")
        else:
            yield Fetched(each.root_uuid, each.uid, "stored", "", blob.size, blob.sha256, to.now())


def _fetch(to: Destination, client: Client, blobs: Blobs, wanted: Wanted) -> Blob:
    partial = _partial(to, client, blobs, wanted)
    with blobs.explained():
        download(client, _address(to, wanted), partial)
    return blobs.adopt(partial)


def _partial(to: Destination, client: Client, blobs: Blobs, wanted: Wanted) -> Path:
    return blobs.partial(to.form, client.url, to.asset_uid, str(wanted.submission_id), wanted.uid)


def _fetch_encrypted(to: Destination, client: Client, blobs: Blobs, wanted: Wanted) -> Blob:
    """Only what is readable goes to the disk, since the key may go one day and the file is wanted."""
    with to.databases.raw.connect() as connection:
        body = raw.raw_bodies(connection, to.asset_uid, [wanted.digest]).get(wanted.digest, b"")
    outer = read_sealed(body)
    if outer is None or to.envelopes is None:
        raise Incomplete
    manifest, key = to.envelopes.key_of(outer)
    name = next((name for uid, name in _names(outer) if uid == wanted.uid), "")
    if name not in manifest.media or not name.endswith(SUFFIX):
        raise Incomplete
    return blobs.keep(decrypted(manifest, key, name, client.get_bytes(_address(to, wanted))))


def _names(outer: dict[str, object]) -> Iterator[tuple[str, str]]:
    listed = outer.get("_attachments")
    for file in listed if isinstance(listed, list) else ():
        name = str(file.get("media_file_basename") or file.get("filename") or "")
        yield str(file.get("uid") or file.get("id") or ""), name.rpartition("/")[2]


def _address(to: Destination, wanted: Wanted) -> str:
    return f"/api/v2/assets/{to.asset_uid}/data/{wanted.submission_id}/attachments/{wanted.uid}/"


def _reason(error: ServerError) -> str:
    """Class and status: the server's own words may quote an answer."""
    return f"{type(error).__name__} ({error.status})" if error.status else type(error).__name__


def _batches(wanted: Sequence[Wanted]) -> Iterator[Sequence[Wanted]]:
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]
