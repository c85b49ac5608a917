"""Sheet Enumerators: the surveys of each enumerator's sessions, for coaching and never for ranking."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.dont_know import ALARM, dont_know_z
from collector.indicators.fieldwork import FEWEST_HELD, Enumerator, enumerators
from collector.workbook import look
from collector.workbook.cells import Value, local
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("code", ""),
    ("sessions", look.WHOLE),
    ("surveys", look.WHOLE),
    ("clean", look.SHARE),
    ("minutes", look.POINTS),
    ("read_minutes", look.POINTS),
    ("dont_know", look.SHARE),
    ("z", look.CHANGE),
    ("straight", look.SHARE),
    ("pairing", look.SHARE),
    ("late", look.SHARE),
    ("last", look.MOMENT),
    ("remark", ""),
)

ERRORS = frozenset({"S1", "S2"})


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblEnumerators."""
    found = enumerators(night.sessions, night.surveys, night.linked, night.programme)
    of_session = {
        session.name: session.report.enumerator
        for session in night.sessions
        if session.is_held and session.report and session.report.enumerator
    }
    z = dont_know_z(night.linked, of_session, {session.name: session.audience or "" for session in night.sessions})
    clean = _clean(night, of_session)
    rows = [_row(one, clean.get(one.code), z.get(one.code), night, words) for one in found]
    data_sheet(sheet, night, words, "enumerators", columns(night, words), rows, notes=[words("enumerators.note")])


def _clean(night: Night, of_session: Mapping[str, str]) -> dict[str, float]:
    """Share of each enumerator's surveys without an open error; submissions set aside name no enumerator."""
    wrong = {record for issue in night.issues if issue.severity in ERRORS for record in issue.records}
    told: dict[str, Counter[bool]] = defaultdict(Counter)
    for survey in night.surveys:
        if code := of_session.get(survey.session or ""):
            told[code][survey.root_uuid not in wrong] += 1
    return {code: each[True] / each.total() for code, each in told.items()}


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(
            words,
            f"enumerators.{name}",
            form,
            script="code" if name == "code" else "",
            is_bold=name == "code",
            zone=night.programme.time_zone,
        )
        for name, form in COLUMNS
    ]


def _row(found: Enumerator, clean: float | None, z: float | None, night: Night, words: Words) -> list[Value]:
    is_few = found.sessions < FEWEST_HELD
    remark = words("enumerators.few", fewest=FEWEST_HELD) if is_few else ""
    if z is not None and abs(z) > ALARM:
        remark = words("enumerators.observe")
    return [
        found.code,
        found.sessions,
        found.surveys,
        None if is_few else clean,
        found.minutes,
        found.read_minutes,
        found.dont_know,
        z,
        found.straight,
        found.pairing,
        found.late,
        local(found.last, night.programme.time_zone) if found.last else None,
        remark,
    ]
