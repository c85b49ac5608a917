"""Sheet Changes: which indicator moved since last night, from what to what, by which records; then those records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from collector.form.history import PastNight
from collector.form.programme import SurveyForm
from collector.indicators.changes import Moved, forms_of, moved
from collector.quality.decisions import EXCLUDE, UNLINK
from collector.workbook import look
from collector.workbook.cells import Value, local, style_of
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import back_to_contents, footer
from collector.workbook.sheets.indicators import format_of
from collector.workbook.table import Column, Script, column, freeze, write_table
from collector.workbook.texts import Words

TOP = 5
WIDTHS = [13, 34, 18, 16, 16, 22, 13, 18, 18, 60]
MOVING = frozenset({EXCLUDE, UNLINK})
LATE = timedelta(hours=48)
INDICATORS = (
    ("id", ""),
    ("name", ""),
    ("item_set", ""),
    ("unit", ""),
    ("before", look.POINTS),
    ("after", look.POINTS),
    ("difference", look.CHANGE),
    ("numerator", ""),
    ("denominator", ""),
    ("by", ""),
)
RECORDS = (
    ("submission", "0"),
    ("form", ""),
    ("kind", ""),
    ("session", ""),
    ("day", look.DAY),
    ("received", look.MOMENT),
    ("answers", look.WHOLE),
)
SCRIPTS: dict[str, Script] = {"id": "code", "session": "code"}


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to one submission since last night. kind: of the texts; answers: how many changed."""

    form: str
    submission_id: int
    kind: str
    session: str
    day: date | None
    at: datetime
    answers: int | None = None


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """Two tables, tblChanges and tblChangesRecords."""
    look.sheet_title(sheet, words("changes.title"), [_note(night, words)])
    back_to_contents(sheet, words, row=3)
    look.widths(sheet, WIDTHS)
    look.page(sheet, footer=footer(night, words))
    freeze(sheet, TOP, 0)
    told, told_of_records = columns(night, words)
    happened = tuple(_happened(night, night.last_night)) if night.last_night else ()
    found = moved(night.last_night.results, night.indicators) if night.last_night else ()
    empty = words("changes.empty" if night.last_night else "changes.first")
    rows = [_moved_row(one, happened, night, labels, words) for one in found]
    last = write_table(sheet, "tblChanges", told, rows, top=TOP, why_empty=empty, fits=False, has_filter=False)
    _as_their_units(sheet, found)
    if night.last_night is None:
        return
    top = last + 3
    look.section(sheet, top - 1, 1, words("changes.records"), last_column=len(RECORDS))
    records = [_record_row(one, night, labels, words) for one in happened]
    empty = words("changes.no_records")
    write_table(sheet, "tblChangesRecords", told_of_records, records, top=top, why_empty=empty, fits=False)
    _link_to_records(sheet, found, happened, night, top)


def columns(night: Night, words: Words) -> tuple[list[Column], list[Column]]:
    """Those of the indicators, and those of the records."""
    zone = night.programme.time_zone

    def made(formats: Sequence[tuple[str, str]], bold: str) -> list[Column]:
        return [
            column(words, f"changes.{name}", form, script=SCRIPTS.get(name, ""), is_bold=name == bold, zone=zone)
            for name, form in formats
        ]

    return made(INDICATORS, "id"), made(RECORDS, "submission")


def _note(night: Night, words: Words) -> str:
    if night.last_night is None:
        return words("changes.first")
    kinds = Counter(one.kind for one in _happened(night, night.last_night))
    counted = {"new": kinds["new"] + kinds["late"], "edited": kinds["edited"], "deleted": kinds["deleted"]}
    then = words("as_of", moment=local(night.last_night.made_at, night.programme.time_zone))
    other = kinds.total() - sum(counted.values())
    return words("changes.note", run=night.last_night.run, then=then, other=other, **counted)


