"""Rows → the XML of a sheet, a chunk at a time: memory does not grow with the rows. Called by book.py.

The look comes from a finished workbook without the rows; only what stands between its last row and the end of the
sheet's data is written here, column by column, since most cells of a column are of one kind. Cells are as cells.py
makes them: text is text whatever it starts with, nothing is cut silently. Source: ECMA-376 part 1, 18.3.1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import chain, islice, repeat
from math import isfinite
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.utils.datetime import to_excel

from collector.errors import ExportError
from collector.workbook import look
from collector.workbook.aside import Stream, StreamColumn
from collector.workbook.cells import STARTS_A_FORMULA, Value, as_text

CHUNK = 500
REMEMBERED, LONGEST_REMEMBERED = 5_000, 60
END_OF_DATA = b"</sheetData>"
ZIP64_CELLS = 20_000_000
"""Cells from which a sheet's XML may pass two gigabytes, where the zip format needs its larger fields."""

NOTHING, TEXTS = {type(None)}, {str, type(None)}
NUMBERS = {int, float, type(None)}


def write_with_rows(skeleton: bytes, streams: Mapping[str, Stream], file: IO[bytes]) -> None:
    """Write a workbook to a file, with the rows of its streamed sheets; the same rows give the same bytes.

    skeleton: the workbook without them. streams: by the name of the sheet's part, "xl/worksheets/sheet1.xml".
    Raises ExportError when a stream gives another number of rows than it promised.
    """
    with ZipFile(io.BytesIO(skeleton)) as source, ZipFile(file, "w", ZIP_DEFLATED) as target:
        for part in source.infolist():
            entry = ZipInfo(part.filename, part.date_time)
            entry.compress_type = ZIP_DEFLATED
            if part.filename not in streams:
                target.writestr(entry, source.read(part))
                continue
            stream = streams[part.filename]
            is_large = stream.count * len(stream.columns) > ZIP64_CELLS
            before, after = _halves(source.read(part), stream)
            with target.open(entry, "w", force_zip64=is_large) as sheet:
                for piece in chain([before], rows_xml(stream), [after]):
                    sheet.write(piece)


def rows_xml(stream: Stream) -> Iterator[bytes]:
    """The rows as pieces of XML, each a chunk of <row> elements."""
    writers = [_Column(column) for column in stream.columns]
    rows, number = iter(stream.rows), stream.top
    while chunk := list(islice(rows, CHUNK)):
        numbers = list(map(str, range(number, number + len(chunk))))
        number += len(chunk)
        columns = list(zip(*chunk, strict=True))
        heights: dict[int, int] = {}
        cells = [writer.cells(values, numbers, heights) for writer, values in zip(writers, columns, strict=True)]
        opening = _opening(numbers, heights)
        yield "".join(chain.from_iterable(zip(opening, *cells, repeat("</row>"), strict=False))).encode()
    if number - stream.top != stream.count:
        raise ExportError(
            f"sheet '{stream.sheet}': {stream.count:,} rows were announced and {number - stream.top:,} came: the "
            "database changed meanwhile; export again."
        )


def _halves(sheet: bytes, stream: Stream) -> tuple[bytes, bytes]:
    """A sheet's XML up to the end of its rows, and from there on; its extent with the rows that are to come."""
    before, end, after = sheet.partition(END_OF_DATA)
    extent = f'<dimension ref="A1:{stream.columns[-1].letter}{stream.top + stream.count - 1}"'.encode()
    return re.sub(rb'<dimension ref="[^"]*"', extent, before, count=1), end + after


def _opening(numbers: Sequence[str], heights: Mapping[int, int]) -> list[str]:
    tags = [f'<row r="{number}">' for number in numbers]
    for place, lines in heights.items():
        if lines > 1:
            tags[place] = f'<row r="{numbers[place]}" ht="{look.height(lines)}" customHeight="1">'
    return tags


