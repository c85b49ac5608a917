"""Every word that the workbook says on its own account, in English, Arabic and Sorani, read from texts.csv beside this.

Read by the sheets through Words. Labels of questions and choices are the forms' (labels.py). Facts stand in braces;
"name.…" are the sheets, "<sheet>.<column>" the columns, "meaning.…" what the Dictionary says of a column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO
from string import Formatter
from typing import Literal, get_args

from collector.errors import ExportError

Language = Literal["en", "ar", "ckb"]
Digits = Literal["western", "eastern"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
RIGHT_TO_LEFT = frozenset({"ar", "ckb"})
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")  # in Arabic, and in the Sorani of Iraq
NUMBER = re.compile(r"(?<![A-Za-z0-9_])[0-9]+(?![A-Za-z0-9_])")  # not the digits of I12 or K05
AS_WRITTEN = "\u200e"  # keeps a sign at the left of its number between words that run from the right


@cache
def glossary() -> Mapping[str, Mapping[str, str]]:
    """Every text by id, then by language."""
    text = files("collector.workbook").joinpath("texts.csv").read_text("utf-8")
    return {row.pop("id"): row for row in csv.DictReader(StringIO(text))}


class Words:
    """The workbook's own words in one language, with the digits that its readers use.

    Eastern digits are for Arabic and Sorani; English keeps Western ones. Raises ExportError for an unknown language.
    """

    def __init__(self, language: str = "en", digits: Digits = "western") -> None:
        if language not in LANGUAGES:
            raise ExportError(f"language '{language}' is not known; take one of {', '.join(LANGUAGES)}.")
        self.language = language
        self.is_rtl = language in RIGHT_TO_LEFT
        self.has_eastern_digits = digits == "eastern" and self.is_rtl

    def __call__(self, key: str, **facts: object) -> str:
        """The text of a key with its facts put in; in English, and marked so, where our language has none."""
        text = glossary()[key]
        if not text[self.language] and text["en"]:
            return f"{self._filled(text['en'], facts)} [en]"
        return self._filled(text[self.language], facts)

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that may be new to us, such as the code of a finding."""
        return self(key) if key in glossary() else otherwise

    def sheet(self, name: str) -> str:
        """The title of a sheet."""
        return self(f"name.{name}")

    def item_set(self, key: str) -> str:
        """The short name of an item set; its key where programme.toml has a set of its own."""
        return self.known(f"set.{key}", key.replace("_", " ")) if key else ""

    def english(self, text: str) -> str:
        """A text that exists in English only, marked so in other languages."""
        return f"{text} [en]" if text and self.language != "en" else text

    def shaped(self, text: str) -> str:
        """Text with the numbers in our digits; ids such as I12 stay as they are."""
        return NUMBER.sub(lambda found: found.group().translate(EASTERN), text) if self.has_eastern_digits else text

    def _filled(self, template: str, facts: Mapping[str, object]) -> str:
        parts = Formatter().parse(template)
        return "".join(
            self.shaped(literal) + (self._fact(facts[name], form or "") if name else "")
            for literal, name, form, _ in parts
        )

    def _fact(self, value: object, form: str) -> str:
        text = format(value, form)
        if not isinstance(value, int | float | date):
            return text
        if self.is_rtl and text.startswith(("+", "-")):
            text = f"{AS_WRITTEN}{text}{AS_WRITTEN}"
        return text.translate(EASTERN) if self.has_eastern_digits else text
