"""docs/form-changes.md, made of the tested cases: `python -m tests.support.form_changes_page`, which runs the demo.

The first table is of form_changes.py, the second of live_changes.py as tests/journey/changed_campaign.py measures it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from collector.form.changes import changes
from tests.journey.changed_campaign import Campaign, Measured
from tests.support.demo import demo
from tests.support.form_changes import CASES, base
from tests.support.live_changes import CASES as LIVE_CASES

PAGE = Path(__file__).parents[2] / "docs" / "form-changes.md"
SHOWN = 3
HEAD = """# Changes of a form, and what each does to data already in

Made of the cases that the tests prove (`python -m tests.support.form_changes_page`). `collector forms plan` tells each
change of a form in these words, with the answers it touches. A breaking one is held back by `collector deploy` until
the sheet says more (`renamed_from`) or a person takes it (`--accept`).

| edit | told as | breaking | consequence |
|---|---|---|---|
"""


LIVE = """
## The same while a campaign is in

Each line is an edit of a form of this programme, planned, deployed, answered once more and pulled on the sandbox where
the whole campaign of `collector demo` is in, some 1,800 submissions; every count was made a second time from the
server's submissions (`tests/journey/test_live_changes.py`). *Database*: new columns, and answers in a column before →
after. *Workbook*: what its sheet Dictionary tells of some versions only, and filled cells of a column before → after.
The columns of its sheets are the same before and after each: they read by meaning, which `programme.toml` ties to the
questions.

| edit | form | `collector forms plan` | `collector deploy` | database | workbook |
|---|---|---|---|---|---|
"""
CHOICES = """
**Renamed choices.** The choices sheet may have a column `renamed_from` too. The database keeps each answer with the
code it was given, so that nothing that came in is rewritten; numbers and sheets read all of them under the code of
today. A choice that is offered again under its old code means itself. Leave the old names in `renamed_from` (the latest
first, with blanks between) for as long as answers with them are in. Without that column a renamed choice is one removed
and one added, and waits for `--accept`.
"""


def first_table() -> str:
    """The page up to the second table."""
    return HEAD + "".join(map(_row, CASES))


def live_row(measured: Measured) -> str:
    """A line of the second table."""
    case = measured.case
    decided = "goes out"
    if measured.refused:
        others = f" and {len(measured.refused) - 1} more" if len(measured.refused) > 1 else ""
        decided = f"held, until `--accept {measured.refused[0]}`{others}"
    added = [f"new `{column}`" for column in case.added]
    holds = [f"`{place}`: {before:,} → {after:,}" for place, (before, after) in measured.holds.items()]
    told = _in_short(measured.dictionary)
    if case.sheet and measured.sheet:
        sheet, heading, _ = case.sheet
        told = [*told, f"{sheet}, {heading}: {measured.sheet[0]:,} → {measured.sheet[1]:,}"]
    cells = (_in_short(measured.plan), [decided], [*added, *holds], told)
    shown = ("<br>".join(lines).replace("|", "\\|") or "the same" for lines in cells)
    return f"| {case.title} | {case.form} | {' | '.join(shown)} |\n"


def _in_short(lines: Sequence[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"and {more} more"] if more > 0 else [])]


def _row(case) -> str:
    (found,) = changes(base(), case.after())
    breaking = "yes" if found.is_breaking else "no"
    kind = found.what.replace("_", " ") + (" (a guess)" if found.is_guess else "")
    return f"| {case.title} | {kind} | {breaking} | {found.consequence} |\n"


def main() -> None:
    with TemporaryDirectory() as scratch:
        demo(Path(scratch) / "demo")
        campaign = Campaign(Path(scratch) / "demo", Path(scratch) / "changed")
        rows = "".join(live_row(campaign.measure(case)) for case in LIVE_CASES)
    PAGE.write_text(first_table() + LIVE + rows + CHOICES, "utf-8")


if __name__ == "__main__":
    main()
