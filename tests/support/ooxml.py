"""Rules of OOXML whose breach makes Excel repair or refuse a workbook, on its parts; a sentence for each breach.

Source: ECMA-376 part 1, sections in brackets, and the limits that Excel's own specification gives. What
tests/journey/test_opens.py asserts itself (cells, headings of tables, names of sheets) is not here.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from typing import Any

from lxml import etree
from openpyxl.utils import range_boundaries

Parts = Mapping[str, bytes]

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

ORDER = (  # of a worksheet's elements [18.3.1.99]
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
COUNTED = ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "numFmts")
MOST_ROWS, MOST_COLUMNS, MOST_STYLES, MOST_LINKS = 1_048_576, 16_384, 64_000, 65_530
LONGEST = {"prompt": 255, "error": 255, "promptTitle": 32, "errorTitle": 32}  # of a data validation [18.3.1.32]
LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*")


def breaches(parts: Parts) -> list[str]:
    """Everything that is broken, each as a sentence with its part; nothing for a workbook that Excel opens."""
    sheets = {name: etree.fromstring(part) for name, part in parts.items() if name.startswith("xl/worksheets/sheet")}
    styles = etree.fromstring(parts["xl/styles.xml"])
    found = [*_of_the_package(parts), *_of_the_book(parts), *_of_styles(styles), *_of_tables(parts)]
    for name, sheet in sheets.items():
        rules = (_elements, _columns, _rows, _validations, _links, _breaks, _views, _merges)
        found += [f"{name}: {told}" for rule in rules for told in rule(sheet)]
        found += [f"{name}: {told}" for told in (*_formats(sheet, styles), *_references(name, sheet, parts))]
    return [*found, *_of_drawings(parts)]


def _of_the_package(parts: Parts) -> Iterator[str]:
    types = etree.fromstring(parts["[Content_Types].xml"])
    plain = "application/xml"  # says nothing of what a part is
    told = [each for each in types.iter(f"{TYPES}Default") if each.get("ContentType") != plain]
    defaults = {each.get("Extension", "").lower() for each in told}
    named = [each.get("PartName", "") for each in types.iter(f"{TYPES}Override")]
    yield from (f"content type given twice: {name}" for name in _twice(map(str.lower, named)))
    yield from (f"content type of a part that is not there: {name}" for name in named if name.lstrip("/") not in parts)
    for name in parts.keys() - {"[Content_Types].xml"}:
        if f"/{name}" not in named and name.rpartition(".")[2].lower() not in defaults:
            yield f"{name} has no content type"
    yield from (f"parts that differ in case alone: {name}" for name in _twice(map(str.lower, parts)))
    for name, part in parts.items():
        root = etree.fromstring(part)
        if name.endswith(".rels"):
            yield from (f"{name}: relation {number} twice" for number in _twice(each.get("Id") for each in root))
        ignored = root.get(f"{COMPATIBILITY}Ignorable", "").split()
        yield from (f"{name}: prefix {prefix} is not declared" for prefix in ignored if prefix not in root.nsmap)


def _of_the_book(parts: Parts) -> Iterator[str]:
    book = etree.fromstring(parts["xl/workbook.xml"])
    sheets = list(book.iter(f"{MAIN}sheet"))
    yield from (f"sheetId {number} twice" for number in _twice(each.get("sheetId") for each in sheets))
    known = _relations("xl/workbook.xml", parts)
    yield from (f"sheet {each.get('name')} has no part" for each in sheets if each.get(f"{R}id") not in known)
    properties = book.find(f"{MAIN}workbookPr")
    if properties is not None and properties.get("date1904") in {"1", "true"}:
        yield "dates count from 1904"
    for view in book.iter(f"{MAIN}workbookView"):
        if int(view.get("activeTab", 0)) >= len(sheets):
            yield "the active sheet is not there"
    if not any(each.get("state", "visible") == "visible" for each in sheets):
        yield "no sheet can be seen"
    names = list(book.iter(f"{MAIN}definedName"))
    keys = [(each.get("name", "").casefold(), each.get("localSheetId")) for each in names]
    yield from (f"name {key} twice" for key in _twice(keys))
    tables = {table.get("displayName", "").casefold() for _, table in _tables(parts)}
    yield from (f"a table and a name are called {key}" for key, _ in keys if key in tables)
    titles = [each.get("name", "") for each in sheets]
    yield from (told for each in names for told in _of_a_name(each, titles))


def _of_a_name(name: Any, titles: list[str]) -> Iterator[str]:
    local = name.get("localSheetId")
    if local is not None and int(local) >= len(titles):
        yield f"name {name.get('name')} is of a sheet that is not there"
        return
    for part in re.split(r",(?=')", name.text or ""):
        reference = re.fullmatch(
            r"'((?:[^']|'')+)'!(\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?|\$\d+:\$\d+|\$[A-Z]+:\$[A-Z]+)", part
        )
        if reference is None:
            yield f"name {name.get('name')} is no reference: {part}"
        elif reference[1].replace("''", "'") != (titles[int(local)] if local is not None else reference[1]):
            yield f"name {name.get('name')} leads to another sheet: {part}"


def _of_styles(styles: Any) -> Iterator[str]:
    sizes = {name: 0 if (found := styles.find(f"{MAIN}{name}")) is None else len(found) for name in COUNTED}
    for name in COUNTED:
        told = styles.find(f"{MAIN}{name}")
        if told is not None and told.get("count") not in (None, str(len(told))):
            yield f"styles: {name} are {len(told)}, and said to be {told.get('count')}"
    if sizes["cellXfs"] > MOST_STYLES:
        yield f"styles: {sizes['cellXfs']} cell formats"
    if sizes["fills"] < 2:
        yield "styles: the two fills that Excel keeps for itself are not there"
    for kind in ("cellXfs", "cellStyleXfs"):
        for number, style in enumerate(styles.find(f"{MAIN}{kind}")):
            parents = {"font": "fonts", "fill": "fills", "border": "borders", "xf": "cellStyleXfs"}
            wrong = [name for name, of in parents.items() if int(style.get(f"{name}Id", 0)) >= sizes[of]]
            yield from (f"styles: {kind} {number} names a {name} that is not there" for name in wrong)
    named = [style.get("name", "").casefold() for style in styles.iter(f"{MAIN}cellStyle")]
    yield from (f"styles: {name} twice" for name in _twice(named))


def _of_tables(parts: Parts) -> Iterator[str]:
    for name, table in _tables(parts):
        columns = table.find(f"{MAIN}tableColumns")
        yield from (f"{name}: column id {number} twice" for number in _twice(each.get("id") for each in columns))
        if int(columns.get("count", len(columns))) != len(columns):
            yield f"{name}: not as many columns as said"
        for key in ("name", "displayName"):
            told = table.get(key, "")
            if not re.fullmatch(r"[^\W\d][\w.]{0,254}", told) or LIKE_A_CELL.fullmatch(told):
                yield f"{name}: {told} is no name for a table"
        longest = max(len(each.get("name", "")) for each in columns)
        if longest > 255:
            yield f"{name}: a heading of {longest} letters"
    for sheet in (name for name in parts if name.startswith("xl/worksheets/sheet")):
        owned = [target for target in _relations(sheet, parts).values() if target.startswith("xl/tables/")]
        areas = [etree.fromstring(parts[target]).get("ref", "") for target in owned if target in parts]
        yield from (f"{sheet}: tables {one} and {other} overlap" for one, other in _overlapping(areas))


def _elements(sheet: Any) -> Iterator[str]:
    names = [etree.QName(element).localname for element in sheet]
    yield from (f"{name} is no element of a sheet" for name in names if name not in ORDER)
    places = [ORDER.index(name) for name in names if name in ORDER]
    if places != sorted(places):
        yield f"elements out of order: {' '.join(names)}"
    yield from (f"{name} twice" for name in _twice(names) if name != "conditionalFormatting")
    for name in ("dataValidations", "tableParts", "mergeCells"):
        for element in sheet.iter(f"{MAIN}{name}"):
            if int(element.get("count", len(element))) != len(element) or not len(element):
                yield f"{name}: not as many as said, or none"


def _columns(sheet: Any) -> Iterator[str]:
    spans = [(int(each.get("min")), int(each.get("max"))) for each in sheet.iter(f"{MAIN}col")]
    for first, last in spans:
        if not 1 <= first <= last <= MOST_COLUMNS:
            yield f"columns {first} to {last}"
    yield from (f"columns {one} and {other} overlap" for one, other in pairwise(sorted(spans)) if one[1] >= other[0])
    for each in sheet.iter(f"{MAIN}col"):
        if not 0 <= float(each.get("width", 0)) <= 255:
            yield f"a column {each.get('width')} wide"


def _rows(sheet: Any) -> Iterator[str]:
    for row in sheet.iter(f"{MAIN}row"):
        number = int(row.get("r"))
        places = [range_boundaries(cell.get("r")) for cell in row]
        if number > MOST_ROWS or any(place[1] != number for place in places):
            yield f"row {number} has cells of another, or is beyond the last"
        columns = [place[0] for place in places]
        if columns != sorted(set(columns)) or (columns and columns[-1] > MOST_COLUMNS):
            yield f"row {number}: cells out of order"
    if sheet.find(f".//{MAIN}f") is not None:
        yield "a formula in a cell"


def _validations(sheet: Any) -> Iterator[str]:
    for rule in sheet.iter(f"{MAIN}dataValidation"):
        yield from (f"{name} too long" for name, most in LONGEST.items() if len(rule.get(name, "")) > most)
        for formula in ("formula1", "formula2"):
            if len(rule.findtext(f"{MAIN}{formula}", "").strip('"')) > 255:
                yield f"{formula} of a validation too long"
        if not rule.get("sqref"):
            yield "a validation of no cell"


def _links(sheet: Any) -> Iterator[str]:
    links = list(sheet.iter(f"{MAIN}hyperlink"))
    if len(links) > MOST_LINKS:
        yield f"{len(links)} links"
    yield from (f"two links in {cell}" for cell in _twice(each.get("ref") for each in links))
    for each in links:
        if (
            len(each.get("location", "")) > 255
            or len(each.get("tooltip", "")) > 255
            or len(each.get("display", "")) > 255
        ):
            yield f"a link too long in {each.get('ref')}"


def _breaks(sheet: Any) -> Iterator[str]:
    for name in ("rowBreaks", "colBreaks"):
        for breaks in sheet.iter(f"{MAIN}{name}"):
            if {int(breaks.get(key, len(breaks))) for key in ("count", "manualBreakCount")} != {len(breaks)}:
                yield f"{name}: not as many as said"
            yield from (f"{name}: {number} twice" for number in _twice(each.get("id") for each in breaks))
    for text in sheet.iterfind(f"{MAIN}headerFooter/*"):
        if len(text.text or "") > 255:
            yield "a header or footer of more than 255 letters"


def _views(sheet: Any) -> Iterator[str]:
    for pane in sheet.iter(f"{MAIN}pane"):
        split = [int(float(pane.get(key, 0))) for key in ("xSplit", "ySplit")]
        left, top, *_ = range_boundaries(pane.get("topLeftCell", "A1"))
        if pane.get("state") == "frozen" and not (any(split) and left > split[0] and top > split[1]):
            yield "a frozen pane that shows what is frozen"


def _merges(sheet: Any) -> Iterator[str]:
    areas = [each.get("ref", "") for each in sheet.iter(f"{MAIN}mergeCell")]
    yield from (f"merged {one} and {other} overlap" for one, other in _overlapping(areas))


def _formats(sheet: Any, styles: Any) -> Iterator[str]:
    dxfs = styles.find(f"{MAIN}dxfs")
    rules = list(sheet.iter(f"{MAIN}cfRule"))
    for rule in rules:
        if rule.get("dxfId") is not None and int(rule.get("dxfId")) >= (0 if dxfs is None else len(dxfs)):
            yield f"a conditional format {rule.get('dxfId')} that is not there"
        if int(rule.get("priority", 0)) < 1:
            yield "a conditional format without priority"
    yield from (f"priority {number} twice" for number in _twice(rule.get("priority") for rule in rules))
    most = len(styles.find(f"{MAIN}cellXfs"))
    for element in (*sheet.iter(f"{MAIN}col"), *sheet.iter(f"{MAIN}row")):
        if int(element.get("style", element.get("s", 0))) >= most:
            yield f"{etree.QName(element).localname} with a style that is not there"


def _references(name: str, sheet: Any, parts: Parts) -> Iterator[str]:
    known = _relations(name, parts)
    for element in sheet.iter(f"{MAIN}drawing", f"{MAIN}tablePart", f"{MAIN}legacyDrawing", f"{MAIN}hyperlink"):
        number = element.get(f"{R}id")
        if number is not None and known.get(number) not in parts:
            yield f"{etree.QName(element).localname} {number} leads nowhere"
    used = {element.get(f"{R}id") for element in sheet.iter() if element.get(f"{R}id")}
    yield from (f"relation {number} is not used" for number in known if number not in used)


def _of_drawings(parts: Parts) -> Iterator[str]:
    titles = {each.get("name") for each in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet")}
    for name in (name for name in parts if name.startswith("xl/drawings/drawing")):
        drawing, known = etree.fromstring(parts[name]), _relations(name, parts)
        yield from (f"{name}: shape {number} twice" for number in _twice(_shapes(drawing)))
        for chart in drawing.iter(f"{CHART}chart"):
            if known.get(chart.get(f"{R}id")) not in parts:
                yield f"{name}: a chart that is not there"
    for name in (name for name in parts if name.startswith("xl/charts/chart")):
        chart = etree.fromstring(parts[name])
        for kind in ("idx", "order"):
            numbers = [each.get("val") for each in chart.iterfind(f".//{CHART}ser/{CHART}{kind}")]
            yield from (f"{name}: {kind} {number} twice" for number in _twice(numbers))
        for formula in chart.iter(f"{CHART}f"):
            sheet = re.fullmatch(r"'((?:[^']|'')+)'!\$?[A-Z]+\$?\d+(:\$?[A-Z]+\$?\d+)?", formula.text or "")
            if sheet is None or sheet[1].replace("''", "'") not in titles:
                yield f"{name}: {formula.text} leads nowhere"
        axes = {each.get("val") for each in chart.iterfind(f".//{CHART}plotArea/*/{CHART}axId")}
        made = {each.get("val") for each in chart.iterfind(f".//{CHART}plotArea/*[{CHART}crossAx]/{CHART}axId")}
        if axes - made:
            yield f"{name}: an axis that is not there"


def _shapes(drawing: Any) -> list[str | None]:
    return [each.get("id") for each in drawing.iter(f"{DRAWING}cNvPr")]


def _tables(parts: Parts) -> list[tuple[str, Any]]:
    return [(name, etree.fromstring(part)) for name, part in parts.items() if name.startswith("xl/tables/")]


def _relations(name: str, parts: Parts) -> dict[str, str]:
    """Relations of a part: id → part, for those that stay in the package."""
    folder, file = posixpath.split(name)
    rels = parts.get(f"{folder}/_rels/{file}.rels")
    found = {}
    for each in etree.fromstring(rels) if rels else ():
        if each.get("TargetMode") != "External":
            found[each.get("Id")] = posixpath.normpath(posixpath.join("/", folder, each.get("Target"))).lstrip("/")
    return found


def _overlapping(areas: Iterable[str]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(areas, 2):
        (left, top, right, bottom), (west, north, east, south) = range_boundaries(one), range_boundaries(other)
        if left <= east and west <= right and top <= south and north <= bottom:
            yield one, other


def _twice(values: Iterable[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]
