"""Sheet Enumerators: the surveys of each enumerator's sessions, for coaching and never for ranking."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.fieldwork import FEWEST_HELD, Enumerator, enumerators
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("code", ""),
    ("sessions", look.WHOLE),
    ("surveys", look.WHOLE),
    ("minutes", look.POINTS),
    ("dont_know", look.SHARE),
    ("pairing", look.SHARE),
    ("late", look.SHARE),
    ("remark", ""),
)


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblEnumerators."""
    found = enumerators(night.sessions, night.surveys, night.linked, night.programme.codes)
    rows = [_row(one, words) for one in found]
    data_sheet(sheet, night, words, "enumerators", columns(night, words), rows, notes=[words("enumerators.note")])


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"enumerators.{name}", form, script="code" if name == "code" else "", is_bold=name == "code")
        for name, form in COLUMNS
    ]


def _row(found: Enumerator, words: Words) -> list[Value]:
    few = words("enumerators.few", fewest=FEWEST_HELD) if found.sessions < FEWEST_HELD else ""
    shares = found.minutes, found.dont_know, found.pairing, found.late
    return [found.code, found.sessions, found.surveys, *shares, few]
