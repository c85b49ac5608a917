import pytest
from openpyxl import Workbook

from collector.errors import ExportError
from collector.workbook import look, table
from collector.workbook.table import Column, write_table

COLUMNS = (Column("Session"), Column("People", look.WHOLE), Column("ناو", script="arabic"))


@pytest.fixture
def sheet():
    return Workbook().active


def test_a_table_has_a_name_typed_cells_and_a_heading_formatted_by_itself(sheet):
    last = write_table(sheet, "tblTest", COLUMNS, [["ERB-01", 21, "هەولێر"]], top=4, why_empty="-")
    made = sheet.tables["tblTest"]
    assert (last, made.ref) == (5, "A4:C5")
    assert [column.name for column in made.tableColumns] == [cell.value for cell in sheet[4]]
    assert sheet["A4"].font.bold
    assert sheet["B5"].number_format == look.WHOLE


def test_arabic_and_sorani_cells_read_from_the_right(sheet):
    write_table(sheet, "tblTest", COLUMNS, [["ERB-01", 21, "هەولێر"]], top=1, why_empty="-")
    assert (sheet["C2"].alignment.readingOrder, sheet["C2"].alignment.horizontal) == (2, "right")


def test_an_empty_table_says_why_and_is_no_excel_table(sheet):
    write_table(sheet, "tblTest", COLUMNS, [], top=1, why_empty="Nothing was pulled yet.")
    assert sheet["A2"].value == "Nothing was pulled yet."
    assert not sheet.tables


def test_columns_are_as_wide_as_their_content_up_to_a_limit_from_which_text_wraps(sheet):
    columns = (Column("Short"), Column("Long", widest=30))
    write_table(sheet, "tblTest", columns, [["a", "word " * 40], ["abcdefghijklmn", "b"]], top=1, why_empty="-")
    assert sheet.column_dimensions["A"].width >= 14
    assert sheet.column_dimensions["B"].width == 30
    assert sheet.row_dimensions[2].height > 60  # points, for some seven lines
    assert sheet.row_dimensions[3].height is None


def test_two_columns_of_one_heading_are_refused_because_excel_would_repair_the_file(sheet):
    with pytest.raises(ValueError, match="same heading"):
        write_table(sheet, "tblTest", [Column("A"), Column("A")], [["", ""]], top=1, why_empty="-")


def test_more_rows_than_a_sheet_holds_are_refused_and_not_cut(sheet, monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    with pytest.raises(ExportError, match="do not fit"):
        write_table(sheet, "tblTest", [Column("A")], [["1"]] * 3, top=1, why_empty="-")
