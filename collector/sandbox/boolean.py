"""The `q` language of lists: field:value, AND, OR, NOT, brackets, quotes → an SQL condition. Used by assets, history.

Source: kobo/api.md §2.5, §5.10. A field the list does not know matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Condition = tuple[str, list[object]]
FieldOf = Callable[[str, str], Condition]
"""(field, value) → condition; field is "" for a bare word."""

TOKEN = re.compile(r'\s*(?:(\()|(\))|((?:[^\s()":]+:)?"[^"]*")|([^\s()"]+))')


def condition(query: str, field_of: FieldOf) -> Condition:
    """Translate a query. Raises ValueError when it cannot be read."""
    tokens = [next(group for group in match.groups() if group) for match in TOKEN.finditer(query)]
    reader = _Reader(tokens, field_of)
    found = reader.either()
    if reader.tokens:
        raise ValueError(f"unexpected '{reader.tokens[0]}'")
    return found


class _Reader:
    """Recursive descent over the tokens: either → both → one."""

    def __init__(self, tokens: list[str], field_of: FieldOf) -> None:
        self.tokens, self.field_of = tokens, field_of

    def either(self) -> Condition:
        parts = [self.both()]
        while self._take("OR"):
            parts.append(self.both())
        return _join(parts, " OR ")

    def both(self) -> Condition:
        parts = [self.one()]
        while self.tokens and self.tokens[0] not in ("OR", ")"):
            self._take("AND")
            parts.append(self.one())
        return _join(parts, " AND ")

    def one(self) -> Condition:
        if self._take("NOT"):
            sql, values = self.one()
            return f"NOT {sql}", values
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise ValueError("a bracket is not closed")
            return inner
        if not self.tokens:
            raise ValueError("the query ends too early")
        return self._term(self.tokens.pop(0))

    def _term(self, token: str) -> Condition:
        field, colon, value = token.partition(":")
        if token.startswith('"') or not colon:
            return self.field_of("", token.strip('"'))
        return self.field_of(field, value.strip('"'))

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            del self.tokens[0]
            return True
        return False


def _join(parts: list[Condition], word: str) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return "(" + word.join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]
