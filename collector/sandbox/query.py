"""The Mongo-like `query` of the data API: matching a submission, and the part of it that SQL can do.

Used by data.py and edits.py. Source: kobo/api.md §5.1: answers are text and compare as text; an unknown operator
matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Document = Mapping[str, Any]
Query = Mapping[str, Any]

MISSING = object()
COLUMNS = {"_id": "id", "_uuid": "uuid", "meta/rootUuid": "root_uuid", "_submission_time": "time"}
DATE_MODIFIED = {"_date_modified": "substr(modified, 1, 19)"}
SQL_COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$eq": "="}


def matches(document: Document, query: Query) -> bool:
    """Whether a submission fits a query."""
    return all(_clause(document, key, wanted) for key, wanted in query.items())


def to_sql(query: Query, columns: Mapping[str, str] = COLUMNS) -> tuple[str, list[object], bool]:
    """(condition, values, whether it says all of the query); a condition that says less still keeps every match.

    columns: the keys SQL can judge, and what they are there.
    """
    parts: list[str] = []
    values: list[object] = []
    is_whole = True
    for key, wanted in query.items():
        column = columns.get(key)
        found = _column_sql(column, wanted) if column else None
        if found is None:
            is_whole = False
            continue
        parts.append(found[0])
        values += found[1]
    return " AND ".join(parts) or "1", values, is_whole


def _column_sql(column: str, wanted: object) -> tuple[str, list[object]] | None:
    """One clause on an indexed column; None when Python must judge it."""
    operators = wanted if isinstance(wanted, dict) else {"$eq": wanted}
    parts: list[str] = []
    values: list[object] = []
    for operator, value in operators.items():
        given = value if operator == "$in" and isinstance(value, list) else [value]
        stored = [_stored(column, item) for item in given]
        if None in stored or len(stored) > 30_000:
            return None
        if operator in SQL_COMPARISONS:
            parts.append(f"{column} {SQL_COMPARISONS[operator]} ?")
        elif operator == "$in" and isinstance(value, list):
            parts.append(f"{column} IN ({', '.join('?' * len(stored))})")
        else:
            return None
        values += stored
    return (" AND ".join(parts), values) if parts else None


def _stored(column: str, value: object) -> object | None:
    """The value as the column keeps it; None where its type would never match there."""
    if column == "id":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if column == "root_uuid":
        return value.removeprefix("uuid:") if value.startswith("uuid:") else None
    return value


def _clause(document: Document, key: str, wanted: object) -> bool:
    match key, wanted:
        case "$and", list():
            return all(matches(document, part) for part in wanted)
        case "$or", list():
            return any(matches(document, part) for part in wanted)
        case "$nor", list():
            return not any(matches(document, part) for part in wanted)
    value = value_at(document, key)
    if isinstance(wanted, dict) and wanted and any(name.startswith("$") for name in wanted):
        options = str(wanted.get("$options", ""))
        return all(_operator(value, name, given, options) for name, given in wanted.items() if name != "$options")
    return _equal(value, wanted)


def value_at(document: Document, key: str) -> Any:
    """The value at a key; dots lead into objects: `_validation_status.uid`. MISSING where there is none."""
    if key in document:
        return document[key]
    head, dot, rest = key.partition(".")
    inner = document.get(head)
    return value_at(inner, rest) if dot and isinstance(inner, dict) else MISSING


def _operator(value: Any, name: str, given: Any, options: str) -> bool:
    if name == "$not":
        return not _clause({"": value} if value is not MISSING else {}, "", given)
    if name == "$exists":
        return (value is not MISSING) is bool(given)
    if name == "$regex":
        flags = re.IGNORECASE if "i" in options else 0
        return isinstance(value, str) and re.search(str(given), value, flags) is not None
    check = OPERATORS.get(name)
    return check is not None and check(value, given)


def _equal(value: Any, wanted: Any) -> bool:
    if value is MISSING:
        return wanted is None
    if isinstance(value, list) and not isinstance(wanted, list):
        return wanted in value
    return bool(value == wanted) and isinstance(value, bool) is isinstance(wanted, bool)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Comparison within one type only, as Mongo does: text with text, number with number."""

    def check(value: Any, given: Any) -> bool:
        numbers = isinstance(value, int | float) and isinstance(given, int | float)
        return (numbers or (isinstance(value, str) and isinstance(given, str))) and compare(value, given)

    return check


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": _equal,
    "$ne": lambda value, given: not _equal(value, given),
    "$in": lambda value, given: any(_equal(value, item) for item in given),
    "$nin": lambda value, given: not any(_equal(value, item) for item in given),
    "$gt": _ordered(lambda value, given: value > given),
    "$gte": _ordered(lambda value, given: value >= given),
    "$lt": _ordered(lambda value, given: value < given),
    "$lte": _ordered(lambda value, given: value <= given),
    "$all": lambda value, given: all(_equal(value, item) for item in given),
    "$elemMatch": lambda value, given: isinstance(value, list) and any(matches(item, given) for item in value),
}
