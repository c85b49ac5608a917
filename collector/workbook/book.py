"""A night → the bytes of one Excel file: the same values give the same bytes. [door: openpyxl]

Called by jobs/export.py, which puts them in place. openpyxl stamps the clock into the file and knows no alternative
text for charts: both are set right when its parts are packed again.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import etree
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from collector.workbook import links, look, script
from collector.workbook.aside import MOST_HERE, DataBook, MainBook, Stream
from collector.workbook.cells import put
from collector.workbook.labels import Labels, in_language
from collector.workbook.night import SHARED_SHEETS, Night
from collector.workbook.sheets import (
    changes,
    cleaning_log,
    coverage,
    dictionary,
    enumerators,
    feedback,
    indicators,
    items,
    knowledge,
    pairing,
    quarantine,
    reach,
    readme,
    register,
    sessions,
    summary,
    todo,
)
from collector.workbook.stream import write_with_rows
from collector.workbook.texts import Digits, Words

SHEETS: Sequence[tuple[str, Callable[[Worksheet, Night, Labels, Words], None]]] = (
    ("ReadMe", readme.write),
    ("Summary", summary.write),
    ("ToDo", todo.write),
    ("Changes", changes.write),
    ("Indicators", indicators.write),
    ("Reach", reach.write),
    ("Coverage", coverage.write),
    ("Knowledge", knowledge.write),
    ("Items", items.write),
    ("Pairing", pairing.write),
    ("Feedback", feedback.write),
    ("Enumerators", enumerators.write),
    ("Sessions", sessions.write),
    ("Register", register.write),
    ("Quarantine", quarantine.write),
    ("CleaningLog", cleaning_log.write),
    ("Dictionary", dictionary.write),
)
PACKED_AT = (1980, 1, 1, 0, 0, 0)
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
TERMS = "{http://purl.org/dc/terms/}"


@dataclass(frozen=True, slots=True)
class Made:
    """A workbook. aside: the sheets whose rows are too many for it, for write_data_book.

    skeleton: the file without the rows of its long tables; streams: those, by the name of the sheet's part.
    """

    skeleton: bytes
    aside: tuple[str, ...]
    streams: Mapping[str, Stream]

    def write(self, file: IO[bytes]) -> None:
        """Write it to a file; memory stays as it is."""
        if self.streams:
            write_with_rows(self.skeleton, self.streams, file)
        else:
            file.write(self.skeleton)

    @property
    def content(self) -> bytes:
        """The whole file."""
        file = io.BytesIO()
        self.write(file)
        return file.getvalue()


def book_bytes(night: Night, *, language: str = "en", digits: Digits = "western") -> bytes:
    """The workbook as the bytes of an .xlsx file. language: one of texts.LANGUAGES; digits: of Arabic and Sorani."""
    return make_book(night, language=language, digits=digits).content


def make_book(
    night: Night,
    *,
    language: str = "en",
    digits: Digits = "western",
    data_name: str = "the data workbook",
    most_here: int = MOST_HERE,
) -> Made:
    """The workbook, but for the rows of tables with more than `most_here`; data_name: the file that takes those.

    The rows of long tables are made when it is written.
    """
    words = Words(language, digits)
    night = night.changed(programme=in_language(night.programme, words))
    labels = Labels(night.programme, night.versions, language)
    book = MainBook(lambda rows: words("aside.rows", rows=rows, file=data_name), most_here)
    for name in (name for name, _ in SHEETS if name in SHARED_SHEETS or not night.is_shared):
        _add_sheet(book, name, words.sheet(name), night, labels, words)
    links.add_links(book, words)
    aside = tuple(name for name, _ in SHEETS if words.sheet(name) in book.aside)
    return Made(saved(book, night.programme.title, night.made_at, words), aside, book.streams_of_parts)


def write_data_book(
    night: Night,
    aside: Sequence[str],
    file: IO[bytes],
    *,
    main_name: str,
    language: str = "en",
    digits: Digits = "western",
) -> None:
    """Write the workbook of the rows that were set aside, with the same look, to a file; memory stays as it is.

    aside: as make_book gave it. main_name: the file that the rows belong to.
    """
    words, book = Words(language, digits), DataBook()
    night = night.changed(programme=in_language(night.programme, words))
    labels = Labels(night.programme, night.versions, language)
    for name in aside:
        book.part, book.has_more = 0, True
        while book.has_more:
            title = words.sheet(name)
            sheet = _add_sheet(book, name, f"{title}{book.part + 1}" if book.part else title, night, labels, words)
            _point_to(sheet, words("aside.of", file=main_name))
            book.part += 1
    write_with_rows(saved(book, night.programme.title, night.made_at, words), book.streams_of_parts, file)


def _add_sheet(book: Workbook, name: str, title: str, night: Night, labels: Labels, words: Words) -> Worksheet:
    sheet: Worksheet = book.create_sheet(title)
    sheet.sheet_view.rightToLeft = words.is_rtl
    dict(SHEETS)[name](sheet, night, labels, words)
    return sheet


def _point_to(sheet: Worksheet, text: str) -> None:
    """In place of the way back to the contents, which are in the other file, its name."""
    cells: Iterator[Any] = (cell for row in sheet.iter_rows() for cell in row)
    for cell in (cell for cell in cells if cell.hyperlink):
        cell.hyperlink = None
        put(sheet, cell.row, cell.column, text).font = look.font(9, color=look.GREY)


def saved(book: Workbook, title: str, made_at: datetime, words: Words) -> bytes:
    """A workbook as bytes, with a fixed clock: made_at."""
    stamp = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = look.CREATOR
    book.properties.title = title
    book.properties.created = stamp
    packed = io.BytesIO()
    book.save(packed)
    sheets: Sequence[Any] = book.worksheets
    alternatives = [chart.alternative for sheet in sheets for chart in sheet._charts]
    return _packed_again(packed, stamp, alternatives, words)


def _packed_again(packed: io.BytesIO, stamp: datetime, alternatives: Sequence[str], words: Words) -> bytes:
    """The same parts with a fixed clock, and with the charts' alternative texts, given in the order of the sheets."""
    again = io.BytesIO()
    texts = iter(alternatives)
    with ZipFile(packed) as source, ZipFile(again, "w", ZIP_DEFLATED) as target:
        drawings = sorted((name for name in source.namelist() if name.startswith("xl/drawings/drawing")), key=_number)
        described = {name: _described(source.read(name), texts) for name in drawings}
        for part in source.infolist():
            content = described.get(part.filename) or source.read(part)
            if part.filename == "docProps/core.xml":
                content = _stamped(content, stamp)
            elif part.filename.startswith("xl/charts/"):
                content = _with_own_formats(content)
                content = script.chart_with_eastern_digits(content) if words.has_eastern_digits else content
            elif part.filename == "xl/styles.xml":
                content = script.mirrored(content) if words.is_rtl else content
                content = script.with_eastern_digits(content) if words.has_eastern_digits else content
            entry = ZipInfo(part.filename, PACKED_AT)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, content)
    return again.getvalue()


def _number(drawing: str) -> int:
    return int("".join(filter(str.isdigit, drawing.rsplit("/", 1)[-1])))


def _described(drawing: bytes, texts: Iterator[str]) -> bytes:
    root = etree.fromstring(drawing)
    for properties in root.iter(f"{DRAWING}cNvPr"):
        properties.set("descr", next(texts))
    return _as_part(root)


def _with_own_formats(chart: bytes) -> bytes:
    """Number formats of a chart as given, not those of its cells: openpyxl leaves the word for it out on labels."""
    root = etree.fromstring(chart)
    for element in root.iter(f"{CHART}numFmt"):
        element.set("sourceLinked", "0")
    return _as_part(root)


def _stamped(core: bytes, stamp: datetime) -> bytes:
    root = etree.fromstring(core)
    for element in root.iter(f"{TERMS}modified"):
        element.text = f"{stamp.isoformat()}Z"
    return _as_part(root)


def _as_part(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
