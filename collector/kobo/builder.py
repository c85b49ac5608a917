"""Rows of Kobo's own form builder (rating, ranking, matrix) → rows of the XLSForm standard, as the server deploys them.

Used by content.py. What does not hold an answer (headings of the tables) is left out.
Source: the server's own conversion at deployment: in the data, a rating or ranking is a group of select_one
questions, and a matrix one group for each of its rows: "matrix_row/matrix_row_column".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

END_GROUP: Row = {"type": "end_group"}


def name_of(row: Row) -> str:
    """The name of a row, or the one that the server generates where its author gave none."""
    return str(row.get("name") or row.get("$autoname") or row.get("$autovalue") or "")


def standard_rows(survey: Iterable[Row], choices: Sequence[Row]) -> Iterator[Row]:
    """The survey with every rating, ranking and matrix as the groups and questions it is filled in as."""
    rows = iter(survey)
    for row in rows:
        kind = str(row.get("type", ""))
        if kind == "begin_score":
            yield from _group(row, _rating(row, _until("end_score", rows)))
        elif kind == "begin_rank":
            yield from _group(row, _ranking(row, _until("end_rank", rows)))
        elif kind == "begin_kobomatrix":
            yield from _matrix(row, list(_until("end_kobomatrix", rows)), choices)
        else:
            yield row


def _until(end: str, rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if row.get("type") == end:
            return
        yield row


def _group(begin: Row, questions: Iterable[Row]) -> Iterator[Row]:
    yield {**begin, "type": "begin_group"}
    yield from questions
    yield END_GROUP


def _rating(begin: Row, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield {**row, "type": "select_one", "select_from_list_name": begin.get("kobo--score-choices", "")}


def _ranking(begin: Row, rows: Iterable[Row]) -> Iterator[Row]:
    earlier: list[str] = []
    for row in rows:
        yield {
            **row,
            "type": "select_one",
            "select_from_list_name": begin.get("kobo--rank-items", ""),
            "required": True,
            "constraint": " and ".join(f"${{{name_of(row)}}} != ${{{level}}}" for level in earlier),
            "constraint_message": begin.get("kobo--rank-constraint-message"),
        }
        earlier.append(name_of(row))


def _matrix(begin: Row, columns: Sequence[Row], choices: Sequence[Row]) -> Iterator[Row]:
    for item in choices:
        if item.get("list_name") == begin.get("kobo--matrix_list"):
            group = f"{name_of(begin)}_{name_of(item)}"
            cells = [_cell(group, column, columns) for column in columns]
            yield from _group({"name": group, "label": item.get("label"), "relevant": begin.get("relevant")}, cells)


def _cell(group: str, column: Row, columns: Sequence[Row]) -> Row:
    """One cell of a matrix: what the column asks, its references pointing into its own row."""
    cell = {**column, "name": f"{group}_{name_of(column)}"}
    for rule in ("relevant", "constraint", "required"):
        for other in columns:
            if isinstance(cell.get(rule), str):
                cell[rule] = cell[rule].replace(f"${{{name_of(other)}}}", f"${{{group}_{name_of(other)}}}")
    return cell
