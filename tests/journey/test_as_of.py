"""`collector export --as-of`: a past day's workbook, made again after the data have changed."""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from openpyxl import load_workbook

from collector.errors import ExportError
from collector.form.judging.policy import Policy
from collector.kobo.client import Client
from collector.reporting.database import writing
from collector.reporting.forms import save_media
from collector.workbook.book import make_book
from jobs.archive import recorded
from jobs.export import export
from jobs.past import History, export_past
from jobs.pull import Means, pull
from jobs.runs import run_recorded
from tests.support.attendance import FORM, attendance_media, programme
from tests.support.loading import SECRET
from tests.support.page_server import TOKEN, page_server, set_state

FIRST = datetime(2026, 7, 6, 23, tzinfo=UTC)  # the 7th in Baghdad
USUAL = Policy()
LATER = datetime(2026, 7, 9, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def server():
    with page_server() as url:
        yield url


def night(server, databases, folder, now, policy=USUAL):
    def work(run):
        with Client(server, TOKEN) as client:
            means = Means("complete", 10, 5, policy=policy)
            pull(client, databases, programme(), [FORM], run=run, secret=SECRET, now=lambda: now, means=means)
        return export(databases, programme(), folder=folder, name="book", now=now, run=run, policy=policy)

    return run_recorded(databases, "nightly", work, now=lambda: now)


def cells_of(path, leaving_out=()):
    book = load_workbook(path)
    return {
        sheet.title: [
            [cell.value for cell in row]
            for row in sheet.iter_rows()
            if not {cell.value for cell in row} & {*leaving_out}
        ]
        for sheet in book
    }


def past(databases, folder, day, edition="internal"):
    history = History(databases, programme(), SECRET, USUAL)
    return export_past(history, day, folder=folder, name="book", now=LATER, edition=edition)


def test_every_cell_of_a_past_night_comes_back_after_edits_deletions_and_new_ones(server, databases, tmp_path):
    set_state(server, 12)
    first = night(server, databases, tmp_path, FIRST)
    set_state(server, 20, {2: {"head_f": "9"}}, hidden=[5])
    second = night(server, databases, tmp_path, FIRST + timedelta(days=1))
    again = past(databases, tmp_path, date(2026, 7, 7))
    assert again.path.name == "book-2026-07-07-rebuilt.xlsx"
    rebuilt = "Rebuilt"
    assert cells_of(again.path, [rebuilt]) == cells_of(first.dated_path)
    assert cells_of(second.dated_path)["Sessions"] != cells_of(first.dated_path)["Sessions"]
    assert cells_of(past(databases, tmp_path, date(2026, 7, 8)).path, [rebuilt]) == cells_of(second.dated_path)


def test_the_cover_says_that_it_was_rebuilt_and_after_which_run(server, databases, tmp_path):
    set_state(server, 3)
    night(server, databases, tmp_path, FIRST)
    cover = str(cells_of(past(databases, tmp_path, date(2026, 7, 7)).path)["ReadMe"])
    assert "Rebuilt on 2026-07-09 as the data stood on 2026-07-07, after run 1, with the session plan" in cover
    assert "programme.toml, locations.csv and the program are today's. What was accepted and what was quar" in cover


def test_verdicts_and_session_plan_of_a_past_night_are_those_of_that_night(server, databases, tmp_path):
    lenient = Policy(USUAL.codes - {"constraint"})
    set_state(server, 5, {2: {"head_f": "151"}})
    first = night(server, databases, tmp_path, FIRST)
    second = night(server, databases, tmp_path, FIRST + timedelta(days=1), lenient)
    plan = attendance_media()["sessions_plan.csv"].splitlines(keepends=True)
    change_media(databases, {**attendance_media(), "sessions_plan.csv": b"".join(plan[:9])})
    kept_out, let_in = (cells_of(each.dated_path) for each in (first, second))
    assert ["the submission" in str(book["Quarantine"]) for book in (kept_out, let_in)] == [True, False]
    assert len(let_in["Sessions"]) > len(plan)
    for day, then in ((date(2026, 7, 7), kept_out), (date(2026, 7, 8), let_in)):
        again = cells_of(past(databases, tmp_path, day).path, ["Rebuilt"])
        assert {sheet: again[sheet] for sheet in again if again[sheet] != then[sheet]} == {}


def change_media(databases, media):
    """As the nightly run keeps what somebody changed on the server."""

    def work(run):
        files = {name: b64encode(data).decode() for name, data in media.items()}
        with recorded(databases, "media", files, at=LATER, run=run, form=FORM) as connection:
            save_media(connection, FORM, media)

    run_recorded(databases, "sync", work, now=lambda: LATER)


def test_verdicts_by_an_engine_of_another_edition_are_said_to_be_todays(server, databases, tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.destination.ENGINE", "1")
    set_state(server, 3)
    night(server, databases, tmp_path, FIRST)
    cover = str(cells_of(past(databases, tmp_path, date(2026, 7, 7)).path)["ReadMe"])
    assert "What is accepted and what is quarantined is by today's rules of judging" in cover


def test_verdicts_that_come_out_otherwise_than_they_were_counted_are_said_to_be_todays(
    server, databases, tmp_path, monkeypatch
):
    set_state(server, 3, {2: {"head_f": "151"}})
    night(server, databases, tmp_path, FIRST)
    lenient = Policy(USUAL.codes - {"constraint"})
    monkeypatch.setattr("jobs.replay.Policy", lambda codes: lenient)
    cover = str(cells_of(past(databases, tmp_path, date(2026, 7, 7)).path)["ReadMe"])
    assert "by today's rules of judging and today's keys" in cover


def test_a_day_that_has_not_come_is_said_so(databases, tmp_path):
    with pytest.raises(ExportError, match="2026-07-10 has not come yet"):
        past(databases, tmp_path, date(2026, 7, 10))


def test_rows_that_were_too_many_for_the_workbook_come_back_beside_it(server, databases, tmp_path, monkeypatch):
    monkeypatch.setattr("jobs.export.make_book", partial(make_book, most_here=5))
    set_state(server, 12)
    first = night(server, databases, tmp_path, FIRST)
    again = past(databases, tmp_path, date(2026, 7, 7))
    data, rebuilt = tmp_path / "book-data-2026-07-07.xlsx", tmp_path / "book-data-2026-07-07-rebuilt.xlsx"
    one, other = cells_of(data), cells_of(rebuilt)
    assert one.keys() == other.keys() != set()
    for name in one:
        rows, again_rows = ([row for row in book[name] if "Rows of" not in str(row[0])] for book in (one, other))
        assert rows == again_rows, name
    assert rebuilt.name in str(cells_of(again.path))
    assert rebuilt.name not in str(cells_of(first.path))


def test_no_shared_edition_is_made_of_a_day_that_had_none(server, databases, tmp_path):
    set_state(server, 3)
    night(server, databases, tmp_path, FIRST)
    with pytest.raises(ExportError, match="no shared workbook was written on 2026-07-07"):
        past(databases, tmp_path, date(2026, 7, 7), "shared")


def test_a_day_before_the_first_pull_is_said_so(databases, tmp_path):
    with pytest.raises(ExportError, match=r"nothing was pulled by 2026-01-01"):
        past(databases, tmp_path, date(2026, 1, 1))


def test_a_history_that_does_not_reach_back_is_said_so_and_no_number_is_invented(server, databases, tmp_path):
    set_state(server, 3)
    night(server, databases, tmp_path, FIRST)
    with writing(databases.raw) as raw:
        raw.exec_driver_sql("DELETE FROM raw_submissions")
    with pytest.raises(ExportError, match=r"does not reach back to 2026-07-07: 3 states of submissions are not in"):
        past(databases, tmp_path, date(2026, 7, 7))
