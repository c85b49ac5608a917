"""What servers and people really send, through a pull from a server: nothing is lost, nothing stops, and it is said."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import inspect, text

from collector.reporting import layouts
from collector.reporting.database import migrate, open_engine
from collector.reporting.forms import latest_version
from collector.reporting.names import LONGEST_NAME
from collector.reporting.views import view_names
from collector.sandbox.options import Options
from collector.sandbox.rights import grant
from collector.sandbox.server import serve
from jobs.rebuild import replay
from tests.support.attendance import FORM, programme
from tests.support.databases import tables_of
from tests.support.loading import SECRET
from tests.support.site import CLOCK, Clock, Site, approve, complete

LONG = "a_question_whose_name_is_much_longer_than_what_a_database_can_take_as_a_column"

UNUSED = count(1)
"""Added to ids that a test chooses: one server serves them all."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("sandbox"), options=Options(now=CLOCK, import_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture
def site(sandbox, databases, tmp_path):
    return Site(sandbox, databases, tmp_path)


def test_ids_beyond_32_bits_are_pulled_synced_and_buried(site):
    site.deploy(("text", "q"))
    more = next(UNUSED)
    ids = site.send({"_id": 2**31 + more, "q": "a"}, {"_id": 2**53 + more, "q": "b"})
    assert complete(site.pull())
    assert site.rows("submissions", "submission_id") == [(number,) for number in ids]
    with site.client() as client:
        client.delete(f"/api/v2/assets/{site.asset_uid}/data/{ids[1]}/")
    assert complete(site.pull("complete"))
    assert site.rows("tombstones", "submission_id") == [(2**53 + more,)]
    assert site.rows("v_attendance", "submission_id", "q") == [(2**31 + more, "a")]


def test_submissions_of_an_older_server_have_the_identity_of_their_uuid(site):
    site.deploy(("text", "q"))
    site.send({"meta/rootUuid": None, "_uuid": "a", "q": "1"}, {"meta/rootUuid": None, "_uuid": "b", "q": "2"})
    assert complete(site.pull())
    assert site.rows("attendance", "root_uuid", "q") == [("a", "1"), ("b", "2")]


def test_of_legacy_submissions_with_one_uuid_none_is_lost(site):
    site.deploy(("text", "q"))
    low, high = site.send(*({"meta/rootUuid": None, "_uuid": "a", "q": answer} for answer in "12"))
    for how in ("quick", "complete", "full"):
        assert complete(site.pull(how))
        kept = site.rows("submissions", "root_uuid", "submission_id", "verdict")
        assert kept == [("a", high, "accepted"), (f"id-{low}", low, "quarantined")]
    assert site.rows("findings", "root_uuid", "code") == [(f"id-{low}", "duplicate_identity")]


def test_what_no_database_stores_is_set_aside_and_other_control_characters_come_in(site):
    site.deploy(("text", "q"), ("integer", "n"))
    answers = ("a\0b", "\x01\x1b[31m\x7f\u200f", "line\r\nline\ttab\v", "🎓 كوردی")
    ids = site.send(*({"q": answer} for answer in answers))
    assert complete(site.pull())
    aside = {
        number for number, verdict in site.rows("submissions", "submission_id", "verdict") if verdict != "accepted"
    }
    assert aside == {ids[0]}
    assert {answer for (answer,) in site.rows("attendance", "q")} == {*answers[1:]}


def test_a_submission_of_ten_megabytes_comes_in_whole(site):
    site.deploy(("text", "q"))
    letters = random.Random(3).choices("abcdefghij كوردی", k=10_000_000)
    answer = "".join(letters)
    site.send({"q": answer}, {"q": "small"})
    assert complete(site.pull())
    assert {text for (text,) in site.rows("attendance", "q")} == {answer, "small"}


def test_a_repeat_of_five_thousand_rows_comes_in_and_is_replaced_by_its_edit(site):
    site.deploy(("begin repeat", "person"), ("integer", "age"), ("end repeat", ""))
    rows = [{"person/age": str(number % 100)} for number in range(5_000)]
    site.send({"person": rows}, {"person": rows[:2]})
    assert complete(site.pull())
    indices = [index for (index,) in site.rows("v_attendance_person", "repeat_index")]
    assert len(indices) == 5_002
    assert max(indices) == 5_000


@pytest.mark.parametrize(("questions", "tables"), [(1_000, 4), (1_700, 7)])
def test_a_form_of_very_many_questions_stands_in_several_tables(site, questions, tables):
    site.deploy(*(("text", f"q{number}") for number in range(questions)))
    # PostgreSQL moves longer texts out of a row, and shorter ones take less of it: these are the worst
    answers = {f"q{number}": f"{number:022d}" for number in range(questions)}
    site.send(answers, {"q0": "only"})
    assert complete(site.pull())
    names = ["attendance", *(f"attendance__{number}" for number in range(2, tables + 1))]
    last = f"q{questions - 1}"
    assert sorted(site.rows(f"v_{names[-1]}", last), key=repr) == sorted([(answers[last],), (None,)], key=repr)
    with site.databases.reporting.connect() as connection:
        there = set(inspect(connection).get_table_names())
    assert {name for name in there if name.startswith("attendance")} == set(names)
    site.send({last: "later"})
    assert complete(site.pull("complete"))
    assert len(site.rows(names[-1], "root_uuid")) == 3


