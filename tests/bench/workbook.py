"""The workbook: the demo campaign's whole, and 100,000 register rows × 30 columns beside other writers.

All writers get the same rows, read one by one from the same SQLite file, and the same look as far as they have it:
number formats by column, heading, widths, frozen heading, filter; ours has fonts, rules, heights and an Excel table
too, and its text cannot become a formula. Each runs in a process of its own; the
ratio is of processor time, so that a busy machine hurts nobody in particular.
"""

from __future__ import annotations

import importlib
import importlib.util
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.measured import Measured, in_fresh_process, report

COLUMNS, TOP = 30, 1
NEEDED, NEEDED_SECONDS = " (needed: 4 ×, 80 MB)", 2.0
FLOOR = "openpyxl write_only"
KINDS = "tttttttttttttttttttt" + "nnnnnn" + "dd" + "ml"  # text, number, day, moment, long text
FORMATS = {"t": "@", "n": "#,##0", "d": "yyyy-mm-dd", "m": "yyyy-mm-dd hh:mm", "l": "@"}
WRITERS = {
    "ours": "",
    FLOOR: "openpyxl",
    "XlsxWriter constant_memory": "xlsxwriter",
    "pandas to_excel, openpyxl": "pandas",
    "pandas to_excel, XlsxWriter": "pandas",
}
WIDTH = 16


def run(*, is_quick: bool) -> None:
    """Print a line for each writer, and one for the demo's workbook."""
    _compare(5_000 if is_quick else 100_000)
    whole = in_fresh_process("tests.bench.workbook", "campaign", "100" if is_quick else "1000")
    people, seconds = whole.outcome["people"], whole.outcome["seconds"]
    took = f"{seconds:.2f} s of processor" + ("" if is_quick else f" (needed: {NEEDED_SECONDS:g} s)")
    print(f"whole workbook, {people:,} people in the register: {took}, peak {whole.peak_mb:.0f} MB")


def _compare(rows: int) -> None:
    print(f"{rows:,} rows × {COLUMNS} columns, from SQLite to a file")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.db"
        _fill(source, rows)
        floor = in_fresh_process("tests.bench.workbook", FLOOR, str(source), f"{folder}/out.xlsx")
        for name, module in WRITERS.items():
            if module and importlib.util.find_spec(module) is None:
                print(f"  {name}: skipped, not installed (`make bench` installs it)")
                continue
            arguments = name, str(source), f"{folder}/out.xlsx"
            done = floor if name == FLOOR else in_fresh_process("tests.bench.workbook", *arguments)
            print(f"  {name}: {_told(done, floor, rows)}" + (NEEDED if name == "ours" else ""), flush=True)


def _told(done: Measured, floor: Measured, rows: int) -> str:
    rate = rows * COLUMNS / done.cpu_seconds
    times = floor.cpu_seconds / done.cpu_seconds
    seconds = f"{done.cpu_seconds:.2f} s of processor, {done.seconds:.2f} s in all"
    size = f"peak {done.peak_mb:.0f} MB, file {done.outcome / 1e6:.1f} MB"
    return f"{seconds}, {rate:,.0f} cells/s, {times:.1f} × {FLOOR}, {size}"


def _fill(path: Path, rows: int) -> None:
    """Register rows: codes and labels that repeat, text that does not, Arabic, numbers, days, moments."""
    words = (
        "Erbil",
        "Duhok",
        "هەولێر",
        "دهۆك",
        "Female",
        "Male",
        "Government",
        "Displaced people",
        "25 to 34 years",
        "",
    )
    with sqlite3.connect(path) as connection:
        names = ", ".join(f"c{number}" for number in range(COLUMNS))
        connection.execute(f"CREATE TABLE register ({names})")
        marks = ", ".join("?" * COLUMNS)
        made = (tuple(_value(kind, row, column, words) for column, kind in enumerate(KINDS)) for row in range(rows))
        connection.executemany(f"INSERT INTO register VALUES ({marks})", made)
    connection.close()


def _value(kind: str, row: int, column: int, words: tuple[str, ...]) -> object:
    if (row * 7 + column * 3) % 11 == 0:
        return None
    if kind == "t":
        return f"S{row % 4000:04}-{column}" if column < 3 else words[(row * (column + 1) + column) % len(words)] or None
    if kind == "n":
        return row % 97 + column
    if kind == "d":
        return (date(2026, 7, 1) + timedelta(days=row % 120)).isoformat()
    if kind == "m":
        return (datetime(2026, 7, 1, 8, tzinfo=UTC) + timedelta(minutes=row)).strftime("%Y-%m-%d %H:%M:%S")
    return f"What the enumerator wrote about visit {row} & what happened then" if row % 5 == 0 else f"nothing <{row}>"


