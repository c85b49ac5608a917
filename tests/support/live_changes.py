"""One edit of the attendance workbook for each kind of change, and what it comes to while answers are in the database.

Proved by tests/journey/test_live_changes.py on a sandbox, deployed, answered and pulled before and after; written into
docs/form-changes.md by form_changes_page.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.form.changes import What

Book = Any  # openpyxl's Workbook
PEOPLE = [
    {"register/consent_reg": "yes", "register/sex": "f", "register/role": "decision"},
    {"register/consent_reg": "yes", "register/sex": "m", "register/role": "frontline"},
]
HELD = {"status": "held", "modules": "m1 m2", "step_free": "yes", "register_m": "1", "register": PEOPLE}
BEFORE: Sequence[Mapping[str, Any]] = (
    {"session_id": "ERB-01", "head_f": "12", "venue_type": "hotel", "issues": "late call", **HELD},
    {"session_id": "ERB-01", "head_f": "9", "venue_type": "hotel", "issues": "none", **HELD},
    {"session_id": "SUL-01", "head_f": "7", "venue_type": "camp", "issues": "call", **HELD},
    {"session_id": "DHK-01", "status": "cancelled"},
)
"""Two submissions of one session, one of another, one of a session that was not held."""


@dataclass(frozen=True)
class Live:
    """An edit and what comes of it.

    plan: the line of `collector forms plan`, its price included. held: ids that wait for --accept. after: one
    submission filled with the new form; holds: values of a column then, in the order of receipt, by "table.column";
    added: columns that the database has more. toml: texts of programme.toml to replace, as the author has to.
    """

    what: What
    title: str
    edit: Callable[[Book], None]
    plan: str
    holds: Mapping[str, tuple[Any, ...]]
    after: Mapping[str, Any] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    toml: Mapping[str, str] = field(default_factory=dict)


def at(sheet: Any, name: str) -> tuple[int, dict[str, int]]:
    """The row of a question or choice, and the columns by heading."""
    columns = {cell.value: cell.column for cell in sheet[1] if cell.value}
    row = next(cells[0].row for cells in sheet.iter_rows() if cells[columns["name"] - 1].value == name)
    return row, columns


def cell(name: str, column: str, value: str, sheet: str = "survey") -> Callable[[Book], None]:
    """Another text in one cell; a column that is not there is added."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], name)
        place = columns.get(column) or len(columns) + 1
        book[sheet].cell(1, place).value = column
        book[sheet].cell(row, place).value = value

    return edit


def without(name: str, sheet: str = "survey") -> Callable[[Book], None]:
    return lambda book: book[sheet].delete_rows(at(book[sheet], name)[0])


def with_row(after: str, sheet: str = "survey", **cells: str) -> Callable[[Book], None]:
    """A new row below another one; label=… stands in every language."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], after)
        book[sheet].insert_rows(row + 1)
        for heading, place in columns.items():
            if text := cells.get(str(heading).partition("::")[0]):
                book[sheet].cell(row + 1, place).value = text

    return edit


def named(old: str, new: str, sheet: str = "survey", *, is_said: bool = True) -> Callable[[Book], None]:
    """Another name, wherever the workbook mentions it; is_said: with the old one in renamed_from."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], old)
        for cells in book["survey"].iter_rows():
            for each in cells:
                if isinstance(each.value, str):
                    each.value = each.value.replace(f"${{{old}}}", f"${{{new}}}")
        book[sheet].cell(row, columns["name"]).value = new
        if is_said:
            cell(new, "renamed_from", old, sheet)(book)

    return edit


def into_group(name: str, group: str) -> Callable[[Book], None]:
    """A question into a group of its own."""

    def edit(book: Book) -> None:
        sheet = book["survey"]
        row, columns = at(sheet, name)
        sheet.insert_rows(row + 1)
        sheet.cell(row + 1, columns["type"]).value = "end_group"
        sheet.insert_rows(row)
        sheet.cell(row, columns["type"]).value = "begin_group"
        for heading, place in columns.items():
            if str(heading).startswith("label") or heading == "name":
                sheet.cell(row, place).value = (
                    group if heading == "name" else {"en": "Room", "ar": "قاعة"}.get(str(heading)[-3:-1], "ژوور")
                )

    return edit


