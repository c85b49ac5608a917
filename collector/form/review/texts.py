"""Texts that a tablet or a web form would show the wrong way round, or in two styles of digits.

Read from the sheets, so that each remark has its cell. Source: the Unicode bidirectional algorithm (a digit takes its
direction from what surrounds it), and Enketo, which guesses the direction of a language from a sample of its texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from collector.form.checks import SPOKEN
from collector.form.review.remarks import Remark, Weight
from collector.form.xlsform import Workbook

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "ku", "fa", "ur", "he", "ps", "sd", "ug", "yi", "dv", "syr", "azb"})
CODE = re.compile(r"\(([A-Za-z]{2,3})(?:-[\w-]+)?\)\s*$")
UNSPOKEN = re.compile(r"\$\{[^}]*\}|<[^>]*>|https?://\S+")
ISO_DATE = re.compile(r"[\d٠-٩۰-۹]{4}-[\d٠-٩۰-۹]{1,2}-[\d٠-٩۰-۹]{1,2}")
SPAN = re.compile(r"[\d٠-٩۰-۹]\s*[-–—]\s*[\d٠-٩۰-۹]")
DIGITS = {
    "Western (123)": re.compile("[0-9]"),
    "Arabic (١٢٣)": re.compile("[٠-٩]"),
    "Persian (۱۲۳)": re.compile("[۰-۹]"),
}


class Shown(NamedTuple):
    """A text with its cell. text: without references, markup and addresses."""

    sheet: str
    row: int
    column: str
    language: str
    text: str


def text_remarks(workbook: Workbook) -> Iterator[Remark]:
    """What is wrong with the texts of a form, cell by cell."""
    shown = list(_shown(workbook))
    styles = _styles(shown)
    for cell in shown:
        if is_right_to_left(cell.language):
            yield from _direction(cell)
        found = [name for name, digits in DIGITS.items() if digits.search(cell.text)]
        if len(found) > 1:
            yield _remark(
                "mixed_digits", cell, f"two styles of digits in one text: {' and '.join(found)}", "keep to one."
            )
        elif found and found[0] != styles[cell.language]:
            problem = f"digits are {found[0]} here and {styles[cell.language]} elsewhere in this language"
            yield _remark("digit_style", cell, problem, "keep to one style.", Weight.WARNING)
    for language in workbook.languages:
        if not CODE.search(language):
            problem, remedy = f"language '{language}' has no code", "write it like 'English (en)', in every heading."
            yield Remark("language_code", problem, remedy, weight=Weight.WARNING)


def is_right_to_left(language: str) -> bool:
    """Whether a language is written from the right, by its code or else by its own name.

    >>> is_right_to_left("کوردی (ckb)"), is_right_to_left("العربية"), is_right_to_left("English (en)")
    (True, True, False)
    """
    code = CODE.search(language)
    return code[1].lower() in RIGHT_TO_LEFT if code else _has(language, {"R", "AL"})


def _direction(cell: Shown) -> Iterator[Remark]:
    if _has(cell.text, {"L"}) and not _has(cell.text, {"R", "AL"}):
        problem = "this text is written from the left, in a language written from the right"
        yield _remark("left_to_right", cell, problem, "translate it: web forms guess the direction from such texts.")
    elif ISO_DATE.search(cell.text):
        problem = "a date such as 2026-07-05 is shown in pieces, the wrong way round, in right-to-left text"
        yield _remark("date_in_text", cell, problem, "write the month as a word.")
    elif SPAN.search(cell.text):
        problem = "a span such as 18-24 is shown as 24-18 in right-to-left text"
        yield _remark("span_in_text", cell, problem, "write 'from … to …'.")


def _shown(workbook: Workbook) -> Iterator[Shown]:
    for name in ("survey", "choices"):
        for number, row in enumerate(workbook.sheets[name].rows if name in workbook.sheets else (), start=2):
            for column, text in row.items():
                base, _, language = column.partition("::")
                if base in SPOKEN:
                    yield Shown(name, number, column, language, UNSPOKEN.sub(" ", text))


def _styles(shown: list[Shown]) -> dict[str, str]:
    """The style of digits that most texts of a language keep to."""
    counts: dict[str, Counter[str]] = {}
    for cell in shown:
        for name, digits in DIGITS.items():
            if digits.search(cell.text):
                counts.setdefault(cell.language, Counter())[name] += 1
    return {language: count.most_common(1)[0][0] for language, count in counts.items()}


def _has(text: str, directions: set[str]) -> bool:
    return any(unicodedata.bidirectional(letter) in directions for letter in text)


def _remark(code: str, cell: Shown, problem: str, remedy: str, weight: Weight = Weight.MISTAKE) -> Remark:
    return Remark(code, problem, remedy, sheet=cell.sheet, row=cell.row, column=cell.column, weight=weight)