def _rows(source: Path) -> Iterator[tuple[Any, ...]]:
    """The rows with days and moments as such, one at a time."""
    with sqlite3.connect(source) as connection:
        for row in connection.execute("SELECT * FROM register"):
            *plain, first, second, moment, text = row
            yield (
                *plain,
                first and date.fromisoformat(first),
                second and date.fromisoformat(second),
                moment and datetime.fromisoformat(moment),
                text,
            )
    connection.close()


def _headings() -> list[str]:
    return [f"Column {number}" for number in range(1, COLUMNS + 1)]


def _ours(source: Path, path: Path) -> None:
    from collector.workbook import look
    from collector.workbook.aside import DataBook, Rows
    from collector.workbook.book import saved
    from collector.workbook.stream import write_with_rows
    from collector.workbook.table import Column, freeze, write_table
    from collector.workbook.texts import Words

    with sqlite3.connect(source) as connection:
        (count,) = connection.execute("SELECT count(*) FROM register").fetchone()
    connection.close()
    book = DataBook()
    sheet = book.create_sheet("Register")
    formats = {**FORMATS, "t": "", "l": ""}
    columns = [Column(name, formats[kind]) for name, kind in zip(_headings(), KINDS, strict=True)]
    write_table(sheet, "tblRegister", columns, Rows(count, lambda: _rows(source)), top=TOP, why_empty="")
    freeze(sheet, TOP)
    look.page(sheet, footer="bench", heading_row=TOP)
    with path.open("wb") as file:
        write_with_rows(
            saved(book, "Bench", datetime(2026, 11, 24, tzinfo=UTC), Words()),
            {"xl/worksheets/sheet1.xml": book.streams[0]},
            file,
        )


def _openpyxl(source: Path, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Register")
    sheet.freeze_panes = "B2"
    for number in range(1, COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH
    heading = [WriteOnlyCell(sheet, name) for name in _headings()]
    for cell in heading:
        cell.font = Font(bold=True)
    sheet.append(heading)
    formats = [FORMATS[kind] for kind in KINDS]
    for row in _rows(source):
        cells = []
        for value, number_format in zip(row, formats, strict=True):
            cell = WriteOnlyCell(sheet, value)
            cell.number_format = number_format
            cells.append(cell)
        sheet.append(cells)
    sheet.auto_filter.ref = f"A:{get_column_letter(COLUMNS)}"
    book.save(path)


def _xlsxwriter(source: Path, path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Register")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, COLUMNS - 1, WIDTH)
    sheet.write_row(0, 0, _headings(), book.add_format({"bold": True}))
    made = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
    formats = [made[kind] for kind in KINDS]
    kinds = {"t": sheet.write_string, "l": sheet.write_string, "n": sheet.write_number}
    last = 0
    for last, row in enumerate(_rows(source), start=1):
        for number, (value, kind, form) in enumerate(zip(row, KINDS, formats, strict=True)):
            if value is None:
                sheet.write_blank(last, number, None, form)
            else:
                kinds.get(kind, sheet.write_datetime)(last, number, value, form)
    sheet.autofilter(0, 0, last, COLUMNS - 1)
    book.close()


def _pandas(engine: str) -> Callable[[Path, Path], None]:
    def write(source: Path, path: Path) -> None:
        import pandas

        frame = pandas.DataFrame(_rows(source), columns=_headings())
        frame.to_excel(path, sheet_name="Register", index=False, engine=engine, freeze_panes=(1, 1))

    return write


def _campaign(people: int) -> dict[str, float]:
    """A whole workbook, every sheet of it, of a campaign of so many people."""
    import time

    from collector.workbook.book import book_bytes
    from tests.support.night import night

    one = night(people)
    book_bytes(night(40))  # imports and first uses are not what is measured
    began = time.process_time()
    book_bytes(one)
    return {"people": people, "seconds": time.process_time() - began}


def _write(name: str, source: Path, path: Path) -> int:
    writers: dict[str, Callable[[Path, Path], None]] = {
        "ours": _ours,
        FLOOR: _openpyxl,
        "XlsxWriter constant_memory": _xlsxwriter,
        "pandas to_excel, openpyxl": _pandas("openpyxl"),
        "pandas to_excel, XlsxWriter": _pandas("xlsxwriter"),
    }
    writers[name](source, path)
    return path.stat().st_size


if __name__ == "__main__":
    if sys.argv[1] == "campaign":
        report(lambda: _campaign(int(sys.argv[2])))
    else:
        # What a process loads once is not what a row costs
        importlib.import_module(WRITERS[sys.argv[1]] or "collector.workbook.book")
        report(lambda: _write(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
