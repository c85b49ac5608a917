"""Excel opens the file without repair: the rules of OOXML that it enforces, on the parts of every kind of workbook."""

import posixpath
import re
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries

from collector.indicators import learning
from collector.quality.linking import link
from collector.workbook.book import book_bytes, make_book, write_data_book
from collector.workbook.cells import LONGEST_TEXT
from tests.support.campaign import PROGRAMME
from tests.support.night import empty_night, next_night, night
from tests.support.ooxml import breaches

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
LANGUAGES = ("en", "ar", "ckb")
ORDER = (  # of the elements of a sheet, ECMA-376 part 1, 18.3.1.99: another order makes Excel repair the file
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter", "mergeCells"),
    *("conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup"),
    *("headerFooter", "rowBreaks", "colBreaks", "drawing", "legacyDrawing", "tableParts"),
)
SHEET = "xl/worksheets/sheet3.xml"  # ToDo: a table, lists to choose from, conditional formats, links
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def unpaired():
    """A night on which nobody's two surveys found each other."""
    some = night()
    surveys = tuple(replace(one, person_key=f"{one.wave} {one.person_key}") for one in some.surveys)
    linked = link(surveys, some.sessions, PROGRAMME)
    told = tuple(learning.learning(linked, some.sessions, PROGRAMME, key) for key in PROGRAMME.item_sets)
    return replace(some, surveys=surveys, linked=linked, learning=told, items=())


NIGHTS = {
    "a campaign": night,
    "the shared edition": lambda: night(edition="shared"),
    "the night after": next_night,
    "no data": empty_night,
    "no data, shared": lambda: replace(empty_night(), edition="shared"),
    "one participant": lambda: night(people=1),
    "one session": lambda: night(sessions=night().sessions[:1]),
    "everything unpaired": unpaired,
}


@pytest.fixture(scope="module", params=[(kind, language) for kind in NIGHTS for language in LANGUAGES], ids="-".join)
def parts(request):
    kind, language = request.param
    digits = "eastern" if language == "ckb" else "western"
    return parts_of(book_bytes(NIGHTS[kind](), language=language, digits=digits))


