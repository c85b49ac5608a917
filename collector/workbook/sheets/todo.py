"""Sheet ToDo: what is open, how severe, who acts by when. The reason and the remedy in words; nobody is blamed."""

from __future__ import annotations

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from collector.quality.issues import CHECKS, Issue
from collector.workbook import look
from collector.workbook.cells import Value
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.sheets.quarantine import reason, remedy
from collector.workbook.table import Column, Script, column
from collector.workbook.texts import Words

COLUMNS = (
    ("severity", ""),
    ("due", look.DAY),
    ("status", ""),
    ("who", ""),
    ("session", ""),
    ("district", ""),
    ("enumerator", ""),
    ("check", ""),
    ("wrong", ""),
    ("action", ""),
    ("form", ""),
    ("submission", "0"),
    ("since", look.DAY),
    ("age", look.WHOLE),
    ("issue", ""),
)
SCRIPTS: dict[str, Script] = dict.fromkeys(("severity", "session", "enumerator", "issue"), "code")
WIDEST = {"wrong": 38, "action": 38, "check": 22, "issue": 18, "who": 14, "district": 14}


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblToDo."""
    found = night.issues
    late = sum(issue.due_on < night.today for issue in found)
    rows = [_row(issue, night, labels, words) for issue in found]
    notes = [words("todo.note", open=len(found), late=late)]
    last = data_sheet(sheet, night, words, "todo", columns(night, words), rows, notes=notes, frozen=0)
    if rows:
        letter = get_column_letter([name for name, _ in COLUMNS].index("due") + 1)
        first = last - len(rows) + 1
        look.warn_where(sheet, f"{letter}{first}:{letter}{last}", f"{letter}{first}<DATE({night.today:%Y,%m,%d})")


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"todo.{name}", form, WIDEST.get(name, 18), SCRIPTS.get(name, ""), is_bold=name == "severity")
        for name, form in COLUMNS
    ]


def _row(issue: Issue, night: Night, labels: Labels, words: Words) -> list[Value]:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    return [
        issue.severity,
        issue.due_on,
        words("todo.overdue" if issue.due_on < night.today else "todo.open"),
        words(f"who.{issue.who}"),
        issue.session,
        labels.choice(form, questions.district, issue.district),
        issue.enumerator,
        f"{CHECKS[issue.kind][0]} · {words(f'check.{issue.kind}')}",
        _wrong(issue, labels, words),
        remedy(issue.finding, words) if issue.finding else words(f"action.{issue.kind}"),
        labels.form(issue.form) if issue.form else "",
        issue.submission_id,
        issue.since,
        (night.today - issue.since).days,
        issue.id,
    ]


def _wrong(issue: Issue, labels: Labels, words: Words) -> str:
    if issue.finding is None:
        return words(f"wrong.{issue.kind}", **issue.facts)
    more = words("wrong.more", **issue.facts) if issue.facts["count"] else ""
    place = f": {issue.finding.path}" if issue.finding.path else ""
    return f"{reason(issue.finding, words)}{place}{more}"
