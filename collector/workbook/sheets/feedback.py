"""Sheet Feedback: what participants said, question by question: all, by audience, by language, by facilitator."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from collector.indicators.feedback import Feedback, by_group, feedback
from collector.indicators.learning import FEWEST_PAIRS
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.table import Column, column
from collector.workbook.texts import Words

COLUMNS = (
    ("code", ""),
    ("question", ""),
    ("audience", ""),
    ("people", look.WHOLE),
    ("agree", look.SHARE),
    ("agree_low", look.SHARE),
    ("agree_high", look.SHARE),
    ("mean", look.RATIO),
    ("low", look.WHOLE),
    ("remark", ""),
)


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblFeedback."""
    audiences = {session.name: session.audience or "" for session in night.sessions}
    found = feedback(night.surveys, audiences, night.programme)
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    rows = [_row(one, night, labels, words) for one in found]
    for (kind, code), told in by_group(night.surveys, night.sessions, night.programme).items():
        shown = code if kind == "facilitators" else labels.choice(form, questions.languages, code)
        group = f"{words(f'slice.{kind}')}: {shown}"
        rows += [_row(one, night, labels, words, group) for one in told]
    data_sheet(sheet, night, words, "feedback", columns(night, words), rows, notes=[words("feedback.note")])


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(
            words,
            f"feedback.{name}",
            form,
            60 if name == "question" else 24,
            "code" if name == "code" else "",
            is_bold=name == "code",
        )
        for name, form in COLUMNS
    ]


def _row(found: Feedback, night: Night, labels: Labels, words: Words, group: str = "") -> list[Value]:
    form, session_form = night.programme.session_form
    audience = group or labels.choice(form, session_form.questions.audience, found.audience) or words("feedback.all")
    question = labels.question(night.programme.survey_form("after")[0], found.question)
    code = found.question.rsplit("/", 1)[-1]
    if found.people < FEWEST_PAIRS:
        return [code, question, audience, found.people, *[None] * 5, words("knowledge.hidden")]
    interval = found.agree.interval or (None, None)
    note = "" if found.agree.interval else words("note.few_sessions")
    return [code, question, audience, found.people, found.agree.value, *interval, found.mean, found.low, note]