def parts_of(content):
    with ZipFile(BytesIO(content)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def sheets_of(parts):
    """Part name → root of each sheet."""
    return {name: etree.fromstring(part) for name, part in parts.items() if name.startswith("xl/worksheets/sheet")}


def tables_of(parts):
    return [etree.fromstring(part) for name, part in parts.items() if name.startswith("xl/tables/")]


def text_of(cell):
    """The text of a cell; None where it holds none. openpyxl writes texts into their cells."""
    inline = cell.find(f"{MAIN}is")
    return None if inline is None else "".join(inline.itertext())


def cells_of(sheet):
    return {cell.get("r"): cell for cell in sheet.iter(f"{MAIN}c")}


def test_excel_finds_nothing_to_repair(parts):
    assert breaches(parts) == []


SPOILED = {  # a part, what stands in it, what it becomes, what is said of it
    "no content type": (
        "[Content_Types].xml",
        rb'<Override PartName="/xl/styles.xml"[^>]*/>',
        b"",
        "xl/styles.xml has no",
    ),
    "a relation twice": ("xl/_rels/workbook.xml.rels", rb'"rId2"', b'"rId1"', "relation rId1 twice"),
    "a sheet without a part": ("xl/workbook.xml", rb'r:id="rId2"', b'r:id="rId99"', "sheet Summary has no part"),
    "dates from 1904": ("xl/workbook.xml", rb"<workbookPr", b'<workbookPr date1904="1"', "dates count from 1904"),
    "titles of another sheet": ("xl/workbook.xml", rb"'ToDo'!\$6:\$6", b"'Reach'!$6:$6", "leads to another sheet"),
    "a name that is no reference": ("xl/workbook.xml", rb"'ToDo'!\$6:\$6", b"'ToDo'!#REF!", "is no reference"),
    "a wrong count": ("xl/styles.xml", rb'<cellXfs count="\d+"', b'<cellXfs count="1"', "and said to be 1"),
    "a font that is not there": ("xl/styles.xml", rb'fontId="1"', b'fontId="999"', "names a font that is not there"),
    "elements out of order": (
        SHEET,
        rb"(<sheetData.*</sheetData>)(.*)(<pageMargins[^>]*/>)",
        rb"\3\1\2",
        "out of order",
    ),
    "a column too wide": (SHEET, rb'width="[\d.]+"', b'width="256"', "a column 256 wide"),
    "cells out of order": (SHEET, rb'<c r="A6"', b'<c r="C6"', "row 6: cells out of order"),
    "a formula": (SHEET, rb'<c r="A7"([^>]*)>', rb'<c r="A7"\1><f>1+1</f>', "a formula in a cell"),
    "a long list": (SHEET, rb"<formula1>", b"<formula1>" + b"x" * 256, "formula1 of a validation too long"),
    "a long prompt": (SHEET, rb'prompt="', b'prompt="' + b"x" * 256, "prompt too long"),
    "a format that is not there": (SHEET, rb'dxfId="\d+"', b'dxfId="99"', "a conditional format 99 that is not"),
    "two links in a cell": (SHEET, rb"(<hyperlink [^>]*/>)", rb"\1\1", "two links in"),
    "a table that is not there": (
        "xl/worksheets/_rels/sheet3.xml.rels",
        rb"table1.xml",
        b"t.xml",
        "tablePart rId1 leads nowhere",
    ),
    "a table called like a cell": (
        "xl/tables/table1.xml",
        rb'displayName="\w+"',
        b'displayName="TAB1"',
        "TAB1 is no name",
    ),
    "a column id twice": ("xl/tables/table1.xml", rb'<tableColumn id="2"', b'<tableColumn id="1"', "column id 1 twice"),
    "a shape twice": ("xl/drawings/drawing1.xml", rb'cNvPr id="2"', b'cNvPr id="1"', "shape 1 twice"),
    "a chart of nothing": ("xl/charts/chart1.xml", rb"<c:f>'Summary'|<f>'Summary'", b"<f>'Gone'", "leads nowhere"),
    "an undeclared prefix": (
        SHEET,
        rb"<worksheet ",
        b'<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" ',
        "prefix x14ac is not declared",
    ),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_excel_would_repair_is_found(sound, what):
    name, old, new, says = SPOILED[what]
    spoiled = re.sub(old, new, sound[name], count=1, flags=re.DOTALL)
    assert spoiled != sound[name]
    assert says in " ".join(breaches({**sound, name: spoiled}))


@pytest.fixture(scope="module")
def sound():
    return parts_of(book_bytes(night()))


def test_the_data_workbook_opens_too(tmp_path):
    some = night()
    made = make_book(some, data_name="data.xlsx", most_here=5)
    with (tmp_path / "data.xlsx").open("wb") as file:
        write_data_book(some, made.aside, file, main_name="main.xlsx")
    assert made.aside
    for content in (made.content, (tmp_path / "data.xlsx").read_bytes()):
        assert breaches(parts_of(content)) == []


def test_every_part_is_xml_has_a_content_type_and_every_relation_a_target(parts):
    types = etree.fromstring(parts["[Content_Types].xml"])
    named = {each.get("PartName") for each in types if each.get("PartName")}
    assert {f"/{name}" for name in parts if name.endswith(".xml") and name != "[Content_Types].xml"} <= named
    for name, part in parts.items():
        root = etree.fromstring(part)
        for relation in root.iter(f"{RELATIONS}Relationship") if name.endswith(".rels") else ():
            folder = posixpath.dirname(posixpath.dirname(name))
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target")))
            assert target.lstrip("/") in parts, f"{name}: {target}"


def test_sheets_have_unique_short_names_and_their_elements_in_order(parts):
    names = [sheet.get("name") for sheet in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet")]
    assert len({name.casefold() for name in names}) == len(names)
    assert not [name for name in names if len(name) > 31 or FORBIDDEN.search(name) or name.strip("'") != name]
    for name, sheet in sheets_of(parts).items():
        order = [ORDER.index(etree.QName(element).localname) for element in sheet]
        assert order == sorted(order), name


def test_tables_have_unique_names_and_ids_and_headings_like_their_cells(parts):
    tables = tables_of(parts)
    assert len({table.get("id") for table in tables}) == len(tables)
    assert len({table.get("displayName").casefold() for table in tables}) == len(tables)
    sheets, owner = sheets_of(parts), owners_of(parts)
    for path, part in ((name, part) for name, part in parts.items() if name.startswith("xl/tables/")):
        table = etree.fromstring(part)
        assert re.fullmatch(r"tbl[A-Za-z]+", table.get("displayName"))
        left, top, right, bottom = range_boundaries(table.get("ref"))
        assert bottom > top, "a table needs a row"
        cells = cells_of(sheets[owner[path]])
        headings = [column.get("name") for column in table.iter(f"{MAIN}tableColumn")]
        assert len({heading.casefold() for heading in headings}) == len(headings) == right - left + 1
        for place, heading in enumerate(headings):
            cell = cells[f"{get_column_letter(left + place)}{top}"]
            assert (cell.get("t"), text_of(cell)) == ("inlineStr", heading)
        filter_ = table.find(f"{MAIN}autoFilter")
        assert filter_ is None or filter_.get("ref") == table.get("ref")


def test_lists_to_choose_from_are_short_enough_and_no_cell_has_two(parts):
    for sheet in sheets_of(parts).values():
        cells = []
        for rule in sheet.iter(f"{MAIN}dataValidation"):
            assert len(rule.findtext(f"{MAIN}formula1").strip('"')) <= 255
            cells += rule.get("sqref").split()
        assert len(cells) == len(set(cells))


def test_cells_are_numbers_or_texts_that_excel_holds_and_never_formulas(parts):
    styles = len(etree.fromstring(parts["xl/styles.xml"]).find(f"{MAIN}cellXfs"))
    for sheet in sheets_of(parts).values():
        assert sheet.find(f".//{MAIN}f") is None
        rows = [int(row.get("r")) for row in sheet.iter(f"{MAIN}row")]
        assert rows == sorted(set(rows))
        assert not [row for row in sheet.iter(f"{MAIN}row") if float(row.get("ht", 0)) > 409]
        for cell in sheet.iter(f"{MAIN}c"):
            value, text = cell.find(f"{MAIN}v"), text_of(cell)
            assert int(cell.get("s", 0)) < styles
            assert text is None or (cell.get("t"), len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT) == (
                "inlineStr",
                True,
            )
            if text is None and value is not None:
                assert cell.get("t", "n") == "n"
                assert re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value.text, re.I)


def test_styles_name_number_formats_fonts_and_fills_that_are_there(parts):
    styles = etree.fromstring(parts["xl/styles.xml"])
    own = {each.get("numFmtId") for each in styles.iter(f"{MAIN}numFmt")}
    assert len(own) == len(list(styles.iter(f"{MAIN}numFmt")))
    count = {kind: len(styles.find(f"{MAIN}{kind}s")) for kind in ("font", "fill", "border")}
    for style in styles.find(f"{MAIN}cellXfs"):
        assert int(style.get("numFmtId")) < 164 or style.get("numFmtId") in own
        assert all(int(style.get(f"{kind}Id")) < number for kind, number in count.items())
    assert not [each for each in styles.iter(f"{MAIN}numFmt") if len(each.get("formatCode")) > 255]


def test_links_lead_to_cells_of_sheets_that_are_there(parts):
    names = {sheet.get("name") for sheet in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet")}
    found = [link for sheet in sheets_of(parts).values() for link in sheet.iter(f"{MAIN}hyperlink")]
    assert found
    for link_ in found:
        sheet, cells = re.fullmatch(r"'(.+)'!([A-Z]+\d+(?::[A-Z]+\d+)?)", link_.get("location")).groups()
        assert sheet in names
        assert range_boundaries(cells)
        assert link_.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id") is None


def test_a_sheet_without_rows_says_why(parts):
    owner = set(owners_of(parts).values())
    for name, sheet in sheets_of(parts).items():
        told = [text for cell in sheet.iter(f"{MAIN}c") if (text := text_of(cell))]
        assert name in owner or any(len(text) > 20 for text in told), name


def owners_of(parts):
    """Table part → its sheet."""
    found = {}
    for name, part in parts.items():
        if name.startswith("xl/worksheets/_rels/"):
            sheet = f"xl/worksheets/{posixpath.basename(name).removesuffix('.rels')}"
            for relation in etree.fromstring(part):
                target = posixpath.normpath(posixpath.join("/xl/worksheets", relation.get("Target"))).lstrip("/")
                if target.startswith("xl/tables/"):
                    found[target] = sheet
    return found
