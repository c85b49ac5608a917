"""Sheets Summary, Pairing and Enumerators: the note of each indicator, pairs that differ, versions used."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

from openpyxl import load_workbook

from collector.form.records import Completeness
from collector.workbook.book import book_bytes
from tests.support.campaign import RECEIVED_AT
from tests.support.night import ATTENDANCE, MADE_AT, night


def block(one, heading, name):
    """The cells under two headings of Summary, by the id of the indicator and its item set."""
    sheet = load_workbook(BytesIO(book_bytes(one)))["Summary"]
    (start,) = (cell for row in sheet.iter_rows() for cell in row if cell.value == heading)
    (told,) = (cell for cell in sheet[start.row] if cell.value == name)
    rows = range(start.row + 1, sheet.max_row + 1)
    return {sheet.cell(row, start.column).value: sheet.cell(row, told.column).value for row in rows}


def test_every_indicator_is_on_summary_with_what_to_know_of_it():
    notes = block(night(), "Indicator", "Note")
    by_id = {name.split(" · ")[0]: note for name, note in notes.items() if name}
    assert set(by_id) == {f"I{number:02}" for number in range(1, 21)}
    assert by_id["I18"] == "No follow-up survey is in programme.toml."
    assert by_id["I03"].startswith("Low end; high end 41.")
    assert by_id["I15"].startswith("Weakest: K")
    assert "Too few to report" in by_id["I05"]


def test_a_night_that_was_not_pulled_today_says_as_of_when_its_numbers_are():
    stale = {"attendance": Completeness("attendance", 6, MADE_AT - timedelta(days=3), 12, 11, 1)}
    notes = block(night(completeness=stale), "Indicator", "Note")
    assert all("As of 2026/11/21." in note for name, note in notes.items() if name and name.startswith("I02"))
    assert not any("As of" in (note or "") for note in block(night(), "Indicator", "Note").values())


def test_pairs_that_differ_are_counted_apart_and_the_indicators_told_without_them_too():
    one = night()
    (first, *others) = one.linked.pairs
    told = replace(one, linked=replace(one.linked, pairs=(replace(first, link_method="one_differs"), *others)))
    book = load_workbook(BytesIO(book_bytes(told)))
    pairing = rows_of(book["Pairing"], "tblPairing")
    assert [(row["Pairs"], row["Paired, exact"], row["Sex or age differs"]) for row in pairing[:2]] == [
        (4, 3, 1),
        (4, 4, 0),
    ]
    notes = {row["Id"]: row["What to know"] for row in rows_of(book["Indicators"], "tblIndicators")}
    assert "Without pairs in which sex or age group differs (1): 100.00." in notes["I17"]
    assert "Without" not in notes["I10"]
    shared = load_workbook(BytesIO(book_bytes(replace(told, edition="shared"))))
    assert not [
        row for row in rows_of(shared["Indicators"], "tblIndicators") if "Without" in (row["What to know"] or "")
    ]


def rows_of(sheet, table):
    heading, *rows = sheet[sheet.tables[table].ref]
    return [{cell.value: value.value for cell, value in zip(heading, row, strict=True)} for row in rows]


def test_an_enumerator_is_told_with_versions_and_the_old_ones_marked():
    one = night()
    newer = replace(ATTENDANCE, version="v2")
    sessions = tuple(
        replace(each, report=replace(each.report, enumerator="E01") if each.report else None) for each in one.sessions
    )
    old = {session.report.root_uuid: "v1" for session in sessions[:2]}
    out = {"attendance": [("v1", RECEIVED_AT - timedelta(days=30)), ("v2", RECEIVED_AT - timedelta(days=3))]}
    told = replace(one, sessions=sessions, versions={"attendance": newer}, deployed=out, other_versions=old)
    sheet = load_workbook(BytesIO(book_bytes(told)))["Enumerators"]
    heading, row = sheet[sheet.tables["tblEnumerators"].ref]
    by_heading = {cell.value: value.value for cell, value in zip(heading, row, strict=True)}
    assert by_heading["Form versions used"] == "Attendance: 2, ⚑ 1 (old for 2)"
