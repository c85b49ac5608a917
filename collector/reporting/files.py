"""Files of encrypted submissions in the raw store: manifest and content, as received, so that a key can come later.

Written and read by jobs/envelopes.py. What is decrypted is never stored here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from collector.errors import FrameDamaged
from collector.reporting.archive_tables import raw_files
from collector.reporting.load import load


def keep_file(raw: Connection, asset_uid: str, instance_id: str, name: str, body: bytes, received_at: datetime) -> None:
    """Store a file as received; one that is there is replaced."""
    load(raw, raw_files, [(asset_uid, instance_id, name, received_at, hashlib.sha256(body).hexdigest(), body)])


def damaged_files(raw: Connection) -> Iterator[str]:
    """One sentence for each file that is not what was received."""
    columns = raw_files.c.asset_uid, raw_files.c.instance_id, raw_files.c.name
    for place in raw.execute(select(*columns)).all():
        try:
            kept_file(raw, *place)
        except FrameDamaged as error:
            yield str(error)


def kept_file(raw: Connection, asset_uid: str, instance_id: str, name: str) -> bytes | None:
    """A file as received, None where it is not there; from an earlier project where this one has none.

    Raises FrameDamaged.
    """
    here = (raw_files.c.instance_id == instance_id) & (raw_files.c.name == name)
    columns = select(raw_files.c.sha256, raw_files.c.body).where(here)
    row = raw.execute(columns.order_by((raw_files.c.asset_uid == asset_uid).desc()).limit(1)).one_or_none()
    if row is None:
        return None
    body = bytes(row.body)
    if hashlib.sha256(body).hexdigest() != row.sha256:
        raise FrameDamaged(f"file {name} of submission {instance_id} is damaged in the raw store; restore a backup.")
    return body
