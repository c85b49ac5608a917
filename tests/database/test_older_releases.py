"""A database that an older release made goes on with the newest one: nothing in it is lost, and it gets its views."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import Column, MetaData, Table, inspect, text

from collector.form.definition import Kind
from collector.kobo.submission import digest_of, read_submission
from collector.reporting import raw
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.layout import plan_tables, sql_table
from collector.reporting.load import load
from collector.reporting.migrations import upgrade
from collector.reporting.pseudonym import compile_person_key
from collector.reporting.rows import compile_rows
from jobs.rejudge import rejudge
from jobs.wiring import Databases
from tests.support.attendance import (
    FORM,
    VERSION,
    attendance_content,
    attendance_media,
    attendance_version,
    programme,
    root_uuid,
    submission,
)
from tests.support.databases import contents
from tests.support.loading import ASSET, SECRET, START, destination, load_records, rows_of, with_cells

RELEASES = ["0001", "0002", "0003", "0004", "0005"]
STORED, RETYPED = (1, 2, 3), 4
CARDS = programme().card_paths(FORM)


@pytest.fixture(params=RELEASES)
def databases(request, database_url, tmp_path):
    """Three accepted submissions, and one that waits because its version retyped a question, as a release left them."""
    raw_url = f"sqlite:///{tmp_path / 'raw.db'}" if database_url.startswith("sqlite") else database_url
    databases = Databases(open_engine(database_url), open_engine(raw_url))
    with writing(databases.raw) as connection:
        upgrade(connection, "raw", "0001")
        raw.keep(connection, ASSET, [_raw_record(number) for number in (*STORED, RETYPED)], START)
    with writing(databases.reporting) as connection:
        upgrade(connection, "reporting", request.param)
        _fill(connection)
    yield databases
    databases.reporting.dispose()
    databases.raw.dispose()


def _raw_record(number):
    return raw.RawRecord(_record(number), digest_of(_record(number)), number, root_uuid(number))


def _record(number):
    return submission(number, __version__="v2") if number == RETYPED else submission(number)


def _retyped():
    questions = attendance_version().questions
    text_now = (replace(q, kind=Kind.TEXT, type="text") if q.path == "head_f" else q for q in questions)
    return replace(attendance_version(), version="v2", questions=tuple(text_now))


def _fill(connection):
    """The tables of the time, by their own columns: newer ones are not there."""
    there = MetaData()
    there.reflect(connection)

    def add(name, **values):
        connection.execute(there.tables[name].insert().values(**values))

    add("runs", job="pull", started_at=START, finished_at=START, state="succeeded")
    add("forms", form=FORM, server_url="http://server", asset_uid=ASSET, title="Attendance")
    contents_of = attendance_content(), with_cells("head_f", type="text", constraint=None)
    for day, version in ((1, replace(attendance_version(), version=VERSION)), (2, _retyped())):
        own = {name: of_list for name, of_list in version.choices.items() if name not in version.media_files}
        definition = msgspec.to_builtins(replace(version, choices=own))
        seen_at = START.replace(day=day)
        names = {"form": FORM, "version": version.version, "content": contents_of[day - 1], "definition": definition}
        add("form_versions", **names, first_seen_at=seen_at, deployed_at=seen_at)
    for name, content in attendance_media().items():
        add("media", form=FORM, filename=name, md5="", content=content)
    add("watermarks", form=FORM, last_id=RETYPED, moved_at=START)
    for number in (*STORED, RETYPED):
        _add_submission(add, number)
    key = {"form": FORM, "root_uuid": root_uuid(RETYPED), "position": 1}
    add("findings", **key, code="question_retyped", path="head_f", message="it waits.")
    counts = {"on_server": 4, "accepted": 3, "quarantined": 1, "pages": 1, "new": 4, "changed": 0, "unchanged": 0}
    add("completeness", run=1, form=FORM, **counts)
    _fill_tables_of_the_form(connection)


def _add_submission(add, number):
    metadata = read_submission(_record(number))
    add(
        "submissions",
        form=FORM,
        root_uuid=root_uuid(number),
        submission_id=number,
        instance_id=metadata.instance_id,
        form_version=metadata.form_version,
        submitted_at=metadata.submitted_at,
        submitted_by=metadata.submitted_by,
        validation_status="",
        verdict="quarantined" if number == RETYPED else "accepted",
        digest=digest_of(_record(number)),
        first_run=1,
        last_run=1,
    )


def _fill_tables_of_the_form(connection):
    version = attendance_version()
    plans = plan_tables(FORM, version, CARDS, room=math.inf)
    tables = [sql_table(plan, MetaData()) for plan in plans]
    lay_out = compile_rows(plans, version, compile_person_key(SECRET))
    tables = [_keyed_on_root_uuid(table) for table in tables]
    for table in tables:
        table.create(connection)
    for number in STORED:
        answers = read_submission(submission(number)).answers
        laid = lay_out([((number, root_uuid(number)), answers)])
        for table, rows in zip(tables, laid.tables, strict=True):
            load(connection, table, [row[1:] for row in rows])


def _keyed_on_root_uuid(table):
    """As tables of a form were until 0013."""
    _, *columns = table.c
    return Table(
        table.name, MetaData(), *(Column(each.name, each.type, primary_key=each.primary_key) for each in columns)
    )


def _migrated(databases):
    migrate(databases.reporting, "reporting")
    migrate(databases.raw, "raw")


def test_every_row_is_there_as_it_was(databases):
    before = {which: contents(getattr(databases, which)) for which in ("reporting", "raw")}
    _migrated(databases)
    for which, tables in before.items():
        after = contents(getattr(databases, which))
        for name in tables.keys() - {"reporting_migration", "raw_migration"}:
            kept = [{key: row[key] for key in old} for old, row in zip(tables[name], after[name], strict=True)]
            assert kept == tables[name], name


def test_the_next_pull_takes_over_its_tables_and_frees_what_a_retyped_question_held_back(databases):
    _migrated(databases)
    before = rows_of(databases, "attendance", "root_uuid", "head_f", "venue_type", "session_date")
    to = destination(databases)
    to.versions.lay_out_stored()
    assert rows_of(databases, "v_attendance", "root_uuid", "head_f", "venue_type", "session_date") == before
    assert rows_of(databases, "v_attendance", "submission_id", "form_version") == [
        (1, VERSION),
        (2, VERSION),
        (3, VERSION),
    ]
    load_records(to, submission(5))
    rejudge(to)
    assert rows_of(databases, "submissions", "submission_id", "verdict") == [(n, "accepted") for n in (1, 2, 3, 4, 5)]
    counts = rows_of(databases, "v_attendance", "submission_id", "head_f", "head_f__text")
    assert counts == [(n, None, "9") if n == RETYPED else (n, 9, None) for n in (1, 2, 3, 4, 5)]
    with databases.reporting.connect() as connection:
        people = Table("attendance_register", MetaData(), autoload_with=connection)
        assert "person_key" in people.c
        assert not {"attendance__2", "attendance_register__2"} & set(inspect(connection).get_table_names())
        assert connection.scalar(text("SELECT count(*) FROM questions WHERE version = 'v2'"))