def _happened(night: Night, last_night: PastNight) -> Iterator[Happened]:
    """New submissions, then changed ones, form by form, so that the records of a form stand together."""
    sessions, days = _sessions_of(night), {session.name: session.day for session in night.sessions}
    found = []
    for one in night.arrivals:
        session = sessions.get(one.root_uuid, "")
        day = days.get(session)
        is_late = day is not None and one.submitted_at.date() - day > LATE
        kind = "late" if is_late else "new"
        found.append(Happened(one.form, one.submission_id, kind, session, day, one.submitted_at))
    for change in night.revised:
        if change.run > last_night.run:
            session = sessions.get(change.root_uuid, "")
            of = change.form, change.submission_id, change.kind, session, days.get(session), change.at or change.seen_at
            found.append(Happened(*of, answers=len(change.changes)))
    order = list(night.programme.forms)
    yield from sorted(found, key=lambda one: order.index(one.form) if one.form in order else len(order))


def _sessions_of(night: Night) -> Mapping[str, str]:
    """The session of each submission that came or changed, by root_uuid."""
    asked = {one.root_uuid for one in night.arrivals} | {one.root_uuid for one in night.revised}
    reports = {session.report.root_uuid: session.name for session in night.sessions if session.report}
    return reports | {survey.root_uuid: survey.session or "" for survey in night.surveys if survey.root_uuid in asked}


def _moved_row(one: Moved, happened: Sequence[Happened], night: Night, labels: Labels, words: Words) -> list[Value]:
    scale = 100 if one.unit == "share" else 1
    then = one.then.value * scale if one.then and one.then.value is not None else None
    now = one.now.value * scale if one.now and one.now.value is not None else None
    return [
        one.id,
        words(f"indicator.{one.id}"),
        words.item_set(one.item_set),
        words(f"unit.{one.unit}"),
        then,
        now,
        now - then if now is not None and then is not None else None,
        *(_then_now(one, name, words) for name in ("numerator", "denominator")),
        _by(one, happened, night, labels, words),
    ]


def _then_now(one: Moved, name: str, words: Words) -> str:
    then, now = getattr(one.then, name, None), getattr(one.now, name, None)
    if then is None and now is None:
        return ""
    return words("changes.then_now", then=then or 0, now=now or 0)


def _by(one: Moved, happened: Sequence[Happened], night: Night, labels: Labels, words: Words) -> str:
    """The records that can have moved an indicator, counted by form and by what happened."""
    parts = []
    for form in forms_of(one.id, night.programme):
        kinds = Counter(each.kind for each in happened if each.form == form)
        counts = (words("changes.by_count", count=count, kind=words(f"kind.{kind}")) for kind, count in kinds.items())
        if kinds:
            parts.append(words("changes.by_form", form=labels.form(form), counts=", ".join(counts)))
    if decided := _decided(one, night):
        parts.append(words("changes.by_decisions", count=decided))
    return " · ".join(parts) or words("changes.by_time")


def _decided(one: Moved, night: Night) -> int:
    """Decisions since last night that take surveys or pairs out of the numbers, or let them in again."""
    since = night.last_night.run if night.last_night else 0
    is_of_surveys = any(
        isinstance(night.programme.forms[form], SurveyForm) for form in forms_of(one.id, night.programme)
    )
    moving = [each for each in night.decisions if each.run > since and each.outcome == "applied"]
    return sum(each.decision in MOVING or each.before in MOVING for each in moving) if is_of_surveys else 0


def _record_row(one: Happened, night: Night, labels: Labels, words: Words) -> list[Value]:
    at = local(one.at, night.programme.time_zone)
    return [one.submission_id, labels.form(one.form), words(f"kind.{one.kind}"), one.session, one.day, at, one.answers]


def _as_their_units(sheet: Worksheet, found: Sequence[Moved]) -> None:
    for row, one in enumerate(found, start=TOP + 1):
        for place in (5, 6):
            cell: Any = sheet.cell(row, place)
            cell._style = style_of(cell)  # the cells of a column share their style
            cell.number_format = format_of(one.unit)


def _link_to_records(
    sheet: Worksheet, found: Sequence[Moved], happened: Sequence[Happened], night: Night, top: int
) -> None:
    """From what moved an indicator to the rows of those records."""
    for row, one in enumerate(found, start=TOP + 1):
        forms = forms_of(one.id, night.programme)
        rows = [place for place, each in enumerate(happened, start=top + 1) if each.form in forms]
        if rows:
            cell: Any = sheet.cell(row, 1)
            cell._style = style_of(cell)
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet.title}'!A{rows[0]}:G{rows[-1]}")
            cell.font = look.font(10, bold=True, color=look.ACCENT, underline=True)
