"""Load pages without a server: where they go, and pages of given records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from sqlalchemy import column, func, select, table

from collector.form.definition import FormVersion
from collector.kobo.walk import Page
from collector.reporting import forms, ledger
from collector.reporting.database import writing
from jobs.page import Destination, PageCounts, load_page
from jobs.versions import Versions
from jobs.wiring import Databases
from tests.support.attendance import FORM, VERSION, attendance_media, attendance_version, programme

ASSET = "aAttendance"
SECRET = b"a secret of the tests"
START = datetime(2026, 7, 6, 23, tzinfo=UTC)


def destination(
    databases: Databases, versions: Mapping[str, FormVersion] | None = None, *, is_judging_again: bool = False
) -> Destination:
    """A new run of the attendance form, whose versions are these: by default the one of forms/."""
    known = {VERSION: attendance_version()} if versions is None else versions
    with writing(databases.reporting) as connection:
        run = ledger.start_run(connection, "pull", START)
        forms.save_media(connection, FORM, attendance_media())

    def find_version(uid: str) -> FormVersion | None:
        if uid in known:
            version = replace(known[uid], version=uid)
            with writing(databases.reporting) as connection:
                forms.save_version(connection, FORM, version, {}, seen_at=START, deployed_at=None)
        with databases.reporting.connect() as connection:
            return forms.stored_version(connection, FORM, uid)

    ready = Versions(FORM, programme().card_paths(FORM), SECRET, databases.reporting, find_version)
    return Destination(FORM, ASSET, run, databases, ready, lambda: START, is_judging_again)


def load_records(to: Destination, *records: bytes, after: int = 0) -> PageCounts:
    """Load one page of these records."""
    return load_page(to, Page(records, after, _id_of(records[-1]), len(records)))


def rows_of(databases: Databases, name: str, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of a table, sorted."""
    statement = select(table(name, *(column(each) for each in columns)))
    with databases.reporting.connect() as connection:
        return sorted((tuple(row) for row in connection.execute(statement)), key=repr)


def count_of(databases: Databases, name: str) -> int:
    with databases.reporting.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table(name))) or 0


def _id_of(record: bytes) -> int:
    return int(msgspec.json.decode(record)["_id"])
