"""Rows of forms are keyed on the submission's `_id`, then its root_uuid: those of an older release too."""

import pytest
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, inspect, text

from collector.reporting import ledger
from collector.reporting.archive_tables import DATABASES
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.form_tables import erase_rows, existing_tables, make_tables
from collector.reporting.layout import plan_tables
from collector.reporting.load import load
from collector.reporting.migrations import upgrade
from collector.reporting.tables import submissions
from tests.support.attendance import FORM, attendance_version, programme, submission
from tests.support.databases import open_databases
from tests.support.loading import START, destination, load_records, rows_of

QUESTION = "submission_id"
"""A question that somebody called as the key is called now."""


NUMBER = "repeat_index"
ANSWERS = {
    "visit": [(700, "said")],
    "visit_person": [(2, "x"), (1, "y")],
    "visit_home": [("good",)],
    "visit_notes": [("call back",)],
    "notes": [("call again",)],
}


@pytest.fixture
def engine(database_url):
    """A database of the release before, two forms of which have submissions with the same root_uuid.

    One of the forms was laid out, the other is of an older release still. Two tables and two views are somebody's own.
    """
    engine = open_engine(database_url)
    with writing(engine) as connection:
        upgrade(connection, "reporting", "0012")
        run = ledger.start_run(connection, "pull", START)
        for form, number in (("visit", 9), ("visit_home", 11)):
            key = {"form": form, "root_uuid": "a", "submission_id": number, "instance_id": "a", "form_version": "v1"}
            judged = {"verdict": "accepted", "digest": "", "first_run": run, "last_run": run}
            metadata = {"submitted_at": START, "validation_status": ""}
            connection.execute(submissions.insert().values(**key, **metadata, **judged))
        number = Column(NUMBER, Integer, primary_key=True, autoincrement=False)
        for name, *columns in (
            ("visit", Column(QUESTION, BigInteger), Column(f"{QUESTION}_2", Text)),
            ("visit_person", number, Column("kind %", Text)),
            ("visit_home", Column("mood", Text)),
            ("visit_notes", Column("note", Text)),
            ("notes", Column("note", Text)),
        ):
            table = Table(name, MetaData(), Column("root_uuid", String, primary_key=True), *columns)
            table.create(connection)
            load(connection, table, [("a", *answer) for answer in ANSWERS[name]])
        load(connection, Table("visit_home", MetaData(), autoload_with=connection), [("nobody's", "bad")])
        tables = DATABASES["reporting"].tables
        laid = [(name, repeat, key) for name, repeat, key in (("visit", "", ""), ("visit_person", "person", NUMBER))]
        of_visit = [("visit", "v1", name, name, *rest, 1, place, 1) for place, (name, *rest) in enumerate(laid, 1)]
        load(connection, tables["form_tables"], of_visit)
        place = ("visit", "v1", "visit", QUESTION, QUESTION, QUESTION, "integer", "", False, 1)
        load(connection, tables["question_columns"], [place])
        for view in (
            f'v_visit AS SELECT t."root_uuid" AS "root_uuid", s.{QUESTION} AS "{QUESTION}", '
            f't."{QUESTION}" AS "{QUESTION}_answer" FROM "visit" AS t LEFT JOIN submissions AS s '
            "ON s.form = 'visit' AND s.root_uuid = t.root_uuid",
            "their_own AS SELECT mood FROM visit_home",
            'their_notes AS SELECT t.note, s.submission_id AS "submission_id" FROM notes AS t '
            "LEFT JOIN submissions AS s ON s.form = 'visit' AND s.root_uuid = t.root_uuid",
        ):
            connection.execute(text(f"CREATE VIEW {view}"))
    yield engine
    engine.dispose()


def asked(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_tables_of_an_older_release_get_the_key_of_now_with_every_row_and_every_view(engine):
    migrate(engine, "reporting")
    there = inspect(engine)
    keys = {name: there.get_pk_constraint(name)["constrained_columns"] for name in ("visit", "visit_person")}
    assert keys == {"visit": ["submission_id", "root_uuid"], "visit_person": [*keys["visit"], "repeat_index"]}
    assert asked(engine, f"SELECT submission_id, root_uuid, {QUESTION}_3, {QUESTION}_2 FROM visit") == [
        (9, "a", 700, "said")
    ]
    people = asked(engine, "SELECT submission_id, repeat_index FROM visit_person ORDER BY repeat_index")
    assert people == [(9, 1), (9, 2)]
    assert asked(engine, "SELECT submission_id, mood FROM visit_home ORDER BY 1") == [(0, "bad"), (11, "good")]
    assert asked(engine, "SELECT * FROM v_visit") == [("a", 9, 700)]
    assert sorted(asked(engine, "SELECT * FROM their_own")) == [("bad",), ("good",)]
    assert asked(engine, "SELECT * FROM their_notes") == [("call again", 9)]
    for name in ("notes", "visit_notes"):
        assert [column["name"] for column in there.get_columns(name)] == ["root_uuid", "note"]
    assert asked(engine, "SELECT column_name, path FROM question_columns") == [(f"{QUESTION}_3", QUESTION)]


def test_what_one_project_deletes_is_not_what_another_had_under_the_same_number(databases):
    with databases.reporting.begin() as connection:
        plans = plan_tables(FORM, attendance_version(), programme().card_paths(FORM))
        make_tables(connection, plans)
        rows = existing_tables(connection, [FORM])
        for key in ((7, "old"), (7, "new"), (8, "newer")):
            connection.execute(rows[0].insert().values(submission_id=key[0], root_uuid=key[1]))
        erase_rows(connection, rows, [(7, "new"), (8, "newer")])
    assert rows_of(databases, FORM, "submission_id", "root_uuid") == [(7, "old")]


def test_two_views_of_a_form_are_joined_by_their_keys(tmp_path):
    query = (
        "SELECT p.sex, s.venue FROM v_attendance_register AS p "
        "JOIN v_attendance AS s ON s.submission_id = p.submission_id AND s.root_uuid = p.root_uuid"
    )
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        load_records(destination(databases), *map(submission, range(1, 4)))
        plan = [row[3] for row in asked(databases.reporting, f"EXPLAIN QUERY PLAN {query}")]
    assert plan == ["SCAN t", "SEARCH t USING INDEX sqlite_autoindex_attendance_1 (submission_id=? AND root_uuid=?)"]
