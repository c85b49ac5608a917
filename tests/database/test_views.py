"""Views for people who read with Power BI, Metabase or SQL: labels beside codes, all versions, no card and no pii."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from collector.errors import DatabaseError
from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.reporting import forms, layouts, ledger
from collector.reporting.database import writing
from collector.reporting.tables import submissions
from collector.reporting.views import make_views, view_names
from tests.support.attendance import FORM, VERSION, attendance_media, attendance_version, card, root_uuid, submission
from tests.support.databases import open_databases
from tests.support.loading import START, destination, load_records, rows_of

YN = (Choice("y", {"English (en)": "Yes", "العربية (ar)": "نعم"}), Choice("n", {"English (en)": "No"}))
TOPICS = (Choice("m1", {"English (en)": "Law"}), Choice("m1b", {"English (en)": "Help"}), Choice("100%:a", {"": "All"}))
VISIT = FormVersion(
    "Visit",
    "visit",
    "v1",
    ("English (en)", "العربية (ar)"),
    (
        Question("done", "done", "select_one", Kind.SELECT_ONE, list_name="it's"),
        Question("topics", "topics", "select_multiple", Kind.SELECT_MULTIPLE, list_name="t"),
        Question("submitted_at", "submitted_at", "text", Kind.TEXT),
        Question("phone", "phone", "text", Kind.TEXT, is_pii=True),
        Question("الاسم", "مجموعة/الاسم", "integer", Kind.INTEGER),
        Question("sex", "person/sex", "select_one", Kind.SELECT_ONE, repeat="person", list_name="it's"),
    ),
    repeats=(Repeat("person", "person"),),
    choices={"it's": YN, "t": TOPICS},
)


@pytest.fixture
def connection(databases):
    with writing(databases.reporting) as connection:
        yield connection


def lay_out(connection, version, form="visit", *, day=0):
    forms.save_version(connection, form, version, {}, seen_at=START.replace(day=1 + day), deployed_at=None)
    return layouts.lay_out(connection, form, version, ())


def fill(connection, tables, root, *rows, version="v1"):
    """Put rows into the tables of a version, as an accepted submission."""
    run = ledger.start_run(connection, "pull", START)
    key = {"form": "visit", "root_uuid": root, "submission_id": 7, "instance_id": root, "form_version": version}
    metadata = {"submitted_at": START, "submitted_by": "e01", "validation_status": "validation_status_approved"}
    judged = {"verdict": "accepted", "digest": "", "first_run": run, "last_run": run}
    connection.execute(submissions.insert().values(**key, **metadata, **judged))
    for table, row in zip(tables, rows, strict=False):
        connection.execute(table.insert().values(submission_id=7, root_uuid=root, **row))


def read(connection, view, *columns):
    listed = ", ".join(f'"{column}"' for column in columns)
    return [tuple(row) for row in connection.execute(text(f'SELECT {listed} FROM "{view}"'))]


def columns(connection, view):
    return [column["name"] for column in inspect(connection).get_columns(view)]


def test_codes_have_their_labels_beside_them_and_people_know_who_sent_what_when(connection):
    _, tables = lay_out(connection, VISIT)
    fill(connection, tables, "a", {"done": "y", "topics": "m1b m1", "الاسم": 5}, {"repeat_index": 1, "sex": "n"})
    assert read(connection, "v_visit", "done", "done_label", "topics_label", "الاسم") == [("y", "Yes", "Law; Help", 5)]
    known = read(connection, "v_visit_person", "repeat_index", "sex_label", "submission_id", "submitted_by")
    assert known == [(1, "No", 7, "e01")]
    about = ("form_version", "validation_status")
    assert read(connection, "v_visit", *about) == [("v1", "validation_status_approved")]


def test_each_language_has_a_view_with_the_same_columns_and_the_code_where_a_label_is_missing(connection):
    _, tables = lay_out(connection, VISIT)
    fill(connection, tables, "a", {"done": "y"}, {"repeat_index": 1, "sex": "n"})
    assert columns(connection, "v_visit__ar") == columns(connection, "v_visit")
    assert read(connection, "v_visit__ar", "done_label") == [("نعم",)]
    assert read(connection, "v_visit_person__ar", "sex_label") == [("n",)]


def test_two_repeats_of_which_one_is_named_like_the_other_in_a_language_have_views_of_their_own(connection):
    asked = tuple(Question("n", f"{name}/n", "integer", Kind.INTEGER, repeat=name) for name in ("x", "x__ar"))
    repeats = tuple(Repeat(name, name) for name in ("x", "x__ar"))
    repeats = (*VISIT.repeats, *repeats)
    _, tables = lay_out(connection, replace(VISIT, questions=(*VISIT.questions, *asked), repeats=repeats))
    rows = {"visit_x": {"n": 1, "repeat_index": 1}, "visit_x__ar": {"n": 2, "repeat_index": 1}}
    made = {table.name: table for table in tables}
    fill(connection, [made[name] for name in rows], "a", *rows.values())
    read_n = {name: read(connection, name, "n") for name in inspect(connection).get_view_names() if "_x" in name}
    assert read_n == {
        "v_visit_x": [(1,)],
        "v_visit_x__ar": [(1,)],
        "v_visit_x__ar__en": [(2,)],
        "v_visit_x__ar__ar": [(2,)],
    }


LANGUAGES = st.sampled_from(["", "English (en)", "A (ar)", "B (ar)", "C (AR)", "x__ar", "(n__ar)"])
TABLE_NAMES = st.lists(st.sampled_from(["x", "y", "__ar", "__en", "__", "_ar"]), min_size=1, max_size=4).map("".join)


@given(
    st.lists(TABLE_NAMES, min_size=1, unique=True),
    st.lists(LANGUAGES, min_size=1, unique=True),
)
def test_no_two_views_of_a_form_have_one_name(tables, languages):
    names = view_names(tables, languages)
    every = [name for named in names.values() for name in named]
    assert len(set(every)) == len(every) == len(tables) * len(languages)


def test_names_with_quotes_colons_and_percent_signs_break_nothing(connection):
    _, tables = lay_out(connection, VISIT)
    fill(connection, tables, "a", {"topics": "100%:a"})
    assert read(connection, "v_visit", "topics_label") == [("100%:a",)]


def test_a_question_called_like_a_metadata_column_stands_beside_it(connection):
    _, tables = lay_out(connection, VISIT)
    fill(connection, tables, "a", {"submitted_at": "noon"})
    ((received, answered),) = read(connection, "v_visit", "submitted_at", "submitted_at_answer")
    assert (str(received)[:10], answered) == ("2026-07-06", "noon")


def test_a_view_gets_the_columns_of_a_new_version_behind_its_own_and_the_newest_labels(connection):
    _, tables = lay_out(connection, VISIT)
    fill(connection, tables, "a", {"done": "y"})
    before = columns(connection, "v_visit")
    renamed = (Choice("y", {"English (en)": "Certainly"}), *YN[1:])
    asked = (Question("mood", "mood", "integer", Kind.INTEGER), *VISIT.questions)
    newer = replace(VISIT, version="v2", questions=asked, choices={"it's": renamed, "t": TOPICS})
    _, tables = lay_out(connection, newer, day=1)
    fill(connection, tables, "b", {"mood": 3, "done": "n"}, version="v2")
    assert columns(connection, "v_visit") == [*before, "mood"]
    assert sorted(read(connection, "v_visit", "root_uuid", "mood", "done_label")) == [
        ("a", None, "Certainly"),
        ("b", 3, "No"),
    ]


def test_column_and_view_come_together_or_not_at_all(databases):
    with writing(databases.reporting) as connection:
        lay_out(connection, VISIT)
        before = columns(connection, "visit"), columns(connection, "v_visit")
    asked = (*VISIT.questions, Question("mood", "mood", "integer", Kind.INTEGER))
    with databases.reporting.connect() as connection:
        lay_out(connection, replace(VISIT, version="v2", questions=asked), day=1)
        assert "mood" in columns(connection, "v_visit")
        connection.rollback()
    with databases.reporting.connect() as connection:
        assert (columns(connection, "visit"), columns(connection, "v_visit")) == before


def test_a_retyped_question_has_both_columns_in_the_view(connection):
    lay_out(connection, VISIT)
    retyped = replace(VISIT.questions[4], kind=Kind.TEXT, type="text")
    lay_out(connection, replace(VISIT, version="v2", questions=(*VISIT.questions[:4], retyped)), day=1)
    assert columns(connection, "v_visit")[-1] == "الاسم__text"


def test_a_person_who_is_gone_from_a_media_file_keeps_the_last_label_and_is_marked(databases):
    load_records(destination(databases), submission(1))
    ((code,),) = rows_of(databases, "attendance", "enumerator")
    for label, rows in (("Second", f"{code},Second\n"), ("Second", "E99,New\n"), ("Third", f"{code},Third\n")):
        with writing(databases.reporting) as connection:
            forms.save_media(
                connection, FORM, {**attendance_media(), "enumerators.csv": f"name,label\n{rows}".encode()}
            )
        assert rows_of(databases, "v_attendance", "enumerator", "enumerator_label") == [(code, label)]
        known = {row[1]: row[2] for row in rows_of(databases, "choices", "list_name", "name", "is_current")}
        assert bool(known[code]) is (code in rows)


def test_no_card_and_no_pii_stands_in_a_view(databases):
    load_records(destination(databases), *(submission(number) for number in range(1, 20)))
    cards = {str(card(number * 37 + row)) for number in range(1, 20) for row in range(1, 21)}
    with databases.reporting.connect() as connection:
        views = [name for name in inspect(connection).get_view_names() if name.startswith("v_attendance")]
        shown = [dict(row) for view in views for row in connection.execute(text(f'SELECT * FROM "{view}"')).mappings()]
    assert {"v_attendance", "v_attendance_register", "v_attendance__ar", "v_attendance_register__ckb"} <= set(views)
    assert shown
    assert not [each for each in cards if each in json.dumps(shown, default=str)]
    hidden = {q.name for q in attendance_version().questions if q.is_pii} - {"person_key"}
    assert not hidden & {column for row in shown for column in row}


def test_a_question_that_is_marked_pii_later_leaves_the_views(connection):
    lay_out(connection, VISIT)
    assert "done" in columns(connection, "v_visit")
    secret = tuple(replace(each, is_pii=True) if each.path == "done" else each for each in VISIT.questions)
    lay_out(connection, replace(VISIT, version="v2", questions=secret), day=1)
    assert not {"done", "done_label"} & set(columns(connection, "v_visit"))
    assert "topics_label" in columns(connection, "v_visit")


def test_a_question_that_becomes_a_card_leaves_the_views_with_what_it_was(connection):
    number = Question("number", "number", "integer", Kind.INTEGER)
    asked = replace(VISIT, questions=(number, *VISIT.questions))
    lay_out(connection, asked)
    layouts.lay_out(connection, "visit", asked, {"number"})
    assert "number" not in columns(connection, "v_visit")
    assert "person_key" in columns(connection, "v_visit")


def test_a_form_has_its_views_before_its_first_submission_and_after_making_them_again(databases):
    to = destination(databases)
    assert to.versions.get(VERSION)
    with writing(databases.reporting) as connection:
        before = columns(connection, "v_attendance")
        make_views(connection, FORM)
        assert columns(connection, "v_attendance") == before
        assert read(connection, "v_attendance", "root_uuid") == []


def test_a_table_that_has_the_name_of_a_view_is_named(connection):
    connection.execute(text("CREATE TABLE v_visit (a INTEGER)"))
    with pytest.raises(DatabaseError, match="'v_visit'"):
        lay_out(connection, VISIT)


@pytest.mark.parametrize(
    "statement", ["SELECT count(*) FROM v_attendance", "SELECT sex_label FROM v_attendance_register WHERE sex = 'f'"]
)
def test_a_view_reads_its_table_once_and_finds_all_else_by_index(tmp_path, statement):
    with open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path) as databases:
        load_records(destination(databases), submission(1))
        with databases.reporting.connect() as connection:
            steps = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    scanned, *others = steps
    assert scanned.startswith("SCAN")
    assert all(step.startswith(("SEARCH", "CORRELATED")) for step in others), steps


def test_rows_of_an_edit_leave_the_view_with_their_submission(databases):
    load_records(destination(databases), submission(1), submission(2))
    load_records(destination(databases), submission(1, head_f="many", **{"meta/instanceID": "uuid:edit"}))
    assert rows_of(databases, "v_attendance", "root_uuid") == [(root_uuid(2),)]
