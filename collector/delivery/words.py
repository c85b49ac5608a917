"""The words of the mails in one language, from mail.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ar", "ckb")
ISOLATED = "\u2068{}\u2069"
"""Within right-to-left text a fact keeps its own order: a date's parts, a minus before its number (UAX #9: FSI)."""


class Words:
    """Texts of one language; the facts put into them are kept together where the language runs from the right."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.is_rtl = texts()["language"][language] == "rtl"

    def __call__(self, key: str, **facts: object) -> str:
        """The text of a key with its facts put in."""
        text = texts()[key][self.language]
        return text.format(**{name: self.fact(fact) for name, fact in facts.items()}) if facts else text

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that may be new to us, such as the name of an item set."""
        return self(key) if key in texts() else otherwise

    def fact(self, fact: object) -> str:
        """A number, a day or a name within the text."""
        return ISOLATED.format(fact) if self.is_rtl else str(fact)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Every text by its key, each by language."""
    content = tomllib.loads(Path(__file__).with_name("mail.toml").read_text("utf-8"))
    return dict(_flat(content, ""))


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    own = {key: value for key, value in table.items() if isinstance(value, str)}
    if own:
        yield above, own
    for key, value in table.items():
        if not isinstance(value, str):
            yield from _flat(value, f"{above}.{key}" if above else key)
