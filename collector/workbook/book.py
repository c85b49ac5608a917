"""A night → one Excel file: the same values give the same bytes; whole or not at all. [door: openpyxl]

Called by jobs/export.py. openpyxl stamps the clock into the file and knows no alternative text for charts: both are set
right when its parts are packed again.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import etree
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from collector.errors import FolderNotWritable
from collector.workbook import links, script
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


def book_bytes(night: Night, *, language: str = "en", digits: Digits = "western") -> bytes:
    """The workbook as the bytes of an .xlsx file. language: one of texts.LANGUAGES; digits: of Arabic and Sorani."""
    book = Workbook()
    book.remove(book.worksheets[0])
    words = Words(language, digits)
    night = replace(night, programme=in_language(night.programme, words))
    labels = Labels(night.programme, night.versions, language)
    for name, write in SHEETS:
        if night.is_shared and name not in SHARED_SHEETS:
            continue
        sheet = book.create_sheet(words.sheet(name))
        sheet.sheet_view.rightToLeft = words.is_rtl
        write(sheet, night, labels, words)
    links.add_links(book)
    stamp = night.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = "collector"
    book.properties.title = night.programme.title
    book.properties.created = stamp
    packed = io.BytesIO()
    book.save(packed)
    sheets: Sequence[Any] = book.worksheets
    alternatives = [chart.alternative for sheet in sheets for chart in sheet._charts]
    return _packed_again(packed, stamp, alternatives, words)


def put_in_place(content: bytes, path: Path) -> None:
    """Write bytes to a name beside `path` and rename: a reader sees the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        _forget(beside)
        raise FolderNotWritable(f"{path} cannot be written: {_reason(error)}") from None


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there; its parent must be, so that a share that is not connected is noticed."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(f"{folder} cannot be made: {_reason(error)}") from None


def check_folder(folder: Path) -> None:
    """Try whether a workbook could be written to a folder; raises FolderNotWritable."""
    make_folder(folder)
    probe = folder / ".collector-probe"
    put_in_place(b"", probe)
    _forget(probe)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "the folder is missing; make it, or connect the share, and export again."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space and export again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY):
        return "the folder is read-only, or the workbook is open in Excel; close it or allow writing, and export again."
    return f"{os.strerror(error.errno or 0)}; export again when the folder can be written."


def _forget(beside: Path) -> None:
    try:
        beside.unlink(missing_ok=True)
    except OSError:
        return  # a folder that refuses the file may refuse to remove it too; the next night overwrites it


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
