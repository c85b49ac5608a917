"""docs/form-changes.md, made of the tested cases of form_changes.py: `python -m tests.support.form_changes_page`."""

from __future__ import annotations

from pathlib import Path

from collector.form.changes import changes
from tests.support.form_changes import CASES, base
from tests.support.live_changes import CASES as LIVE_CASES
from tests.support.live_changes import Live

PAGE = Path(__file__).parents[2] / "docs" / "form-changes.md"
HEAD = """# Changes of a form, and what each does to data already in

Made of the cases that the tests prove (`python -m tests.support.form_changes_page`). `collector forms plan` tells each
change of a form in these words, with the answers it touches. A breaking one is held back by `collector deploy` until
the sheet says more (`renamed_from`) or a person takes it (`--accept`).

| edit | told as | breaking | consequence |
|---|---|---|---|
"""


LIVE = """
## The same with answers in the database

Each line is an edit of `forms/attendance.xlsx`, planned, deployed, answered and pulled on a sandbox where four session
forms were in: two of one session, one of another, one of a session that was not held
(`tests/journey/test_live_changes.py`). The last column shows a column of the database after a fifth form came in,
filled with the new version; `·` is no answer. The columns of the nightly workbook are the same before and after each:
its sheets read by meaning, which `programme.toml` ties to the questions. Its Dictionary lists the questions and
choices of today.

| edit | `collector forms plan` | `collector deploy` | new columns | answers |
|---|---|---|---|---|
"""
CHOICES = """
**Renamed choices.** The choices sheet may have a column `renamed_from` too. The database keeps each answer with the
code it was given, so that nothing that came in is rewritten; numbers and sheets read all of them under the code of
today. A choice that is offered again under its old code means itself. Leave the old names in `renamed_from` (the latest
first, with blanks between) for as long as answers with them are in. Without that column a renamed choice is one removed
and one added, and waits for `--accept`.
"""


def page() -> str:
    """The page as it has to be."""
    return HEAD + "".join(map(_row, CASES)) + LIVE + "".join(map(_live_row, LIVE_CASES)) + CHOICES


def _live_row(case: Live) -> str:
    decided = f"held, until `--accept {case.held[0]}`" if case.held else "goes out"
    held = "; ".join(f"`{place}`: {', '.join(map(_shown, values))}" for place, values in case.holds.items())
    added = ", ".join(f"`{column}`" for column in case.added) or "none"
    return f"| {case.title} | {case.plan} | {decided} | {added} | {held} |\n"


def _shown(value: object) -> str:
    return "·" if value is None else str(value)


def _row(case) -> str:
    (found,) = changes(base(), case.after())
    breaking = "yes" if found.is_breaking else "no"
    kind = found.what.replace("_", " ") + (" (a guess)" if found.is_guess else "")
    return f"| {case.title} | {kind} | {breaking} | {found.consequence} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