def test_names_that_collide_are_too_long_or_arabic_are_columns_of_their_own(site):
    site.deploy(
        ("text", "Age"),
        ("text", "age"),
        ("text", "age-now"),
        ("text", "age.now"),
        ("text", "root_uuid"),
        ("begin group", "المشاركون"),
        ("text", "الاسم"),
        ("begin repeat", "الحضور"),
        ("text", "العمر"),
        ("text", "repeat_index"),
        ("end repeat", ""),
        ("end group", ""),
        ("text", f"{LONG}_1"),
        ("text", f"{LONG}_2"),
        ("select_multiple l", LONG),
        choices=(("l", "one"), ("l", "One"), ("l", LONG)),
    )
    names = ("Age", "age", "age-now", "age.now", "root_uuid", "المشاركون/الاسم", f"{LONG}_1", f"{LONG}_2")
    rows = [{"المشاركون/الحضور/العمر": "1", "المشاركون/الحضور/repeat_index": "x"}]
    site.send({name: name for name in names} | {"المشاركون/الحضور": rows, LONG: f"One {LONG}"})
    assert complete(site.pull())
    with site.databases.reporting.connect() as connection:
        version = latest_version(connection, FORM)
        assert version
        plans, _ = layouts.plans_of(connection, FORM, version, ())
    columns = {column.path: column.name for column in plans[0].columns if not column.part}
    assert all(len(name.encode()) <= LONGEST_NAME for plan in plans for name in (plan.name, *columns.values()))
    for name in names:
        assert site.rows("attendance", columns[name]) == [(name,)]
    truths = [column.name for column in plans[0].columns if column.part]
    assert [tuple(map(bool, row)) for row in site.rows("attendance", *truths)] == [(False, True, True)]
    assert plans[1].name == "attendance_الحضور"
    assert site.rows(f"v_{plans[1].name}", "repeat_index", "العمر", plans[1].columns[1].name) == [(1, "1", "x")]


def test_labels_and_languages_are_told_apart_however_long_a_name_is(site):
    long = "المشاركون_في_الجلسات_التوعوية_حول_الاتجار_بالبشر"
    site.deploy(("begin repeat", long), ("select_one l", f"{long}_١"), ("end repeat", ""), choices=(("l", "نعم"),))
    site.send({long: [{f"{long}/{long}_١": "نعم"}]})
    assert complete(site.pull())
    with site.databases.reporting.connect() as connection:
        (view,) = set(inspect(connection).get_view_names()) - {"v_attendance"}
        columns = [column["name"] for column in inspect(connection).get_columns(view)]
    assert columns[-1].endswith("_label")
    assert site.rows(view, columns[-2], columns[-1]) == [("نعم", "نعم")]
    table = f"attendance_{long}"
    _, in_arabic = view_names([table], ["English (en)", "العربية (ar)"])[table]
    assert (in_arabic[-4:], len(in_arabic.encode()) <= LONGEST_NAME) == ("__ar", True)


def test_words_of_sql_and_names_that_a_database_keeps_for_itself_are_columns(site):
    names = ("select", "order", "group", "user", "null", "rowid", "oid", "xmin", "ctid", "tableoid", "true", "False")
    site.deploy(*(("text", name) for name in names), ("begin repeat", "table"), ("text", "xmax"), ("end repeat", ""))
    site.send({name: name for name in names} | {"table": [{"table/xmax": "a"}]})
    assert (site.pull().accepted, site.rows("v_attendance_table", "table__xmax")) == (1, [("a",)])
    with site.databases.reporting.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM v_attendance")).mappings()
    assert {name for name in names if name in row.values()} == set(names)
    assert {name for name in names if row.get(name) == name} == set(names) - {
        "xmin",
        "ctid",
        "tableoid",
        "true",
        "False",
    }


def test_a_question_retyped_on_the_server_goes_on_beside_its_column_and_is_read_as_it_is_asked_now(site):
    site.deploy(("text", "age"), ("text", "q"))
    site.send({"age": "12", "q": "a"}, {"age": "about 40", "q": "b"})
    site.pull()
    site.deploy(("integer", "age"), ("text", "q"))
    site.send({"age": "30", "q": "c"})
    assert complete(site.pull())
    site.deploy(("text", "age"), ("text", "q"))
    site.send({"age": "fifty", "q": "d"})
    result = site.pull()
    assert (result.quarantined, complete(result)) == (0, True)
    seen = site.rows("v_attendance", "q", "age", "age__integer")
    assert seen == [("a", "12", None), ("b", "about 40", None), ("c", None, 30), ("d", "fifty", None)]


