"""Load pages without a server: where they go, and pages of given records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import column, func, select, table

from collector.errors import FormError
from collector.form.definition import FormVersion
from collector.form.judging.policy import Policy
from collector.form.judging.standard import ENGINE
from collector.kobo.content import form_version_of
from collector.kobo.pages import Page
from collector.kobo.xform import xform_of
from collector.reporting import forms, ledger
from collector.reporting.database import writing
from collector.reporting.forms import KeptXForm
from jobs.destination import Destination, FetchXml
from jobs.page import PageCounts, load_page
from jobs.versions import Versions
from jobs.wiring import Databases
from tests.support.attendance import FORM, VERSION, attendance_content, attendance_media, programme

ASSET = "aAttendance"
SECRET = b"a secret of the tests"
USUAL = Policy()
START = datetime(2026, 7, 6, 23, tzinfo=UTC)


def with_question(name: str, type: str, **cells: Any) -> dict[str, Any]:
    """The content of the attendance form with one question more."""
    labels = [name] * len(attendance_content()["translations"])
    question = {"type": type, "name": name, "label": labels, **cells}
    return {**attendance_content(), "survey": [*attendance_content()["survey"], question]}


def with_cells(name: str, **cells: Any) -> dict[str, Any]:
    """The content of the attendance form with other cells in the row of one question."""
    survey = [{**row, **cells} if row.get("name") == name else row for row in attendance_content()["survey"]]
    return {**attendance_content(), "survey": survey}


def destination(
    databases: Databases,
    contents: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    media: Mapping[str, bytes] | None = None,
    policy: Policy = USUAL,
    fetch_xml: FetchXml | None = None,
) -> Destination:
    """A new run of the attendance form, whose versions have these contents: by default the one of forms/."""
    known = {VERSION: attendance_content()} if contents is None else contents
    with writing(databases.reporting) as connection:
        run = ledger.start_run(connection, "pull", START)
        forms.save_media(connection, FORM, attendance_media() if media is None else media)

    def find_version(uid: str) -> FormVersion | None:
        with writing(databases.reporting) as connection:
            if uid in known and forms.stored_version(connection, FORM, uid) is None:
                version = form_version_of(known[uid], version=uid, title=FORM)
                forms.save_version(connection, FORM, version, known[uid], seen_at=START, deployed_at=None)
                if (xform := _xform(uid, json.dumps(known[uid]))) is not None:
                    forms.save_xform(connection, FORM, uid, KeptXForm(xform, ENGINE))
            return forms.stored_version(connection, FORM, uid)

    ready = Versions(FORM, ASSET, programme().card_paths(FORM), SECRET, databases.reporting, find_version)
    return Destination(FORM, ASSET, run, databases, ready, lambda: START, policy, fetch_xml)


@cache
def _xform(uid: str, content: str) -> str | None:
    """Made once for all tests; None where the pull shall find out by itself that it cannot be."""
    try:
        return xform_of(json.loads(content), asset_uid=ASSET, version=uid, title=FORM)
    except FormError:
        return None


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
