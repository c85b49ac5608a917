"""From rows in the reporting database to cells of the workbook, through the job that runs at night."""

import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from collector.errors import FolderNotWritable, Incomplete, RecipientsRefused
from collector.reporting.ledger import start_run
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tables import runs
from collector.workbook.book import make_book
from jobs.export import export, open_places
from jobs.troubles import errors_of, raise_all
from tests.support.campaign import PROGRAMME
from tests.support.databases import open_databases
from tests.support.stored_campaign import FORMS, StoredCampaign

NOW = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)  # the 7th in Baghdad


@pytest.fixture
def stored(databases):
    return fill(databases)


def fill(databases):
    with databases.reporting.begin() as connection:
        campaign = StoredCampaign(connection)
        names = [f"k{number}" for number in range(12)]
        campaign.report("ERB-01", [{"card": name} for name in names])
        campaign.report("SUL-01", [{"card": "k0", "earlier": "yes"}, {"card": "new", "earlier": "yes"}])
        for name in names:
            campaign.survey("before", "ERB-01", name, right=False)
            campaign.survey("after", "ERB-01", name, right=True)
        campaign.quarantined("pre_survey", "choice", "knowledge/K05")
        campaign.counted(attendance=2, pre_survey=13, post_survey=12)
    return databases


def run(databases, folder, now=NOW, **options):
    with databases.reporting.begin() as connection:
        number = connection.scalar(select(func.max(runs.c.id))) or start_run(connection, "export", now)
    return export(databases, PROGRAMME, folder=folder, name="collector", now=now, run=number, **options)


def table(book, sheet):
    heading, *rows = book[sheet][book[sheet].tables[f"tbl{sheet}"].ref]
    names = [cell.value for cell in heading]
    return [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]


def test_what_is_in_the_database_stands_in_the_cells(stored, tmp_path):
    exported = run(stored, tmp_path)
    book = load_workbook(exported.path)
    sessions = {row["Session"]: row for row in table(book, "Sessions")}
    assert len(sessions) == 40
    assert (sessions["ERB-01"]["Status"], sessions["ERB-01"]["Pairs"]) == ("Held", 12)
    assert (sessions["DHK-01"]["Status"], sessions["DHK-01"]["Audience"]) == ("Planned", "Government")
    assert len(table(book, "Register")) == 14
    (quarantined,) = table(book, "Quarantine")
    assert (
        quarantined["Question"]
        == "What is the main difference between trafficking in persons and smuggling of migrants?"
    )
    assert {row["Form"] for row in table(book, "Dictionary")} == {
        "Attendance",
        "Before the session",
        "After the session",
        "This workbook",
    }


def test_the_totals_are_those_of_the_sheets(stored, tmp_path):
    totals = run(stored, tmp_path).totals
    assert (totals.participants_low, totals.participants_high, totals.contacts) == (12, 13, 14)
    assert (totals.sessions_held, totals.sessions_planned, totals.pairs) == (2, 40, 12)
    assert (totals.before, totals.after, totals.change, totals.passed_after) == (0, 100, 100, 1)


def test_the_dated_copy_carries_the_day_of_the_programme_and_the_same_bytes(stored, tmp_path):
    first = run(stored, tmp_path / "export")
    content = first.path.read_bytes()
    assert first.dated_path.name == "collector-2026-07-07.xlsx"
    assert first.dated_path.read_bytes() == content
    assert run(stored, tmp_path / "export").path.read_bytes() == content
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == [
        "collector-2026-07-07.xlsx",
        "collector.xlsx",
    ]


@pytest.mark.postgresql
def test_both_databases_give_the_same_bytes(postgresql, tmp_path):
    contents = []
    with postgresql.database() as url:
        for place, of in (("lite", f"sqlite:///{tmp_path / 'reporting.db'}"), ("post", url)):
            folder = tmp_path / place
            folder.mkdir()
            with open_databases(of, folder) as databases:
                fill(databases)
                written = [
                    run(databases, folder / "export", edition=edition, language=language).path.read_bytes()
                    for edition, language in (("internal", "en"), ("shared", "ckb"))
                ]
            contents.append(written)
    assert contents[0] == contents[1]


def test_an_empty_database_gives_a_workbook_that_says_so(databases, tmp_path):
    exported = run(databases, tmp_path)
    assert (exported.totals.participants_high, exported.totals.change) == (0, None)
    assert "No register row yet" in str(load_workbook(exported.path)["Register"]["A6"].value)


def test_a_folder_that_is_not_there_is_said_so(databases, tmp_path):
    with pytest.raises(FolderNotWritable, match="folder is missing"):
        run(databases, tmp_path / "share" / "reports")


def test_a_workbook_that_is_open_in_excel_still_gets_its_dated_copy_and_the_next_run_mends_it(stored, tmp_path):
    locked = tmp_path / "collector.xlsx"
    locked.mkdir()  # what cannot be replaced stands for the lock of a share
    (tmp_path / "~$collector.xlsx").touch()
    exported = run(stored, tmp_path)
    assert "open in Excel; close it" in exported.trouble
    assert exported.path.name == "collector-2026-07-07.xlsx"
    assert "Summary" in load_workbook(exported.path).sheetnames
    locked.rmdir()
    again = run(stored, tmp_path)
    assert (again.trouble, again.path.name) == ("", "collector.xlsx")
    assert again.path.read_bytes() == again.dated_path.read_bytes()


def test_a_dated_copy_that_cannot_be_written_does_not_keep_the_workbook_from_its_name(stored, tmp_path):
    (tmp_path / "collector-2026-07-07.xlsx").mkdir()
    exported = run(stored, tmp_path)
    assert "collector-2026-07-07.xlsx cannot be written" in exported.trouble
    assert exported.path.is_file()


