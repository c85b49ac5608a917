"""The line in a project's description by which a form is recognised on the server, and what was last deployed.

    collector:attendance sha256:9f86… media:1b4f… version:vAkvyShf4DCNZeHFKaew7B
    collector:attendance by:dana/5f0c1e9a

The second is a deployment under way, and whose: two at once see each other by it.
Used by assets.py and deployment.py. The server keeps no trace of a workbook: importing the same bytes twice gives
two versions with two hashes, so what is on the server can only be known by writing it down there.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from collector.errors import FormError
from collector.form.cells import sheets_in

MARKER = re.compile(
    r"collector:(?P<form_key>[\w-]+)"
    r"(?: sha256:(?P<workbook>[0-9a-f]{64}) media:(?P<media>[0-9a-f]{64}) version:(?P<version>\w+))?"
    r"(?: by:(?P<by>[\w.@+-]+/[0-9a-f]{8}))?"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose form a project is, and what of it was deployed and verified last; empty texts while that is under way.

    workbook, media: fingerprints; version: uid of the version that the workbook became. by: account and run of the
    deployment that is under way, "" when none is.
    """

    form_key: str
    workbook: str = ""
    media: str = ""
    version: str = ""
    by: str = ""

    @property
    def account(self) -> str:
        """Who began the deployment that is under way."""
        return self.by.partition("/")[0]

    def __str__(self) -> str:
        known = f" sha256:{self.workbook} media:{self.media} version:{self.version}" if self.version else ""
        return f"collector:{self.form_key}{known}{f' by:{self.by}' if self.by else ''}"


def new_run(account: str) -> str:
    """A mark for one run of one account, "dana/5f0c1e9a"; no two are the same."""
    return f"{re.sub(r'[^a-zA-Z0-9_.@+-]', '', account) or 'somebody'}/{secrets.token_hex(4)}"


def read_marker(description: object) -> Marker | None:
    """The marker in a project's description, or None."""
    found = MARKER.search(description) if isinstance(description, str) else None
    return Marker(**{name: text or "" for name, text in found.groupdict().items()}) if found else None


def write_marker(description: object, marker: Marker) -> str:
    """The description with this marker in place of an earlier one; what people wrote around it stays."""
    text = description if isinstance(description, str) else ""
    if MARKER.search(text):
        return MARKER.sub(str(marker), text, count=1)
    return f"{text}\n{marker}".lstrip()


@lru_cache(maxsize=8)  # a deployment asks for that of one workbook again and again: reading it takes most of its time
def workbook_fingerprint(workbook: bytes) -> str:
    """SHA-256 of what stands in the cells: a workbook that was only saved again, or coloured, stays the same.

    Of the bytes, where they are no workbook that can be read: the server will say so.
    """
    try:
        sheets = sheets_in(workbook, "the workbook")
    except FormError:
        return hashlib.sha256(workbook).hexdigest()
    rows = {name: [sorted(row.items()) for row in sheet.rows] for name, sheet in sheets.items()}
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def media_fingerprint(media: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents of the media, whatever their order."""
    lines = [f"{hashlib.sha256(data).hexdigest()} {name}\n" for name, data in sorted(media.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