NEW = {"session_id": "ERB-02", **HELD}
CASES = (
    Live(
        What.QUESTION_ADDED,
        "a new question `seats`",
        with_row("head_m", type="integer", name="seats", label="١"),
        "question added: `seats`",
        {"attendance.seats": (None, None, None, None, 40)},
        {**NEW, "seats": "40"},
        added=("attendance.seats",),
    ),
    Live(
        What.QUESTION_REMOVED,
        "the calculation `register_m` left out",
        without("register_m"),
        "question removed: `register_m`: 3 answers in 3 submissions of 2 sessions",
        {"attendance.register_m": (1, 1, 1, None, None)},
        {name: answer for name, answer in NEW.items() if name != "register_m"},
        held=("question_removed:register_m",),
    ),
    Live(
        What.QUESTION_RENAMED,
        "`head_f` is called `women` now, and nothing says so",
        named("head_f", "women", is_said=False),
        "question renamed: `head_f` → `women` (a guess): 3 answers in 3 submissions of 2 sessions",
        {"attendance.head_f": (12, 9, 7, None, None), "attendance.women": (None, None, None, None, 30)},
        {**NEW, "women": "30"},
        added=("attendance.women",),
        held=("question_renamed:women",),
        toml={'women = "head_f"': 'women = "women"'},
    ),
    Live(
        What.QUESTION_RENAMED,
        "`head_f` is called `women` now, `renamed_from` says so",
        named("head_f", "women"),
        "question renamed: `head_f` → `women`: 3 answers in 3 submissions of 2 sessions",
        {"attendance.head_f": (12, 9, 7, None, 30)},
        {**NEW, "women": "30"},
        toml={'women = "head_f"': 'women = "women"'},
    ),
    Live(
        What.QUESTION_MOVED,
        "`step_free` into a group",
        into_group("step_free", "room"),
        "question moved: `room/step_free`: step_free → room/step_free: 3 answers in 3 submissions of 2 sessions",
        {"attendance.step_free": ("yes", "yes", "yes", None, "yes")},
        {"room/step_free" if name == "step_free" else name: answer for name, answer in NEW.items()},
        toml={'step_free = "step_free"': 'step_free = "room/step_free"'},
    ),
    Live(
        What.QUESTION_RETYPED,
        "`head_f` is a decimal number now",
        cell("head_f", "type", "decimal"),
        "question retyped: `head_f`: integer → decimal: 3 answers in 3 submissions of 2 sessions",
        {"attendance.head_f": (12, 9, 7, None)},
        held=("question_retyped:head_f",),
    ),
    Live(
        What.CHOICE_ADDED,
        "a new choice `online` of `venue_type`",
        with_row("hotel", "choices", list_name="venue_type", name="online", label="١"),
        "choice added: `online` of `venue_type`",
        {"attendance.venue_type": ("hotel", "hotel", "camp", None, "online")},
        {**NEW, "venue_type": "online"},
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `hotel` of `venue_type` left out",
        without("hotel", "choices"),
        "choice removed: `hotel` of `venue_type`: 2 answers in 2 submissions of 1 session",
        {"attendance.venue_type": ("hotel", "hotel", "camp", None, "camp")},
        {**NEW, "venue_type": "camp"},
        held=("choice_removed:venue_type/hotel",),
    ),
    Live(
        What.CHOICE_REMOVED,
        "the choice `call` of several answers left out",
        without("call", "choices"),
        "choice removed: `call` of `issues`: 2 answers in 2 submissions of 2 sessions",
        {"attendance.issues": ("late call", "none", "call", None, "late")},
        {**NEW, "issues": "late"},
        held=("choice_removed:issues/call",),
    ),
    Live(
        What.CHOICE_RENAMED,
        "the choice `decision` of the register is called `leading` now, `renamed_from` says so",
        named("decision", "leading", "choices"),
        "choice renamed: `leading` of `register/role`: decision → leading: 3 answers in 3 submissions of 2 sessions",
        {"attendance_register.role": (*("decision", "frontline") * 3, "leading")},
        {**NEW, "register": [{"register/consent_reg": "yes", "register/role": "leading"}]},
    ),
    Live(
        What.CONSTRAINT_TIGHTENED,
        "not more than 100 women instead of 150",
        cell("head_f", "constraint", ". >= 0 and . <= 100"),
        (
            "constraint tightened: `head_f`: . >= 0 and . <= 150 → . >= 0 and . <= 100"
            ": 3 answers in 3 submissions of 2 sessions"
        ),
        {"attendance.head_f": (12, 9, 7, None, 20)},
        {**NEW, "head_f": "20"},
    ),
    Live(
        What.CONSTRAINT_RELAXED,
        "up to 300 women instead of 150",
        cell("head_f", "constraint", ". >= 0 and . <= 300"),
        (
            "constraint relaxed: `head_f`: . >= 0 and . <= 150 → . >= 0 and . <= 300"
            ": 3 answers in 3 submissions of 2 sessions"
        ),
        {"attendance.head_f": (12, 9, 7, None, 250)},
        {**NEW, "head_f": "250"},
    ),
    Live(
        What.RELEVANCE_CHANGED,
        "`step_free` is asked of sessions that were not held too",
        cell("step_free", "relevant", ""),
        "relevance changed: `step_free`: ${status} = 'held' → (nothing): 3 answers in 3 submissions of 2 sessions",
        {"attendance.step_free": ("yes", "yes", "yes", None, "ns")},
        {"session_id": "ERB-02", "status": "cancelled", "step_free": "ns"},
    ),
    Live(
        What.WORDING_CHANGED,
        "another label in Arabic",
        cell("head_f", "label::العربية (ar)", "عدد النساء"),
        (
            "wording changed: `label in العربية (ar)` of `head_f`: عدد النساء الحاضرات → عدد النساء"
            ": 3 answers in 3 submissions of 2 sessions"
        ),
        {"attendance.head_f": (12, 9, 7, None, 5)},
        {**NEW, "head_f": "5"},
    ),
)
