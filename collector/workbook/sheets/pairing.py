"""Sheet Pairing: which surveys found their partner, session by session, and whether those without one differ."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.fieldwork import Paired, pairing_by_session
from collector.workbook import look
from collector.workbook.aside import Row, Rows
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("session", ""),
    ("consenting", look.WHOLE),
    ("before", look.WHOLE),
    ("after", look.WHOLE),
    ("pairs", look.WHOLE),
    ("exact", look.WHOLE),
    ("differing", look.WHOLE),
    ("before_only", look.WHOLE),
    ("after_only", look.WHOLE),
    ("wrong_order", look.WHOLE),
    ("paired_score", look.POINTS),
    ("unpaired_score", look.POINTS),
    ("difference", look.CHANGE),
)


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblPairing."""
    codes = night.programme.codes
    held = sum(session.is_held for session in night.sessions)

    def read() -> Iterator[Row]:
        return (_row(one, words) for one in pairing_by_session(night.sessions, night.surveys, night.linked, codes))

    data_sheet(sheet, night, words, "pairing", columns(night, words), Rows(held, read), notes=[words("pairing.note")])


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"pairing.{name}", form, script="code" if name == "session" else "", is_bold=name == "session")
        for name, form in COLUMNS
    ]


def _row(found: Paired, words: Words) -> list[Value]:
    scores = found.paired_score, found.unpaired_score
    return [
        found.session or words("sessions.unnamed"),
        found.consenting,
        found.before,
        found.after,
        found.pairs,
        found.exact,
        found.pairs - found.exact,
        found.before_only,
        found.after_only,
        found.wrong_order,
        *scores,
        scores[0] - scores[1] if scores[0] is not None and scores[1] is not None else None,
    ]
