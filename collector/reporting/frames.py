"""Some submissions as received → a frame of the raw store: one after the other, compressed, with the hash of the whole.

Kept and opened by raw.py. Made by the process that judges the submissions (jobs/jury.py), else when they are kept.
Frames are small, so that one old state is read without a whole page.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from isal import isal_zlib

from collector.errors import FrameDamaged

TOGETHER = 100
"""Records in one frame, at most."""

FASTEST = 1
"""zlib level: a page takes 3 ms and a tenth of its size; the standard library's takes five times as long."""


class Frame(NamedTuple):
    """sha256: of the records, one line break between two; body: these, compressed, as every zlib reads it."""

    sha256: str
    body: bytes


def frame_of(records: Sequence[bytes]) -> Frame:
    """The frame of some records, TOGETHER at most.

    >>> opened(*frame_of([b'{"_id":1}', b'{"_id":2}']))
    b'{"_id":1}\\n{"_id":2}'
    """
    together = b"\n".join(records)
    return Frame(hashlib.sha256(together).hexdigest(), isal_zlib.compress(together, FASTEST))


def opened(sha256: str, body: bytes) -> bytes:
    """The records of a frame; raises FrameDamaged where these are not they."""
    try:
        together = zlib.decompress(body)
    except zlib.error:
        together = b""
    if hashlib.sha256(together).hexdigest() != sha256:
        raise FrameDamaged("a frame of the raw store is damaged; restore the raw store from a backup.")
    return together
