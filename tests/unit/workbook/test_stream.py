"""Tables too long for the workbook: streamed rows look and are what they would have been in it."""

import re
from datetime import date, datetime, time
from io import BytesIO
from itertools import chain
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl import load_workbook

from collector.errors import ExportError
from collector.workbook import aside, look, stream, table
from collector.workbook.aside import DataBook, MainBook, Rows
from collector.workbook.book import make_book, saved, write_data_book
from collector.workbook.stream import write_with_rows
from collector.workbook.table import Column, write_table
from collector.workbook.texts import Words
from tests.support.night import MADE_AT, night, opened, written

COLUMNS = (Column("Text"), Column("People", look.WHOLE), Column("Held on", look.DAY), Column("ناو", script="arabic"))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def streamed(rows, columns=COLUMNS, top=2):
    book = DataBook()
    write_table(book.create_sheet("Data"), "tblData", columns, rows, top=top, why_empty="-")
    file = BytesIO()
    write_with_rows(saved(book, "Test", MADE_AT, Words()), {"xl/worksheets/sheet1.xml": book.streams[0]}, file)
    return file.getvalue()


def held(rows, columns=COLUMNS, top=2):
    book = MainBook(str)
    write_table(book.create_sheet("Data"), "tblData", columns, rows, top=top, why_empty="-")
    return saved(book, "Test", MADE_AT, Words())


def cells_of(content):
    """Every cell with its value and look, and every row with its height."""
    book = load_workbook(BytesIO(content))
    (sheet,) = book.worksheets
    cells = {
        cell.coordinate: (
            cell.value,
            cell.data_type if cell.value is not None else "",
            cell.number_format,
            (cell.font.name, cell.font.size, cell.font.bold),
            cell.border.bottom.style,
            repr(cell.alignment),
            cell.quotePrefix,
        )
        for row in sheet.iter_rows()
        for cell in row
    }
    return cells, {number: row.height for number, row in sheet.row_dimensions.items() if row.height}


ROWS = [
    ["ERB-01", 12, date(2026, 7, 5), "هەولێر"],
    ["=HYPERLINK(1)", None, None, None],
    ["+1 & <b>", 0.25, date(2026, 7, 6), "دهۆك"],
    ["", -3, None, ""],
    ["@x", 10**12, date(1999, 1, 1), " blank before"],
    ["two\nlines", 1, None, "_x0041_"],
    ["long " * 60, float(7), date(2026, 12, 31), "درێژ " * 40],
    ["\x07bell\ttab\r\nline", 1, None, "\ufffe"],
]


def test_streamed_cells_are_and_look_like_those_of_the_workbook():
    assert cells_of(streamed(ROWS)) == cells_of(held(ROWS))


def test_a_column_of_several_kinds_keeps_each():
    half_past = datetime.combine(date(2026, 7, 5), time(9, 30))
    rows = [[half_past, 1], [date(2026, 7, 5), "1"], [None, True], [time(12), 1.5], [half_past, None]]
    columns = (Column("Moment", look.MOMENT), Column("Mixed", look.WHOLE))
    one, other = cells_of(streamed(rows, columns)), cells_of(held(rows, columns))
    assert one == other
    assert [one[0][f"B{number}"][1] for number in range(3, 7)] == ["n", "s", "b", "n"]


def test_a_number_that_is_none_leaves_the_cell_empty():
    cells, _ = cells_of(streamed([[float("nan")], [float("inf")], [2.0]], (Column("Points", look.POINTS),)))
    assert [cells[f"A{number}"][0] for number in (3, 4, 5)] == [None, None, 2]


def test_a_text_longer_than_a_cell_is_cut_with_a_mark():
    cells, _ = cells_of(streamed([["x" * 40_000]], (Column("Text"),)))
    assert (len(cells["A3"][0]), cells["A3"][0][-1]) == (32_767, "…")


def test_the_table_has_its_name_heading_filter_and_widths():
    one = load_workbook(BytesIO(streamed(ROWS)))["Data"]
    other = load_workbook(BytesIO(held(ROWS)))["Data"]
    made = one.tables["tblData"]
    assert made.ref == made.autoFilter.ref == "A2:D10"
    assert [column.name for column in made.tableColumns] == [cell.value for cell in one[2]]
    widths = [{key: each.width for key, each in sheet.column_dimensions.items()} for sheet in (one, other)]
    assert widths[0] == widths[1]


