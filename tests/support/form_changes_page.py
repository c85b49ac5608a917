"""docs/form-changes.md, made of the tested cases of form_changes.py: `python -m tests.support.form_changes_page`."""

from __future__ import annotations

from pathlib import Path

from collector.form.changes import changes
from tests.support.form_changes import CASES, base

PAGE = Path(__file__).parents[2] / "docs" / "form-changes.md"
HEAD = """# Changes of a form, and what each does to data already in

Made of the cases that the tests prove (`python -m tests.support.form_changes_page`). `collector forms plan` tells each
change of a form in these words, with the answers it touches. A breaking one is held back by `collector deploy` until
the sheet says more (`renamed_from`) or a person takes it (`--accept`).

| edit | told as | breaking | consequence |
|---|---|---|---|
"""


def page() -> str:
    """The page as it has to be."""
    return HEAD + "".join(map(_row, CASES))


def _row(case) -> str:
    (found,) = changes(base(), case.after())
    breaking = "yes" if found.is_breaking else "no"
    kind = found.what.replace("_", " ") + (" (a guess)" if found.is_guess else "")
    return f"| {case.title} | {kind} | {breaking} | {found.consequence} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
