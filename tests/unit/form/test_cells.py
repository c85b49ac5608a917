"""Excel's habits end at the door: what is no workbook is refused, and cells become the text the server would read."""

from __future__ import annotations

import zipfile
from datetime import datetime, time

import pytest
from openpyxl import load_workbook
from pyxform.xls2json_backends import xlsx_value_to_str

from collector.errors import FormMistake, NotAWorkbook
from collector.form.cells import ENCRYPTED, OLE_MAGIC, heading, read_sheets, text_of
from tests.support.sheets import write_workbook


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty; open it in Excel and save it as .xlsx."),
        (b"type,name,label\ntext,q1,Name", "is not an Excel workbook, whatever its name says"),
        (b"<html>Gateway</html>", "is not an Excel workbook, whatever its name says"),
        (OLE_MAGIC + b"\0" * 600 + ENCRYPTED, "is protected by a password; open it in Excel, remove the password"),
        (OLE_MAGIC + b"\0" * 600, "is in the old Excel format (.xls); open it in Excel and save it as .xlsx."),
        (b"PK\x03\x04 cut", "is a zip file but no Excel workbook, or is damaged"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_to_do(tmp_path, content, says):
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    with pytest.raises(NotAWorkbook) as refused:
        read_sheets(path)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_zip_archive_or_half_a_workbook_is_refused(tmp_path):
    archive = tmp_path / "archive.xlsx"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("letter.txt", "hello")
    whole = write_workbook(tmp_path, survey=[["type", "name"]]).read_bytes()
    half = tmp_path / "half.xlsx"
    half.write_bytes(whole[: len(whole) // 2])
    for path in (archive, half):
        with pytest.raises(NotAWorkbook, match="no Excel workbook, or is damaged"):
            read_sheets(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "nowhere.xlsx", tmp_path):
        with pytest.raises(NotAWorkbook, match="cannot be read"):
            read_sheets(path)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        1,
        0.5,
        2026070101.0,
        True,
        False,
        "yes\u00a0",
        "a\u00a0b",
        datetime(2026, 7, 5),  # noqa: DTZ001 - Excel knows no zones
        time(10, 30),
    ],
)
def test_a_cell_reads_as_the_servers_converter_reads_it(value):
    assert text_of(value) == xlsx_value_to_str(value).strip()


@pytest.mark.parametrize(
    ("written", "sheet", "meant"),
    [
        ("label::English (en)", "survey", "label::English (en)"),
        ("Label : English (en)", "survey", "label::English (en)"),
        ("label:العربية (ar)", "survey", "label::العربية (ar)"),
        ("\u200fHint::کوردی (ckb)\u200f", "survey", "hint::کوردی (ckb)"),
        ("Constraint Message", "survey", "constraint_message"),
        ("relevance", "survey", "relevant"),
        ("List Name", "choices", "list_name"),
        ("value", "choices", "name"),
        ("Count", "choices", "Count"),
        ("bind::odk:length", "survey", "bind::odk:length"),
        ("Form ID", "settings", "form_id"),
    ],
)
def test_column_headings_are_read_in_every_spelling(written, sheet, meant):
    assert heading(written, sheet) == meant


def test_invisible_characters_around_a_name_are_dropped_and_in_a_label_kept(tmp_path):
    path = write_workbook(
        tmp_path, survey=[["type", "name", "label"], ["\u200ftext ", "\u00a0q1\u200e", "\u200fالاسم"]]
    )
    assert read_sheets(path)["survey"].rows == ({"type": "text", "name": "q1", "label": "\u200fالاسم"},)


def test_an_invisible_character_inside_a_name_is_named(tmp_path):
    path = write_workbook(tmp_path, survey=[["type", "name"], ["text", "q\u200f1"]])
    with pytest.raises(FormMistake, match=r"RIGHT-TO-LEFT MARK\) is inside 'q·1'; delete the cell") as mistake:
        read_sheets(path)
    assert (mistake.value.sheet, mistake.value.row, mistake.value.column) == ("survey", 2, "name")


def test_blank_rows_keep_their_numbers_and_a_formatted_end_is_not_read(tmp_path):
    path = write_workbook(tmp_path, survey=[["type", "name"], [], ["text", "q1"], *[[" "]] * 200, ["text", "lost"]])
    assert read_sheets(path)["survey"].rows == ({}, {"type": "text", "name": "q1"})


def test_a_column_that_stands_twice_is_refused(tmp_path):
    path = write_workbook(tmp_path, survey=[["type", "name", "label:English", "label::English"]])
    with pytest.raises(FormMistake, match="row 1, column 'label::English': this column stands twice"):
        read_sheets(path)


def test_a_drop_down_in_the_sheet_is_no_trouble(tmp_path):
    path = write_workbook(tmp_path, Survey=[["type", "name"], ["text", "q1"]])
    book = load_workbook(path)
    book["Survey"].auto_filter.ref = "A1:B2"
    book.save(path)
    assert "survey" in read_sheets(path)
