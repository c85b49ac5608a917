"""What changes in a workbook's parts when it is read from the right, and when its numbers show Eastern digits.

Used by book.py when the parts are packed: the sheets write one look, "left" being where a line begins.
Source of the number formats: [$-xxyylll] of ECMA-376 part 1, 18.8.31, as Excel writes it: xx the shape of the digits
(02: ٠١٢٣), yy the calendar (01: Gregorian; left out, 06 would be the Hijri one), llll the language.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from lxml import etree

from collector.workbook import look
from collector.workbook.texts import EASTERN

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
NUMBERS, DAYS = "[$-2000401]", "[$-2010401]"
GENERAL, TEXT = "0", "49"
FIRST_OWN_FORMAT = 164
BUILT_IN = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%", "14": "yyyy-mm-dd"}
OTHER_SIDE = {"left": "right", "right": "left"}
FROM_RIGHT = "2"
ARABIC = re.compile("[\u0620-\u06d5]")  # in a number format: words beside the number
QUOTED = re.compile(r'("[^"]*")')


def mirrored(styles: bytes) -> bytes:
    """styles.xml for sheets that run from the right: sides change, texts read from the right, fonts have the letters.

    A style that says its own reading order (code, or text of one language) has chosen its side and keeps it.
    """
    root = etree.fromstring(styles)
    for font in root.iter(f"{MAIN}font"):
        for name in font.iter(f"{MAIN}name"):
            name.set("val", look.ARABIC)
        for scheme in font.findall(f"{MAIN}scheme"):
            font.remove(scheme)
    for each in root.iter(f"{MAIN}numFmt"):
        code = each.get("formatCode", "")
        each.set("formatCode", code.replace("yyyy-mm", "yyyy/mm").replace("mm-dd", "mm/dd"))  # as the texts have days
    worded = {each.get("numFmtId") for each in root.iter(f"{MAIN}numFmt") if ARABIC.search(each.get("formatCode", ""))}
    for style in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf"):
        _mirror(style, {GENERAL, TEXT, *worded})
    return _as_part(root)


def with_eastern_digits(styles: bytes) -> bytes:
    """styles.xml whose number formats show ٠١٢٣; the cells stay numbers and dates."""
    root = etree.fromstring(styles)
    formats = root.find(f"{MAIN}numFmts")
    if formats is None:
        formats = etree.Element(f"{MAIN}numFmts")
        root.insert(0, formats)
    own = {each.get("numFmtId", ""): each for each in formats}
    used = {style.get("numFmtId", "") for style in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf")}
    following = max([FIRST_OWN_FORMAT - 1, *map(int, own)]) + 1
    renamed = {}
    for number, code in BUILT_IN.items():
        if number in used:
            renamed[number] = str(following)
            etree.SubElement(formats, f"{MAIN}numFmt", numFmtId=renamed[number], formatCode=code)
            following += 1
    for each in formats:
        each.set("formatCode", eastern(each.get("formatCode", "")))
    for style in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf"):
        number = style.get("numFmtId", "")
        style.set("numFmtId", renamed.get(number, number))
    formats.set("count", str(len(formats)))
    return _as_part(root)


def chart_with_eastern_digits(chart: bytes) -> bytes:
    """A chart whose axes and labels show ٠١٢٣."""
    root = etree.fromstring(chart)
    for each in root.iter(f"{CHART}numFmt"):
        each.set("formatCode", eastern(each.get("formatCode", "")))
    return _as_part(root)


def eastern(code: str) -> str:
    """A number format in Eastern digits; days with strokes, because dashes would turn the order of year and day.

    >>> eastern("+0.0;-0.0;0.0")
    '[$-2000401]+0.0;[$-2000401]-0.0;[$-2000401]0.0'
    >>> eastern("yyyy-mm-dd")
    '[$-2010401]yyyy/mm/dd'
    """
    return ";".join(_section(section) for section in code.split(";"))


def _section(section: str) -> str:
    parts = QUOTED.split(section)
    shown = "".join(part.translate(EASTERN) if place % 2 else part for place, part in enumerate(parts))
    if "yy" in section:
        return DAYS + shown.replace("-", "/")
    condition, closing, rest = shown.partition("]") if shown.startswith("[") else ("", "", shown)
    return f"{condition}{closing}{NUMBERS}{rest}" if re.search("[0#]", QUOTED.sub("", rest)) else shown


def _mirror(style: Any, of_words: Collection[str | None]) -> None:
    alignment = style.find(f"{MAIN}alignment")
    if alignment is None:
        alignment = etree.Element(f"{MAIN}alignment")
        style.insert(0, alignment)
        style.set("applyAlignment", "1")
    if alignment.get("readingOrder", "0") != "0":
        return
    side = alignment.get("horizontal", "")
    if side in OTHER_SIDE:
        alignment.set("horizontal", OTHER_SIDE[side])
    if style.get("numFmtId", GENERAL) in of_words:
        alignment.set("readingOrder", FROM_RIGHT)


def _as_part(root: Any) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
