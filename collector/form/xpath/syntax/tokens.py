"""Text to tokens, by the rules of XPath 1.0 §3.7: whether `*`, `and`, `div` are operators depends on what came before.

Used by parser.py.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from collector.errors import ExpressionSyntax

MAX_LENGTH = 64_000
"""Characters of an expression; the longest in public forms has 11,000."""

_SIGNS = frozenset({"+", "-", "=", "!=", "<", "<=", ">", ">=", "|"})
_OPENING = frozenset({"(", "[", ",", "@", "::", "/", "//", "$"})
_OPERATOR_NAME = re.compile(r"and|or|div|mod")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<symbol>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*$])
    |(?P<name>[^\W\d][\w.\-]*(?::(?!:)(?:\*|[^\W\d][\w.\-]*))?)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """kind: number, text, name, operator, symbol or end. column: counted from 1."""

    kind: str
    text: str
    column: int


def tokens(expression: str) -> list[Token]:
    """All tokens of an expression, the last of kind "end". Raises ExpressionSyntax at the first bad character."""
    if len(expression) > MAX_LENGTH:
        raise ExpressionSyntax(expression, MAX_LENGTH, f"longer than {MAX_LENGTH} characters; split it.")
    found: list[Token] = []
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ExpressionSyntax(expression, at + 1, _problem(expression[at]))
        if match.lastgroup != "space":
            token = _classified(str(match.lastgroup), match.group(), at + 1, found)
            found.append(token)
            at += len(token.text)
        else:
            at = match.end()
    found.append(Token("end", "", len(expression) + 1))
    return found


def _classified(kind: str, text: str, column: int, before: list[Token]) -> Token:
    is_operand_wanted = not before or before[-1].kind == "operator" or before[-1].text in _OPENING
    if text in _SIGNS:
        return Token("operator", text, column)
    if not is_operand_wanted:
        if text == "*":
            return Token("operator", "*", column)
        # no name can stand here, so `1div2` is a division: XPath wants no blanks around its operators
        if kind == "name" and (operator := _OPERATOR_NAME.match(text)):
            return Token("operator", operator.group(), column)
    return Token(kind, text, column)


def _problem(character: str) -> str:
    if character in "'\"":
        return "a text in quotes is not closed."
    if character in "\u2018\u2019\u201c\u201d":
        return f"a typographic quote {character}; type a straight one, ' or \"."
    return f"the character {character} has no meaning here."