def test_when_neither_name_can_be_written_the_export_fails(stored, tmp_path):
    for name in ("collector.xlsx", "collector-2026-07-07.xlsx"):
        (tmp_path / name).mkdir()
    with pytest.raises(FolderNotWritable, match="cannot be written"):
        run(stored, tmp_path)


def test_no_reason_for_a_failed_night_hides_behind_another():
    def fail(error):
        raise error

    errors = errors_of(
        lambda: fail(Incomplete("two are missing.")), lambda: None, lambda: fail(RecipientsRefused("no."))
    )
    with pytest.raises(Incomplete, match=r"two are missing\. Also: no\."):
        raise_all(errors)


@pytest.fixture
def long_nights(monkeypatch):
    """Nights whose registers are long: a table of more than ten rows is set aside."""
    monkeypatch.setattr("jobs.export.make_book", partial(make_book, most_here=10))


def test_rows_that_are_too_many_are_in_the_data_workbook_beside(stored, tmp_path, long_nights):
    folder = tmp_path / "export"
    exported = run(stored, folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "collector-2026-07-07.xlsx",
        "collector-data-2026-07-07.xlsx",
        "collector-data.xlsx",
        "collector.xlsx",
    ]
    content = (folder / "collector-data.xlsx").read_bytes()
    assert content == (folder / "collector-data-2026-07-07.xlsx").read_bytes()
    assert len(table(load_workbook(folder / "collector-data.xlsx"), "Register")) == 14
    assert "14 rows are too many" in str(load_workbook(exported.path)["Register"]["A6"].value)
    run(stored, folder)
    assert (folder / "collector-data.xlsx").read_bytes() == content


def test_a_data_workbook_that_is_locked_does_not_keep_the_others_back(stored, tmp_path, long_nights):
    (tmp_path / "collector-data.xlsx").mkdir()
    exported = run(stored, tmp_path)
    assert "collector-data.xlsx cannot be written" in exported.trouble
    assert (tmp_path / "collector-data-2026-07-07.xlsx").is_file()
    assert exported.path.name == "collector.xlsx"


def test_a_data_workbook_that_is_no_longer_needed_is_taken_away(stored, tmp_path):
    (tmp_path / "collector-data.xlsx").write_bytes(b"of a night that had more rows")
    run(stored, tmp_path)
    assert not (tmp_path / "collector-data.xlsx").exists()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="a limit on the size of files")
def test_a_file_that_grows_beyond_what_is_allowed_is_said_so_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "collector.xlsx"
    path.write_bytes(b"last night")
    script = (
        "import resource, sys; from pathlib import Path; from collector.workbook.placing import put_in_place;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); put_in_place(bytes(5000), Path(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert "larger than this user or this file system allows" in done.stderr
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("collector.xlsx", b"last night")]


def test_the_next_night_says_what_moved_by_which_records_and_what_was_changed(stored, tmp_path):
    run(stored, tmp_path)
    assert "No earlier night is kept" in str(load_workbook(tmp_path / "collector.xlsx")["Changes"]["A2"].value)
    tomorrow = NOW + timedelta(days=1)
    with stored.reporting.begin() as connection:
        campaign = StoredCampaign.again(connection, tomorrow)
        campaign.report("DHK-01", [{"card": "k77"}, {"card": "k78"}])
        changes = (("head_f", "12", "13"), ("register[1]/card", "k0", "k99"))
        edit = Revision(1, "root-1", "edited", "old", "new", tomorrow, "officer", changes)
        write_revisions(connection, "attendance", [edit], campaign.run, tomorrow)
    book = load_workbook(run(stored, tmp_path, now=tomorrow).path)
    moved = {row["Id"]: row for row in table(book, "Changes")}
    assert (moved["I02"]["Last night"], moved["I02"]["Tonight"], moved["I02"]["Difference"]) == (14, 16, 2)
    assert moved["I02"]["By which records"] == "Attendance: 1 new, 1 corrected"
    assert "I10" not in moved  # nobody's feedback came
    (link, *_) = (cell.hyperlink for row in book["Changes"]["A6:A30"] for cell in row if cell.hyperlink)
    _, *records = book["Changes"][book["Changes"].tables["tblChangesRecords"].ref]
    assert link.location == f"'Changes'!A{records[0][0].row}:G{records[-1][0].row}"
    log = table(book, "CleaningLog")
    assert [(row["Old"], row["New"], row["By account"]) for row in log] == [
        ("12", "13", "officer"),
        ("(card)", "(card)", "officer"),
    ]


def test_every_indicator_with_a_number_leads_to_rows_that_are_there(stored, tmp_path):
    book = load_workbook(run(stored, tmp_path).path)
    sheet = book["Indicators"]
    _, *rows = sheet[sheet.tables["tblIndicators"].ref]
    told = [row for row in rows if row[3].value is not None]
    assert len(told) > 8
    for row in told:
        name, cells = row[3].hyperlink.location.split("!")
        assert book[name.strip("'")][cells]


def test_places_carry_their_code_as_text_and_say_where_it_is_a_judgement(stored, tmp_path):
    places = open_places(FORMS)
    book = load_workbook(run(stored, tmp_path, places=places).path)
    by_key = {row["Code in the form"]: row for row in table(book, "Coverage")}
    assert (by_key["erbil_c"]["P-code"], by_key["erbil_c"]["COD parent"]) == ("IQG11Q02", "IQG11")
    akre = by_key["akre"]
    assert (akre["Governorate"], akre["COD parent"]) == ("Duhok", "IQG15")
    unmapped = next(row for row in by_key.values() if not row["P-code"])
    assert unmapped["Reported under"]
    assert "GIS to confirm" in unmapped["Note"]
