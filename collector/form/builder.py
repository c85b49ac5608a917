"""Rows of Kobo's own form builder (rating, ranking, matrix) → rows of the XLSForm standard, as the server deploys them.

Used by content.py and by collector/kobo/content.py. In the data, a rating or ranking is a group of select_one
questions, and a matrix one group for each of its rows: "matrix_row/matrix_row_column". Rows that only head a table
carry HEADING: they are nodes of the form and never answered.
Source: the server's own conversion at deployment (kpi, xlsform_preprocessors): what it keeps of a cell of a matrix, it
keeps here; the relevance of a matrix as a whole it drops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

HEADING = "$heading"
ROW = "$row"
"""Where a row stands in the content, from 2; ours, beside the server's own $xpath and $kuid."""

LEVEL = "minimal"
WIDE = re.compile(r"w(\d+)")
IN_CELLS = ("type", "select_from_list_name", "relevant", "constraint", "required", ROW)


def name_of(row: Row) -> str:
    """The name of a row: the server's own, since it mends one that XML or another row forbids, else its author's."""
    return str(row.get("$autoname") or row.get("$autovalue") or row.get("name") or "")


def standard_rows(survey: Iterable[Row], choices: Sequence[Row]) -> Iterator[Row]:
    """The survey with every rating, ranking and matrix as the groups and questions it is filled in as."""
    rows = iter(survey)
    for row in rows:
        kind = str(row.get("type", "")).replace("begin ", "begin_")
        if kind == "begin_score":
            yield from _rating(row, _until("end_score", rows))
        elif kind == "begin_rank":
            yield from _ranking(row, _until("end_rank", rows))
        elif kind == "begin_kobomatrix":
            yield from _matrix(row, list(_until("end_kobomatrix", rows)), choices)
        else:
            yield row


def _until(end: str, rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if str(row.get("type", "")).replace("end ", "end_") == end:
            return
        yield row


def _group(begin: Row, name: str, appearance: str, questions: Iterable[Row]) -> Iterator[Row]:
    group = {"type": "begin_group", "name": name, "appearance": appearance, ROW: begin.get(ROW, 0)}
    yield group | ({"relevant": begin["relevant"]} if begin.get("relevant") else {})
    yield from questions
    yield {"type": "end_group", ROW: begin.get(ROW, 0)}


def _heading(begin: Row, name: str, **cells: object) -> Row:
    """The row that shows what a table is about: the first row's own cells but its rules and its settings."""
    kept = {
        column: cell
        for column, cell in begin.items()
        if column not in ("required", "relevant", "$autoname") and not column.startswith("kobo--")
    }
    return {**kept, "name": name, HEADING: True, **cells}


def _rating(begin: Row, rows: Iterable[Row]) -> Iterator[Row]:
    name, list_name = name_of(begin), begin.get("kobo--score-choices", "")
    select = {"type": "select_one", "select_from_list_name": list_name}
    required = {"required": True} if begin.get("required") else {}
    questions = [{**row, "appearance": row.get("appearance") or "list-nolabel", **select, **required} for row in rows]
    yield from _group(
        begin, name, "field-list", [_heading(begin, f"{name}_header", appearance="label", **select), *questions]
    )


def _ranking(begin: Row, rows: Iterable[Row]) -> Iterator[Row]:
    name = name_of(begin)
    levels = _levels(begin, rows)
    yield from _group(begin, name, "field-list", [_heading(begin, f"{name}_label", type="note"), *levels])


def _levels(begin: Row, rows: Iterable[Row]) -> Iterator[Row]:
    earlier: list[str] = []
    for row in rows:
        differs = " and ".join(f"${{{name_of(row)}}} != ${{{level}}}" for level in earlier)
        yield {
            **row,
            "type": "select_one",
            "select_from_list_name": begin.get("kobo--rank-items", ""),
            "required": True,
            "appearance": row.get("appearance") or LEVEL,
            "constraint_message": begin.get("kobo--rank-constraint-message"),
            **({"constraint": differs} if differs else {}),
        }
        earlier.append(name_of(row))


def _matrix(begin: Row, columns: Sequence[Row], choices: Sequence[Row]) -> Iterator[Row]:
    name = name_of(begin)
    whole = f"w{1 + sum(map(_width, columns))}"
    placed = {ROW: begin.get(ROW, 0)}
    yield from _group(placed, f"{name}_header", whole, _headings(begin, f"{name}_header", columns))
    for item in choices:
        if item.get("list_name") == begin.get("kobo--matrix_list"):
            group = f"{name}_{name_of(item)}"
            cells = [_cell(group, name_of(item), column, columns) for column in columns]
            head = _note(f"{group}_note", 1, _within("##### {}", item.get("label")), placed)
            yield from _group(placed, group, whole, [head, *cells])


def _headings(begin: Row, header: str, columns: Sequence[Row]) -> Iterator[Row]:
    yield _note(f"{header}_note", 1, _within("**{}**", begin.get("label")), begin)
    for column in columns:
        yield _note(f"{header}_{name_of(column)}", _width(column), _within("**{}**", column.get("label")), column)


def _note(name: str, width: int, label: object, at: Row) -> Row:
    return {"type": "note", "name": name, "label": label, "appearance": f"w{width}", HEADING: True, ROW: at.get(ROW, 0)}


def _cell(group: str, item: str, column: Row, columns: Sequence[Row]) -> Row:
    """One cell of a matrix: what the column asks, its references pointing into its own row."""
    looks = "horizontal-compact" if column.get("type") in ("select_one", "select_multiple") else "no-label"
    label = _within('<span style="display:none">{}</span>', _within(f"{item}-{{}}", column.get("label")))
    cell = {key: column[key] for key in IN_CELLS if key in column}
    cell |= {"name": f"{group}_{name_of(column)}", "label": label, "appearance": f"w{_width(column)} {looks}"}
    for rule in ("relevant", "constraint", "required"):
        for other in columns:
            if isinstance(cell.get(rule), str):
                cell[rule] = cell[rule].replace(f"${{{name_of(other)}}}", f"${{{group}_{name_of(other)}}}")
    return cell


def _width(column: Row) -> int:
    found = WIDE.fullmatch(str(column.get("appearance") or ""))
    return int(found[1]) if found else 2


def _within(template: str, label: object) -> object:
    """A label put into a text, in each language that has it."""
    if isinstance(label, list):
        return [_within(template, text) for text in label]
    return template.format(label) if label is not None else None