def test_the_xml_has_what_excel_insists_on():
    """Rows and cells in order, each once; formats that exist; inline text; an extent that holds them all."""
    with ZipFile(BytesIO(streamed([["a", number, None, "b"] for number in range(1_234)]))) as packed:
        sheet = etree.fromstring(packed.read("xl/worksheets/sheet1.xml"))
        styles = etree.fromstring(packed.read("xl/styles.xml"))
        assert packed.testzip() is None
    formats = len(styles.find(f"{MAIN}cellXfs"))
    rows = sheet.findall(f"{MAIN}sheetData/{MAIN}row")
    assert [int(row.get("r")) for row in rows] == list(range(2, 1_237))
    for row in rows:
        assert [cell.get("r") for cell in row] == [f"{letter}{row.get('r')}" for letter in "ABCD"]
        assert all(int(cell.get("s")) < formats and cell.get("t") in (None, "n", "inlineStr") for cell in row)
    assert sheet.find(f"{MAIN}dimension").get("ref") == "A1:D1236"
    order = [etree.QName(part).localname for part in sheet]
    assert order.index("cols") < order.index("sheetData") < order.index("tableParts")


def test_the_same_rows_give_the_same_bytes():
    assert streamed(ROWS) == streamed(ROWS)


def test_more_rows_than_a_sheet_holds_go_on_on_the_next(monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 22)
    file = BytesIO()
    write_data_book(night(), ["Register"], file, main_name="collector.xlsx")
    book = load_workbook(file)
    assert book.sheetnames == ["Register", "Register2", "Register3"]
    names = [name for sheet in book for name in sheet.tables]
    assert names == ["tblRegister", "tblRegister2", "tblRegister3"]
    bodies = [
        [[cell.value for cell in row] for row in sheet[sheet.tables[name].ref]][1:]
        for sheet, name in zip(book, names, strict=True)
    ]
    whole = opened()["Register"]
    assert list(chain(*bodies)) == [[cell.value for cell in row] for row in whole[whole.tables["tblRegister"].ref]][1:]


def values_of(sheet):
    """To 12 digits: openpyxl writes 16 of a number, and a streamed row all."""
    return [
        [float(f"{cell.value:.12g}") if isinstance(cell.value, float) else cell.value for cell in row] for row in sheet
    ]


def test_long_tables_are_streamed_into_the_workbook_and_read_the_same(monkeypatch):
    """But for the links that go out from their rows."""
    held = written()
    monkeypatch.setattr(aside, "MOST_HELD", 9)
    made = make_book(night())
    streamed = {stream.sheet for stream in made.streams.values()}
    assert {"Sessions", "Register", "Pairing"} <= streamed
    one, other = load_workbook(BytesIO(held)), load_workbook(BytesIO(made.content))
    assert one.sheetnames == other.sheetnames
    for name in one.sheetnames:
        assert values_of(one[name]) == values_of(other[name])
        assert one[name].tables.items() == other[name].tables.items()
    links = [cell.hyperlink.location for cell in other["ToDo"]["E"] if cell.hyperlink]
    assert links == [cell.hyperlink.location for cell in one["ToDo"]["E"] if cell.hyperlink] != []


def test_what_people_type_in_is_not_streamed(monkeypatch):
    monkeypatch.setattr(aside, "MOST_HELD", 1)
    made = make_book(night())
    assert "ToDo" not in {stream.sheet for stream in made.streams.values()}
    sheet = load_workbook(BytesIO(made.content))["ToDo"]
    assert sheet.data_validations.dataValidation
    assert sheet.tables


def test_the_workbook_says_where_the_rows_are_and_the_data_workbook_whose_they_are():
    made = make_book(night(), data_name="collector-data.xlsx", most_here=39)
    assert "Register" in made.aside
    sheet = load_workbook(BytesIO(made.content))["Register"]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert [text for text in texts if text.startswith("40 rows") and "collector-data.xlsx" in text]
    assert not sheet.tables
    file = BytesIO()
    write_data_book(night(), made.aside, file, main_name="collector.xlsx")
    with ZipFile(file) as packed:
        assert not [name for name in packed.namelist() if "hyperlink" in packed.read(name).decode("utf-8", "replace")]
    sheet = load_workbook(file)["Register"]
    texts = [str(cell.value) for row in sheet.iter_rows(max_row=5) for cell in row if cell.value]
    assert [text for text in texts if "collector.xlsx" in text]
    assert sheet.freeze_panes == f"B{int(re.search(r'[0-9]+', sheet.tables['tblRegister'].ref).group()) + 1}"


def test_rows_that_come_in_another_number_than_announced_are_not_passed_over(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", 2)
    with pytest.raises(ExportError, match="5 rows were announced and 3 came"):
        streamed(Rows(5, lambda: ROWS[:3]))
