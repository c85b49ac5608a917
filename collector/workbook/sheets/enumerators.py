"""Sheet Enumerators: the surveys of each enumerator's sessions, for coaching and never for ranking."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.dont_know import ALARM, dont_know_z
from collector.indicators.fieldwork import FEWEST_HELD, Enumerator, enumerators
from collector.indicators.versions import Used, is_old, versions_used
from collector.quality.issues import ERRORS
from collector.workbook import look
from collector.workbook.cells import Value, local
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import WIDEST, Column, column
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
    ("versions", ""),
    ("remark", ""),
)

NOTE_WIDTH = 28

Forms = Counter[tuple[str, str, bool]]
"""Forms by form key, version, and whether it was an old one then."""


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblEnumerators."""
    found = enumerators(night.sessions, night.surveys, night.linked, night.programme)
    of_session = {
        session.name: session.report.enumerator
        for session in night.sessions
        if session.is_held and session.report and session.report.enumerator
    }
    z = dont_know_z(night.linked, of_session, {session.name: session.audience or "" for session in night.sessions})
    clean, forms = _told(night, of_session)
    used = {code: _versions(versions_used(own, night.deployed), labels, words) for code, own in forms.items()}
    rows = [_row(one, clean.get(one.code), z.get(one.code), used.get(one.code, ""), night, words) for one in found]
    data_sheet(sheet, night, words, "enumerators", columns(night, words), rows, notes=[words("enumerators.note")])


def _told(night: Night, of_session: Mapping[str, str]) -> tuple[dict[str, float], Mapping[str, Forms]]:
    """By enumerator, the share of their surveys without an open error, and what they filled forms with.

    Submissions set aside name no enumerator. The surveys are read once for both.
    """
    wrong = {record for issue in night.issues if issue.severity in ERRORS for record in issue.records}
    clean: dict[str, Counter[bool]] = defaultdict(Counter)
    forms: dict[str, Forms] = defaultdict(Counter)

    def used(enumerator: str, form: str, root_uuid: str, begun_at: datetime) -> None:
        newest = night.versions[form].version if form in night.versions else ""
        version = night.other_versions.get(root_uuid, newest)
        forms[enumerator][form, version, is_old(version, begun_at, night.deployed.get(form, ()))] += 1

    for session in night.sessions:
        if (report := session.report) and session.name in of_session:
            begun_at = report.finished_at or report.submitted_at
            used(of_session[session.name], night.programme.session_form[0], report.root_uuid, begun_at)
    for survey in night.surveys:
        if code := of_session.get(survey.session or ""):
            clean[code][survey.root_uuid not in wrong] += 1
        if survey.session in of_session:
            form = night.programme.survey_form(survey.wave)[0]
            used(of_session[survey.session or ""], form, survey.root_uuid, survey.started_at or survey.submitted_at)
    return {code: each[True] / each.total() for code, each in clean.items()}, forms


def _versions(used: Iterable[Used], labels: Labels, words: Words) -> str:
    """Form by form, its versions by their numbers in the Dictionary: "After the session: 3, ⚑ 2 (14 forms)"."""
    told: dict[str, list[str]] = defaultdict(list)
    for one in used:
        mark = words("enumerators.old", version=one.number, forms=one.old) if one.old else words.shaped(str(one.number))
        told[one.form].append(mark)
    return "\n".join(
        words("enumerators.of_form", form=labels.form(form), versions=", ".join(of)) for form, of in told.items()
    )


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(
            words,
            f"enumerators.{name}",
            form,
            widest=NOTE_WIDTH if name == "remark" else WIDEST,
            script="code" if name == "code" else "",
            is_bold=name == "code",
            zone=night.programme.time_zone,
        )
        for name, form in COLUMNS
    ]


def _row(found: Enumerator, clean: float | None, z: float | None, used: str, night: Night, words: Words) -> list[Value]:
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
        used,
        remark,
    ]
