"""Answers are read as the newest version asks, whatever type, name or place their question had when they came in."""

from dataclasses import replace
from datetime import date

import pytest

from collector.form.definition import Choice, FormVersion, Kind, Question, Repeat
from collector.reporting import forms, layouts, ledger
from collector.reporting.answers import read_answers
from collector.reporting.database import writing
from collector.reporting.form_tables import make_tables
from collector.reporting.layout import plan_tables
from collector.reporting.load import load
from collector.reporting.rows import compile_rows
from collector.reporting.tables import submissions
from tests.support.loading import START

FORM = "visit"
LISTS = {"yn": (Choice("yes"), Choice("no"))}


def asking(*questions, repeats=(), version="v"):
    return FormVersion("Visit", FORM, version, ("",), questions, tuple(repeats), choices=LISTS)


def question(kind, path="q", **more):
    name = path.rpartition("/")[2]
    return Question(name, path, kind.value, kind, list_name="yn" if "select" in kind.value else "", **more)


@pytest.fixture
def connection(databases):
    with writing(databases.reporting) as connection:
        yield connection


@pytest.fixture
def store(connection):
    """Stores a version, laid out, and one submission of it; returns the version."""
    run = ledger.start_run(connection, "pull", START)
    versions = []

    def store(version, answers):
        number = len(versions) + 1
        version = replace(version, version=f"v{number}")
        seen_at = START.replace(day=number)
        forms.save_version(connection, FORM, version, {}, seen_at=seen_at, deployed_at=seen_at)
        versions.append(version)
        plans, tables = layouts.lay_out(connection, FORM, version, ())
        root = f"root-{number}"
        receive(connection, root, number, version.version, run)
        laid = compile_rows(plans, version, str)([((number, root), answers)])
        assert laid.are_whole == [True]
        for table, rows in zip(tables, laid.tables, strict=True):
            load(connection, table, rows)
        return version

    return store


def receive(connection, root, number, version, run):
    """An accepted submission, in the ledger."""
    key = {"form": FORM, "root_uuid": root, "submission_id": number, "instance_id": root, "form_version": version}
    metadata = {"submitted_at": START, "validation_status": ""}
    judged = {"verdict": "accepted", "digest": "", "first_run": run, "last_run": run}
    connection.execute(submissions.insert().values(**key, **metadata, **judged))


def read(connection, version, path="q", repeat=""):
    rows = read_answers(connection, FORM, version, repeat, {"answer": path}, ())
    return [(row["root_uuid"], row.get("repeat_index"), row["answer"]) for row in rows]


DAY = date(2026, 7, 5)
RETYPED = [
    (Kind.TEXT, " 12", Kind.INTEGER, 12),
    (Kind.TEXT, "about 12", Kind.INTEGER, None),
    (Kind.INTEGER, 12, Kind.DECIMAL, 12.0),
    (Kind.DECIMAL, 12.5, Kind.INTEGER, None),
    (Kind.DECIMAL, 12.0, Kind.INTEGER, 12),
    (Kind.INTEGER, 12, Kind.TEXT, "12"),
    (Kind.TEXT, "2026-07-05", Kind.DATE, DAY),
    (Kind.DATE, "2026-07-05", Kind.TEXT, "2026-07-05"),
    (Kind.DATETIME, START.isoformat(), Kind.DATE, None),
    (Kind.TEXT, "yes", Kind.SELECT_ONE, "yes"),
    (Kind.TEXT, "Yes, I think", Kind.SELECT_ONE, None),
    (Kind.SELECT_ONE, "yes", Kind.SELECT_MULTIPLE, "yes"),
    (Kind.SELECT_MULTIPLE, "yes", Kind.SELECT_ONE, "yes"),
    (Kind.SELECT_MULTIPLE, "yes no", Kind.SELECT_ONE, None),
    (Kind.GEOPOINT, "36.2 44.0", Kind.TEXT, None),
    (Kind.TEXT, "36.2 44.0", Kind.GEOPOINT, None),
]


@pytest.mark.parametrize(("before", "answer", "after", "expected"), RETYPED)
def test_an_answer_of_another_type_is_read_where_that_takes_no_guess(
    connection, store, before, answer, after, expected
):
    store(asking(question(before)), {"q": answer})
    newest = store(asking(question(after)), {})
    assert read(connection, newest) == [("root-1", None, expected), ("root-2", None, None)]