class _Column:
    """Writes the cells of one column; remembers the XML of short texts and of days, which come again and again."""

    def __init__(self, column: StreamColumn) -> None:
        self.column = column
        self.letter, self.styled = column.letter, f' s="{column.style}"'
        self.empty = f"{self.styled}/>"
        self.texts = _Remembered(self._text, self.empty)
        self.days = _Remembered(lambda day: self._number(_serial(day)), self.empty)
        self.fit = look.letters(column.width, bold=column.is_bold)
        self.has_breaks = False

    def cells(self, values: Sequence[Value], numbers: Sequence[str], heights: dict[int, int]) -> list[str]:
        """One <c> for each value; heights: of rows by their place in the chunk, raised where text wraps."""
        start, kinds = f'<c r="{self.letter}', set(map(type, values))
        if kinds <= TEXTS and kinds != NOTHING:
            texts: Any = self.texts
            made = [f'{start}{number}"{texts[value]}' for number, value in zip(numbers, values, strict=True)]
            self._raise_heights(values, heights)
            return made
        if kinds <= NUMBERS and _are_finite(values, kinds):
            styled, empty = f'"{self.styled}><v>', f'"{self.empty}'
            return [
                f"{start}{number}{empty}" if value is None else f"{start}{number}{styled}{value}</v></c>"
                for number, value in zip(numbers, values, strict=True)
            ]
        if kinds == {date} or kinds == {date, type(None)}:
            days: Any = self.days
            return [f'{start}{number}"{days[value]}' for number, value in zip(numbers, values, strict=True)]
        self._raise_heights([value if isinstance(value, str) else None for value in values], heights)
        return [f'{start}{number}"{self._any(value)}' for number, value in zip(numbers, values, strict=True)]

    def _any(self, value: Value) -> str:
        """A cell by itself, in a column of several kinds."""
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return self.empty
        if isinstance(value, str):
            return self.texts[value]
        if isinstance(value, bool):
            return f'{self.styled} t="b"><v>{value:d}</v></c>'
        return self._number(_serial(value) if isinstance(value, date | datetime | time) else value)

    def _number(self, value: float) -> str:
        return f"{self.styled}><v>{value}</v></c>"

    def _text(self, value: str) -> str:
        text = as_text(value)
        self.has_breaks = self.has_breaks or "\n" in text
        style = self.column.quoted if value.startswith(STARTS_A_FORMULA) else self.column.style
        space = ' xml:space="preserve"' if text != text.strip() else ""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f' s="{style}" t="inlineStr"><is><t{space}>{escaped}</t></is></c>'

    def _raise_heights(self, values: Sequence[Any], heights: dict[int, int]) -> None:
        longest = max(map(len, filter(None, values)), default=0)
        if longest <= self.fit and not self.has_breaks:
            return
        for place, value in enumerate(values):
            if value and (len(value) > self.fit or "\n" in value):
                lines = look.lines(value, self.column.width, bold=self.column.is_bold)
                heights[place] = max(heights.get(place, 1), lines)


class _Remembered(dict[Any, str]):
    """Values → XML, kept for values seen before, so many and so short that memory stays small."""

    def __init__(self, make: Callable[[Any], str], empty: str) -> None:
        super().__init__({None: empty, "": empty})
        self.make = make

    def __missing__(self, value: Any) -> str:
        made = self.make(value)
        if len(self) < REMEMBERED and len(str(value)) <= LONGEST_REMEMBERED:
            self[value] = made
        return made


def _serial(moment: date | datetime | time) -> float:
    """Days since the beginning of 1900, as Excel counts them."""
    to_serial: Callable[[Any], float] = to_excel
    serial = to_serial(moment)
    return int(serial) if serial == int(serial) else serial


def _are_finite(values: Iterable[Any], kinds: set[type]) -> bool:
    return float not in kinds or all(map(isfinite, (value for value in values if value is not None)))