def test_a_database_in_which_questions_changed_is_rebuilt_row_for_row_and_view_for_view(site, tmp_path):
    wide = [("text", f"t{number}") for number in range(400)]
    site.deploy(("text", "age"), ("select_one l", "topic"), choices=(("l", "a"), ("l", "b")))
    site.send({"age": "about 40", "topic": "a"})
    site.pull()
    site.deploy(("integer", "age"), ("select_multiple l", "topic"), *wide, choices=(("l", "b"), ("l", "c")))
    site.send({"age": "30", "topic": "b c", "t399": "last"})
    assert (site.pull("complete").quarantined, site.rows("v_attendance__2", "t399")[-1]) == (0, ("last",))
    before = tables_of(site.databases.reporting)
    empty = open_engine(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    migrate(empty, "reporting")
    for target in (empty, site.databases.reporting):
        assert not replay(site.databases.raw, target, programme(), secret=SECRET, is_replacing=True).lost
        assert tables_of(target) == before
    empty.dispose()


def test_a_clock_of_the_server_that_is_wrong_changes_no_number(site):
    site.deploy(("text", "q"))
    times = ("1970-01-01T00:00:00", "2999-12-31T23:59:59", "2026-11-01T07:00:00")
    site.send(*({"_submission_time": moment, "q": moment} for moment in times))
    assert complete(site.pull("complete"))
    CLOCK.time -= timedelta(days=400)
    try:
        (number, *_) = site.send({"q": "sent while the clock was behind"})
        result = site.pull("complete")
    finally:
        CLOCK.time += timedelta(days=400)
    assert (complete(result), result.strategy) == (True, "sweep")
    assert number in {known for (known,) in site.rows("submissions", "submission_id")}


def test_what_changed_after_a_clock_of_the_server_was_set_back_is_found(site, monkeypatch):
    """Five hours ahead during a sync, and right again: what is changed then is dated before that sync."""
    site.deploy(("text", "q"))
    number, *_ = site.send(*({"q": str(number)} for number in range(10)))  # the newest are read in any case
    assert complete(site.pull("complete"))
    site.clock = Clock(CLOCK.time + timedelta(days=20))  # so late, the history alone tells of changes
    monkeypatch.setattr(CLOCK, "time", site.clock.time + timedelta(hours=5))
    assert complete(site.pull("complete"))
    CLOCK.time -= timedelta(hours=4)
    approve(site, number)
    CLOCK.time += timedelta(hours=23)
    site.clock.time += timedelta(hours=24)
    assert site.pull("complete").strategy == "history"
    assert (number, "validation_status_approved") in site.rows("submissions", "submission_id", "validation_status")


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_where_a_server_has_no_history_a_sweep_finds_what_changed(site, status):
    site.deploy(("text", "q"))
    (number,) = site.send({"q": "a"})
    assert complete(site.pull("complete"))
    approve(site, number)
    site.sandbox.faults.add("status", path="/history/", status=status, times=0)
    try:
        result = site.pull("complete")
    finally:
        site.sandbox.faults.clear()
    assert (complete(result), result.strategy, result.cannot_see) == (True, "sweep", "nothing")
    assert site.rows("submissions", "validation_status") == [("validation_status_approved",)]


def test_submissions_that_come_and_go_between_pages_move_the_count_and_nothing_else(site):
    site.deploy(("text", "q"))
    ids = site.send(*({"q": str(number)} for number in range(30)))

    def meanwhile(form, done, total):
        if done == 20:
            with site.client() as client:
                for number in ids[:3]:
                    client.delete(f"/api/v2/assets/{site.asset_uid}/data/{number}/")
            site.send({"q": "new"}, {"q": "newer"})

    result = site.pull("complete", page_size=10, report=meanwhile)
    assert (complete(result), result.on_server, result.accepted) == (True, 29, 29)
    assert {known for (known,) in site.rows("tombstones", "submission_id")} <= set(ids[:3])


def test_an_answer_for_another_account_deletes_nothing(site):
    """A token of somebody who may see one submission of thirty: what the others were is kept, and said."""
    site.deploy(("text", "q"))
    ids = site.send(*({"q": str(number)} for number in range(30)))
    assert complete(site.pull("complete"))
    stranger = f"stranger{next(UNUSED)}"
    site.sandbox.add_user(stranger)
    partial = {"view_submissions": [{"_id": {"$gt": ids[-2]}}]}
    grant(site.sandbox.store, site.asset_uid or "", stranger, "partial_submissions", partial)
    result = site.pull("complete", username=stranger)
    assert (result.held, result.deleted, result.accepted) == (29, 0, 30)
    assert {row[0].partition(" (")[0] for row in site.rows("held_deletions", "reason")} == {
        "the token belongs to another account than before"
    }
    assert complete(site.pull("complete"))
    assert site.rows("held_deletions", "submission_id") == []
