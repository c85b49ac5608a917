"""Every number leads to its rows: each hyperlink of the written file is followed, in each edition and language."""

from dataclasses import replace
from io import BytesIO

import pytest
from openpyxl import load_workbook

from collector.workbook.book import book_bytes
from collector.workbook.links import ROWS_OF
from collector.workbook.sheets.dictionary import TABLES
from collector.workbook.texts import LANGUAGES, Words
from tests.support.night import empty_night, next_night, night

NIGHTS = {"a night": next_night, "nothing yet": empty_night}
IDS = [f"I{number:02}" for number in range(1, 21)]


def followed(book, cell):
    """The sheet that a link leads to, and the filled cells there."""
    title, cells = cell.hyperlink.location.rsplit("!", 1)
    sheet = book[title.strip("'")]
    found = sheet[sheet.dimensions if cells == "A1" else cells]  # "A1": to the top of a sheet
    rows = found if isinstance(found, tuple) else ((found,),)
    return sheet, [each for row in rows for each in row if each.value is not None]


@pytest.mark.parametrize("edition", ["internal", "shared"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", NIGHTS)
def test_every_link_leads_to_cells_with_something_in_them(made, language, edition):
    book = load_workbook(BytesIO(book_bytes(replace(NIGHTS[made](), edition=edition), language=language)))
    links = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) > len(IDS)
    for cell in links:
        _, filled = followed(book, cell)
        assert filled, (cell.parent.title, cell.coordinate, cell.hyperlink.location)


@pytest.mark.parametrize("edition", ["internal", "shared"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_of_the_twenty_indicators_leads_to_its_rows(language, edition):
    words = Words(language)
    book = load_workbook(BytesIO(book_bytes(night(edition=edition), language=language)))
    sheet = book[words.sheet("Indicators")]
    _, *rows = sheet[sheet.tables["tblIndicators"].ref]
    assert list(dict.fromkeys(row[0].value for row in rows)) == IDS
    for row in rows:
        wanted = [words.sheet(TABLES[name][0]) for name in ROWS_OF[row[0].value]]
        led, filled = followed(book, row[0])
        here = [title for title in wanted if title in book.sheetnames] or [words.sheet("ReadMe")]
        assert led.title in here, row[0].value
        assert filled
        for cell in (row[place] for place in (3, 5, 6) if row[place].value is not None):
            assert cell.hyperlink.location == row[0].hyperlink.location


@pytest.mark.parametrize("edition", ["internal", "shared"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_indicator_on_summary_leads_to_its_row_on_indicators(language, edition):
    words = Words(language)
    book = load_workbook(BytesIO(book_bytes(night(edition=edition), language=language)))
    summary, told = book[words.sheet("Summary")], []
    for cell in (cell for row in summary.iter_rows() for cell in row if cell.hyperlink):
        sheet, (found,) = followed(book, cell)
        assert (sheet.title, found.value) == (words.sheet("Indicators"), str(summary.cell(cell.row, 2).value)[:3])
        told.append(found.value)
    assert told == [row[0].value for row in sheet[sheet.tables["tblIndicators"].ref][1:]]
