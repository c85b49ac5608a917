"""From rows in the reporting database to cells of the workbook, through the job that runs at night."""

from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from collector.errors import FolderNotWritable
from collector.reporting.ledger import start_run
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tables import runs
from jobs.export import export, open_places
from tests.support.campaign import PROGRAMME
from tests.support.stored_campaign import FORMS, StoredCampaign

NOW = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)  # the 7th in Baghdad


@pytest.fixture
def engine(databases):
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
    return databases.reporting


def run(engine, folder, now=NOW, **options):
    with engine.begin() as connection:
        number = connection.scalar(select(func.max(runs.c.id))) or start_run(connection, "export", now)
    return export(engine, PROGRAMME, folder=folder, name="collector", now=now, run=number, **options)


def table(book, sheet):
    heading, *rows = book[sheet][book[sheet].tables[f"tbl{sheet}"].ref]
    names = [cell.value for cell in heading]
    return [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]


def test_what_is_in_the_database_stands_in_the_cells(engine, tmp_path):
    exported = run(engine, tmp_path)
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


def test_the_totals_are_those_of_the_sheets(engine, tmp_path):
    totals = run(engine, tmp_path).totals
    assert (totals.participants_low, totals.participants_high, totals.contacts) == (12, 13, 14)
    assert (totals.sessions_held, totals.sessions_planned, totals.pairs) == (2, 40, 12)
    assert (totals.before, totals.after, totals.change, totals.passed_after) == (0, 100, 100, 1)


def test_the_dated_copy_carries_the_day_of_the_programme_and_the_same_bytes(engine, tmp_path):
    first = run(engine, tmp_path / "export")
    content = first.path.read_bytes()
    assert first.dated_path.name == "collector-2026-07-07.xlsx"
    assert first.dated_path.read_bytes() == content
    assert run(engine, tmp_path / "export").path.read_bytes() == content
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == [
        "collector-2026-07-07.xlsx",
        "collector.xlsx",
    ]


def test_an_empty_database_gives_a_workbook_that_says_so(databases, tmp_path):
    exported = run(databases.reporting, tmp_path)
    assert (exported.totals.participants_high, exported.totals.change) == (0, None)
    assert "No register row yet" in str(load_workbook(exported.path)["Register"]["A6"].value)


def test_a_folder_that_is_not_there_is_said_so(databases, tmp_path):
    with pytest.raises(FolderNotWritable, match="folder is missing"):
        run(databases.reporting, tmp_path / "share" / "reports")


def test_the_next_night_says_what_moved_by_which_records_and_what_was_changed(engine, tmp_path):
    run(engine, tmp_path)
    assert "No earlier night is kept" in str(load_workbook(tmp_path / "collector.xlsx")["Changes"]["A2"].value)
    tomorrow = NOW + timedelta(days=1)
    with engine.begin() as connection:
        campaign = StoredCampaign.again(connection, tomorrow)
        campaign.report("DHK-01", [{"card": "k77"}, {"card": "k78"}])
        changes = (("head_f", "12", "13"), ("register[1]/card", "k0", "k99"))
        edit = Revision(1, "root-1", "edited", "old", "new", tomorrow, "officer", changes)
        write_revisions(connection, "attendance", [edit], campaign.run, tomorrow)
    book = load_workbook(run(engine, tmp_path, now=tomorrow).path)
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


def test_every_indicator_with_a_number_leads_to_rows_that_are_there(engine, tmp_path):
    book = load_workbook(run(engine, tmp_path).path)
    sheet = book["Indicators"]
    _, *rows = sheet[sheet.tables["tblIndicators"].ref]
    told = [row for row in rows if row[3].value is not None]
    assert len(told) > 8
    for row in told:
        name, cells = row[3].hyperlink.location.split("!")
        assert book[name.strip("'")][cells]


def test_places_carry_their_code_as_text_and_say_where_it_is_a_judgement(engine, tmp_path):
    places = open_places(FORMS)
    book = load_workbook(run(engine, tmp_path, places=places).path)
    by_key = {row["Code in the form"]: row for row in table(book, "Coverage")}
    assert (by_key["erbil_c"]["P-code"], by_key["erbil_c"]["COD parent"]) == ("IQG11Q02", "IQG11")
    akre = by_key["akre"]
    assert (akre["Governorate"], akre["COD parent"]) == ("Duhok", "IQG15")
    unmapped = next(row for row in by_key.values() if not row["P-code"])
    assert unmapped["Reported under"]
    assert "GIS to confirm" in unmapped["Note"]