def test_there_and_back_each_version_has_its_answers(connection, store):
    for kind, answer in ((Kind.TEXT, "1"), (Kind.INTEGER, 2), (Kind.DECIMAL, 3.0), (Kind.TEXT, "4")):
        store(asking(question(kind)), {"q": answer})
    newest = store(asking(question(Kind.INTEGER)), {"q": 5})
    assert [answer for *_, answer in read(connection, newest)] == [1, 2, 3, 4, 5]


def test_a_renamed_and_retyped_question_is_read_through_both(connection, store):
    store(asking(question(Kind.TEXT, "women")), {"women": "7"})
    newest = store(asking(question(Kind.INTEGER, "place/head_f", renamed_from="women")), {"place/head_f": 8})
    assert [answer for *_, answer in read(connection, newest, "place/head_f")] == [7, 8]


def test_rows_of_a_repeat_that_moved_into_another_are_read_from_both_tables(connection, store):
    person, home = Repeat("person", "person"), Repeat("home", "home")
    inside = question(Kind.INTEGER, "person/age", repeat="person")
    store(asking(inside, repeats=[person]), {"person": [{"person/age": 30}, {"person/age": 31}]})
    nested = Repeat("person", "home/person", "home")
    moved = question(Kind.INTEGER, "home/person/age", repeat="home/person")
    people = {"home": [{"home/person": [{"home/person/age": 40}]}]}
    newest = store(asking(moved, repeats=[home, nested]), people)
    found = read(connection, newest, "home/person/age", "home/person")
    assert found == [("root-1", 1, 30), ("root-1", 2, 31), ("root-2", 1, 40)]


def test_a_question_that_left_its_repeat_is_not_read_as_if_it_were_asked_of_the_whole(connection, store):
    inside = question(Kind.INTEGER, "person/age", repeat="person")
    store(asking(inside, repeats=[Repeat("person", "person")]), {"person": [{"person/age": 30}]})
    newest = store(asking(question(Kind.INTEGER, "age")), {"age": 41})
    assert read(connection, newest, "age") == [("root-1", None, None), ("root-2", None, 41)]


def test_answers_that_had_no_room_in_the_first_table_are_read_with_the_others(connection, store):
    many = [question(Kind.TEXT, f"q{number}") for number in range(400)]
    newest = store(asking(*many), {"q0": "a", "q399": "b"})
    rows = read_answers(connection, FORM, newest, "", {"first": "q0", "last": "q399", "gone": "q400"}, ())
    assert [(row["first"], row["last"], row["gone"]) for row in rows] == [("a", "b", None)]


def test_tables_of_an_older_release_are_taken_over_with_all_that_is_in_them(connection):
    """Until now a text and a choice shared a column, and a version whose question was retyped had none at all."""
    run = ledger.start_run(connection, "pull", START)
    text, choice, number = asking(question(Kind.TEXT)), asking(question(Kind.SELECT_ONE)), asking(question(Kind.DATE))
    for day, version in enumerate((text, choice, number), 1):
        known = replace(version, version=f"v{day}")
        forms.save_version(connection, FORM, known, {}, seen_at=START.replace(day=day), deployed_at=None)
    (table,) = make_tables(connection, plan_tables(FORM, text, ()))
    load(connection, table, [(1, "a", "yes")])
    receive(connection, "a", 1, "v2", run)
    before = read(connection, replace(choice, version="v2"))
    layouts.lay_out_stored(connection, FORM, ())
    assert before == read(connection, replace(choice, version="v2")) == [("a", None, "yes")]
    columns = {
        uid: [column.name for column in plan.columns]
        for uid, (plan,) in layouts.read_layouts(connection, FORM, ()).items()
    }
    assert columns == {"v1": ["q"], "v2": ["q"], "v3": ["q__date"]}


def test_a_question_that_becomes_a_card_goes_on_as_person_key_and_not_in_its_old_column(connection, store):
    version = store(asking(question(Kind.INTEGER, "card")), {"card": 1})
    plans, _ = layouts.lay_out(connection, FORM, version, {"card"})
    assert [column.name for column in plans[0].columns] == ["person_key"]
    assert layouts.lay_out(connection, FORM, version, {"card"})[0] == plans
    names = {plan.columns[0].name for plans in layouts.read_layouts(connection, FORM, ()).values() for plan in plans}
    assert names == {"card", "person_key"}
    rows = read_answers(connection, FORM, version, "", {"answer": "card"}, {"card"})
    assert [row["answer"] for row in rows] == [None]
