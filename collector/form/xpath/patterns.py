"""regex(): the regular expressions of Java and of JavaScript, run by Python's engines. Used by functions/texts.py.

Simple patterns run in `re`; those that could run for ages, or use what `re` lacks, in the package `regex`, which stops
after a time. Syntax that neither has is refused: the judge then says cannot_check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import regex

from collector.errors import CannotEvaluate

SECONDS = 0.5
"""What one match may take; honest patterns take microseconds."""

MAX_PATTERN = 5_000
"""Characters."""

Flavour = Literal["java", "javascript"]
Matches = Callable[[str], bool]

_DOT = {"java": "[^\\n\\r\\u0085\\u2028\\u2029]", "javascript": "[^\\n\\r\\u2028\\u2029]"}
_BLANKS = {
    "java": " \\t\\n\\x0b\\f\\r",
    "javascript": "\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff",
}
_END = {"java": "(?=(?:\\r\\n|[\\n\\r\\u0085\\u2028\\u2029])?\\Z)", "javascript": "\\Z"}
_LETTERS_AS_THEY_ARE = {"java": "dDwWbBtnrfaeuxAG", "javascript": "dDwWbBtnrfvux"}
_ASCII_CLASSES = {"d": "0-9", "D": "^0-9", "w": "a-zA-Z0-9_", "W": "^a-zA-Z0-9_"}
_RISKY = re.compile(r"[)][*+{]|(?:[*+].*){4}", re.DOTALL)


@lru_cache(maxsize=2048)
def matcher(pattern: str, flavour: Flavour) -> Matches:
    """Whether a text matches: the whole of it in Java, any part in JavaScript.

    Raises CannotEvaluate regex_unsupported when the pattern cannot be understood; the function it gives raises
    too_expensive when a match takes too long.
    """
    if len(pattern) > MAX_PATTERN:
        raise CannotEvaluate("regex_unsupported", f"a regular expression longer than {MAX_PATTERN} characters")
    translated, is_simple = _Translation(pattern, flavour).result()
    try:
        if is_simple and not _RISKY.search(pattern):
            simple = re.compile(translated, re.ASCII)
            find = simple.fullmatch if flavour == "java" else simple.search
            return lambda text: find(text) is not None
        # with the ASCII flag the classes \p{…} would hold ASCII letters alone
        letters = regex.UNICODE if "\\p" in translated.lower() else regex.ASCII
        return _timed(regex.compile(translated, letters | regex.VERSION1), flavour)
    except (re.error, regex.error, OverflowError) as error:
        raise CannotEvaluate("regex_unsupported", f"a regular expression that cannot be read: {error}") from None


def _timed(compiled: regex.Pattern[str], flavour: Flavour) -> Matches:
    find = compiled.fullmatch if flavour == "java" else compiled.search

    def matches(text: str) -> bool:
        try:
            return find(text, timeout=SECONDS) is not None
        except TimeoutError:
            raise CannotEvaluate("too_expensive", "a regular expression that takes too long") from None

    return matches


class _Translation:
    """One pattern, character by character."""

    def __init__(self, pattern: str, flavour: Flavour) -> None:
        self.pattern, self.flavour = pattern, flavour
        self.parts: list[str] = []
        self.is_simple = True
        self.at = 0

    def result(self) -> tuple[str, bool]:
        """The pattern for Python, and whether `re` understands it."""
        while self.at < len(self.pattern):
            character = self.pattern[self.at]
            if character == "\\":
                self.escape(is_in_class=False)
            elif character == "[":
                self.character_class()
            else:
                self.plain(character)
        return "".join(self.parts), self.is_simple

    def plain(self, character: str) -> None:
        if character == ".":
            self.parts.append(_DOT[self.flavour])
        elif character == "$":
            self.parts.append(_END[self.flavour])
        elif self.pattern.startswith("(?", self.at):
            self.is_simple &= self.pattern.startswith(("(?:", "(?=", "(?!"), self.at)
            self.parts.append(character)
        else:
            self.parts.append(character)
        self.at += 1

    def escape(self, *, is_in_class: bool) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter == "s" or letter == "S":
            self.blank(letter, is_in_class)
        elif letter and letter in _ASCII_CLASSES and not (is_in_class and letter.isupper()):
            self.parts.append(_ASCII_CLASSES[letter] if is_in_class else f"[{_ASCII_CLASSES[letter]}]")
        elif letter in "pP" and letter and self.flavour == "java":
            self.is_simple = False
            self.parts.append("\\" + letter)
        elif letter == "Q" and self.flavour == "java":
            quoted, _, _ = self.pattern[self.at :].partition("\\E")
            self.parts.append(re.escape(quoted))
            self.at += len(quoted) + 2
        elif letter == "z" and self.flavour == "java":
            self.parts.append("\\Z")
        elif letter.isascii() and letter.isalpha() and letter not in _LETTERS_AS_THEY_ARE[self.flavour]:
            self.unknown(letter)
        elif not letter:
            raise CannotEvaluate("regex_unsupported", "a regular expression that ends with \\")
        elif letter == "e":
            self.parts.append("\\x1b")
        elif letter.isdecimal() and not is_in_class:
            self.parts.append("\\" + letter if letter != "0" else "\\x00")
        else:
            self.parts.append("\\" + letter)

    def unknown(self, letter: str) -> None:
        if self.flavour == "java" or letter in "ckpP":
            raise CannotEvaluate("regex_unsupported", f"\\{letter} in a regular expression")
        self.parts.append(letter)  # JavaScript takes an unknown escape for the letter itself

    def blank(self, letter: str, is_in_class: bool) -> None:
        if is_in_class and letter == "S":
            self.parts.append("\\S")
        else:
            blanks = _BLANKS[self.flavour]
            self.parts.append(blanks if is_in_class else f"[{'^' if letter == 'S' else ''}{blanks}]")

    def character_class(self) -> None:
        if self.flavour == "javascript" and self.pattern.startswith(("[]", "[^]"), self.at):
            is_anything = self.pattern.startswith("[^", self.at)
            self.parts.append("[\\s\\S]" if is_anything else "(?!)")
            self.at += 3 if is_anything else 2
            return
        self.open_class()
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            character = self.pattern[self.at]
            if character == "\\":
                self.escape(is_in_class=True)
            elif character == "[" and self.flavour == "java":
                self.is_simple = False
                self.character_class()
            else:
                self.in_class(character)
        if self.at >= len(self.pattern):
            raise CannotEvaluate("regex_unsupported", "a regular expression with a [ that is not closed")
        self.parts.append("]")
        self.at += 1

    def open_class(self) -> None:
        opening = "[^" if self.pattern.startswith("[^", self.at) else "["
        self.parts.append(opening)
        self.at += len(opening)

    def in_class(self, character: str) -> None:
        if self.flavour == "java" and self.pattern.startswith("&&", self.at):
            self.is_simple = False
            self.parts.append("&&")
            self.at += 2
            return
        # `re` and `regex` give these a meaning inside a class when they are doubled
        self.parts.append("\\" + character if character in "[&~|" else character)
        self.at += 1
