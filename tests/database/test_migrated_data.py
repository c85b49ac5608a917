"""A database that was filled before the form engine judged pulls: migrated with all its rows, then judged again."""

from dataclasses import replace

import msgspec
from sqlalchemy import MetaData, func, select

from collector.form.judging.policy import Policy
from collector.kobo.content import form_version_of
from collector.kobo.submission import digest_of
from collector.reporting import forms, raw
from collector.reporting.database import migrate, open_engine
from collector.reporting.form_tables import make_tables
from collector.reporting.layout import plan_tables
from collector.reporting.migrations import upgrade
from jobs.rejudge import rejudge_stored
from jobs.wiring import Databases
from tests.support.attendance import (
    FORM,
    VERSION,
    attendance_content,
    attendance_media,
    programme,
    root_uuid,
    submission,
)
from tests.support.loading import ASSET, SECRET, START, rows_of

RECORDS = {1: submission(1), 2: submission(2, head_f="many"), 3: submission(3, venue="nowhere"), 4: submission(4)}
VERDICTS = {1: "accepted", 2: "quarantined", 3: "quarantined", 4: "quarantined"}
"""What the first judging had said: of 4 that a choice of its list was not at hand that day."""


def test_a_database_of_the_first_judging_is_migrated_and_judged_again(database_url, tmp_path):
    raw_url = f"sqlite:///{tmp_path / 'raw.db'}" if database_url.startswith("sqlite") else database_url
    databases = Databases(open_engine(database_url), open_engine(raw_url))
    with databases.reporting.begin() as connection:
        upgrade(connection, "reporting", "0003")
        fill(connection)
    with databases.raw.begin() as connection:
        upgrade(connection, "raw", "0001")
        records = [raw.RawRecord(body, digest_of(body), number, root_uuid(number)) for number, body in RECORDS.items()]
        raw.keep(connection, ASSET, records, START)
    migrate(databases.reporting, "reporting")
    migrate(databases.raw, "raw")
    assert rows_of(databases, "findings", "code", "outcome") == [
        ("not_an_integer", "violation"),
        ("unknown_choice", "violation"),
        ("unknown_choice", "violation"),
    ]
    work = {"run": 1, "secret": SECRET, "now": lambda: START, "policy": Policy()}
    (done,) = rejudge_stored(databases, programme(), (), **work)
    assert (done.judged, done.freed, done.caught, done.lost) == (4, 2, 0, 0)
    assert rows_of(databases, "findings", "root_uuid", "code") == [(root_uuid(2), "type"), (root_uuid(3), "choice")]
    assert rows_of(databases, "attendance", "root_uuid") == [(root_uuid(1),), (root_uuid(3),), (root_uuid(4),)]
    assert rows_of(databases, "completeness", "on_server", "accepted", "quarantined") == [(5, 3, 1)]
    with databases.reporting.connect() as connection:
        assert forms.stored_xform(connection, FORM, VERSION).xform
    (done,) = rejudge_stored(databases, programme(), (), **work)
    assert done.judged == 0
    databases.reporting.dispose()
    databases.raw.dispose()


def fill(connection):
    """Rows as the version before wrote them."""
    tables = MetaData()
    tables.reflect(connection)
    at = START if connection.dialect.name == "postgresql" else START.replace(tzinfo=None)
    version = form_version_of(attendance_content(), version=VERSION, title=FORM)

    def insert(name, *rows):
        connection.execute(tables.tables[name].insert(), list(rows))

    insert("runs", {"id": 1, "job": "pull", "started_at": at, "state": "succeeded"})
    counts = {
        "on_server": 5,
        "accepted": 1,
        "quarantined": 3,
        **dict.fromkeys(("pages", "new", "changed", "unchanged"), 0),
    }
    insert("completeness", {"run": 1, "form": FORM, **counts})
    insert("forms", {"form": FORM, "server_url": "http://server", "asset_uid": ASSET, "title": FORM})
    definition = msgspec.to_builtins(replace(version, choices=dict(version.choices)))
    met = {"first_seen_at": at, "content": attendance_content(), "definition": definition}
    insert("form_versions", {"form": FORM, "version": VERSION, **met})
    media = attendance_media().items()
    insert("media", *({"form": FORM, "filename": name, "md5": "", "content": data} for name, data in media))
    insert("submissions", *({"form": FORM, **row(number, body, at)} for number, body in RECORDS.items()))
    codes = {2: ("not_an_integer", "head_f"), 3: ("unknown_choice", "venue"), 4: ("unknown_choice", "venue")}
    insert(
        "findings",
        *(
            {
                "form": FORM,
                "root_uuid": root_uuid(number),
                "position": 1,
                "code": code,
                "path": path,
                "message": "look.",
            }
            for number, (code, path) in codes.items()
        ),
    )
    make_tables(connection, plan_tables(FORM, version, programme().card_paths(FORM)))
    assert connection.scalar(select(func.count()).select_from(tables.tables["submissions"])) == len(RECORDS)


def row(number, body, at):
    return {
        "root_uuid": root_uuid(number),
        "submission_id": number,
        "instance_id": root_uuid(number),
        "form_version": VERSION,
        "submitted_at": at,
        "submitted_by": "e01",
        "validation_status": "",
        "verdict": VERDICTS[number],
        "digest": digest_of(body),
        "first_run": 1,
        "last_run": 1,
        "fingerprint": "as a sweep sees it",
    }
