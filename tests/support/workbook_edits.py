"""What an author does to a workbook: cells, rows, names, groups, lists, languages. For tests of changed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Book = Any  # openpyxl's Workbook
Edit = Callable[[Book], None]
SAID = {"en": "Room", "ar": "قاعة", "kb": "ژوور"}


def at(sheet: Any, name: str, list_name: str = "") -> tuple[int, dict[str, int]]:
    """The row of a question or choice, and the columns by heading."""
    columns = {cell.value: cell.column for cell in sheet[1] if cell.value}

    def is_it(cells: Any) -> bool:
        of_list = not list_name or cells[columns["list_name"] - 1].value == list_name
        return of_list and cells[columns["name"] - 1].value == name

    return next(cells[0].row for cells in sheet.iter_rows() if is_it(cells)), columns


def both(*edits: Edit) -> Edit:
    def edit(book: Book) -> None:
        for each in edits:
            each(book)

    return edit


def cell(name: str, column: str, value: str, sheet: str = "survey", list_name: str = "") -> Edit:
    """Another text in one cell; a column that is not there is added."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], name, list_name)
        place = columns.get(column) or len(columns) + 1
        book[sheet].cell(1, place).value = column
        book[sheet].cell(row, place).value = value

    return edit


def setting(column: str, value: str) -> Edit:
    def edit(book: Book) -> None:
        sheet = book["settings"]
        place = next(cell.column for cell in sheet[1] if cell.value == column)
        sheet.cell(2, place).value = value

    return edit


def without(name: str, sheet: str = "survey", list_name: str = "") -> Edit:
    return lambda book: book[sheet].delete_rows(at(book[sheet], name, list_name)[0])


def with_row(after: str, sheet: str = "survey", **cells: str) -> Edit:
    """A new row below another one; label=… stands in every language."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], after, cells.get("list_name", ""))
        book[sheet].insert_rows(row + 1)
        for heading, place in columns.items():
            if text := cells.get(str(heading).partition("::")[0]):
                book[sheet].cell(row + 1, place).value = text

    return edit


def named(old: str, new: str, sheet: str = "survey", *, is_said: bool = True) -> Edit:
    """Another name, wherever the workbook mentions it; is_said: with the old one in renamed_from."""

    def edit(book: Book) -> None:
        row, columns = at(book[sheet], old)
        for cells in book["survey"].iter_rows():
            for each in cells:
                if isinstance(each.value, str):
                    each.value = each.value.replace(f"${{{old}}}", f"${{{new}}}")
        book[sheet].cell(row, columns["name"]).value = new
        if is_said:
            cell(new, "renamed_from", old, sheet)(book)

    return edit


def into_group(name: str, group: str) -> Edit:
    """A question into a group of its own."""

    def edit(book: Book) -> None:
        sheet = book["survey"]
        row, columns = at(sheet, name)
        sheet.insert_rows(row + 1)
        sheet.cell(row + 1, columns["type"]).value = "end_group"
        sheet.insert_rows(row)
        sheet.cell(row, columns["type"]).value = "begin_group"
        for heading, place in columns.items():
            if str(heading).startswith("label") or heading == "name":
                sheet.cell(row, place).value = group if heading == "name" else SAID[str(heading)[-3:-1]]

    return edit


def without_language(language: str) -> Edit:
    """Every column of a language left out."""

    def edit(book: Book) -> None:
        for sheet in (book["survey"], book["choices"]):
            for each in reversed([cell.column for cell in sheet[1] if str(cell.value).endswith(f"::{language}")]):
                sheet.delete_cols(each)

    return edit


def with_language(language: str, like: str) -> Edit:
    """Every column of one language once more, for another."""

    def edit(book: Book) -> None:
        for sheet in (book["survey"], book["choices"]):
            for each in [cell for cell in sheet[1] if str(cell.value).endswith(f"::{like}")]:
                place = sheet.max_column + 1
                for row in range(1, sheet.max_row + 1):
                    sheet.cell(row, place).value = sheet.cell(row, each.column).value
                sheet.cell(1, place).value = each.value.replace(like, language)

    return edit
