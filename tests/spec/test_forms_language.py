"""Every text of every form is written the way its language is read, on a tablet that mixes right-to-left and Latin."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from collector.form.cells import read_sheets
from tests.support.sheets import WORKBOOKS

ENGLISH, ARABIC, SORANI = "English (en)", "العربية (ar)", "کوردی (ckb)"
SHOWN = ("label", "hint", "required_message", "constraint_message")


SHEETS = [(path.stem, name, sheet) for path in WORKBOOKS for name, sheet in read_sheets(path).items()]
TEXTS = [  # (where, language, text), ${references} left out
    (f"{form} {name} row {number} {column}", column.partition("::")[2], re.sub(r"\$\{[^}]*\}", "", text))
    for form, name, sheet in SHEETS
    for number, row in enumerate(sheet.rows, start=2)
    for column, text in row.items()
    if column.startswith(SHOWN)
]


def offending(pattern, language):
    return [(where, text) for where, spoken, text in TEXTS if spoken == language and re.search(pattern, text)]


@pytest.mark.parametrize(
    ("language", "pattern"),
    [
        pytest.param(SORANI, "[يكىة]", id="no Arabic letters in Sorani"),
        pytest.param(ARABIC, "[پڕڵێۆەڤگچژکی]", id="no Kurdish letters in Arabic"),
        # Web forms guess the direction of a language from a sample of its texts
        pytest.param(ARABIC, "[A-Za-z]", id="no Latin letters in Arabic"),
        pytest.param(SORANI, "[A-Za-z]", id="no Latin letters in Sorani"),
        # "18-24" shows as "24-18" in right-to-left text
        pytest.param(ARABIC, r"\d\s*[-–—]\s*\d", id="no digit-dash-digit in Arabic"),
        pytest.param(SORANI, r"\d\s*[-–—]\s*\d", id="no digit-dash-digit in Sorani"),
        pytest.param(ENGLISH, r"\d\s*[-–—]\s*\d", id="no digit-dash-digit in English"),
        pytest.param(ENGLISH, "[٠-٩۰-۹]", id="one digit style in English"),
        pytest.param(ARABIC, "[٠-٩۰-۹]", id="one digit style in Arabic"),
        pytest.param(SORANI, "[0-9۰-۹]", id="one digit style in Sorani"),
        pytest.param(ENGLISH, r"[\u0600-\u06ff]", id="no Arabic script in English"),
    ],
)
def test_texts_keep_to_their_script(language, pattern):
    assert offending(pattern, language) == []


def test_no_language_has_more_texts_than_another():
    count = Counter(language for _, language, _ in TEXTS)
    assert set(count) == {ENGLISH, ARABIC, SORANI}
    assert len(set(count.values())) == 1


@pytest.mark.parametrize(("form", "name", "sheet"), SHEETS)
def test_a_text_comes_in_all_three_languages_or_in_none(form, name, sheet):
    for number, row in enumerate(sheet.rows, start=2):
        for base in SHOWN:
            spoken = {column.partition("::")[2] for column in row if column.partition("::")[0] == base}
            assert spoken in (set(), {ENGLISH, ARABIC, SORANI}), f"{form} {name} row {number} {base}"


def test_every_constraint_explains_itself():
    ruled = [row for _, name, sheet in SHEETS if name == "survey" for row in sheet.rows if row.get("constraint")]
    assert len(ruled) > 10
    assert all(f"constraint_message::{SORANI}" in row for row in ruled)
