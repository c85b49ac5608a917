"""Files into the workbook's folder: whole or not at all, and what is wrong where that cannot be.

Called by jobs/export.py with finished bytes and by data_book.py with rows that are still being written.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from collector.errors import FolderNotWritable


def put_in_place(content: bytes, path: Path) -> None:
    """Write bytes to a name beside `path` and rename: a reader sees the old file or the new one, never half of it."""
    with placed(path) as file:
        file.write(content)


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when it is written to its end; raises FolderNotWritable."""
    beside = path.with_name(f".{path.name}.part")
    try:
        try:
            with beside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            # A folder that refuses the file may refuse to remove it too; the next night overwrites it
            remove(beside)
            raise
    except OSError as error:
        raise FolderNotWritable(f"{path} cannot be written: {_reason(error, path)}") from None


def copy_in_place(source: Path, path: Path) -> None:
    """The same bytes under a second name, as put_in_place writes them."""
    with source.open("rb") as original, placed(path) as file:
        shutil.copyfileobj(original, file)


def remove(path: Path) -> None:
    """Take a file away, if it is there and may be."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there; its parent must be, so that a share that is not connected is noticed."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(f"{folder} cannot be made: {_in_the_way(folder) or _reason(error)}") from None


def check_folder(folder: Path) -> None:
    """Try whether a workbook could be written to a folder; raises FolderNotWritable."""
    make_folder(folder)
    probe = folder / ".collector-probe"
    put_in_place(b"", probe)
    remove(probe)


def is_open_in_excel(path: Path) -> bool:
    """Whether the owner file is there that Excel puts beside a workbook while somebody has it open."""
    return path.with_name(f"~${path.name}").exists()


def _in_the_way(folder: Path) -> str:
    """The file that stands where the folder, or one above it, should be; "" where none does."""
    found = next((place for place in (folder, *folder.parents) if place.is_file()), None)
    if found is None:
        return ""
    which = "where it should be" if found == folder else f"at {found}, where a folder should be"
    return f"a file stands {which}; rename or remove it, or name another folder in [export] folder, and export again."


def _reason(error: OSError, path: Path | None = None) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "the folder is missing; make it, or connect the share, and export again."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space and export again."
    if error.errno == errno.EFBIG:
        return "the file is larger than this user or this file system allows; raise the limit and export again."
    if path and is_open_in_excel(path):
        return "it is open in Excel; close it there and export again, or wait for the next night."
    if error.errno == errno.EISDIR:
        return "a folder of that name stands there; rename or remove it and export again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY):
        return "the folder is read-only, or the workbook is open in Excel; close it or allow writing, and export again."
    return f"{os.strerror(error.errno or 0)}; export again when the folder can be written."
