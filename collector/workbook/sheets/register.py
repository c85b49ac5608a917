"""Sheet Register: one row for each person of a register who agreed to give details; never a card or a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openpyxl.worksheet.worksheet import Worksheet

from collector.form.records import RegisterRow
from collector.indicators.campaign import Session
from collector.indicators.response import by_session, waves_answered
from collector.workbook import look
from collector.workbook.aside import Row, Rows
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

DETAILS = ("sex", "age_group", "org_type", "role", "displacement", "district", "attendance", "earlier")


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblRegister."""
    codes = night.programme.codes
    surveys = by_session(night.surveys)
    held = [session for session in night.sessions if session.is_held]
    consenting = sum(len(session.consenting(codes)) for session in held)

    def read() -> Iterator[Row]:
        for session in held:
            answered = waves_answered(surveys.of(session.name), codes)
            for row in session.consenting(codes):
                yield _row(session, row, night, labels, words, answered)

    refused = sum(len(session.rows) for session in held) - consenting
    notes = [words("register.note", refused=refused)]
    data_sheet(sheet, night, words, "register", columns(night, words), Rows(consenting, read), notes=notes)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, "register.session", script="code", is_bold=True),
        column(words, "register.held_on", look.DAY),
        column(words, "register.row", look.WHOLE),
        *(column(words, f"register.{name}", widest=44) for name in ("governorate", "audience", *DETAILS, "surveys")),
    ]


def _row(
    session: Session,
    row: RegisterRow,
    night: Night,
    labels: Labels,
    words: Words,
    answered: Mapping[str, frozenset[str]],
) -> list[Value]:
    form, session_form = night.programme.session_form
    waves = answered.get(row.person_key or "", frozenset())
    surveys = "both" if {"before", "after"} <= waves else next((w for w in ("before", "after") if w in waves), "none")
    return [
        session.name or words("sessions.unnamed"),
        session.held_on,
        row.row,
        labels.choice(form, session_form.questions.governorate, session.governorate),
        labels.choice(form, session_form.questions.audience, session.audience),
        *(labels.choice(form, getattr(session_form.people, name), getattr(row, name)) for name in DETAILS),
        words(f"register.{surveys}"),
    ]
