"""The folder of files: each once, whatever it was called, under its SHA-256. A file is there whole, or not at all.

Filled by jobs/attachments.py. Files that are still coming in are in the folder `partial`, so that a download that was
cut goes on where it stopped. It holds what people sent, photographs perhaps: for few eyes, like the raw store.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collector.errors import AttachmentsFolder

CHUNK = 1 << 20
MEMORY = "from memory"
"""Group of files that were never half there; no form has this key."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file. size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Blobs:
    """The folder; it is made when the first file comes."""

    folder: Path

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def partial(self, group: str, *address: str) -> Path:
        """Where a file of a group comes in, by what it is called elsewhere: the same on the next try."""
        folder = self.folder / "partial" / group
        with self.explained():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / hashlib.sha256("\n".join(address).encode()).hexdigest()[:32]

    def tidy(self, group: str, wanted: Iterable[Path]) -> None:
        """Take away what has come in of files of a group that nobody waits for any more."""
        names = {path.name for path in wanted}
        with self.explained():
            for path in (self.folder / "partial" / group).glob("*"):
                if path.stem not in names:
                    path.unlink()

    def adopt(self, partial: Path) -> Blob:
        """Make a whole file visible under its hash; one that is there already is kept, and this copy goes."""
        with self.explained():
            with partial.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            blob, place = Blob(sha256, partial.stat().st_size), self.path(sha256)
            place.parent.mkdir(exist_ok=True, mode=0o700)
            if place.exists():
                partial.unlink()
            else:
                partial.replace(place)
                _sync_folder(place.parent)
            return blob

    def keep(self, content: bytes) -> Blob:
        """Store a file that is in memory."""
        partial = self.partial(MEMORY, hashlib.sha256(content).hexdigest())
        with self.explained():
            partial.write_bytes(content)
        return self.adopt(partial)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What fails in here because of the disk is an AttachmentsFolder that says what to do."""
        try:
            yield
        except OSError as error:
            raise AttachmentsFolder(
                f"the folder of attachments, {self.folder}, cannot be written ({error.strerror}); make it writable or "
                "free some space, or name another as [attachments] folder. What is missing is fetched in the next run."
            ) from None

    def check(self) -> None:
        """Raises AttachmentsFolder where nothing could be written."""
        probe = self.partial(MEMORY, "doctor")
        with self.explained():
            probe.write_bytes(b"")
            probe.unlink()


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is; Windows cannot open folders, and needs no such thing."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
