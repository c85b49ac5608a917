"""Workbooks that run from the right: the file is opened again, and its XML asserted on."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl import load_workbook

from collector.workbook.book import SHEETS
from collector.workbook.script import eastern, mirrored
from collector.workbook.texts import Words
from tests.support.night import opened, written

MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def parts_of(content):
    with ZipFile(BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture(scope="module", params=["ar", "ckb"])
def language(request):
    return request.param


@pytest.fixture
def content(language):
    return written(language=language)


@pytest.fixture
def book(language):
    return opened(language=language)


def styles_of(content):
    return etree.fromstring(parts_of(content)["xl/styles.xml"])


def test_every_sheet_runs_from_the_right_and_has_its_name_in_the_language(book, language):
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert book.sheetnames == [Words(language).sheet(name) for name, _ in SHEETS]
    assert all(re.search("[\u0620-\u06d5]", name) and len(name) <= 31 for name in book.sheetnames)


def test_tables_have_the_same_names_in_all_languages(book):
    english = {name for sheet in opened() for name in sheet.tables}
    assert {name for sheet in book for name in sheet.tables} == english


def test_text_begins_at_the_right_and_numbers_end_at_the_left():
    other = {"left": "right", "right": "left"}
    before = styles_of(written())
    after = etree.fromstring(mirrored(etree.tostring(before)))
    before, after = (styles.findall("m:cellXfs/m:xf", MAIN) for styles in (before, after))
    turned = 0
    for english, style in zip(before, after, strict=True):
        was, alignment = english.find("m:alignment", MAIN), style.find("m:alignment", MAIN)
        if was is not None and was.get("readingOrder"):
            continue  # of one language wherever it stands, or a code: the next test
        side = was.get("horizontal") if was is not None else None
        assert alignment.get("horizontal") == other.get(side, side)
        assert alignment.get("readingOrder") == ("2" if style.get("numFmtId") in {"0", "49"} else None)
        turned += side in other
    assert turned > 10


def test_codes_run_from_the_left_and_stand_at_the_right(book, language):
    sheet = book[Words(language).sheet("Sessions")]
    top = sheet.tables["tblSessions"].ref.split(":")[0][1:]
    cell = sheet.cell(int(top) + 1, 1)
    assert (cell.value, cell.alignment.readingOrder, cell.alignment.horizontal) == ("ERB-00", 1, "right")


def test_the_page_number_stands_at_the_left_and_the_title_at_the_right(book):
    for sheet in book:
        assert sheet.oddFooter.left.text == "&P / &N"
        assert re.search("[\u0620-\u06d5]", sheet.oddFooter.right.text)


def test_charts_run_from_the_right(content):
    charts = [etree.fromstring(part) for name, part in parts_of(content).items() if name.startswith("xl/charts/")]
    ns = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
    for chart in charts:
        horizontal = chart.find(".//c:barDir[@val='bar']", ns) is not None
        axis = (
            chart.find(".//c:valAx", ns)
            if horizontal
            else (
                chart.find(".//c:catAx", ns)
                if chart.find(".//c:catAx", ns) is not None
                else chart.find(".//c:dateAx", ns)
            )
        )
        assert axis.find("c:scaling/c:orientation", ns).get("val") == "maxMin"


def test_fonts_are_those_that_have_the_letters(content):
    names = {name.get("val") for name in styles_of(content).iterfind("m:fonts/m:font/m:name", MAIN)}
    assert names == {"Arial"}


def test_eastern_digits_are_a_matter_of_formats_and_cells_stay_numbers(language):
    content = written(language=language, digits="eastern")
    sheet = load_workbook(BytesIO(content))[Words(language).sheet("Sessions")]
    heading, row, *_ = sheet[sheet.tables["tblSessions"].ref]
    cells = {cell.value: shown for cell, shown in zip(heading, row, strict=True)}
    pairs, day = cells[Words(language)("sessions.pairs")], cells[Words(language)("sessions.held_on")]
    assert (pairs.value, pairs.data_type, pairs.number_format) == (4, "n", "[$-2000401]#,##0")
    assert (day.is_date, day.number_format) == (True, "[$-2010401]yyyy/mm/dd")
    charts = [part.decode() for name, part in parts_of(content).items() if name.startswith("xl/charts/")]
    assert all('formatCode="[$-2000401]' in chart for chart in charts)
    shown = [style.get("numFmtId") for style in styles_of(content).iterfind("m:cellXfs/m:xf", MAIN)]
    assert {number for number in shown if int(number) < 164} <= {"0", "49"}


@pytest.mark.parametrize(
    ("western", "shown"),
    [
        ("0%", "[$-2000401]0%"),
        ('[<0.0001]"< 0.0001";0.0000', '[<0.0001]"< ٠.٠٠٠١";[$-2000401]0.0000'),
        ('#,##0" / 40"', '[$-2000401]#,##0" / ٤٠"'),
        ("yyyy-mm-dd hh:mm", "[$-2010401]yyyy/mm/dd hh:mm"),
        ("@", "@"),
    ],
)
def test_a_number_format_in_eastern_digits(western, shown):
    assert eastern(western) == shown
