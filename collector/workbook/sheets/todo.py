"""Sheet ToDo: what is open, how severe, who acts by when. The reason and the remedy in words; nobody is blamed.

Decisions are typed here, from lists, and read back the next night (collector/workbook/typed.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from collector.form.history import Decision
from collector.quality.decisions import NOTES, OPTIONS, REOPEN, stale
from collector.quality.issues import CHECKS, Issue
from collector.workbook import look
from collector.workbook.aside import DataBook
from collector.workbook.cells import Value, style_of
from collector.workbook.labels import Labels
from collector.workbook.night import Night
from collector.workbook.sheets.frame import data_sheet
from collector.workbook.sheets.quarantine import reason, remedy
from collector.workbook.table import Column, Script, column
from collector.workbook.texts import Words
from collector.workbook.typed import named

COLUMNS = (
    ("severity", ""),
    ("due", look.DAY),
    ("status", ""),
    ("who", ""),
    ("session", ""),
    ("card", ""),
    ("check", ""),
    ("wrong", ""),
    ("action", ""),
    ("decision", ""),
    ("reason", ""),
    ("district", ""),
    ("enumerator", ""),
    ("form", ""),
    ("submission", "0"),
    ("since", look.DAY),
    ("age", look.WHOLE),
    ("issue", ""),
)
SCRIPTS: dict[str, Script] = dict.fromkeys(("severity", "session", "enumerator", "card", "issue"), "code")
WIDEST = {"wrong": 38, "action": 38, "check": 22, "issue": 18, "who": 14, "district": 14, "card": 9, "status": 14}
PRINTED = [name for name, _ in COLUMNS].index("reason") + 1
SHOWN_DAYS = 7
"""How long a settled issue is still shown, so that it can be opened again, and how long what could not be read."""
MOST_CARDS, MOST_UNREAD = 6, 8
TO_FILL_WIDTH = 20


def write(sheet: Worksheet, night: Night, labels: Labels, words: Words) -> None:
    """One table, tblToDo: what is open, then what was settled in the last days."""
    found = [*night.issues, *_settled(night)]
    late = sum(issue.due_on < night.today for issue in night.issues)
    rows = [_row(issue, night, labels, words) for issue in found]
    notes = [words("todo.note", open=len(night.issues), late=late), words("todo.how"), *_unread(night, words)]
    own = columns(night, words)
    last = data_sheet(sheet, night, words, "todo", own, rows, notes=notes, frozen=0, is_typed_in=True)
    if rows:
        first = last - len(rows) + 1
        due = _letter("due")
        look.warn_where(sheet, f"{due}{first}:{due}{last}", f"{due}{first}<DATE({night.today:%Y,%m,%d})")
        if not isinstance(sheet.parent, DataBook) and sheet.tables:  # else its rows are written elsewhere
            _offer(sheet, found, first, night, words)
        for name in ("decision", "reason"):
            sheet.column_dimensions[_letter(name)].width = TO_FILL_WIDTH
        sheet.print_area = f"A1:{get_column_letter(PRINTED)}{last}"


def _settled(night: Night) -> Iterator[Issue]:
    """Issues that a decision has settled in the last days."""
    for issue in night.found:
        if night.is_closed(issue) and night.made_at - night.standing[issue.id].at < timedelta(days=SHOWN_DAYS):
            yield issue


def _unread(night: Night, words: Words) -> list[str]:
    """What was typed and could not be read, by file and cell: never its text."""
    since = night.made_at - timedelta(days=SHOWN_DAYS)
    found = [one for one in night.decisions if one.outcome == "unread" and one.at > since]
    if not found:
        return []
    told = [
        words("todo.unread_one", file=one.file, cell=one.cell or "–", why=words(f"unread.{one.reason}"))
        for one in found[-MOST_UNREAD:]
    ]
    return [words("todo.unread", count=len(found), cells="; ".join(told))]


def _offer(sheet: Worksheet, found: Sequence[Issue], first: int, night: Night, words: Words) -> None:
    """Lists to choose from: of the decisions that each row can have, and of the coded notes."""
    of_rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, issue in enumerate(found, start=first):
        if options := OPTIONS[issue.kind]:
            of_rows[(*options, REOPEN) if issue.id in night.standing else options].append(row)
    for options, rows in of_rows.items():
        _list(sheet, "decision", rows, [words(f"decision.{code}") for code in options], words)
    _list(
        sheet,
        "reason",
        list(chain.from_iterable(of_rows.values())),
        [words(f"note_of.{code}") for code in NOTES],
        words,
    )


def _list(sheet: Worksheet, name: str, rows: Sequence[int], texts: Sequence[str], words: Words) -> None:
    if not rows:
        return
    letter = _letter(name)
    first: Any = sheet[f"{letter}{rows[0]}"]
    first._style = style_of(first)  # the cells of a column share their style
    first.fill = look.fill(look.TO_FILL)
    for row in rows[1:]:
        cell: Any = sheet[f"{letter}{row}"]
        cell._style = style_of(first)
    places = " ".join(f"{letter}{begin}:{letter}{end}" for begin, end in _runs(rows))
    offered = DataValidation("list", f'"{",".join(texts)}"', showErrorMessage=True, allow_blank=True, sqref=places)
    offered.error, offered.errorTitle = words("todo.choose"), words(f"todo.{name}")
    if name == "decision":
        offered.showInputMessage = True
        offered.prompt, offered.promptTitle = (
            words("todo.withdraw", reopen=words("decision.reopen")),
            words("todo.decision"),
        )
    sheet.add_data_validation(offered)


def _runs(rows: Iterable[int]) -> list[tuple[int, int]]:
    """
    >>> _runs([7, 5, 6, 9])
    [(5, 7), (9, 9)]
    """
    runs: list[tuple[int, int]] = []
    for row in sorted(rows):
        if runs and runs[-1][1] == row - 1:
            runs[-1] = runs[-1][0], row
        else:
            runs.append((row, row))
    return runs


def _letter(name: str) -> str:
    return get_column_letter([each for each, _ in COLUMNS].index(name) + 1)


def columns(night: Night, words: Words) -> list[Column]:
    """Those of its table."""
    return [
        column(words, f"todo.{name}", form, WIDEST.get(name, 18), SCRIPTS.get(name, ""), is_bold=name == "severity")
        for name, form in COLUMNS
    ]


def _row(issue: Issue, night: Night, labels: Labels, words: Words) -> list[Value]:
    form, questions = night.programme.session_form[0], night.programme.session_form[1].questions
    decision = night.standing.get(issue.id)
    return [
        issue.severity,
        issue.due_on,
        _status(issue, decision, night, words),
        words(f"who.{issue.who}"),
        issue.session,
        "" if night.is_closed(issue) else _cards(issue, night),
        f"{CHECKS[issue.kind][0]} · {words(f'check.{issue.kind}')}",
        _wrong(issue, words),
        remedy(issue.finding, words) if issue.finding else words(f"action.{issue.kind}"),
        words(f"decision.{decision.decision}") if decision else "",
        words(f"note_of.{decision.note}") if decision and decision.note else "",
        labels.choice(form, questions.district, issue.district),
        issue.enumerator,
        labels.form(issue.form) if issue.form else "",
        issue.submission_id,
        issue.since,
        (night.today - issue.since).days,
        named(issue.id, issue.state),
    ]


def _status(issue: Issue, decision: Decision | None, night: Night, words: Words) -> str:
    if night.is_closed(issue):
        return words("todo.settled")
    if decision:
        return words("todo.decided")
    if stale(night.decisions, issue):
        return words("todo.stale")
    return words("todo.overdue" if issue.due_on < night.today else "todo.open")


def _cards(issue: Issue, night: Night) -> str:
    """The last digits of the cards that an issue is about; a long list is cut, and shows that it is."""
    tails = sorted({night.cards[root] for root in issue.cards if root in night.cards})
    more = f" +{len(tails) - MOST_CARDS}" if len(tails) > MOST_CARDS else ""
    return f"{' '.join(tails[:MOST_CARDS])}{more}"


def _wrong(issue: Issue, words: Words) -> str:
    if issue.finding is None:
        return words(f"wrong.{issue.kind}", **issue.facts)
    more = words("wrong.more", **issue.facts) if issue.facts["count"] else ""
    place = f": {issue.finding.path}" if issue.finding.path else ""
    return f"{reason(issue.finding, words)}{place}{more}"
