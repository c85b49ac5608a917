"""What comes out of Excel and goes wrong: each told where it stands and what to do, none of it a crash."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import load_workbook

from collector.errors import NotAWorkbook
from collector.form.cells import ENCRYPTED, OLE_MAGIC
from collector.form.review.review import review
from tests.support.sheets import write_workbook

DAY = date(2026, 11, 24)
HEAD = ["type", "name", "label"]
CHOICES = [["list_name", "name", "label"], ["yn", "yes", "Yes"]]
SECTOR = 512


def said(path, media=None):
    return [
        (each.sheet, each.row, each.column, f"{each.problem}; {each.remedy}")
        for each in review(path, media or {}, on_date=DAY).remarks
    ]


def only(path, media=None):
    (one,) = said(path, media)
    return one


def protected_workbook():
    """An OLE container as Excel writes it for a password: header, then a directory with the encrypted stream in it."""
    header = OLE_MAGIC + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00"
    entry = ENCRYPTED.ljust(64, b"\0") + len(ENCRYPTED).to_bytes(2, "little") + b"\x02\x01"
    root = "Root Entry".encode("utf-16-le").ljust(64, b"\0") + b"\x16\x00\x05\x01"
    return header.ljust(SECTOR, b"\0") + b"".join(each.ljust(128, b"\0") for each in (root, entry))


def test_a_workbook_with_a_password_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(protected_workbook())
    with pytest.raises(NotAWorkbook, match="protected by a password; open it in Excel, remove the password"):
        review(path, {}, on_date=DAY)


def test_texts_below_a_heading_that_is_merged_over_two_columns_are_not_lost_without_a_word(tmp_path):
    path = write_workbook(tmp_path, survey=[[*HEAD, None], ["text", "q", "Name", "الاسم"]])
    book = load_workbook(path)
    book["survey"].merge_cells("C1:D1")
    book.save(path)
    sheet, row, column, words = only(path)
    assert (sheet, row, column) == ("survey", 1, "D")
    assert "part headings that are merged" in words


def test_a_title_merged_over_the_headings_is_told(tmp_path):
    path = write_workbook(tmp_path, survey=[["Our survey"], HEAD, ["text", "q", "Name"]])
    book = load_workbook(path)
    book["survey"].merge_cells("A1:C1")
    book.save(path)
    assert "its first row must hold the headings" in only(path)[3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (datetime(2026, 7, 5), "Excel has made a date"),  # noqa: DTZ001 - Excel knows no zones
        (time(10, 30), "Excel has made a date or a time"),
        (timedelta(hours=30), "is not allowed"),
        (5, "write 'q5'"),
        (2.5, "write 'q2.5'"),
        ("a\u00a0b", "write 'a_b'"),
        ("a\u200fb", "RIGHT-TO-LEFT MARK) is inside 'a·b'"),
        ("a\u00adb", "SOFT HYPHEN) is inside"),
    ],
)
def test_what_excel_made_of_a_name_is_told(tmp_path, name, says):
    sheet, row, column, words = only(write_workbook(tmp_path, survey=[HEAD, ["text", name, "Name"]]))
    assert (sheet, row, column) == ("survey", 2, "name")
    assert says in words


def test_a_date_as_the_name_of_a_choice_is_told_and_numbers_are_names(tmp_path):
    rows = [["yn", datetime(2026, 7, 5), "Yes"], ["yn", 1.0, "No"], ["yn", 2, "Perhaps"]]  # noqa: DTZ001
    path = write_workbook(tmp_path, survey=[HEAD, ["select_one yn", "q", "Q"]], choices=[CHOICES[0], *rows])
    sheet, row, column, words = only(path)
    assert (sheet, row, column, "Excel has made a date" in words) == ("choices", 2, "name", True)


def test_names_with_unseen_spaces_around_them_are_taken_as_meant(tmp_path):
    survey = [HEAD, ["\u200fselect_one yn", "\u00a0q\u200e", "Q"], ["note", "n", "${q}"]]
    assert said(write_workbook(tmp_path, survey=survey, choices=CHOICES)) == []


def test_names_that_fold_into_one_are_told_with_both_rows(tmp_path):
    path = write_workbook(tmp_path, survey=[HEAD, ["text", "Straße", "Q"], ["text", "STRASSE", "Q"]])
    _sheet, row, column, words = only(path)
    assert (row, column) == (3, "name")
    assert "'Straße' of row 2" in words


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name,label\nv1,قاعة\n".encode("cp1256"), "not UTF-8"),
        ("name,label\nv1,قاعة\n".encode("utf-16"), "not UTF-8"),
        (b"code,label\nv1,Hall\n", "no column 'name'"),
    ],
)
def test_a_list_in_another_encoding_or_without_names_is_told(tmp_path, content, says):
    path = write_workbook(tmp_path, survey=[HEAD, ["select_one_from_file venues.csv", "v", "Venue"]])
    sheet, _, _, words = only(path, {"venues.csv": content})
    assert sheet == "venues.csv"
    assert says in words


@pytest.mark.parametrize("there", ["Venues.csv", "venues.CSV", "venue.csv"])
def test_a_media_file_named_otherwise_in_the_folder_is_told_with_its_name(tmp_path, there):
    path = write_workbook(tmp_path, survey=[HEAD, ["select_one_from_file venues.csv", "v", "Venue"]])
    assert f"there is '{there}': rename it" in only(path, {there: b"name,label\nv1,Hall\n"})[3]
