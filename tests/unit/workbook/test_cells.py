from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from collector.workbook.cells import LONGEST_TEXT, as_text, local, put


def written_and_read(value):
    book = Workbook()
    put(book.active, 1, 1, value)
    file = BytesIO()
    book.save(file)
    return load_workbook(file).active["A1"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_never_becomes_a_formula_and_stays_text_when_edited(start):
    cell = written_and_read(f'{start}HYPERLINK("http://evil.example")')
    assert cell.data_type == "s"
    assert cell.quotePrefix


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "TRUE", "0012", "2026-11-24", "1e5"])
def test_text_that_looks_like_something_else_stays_text(text):
    cell = written_and_read(text)
    assert (cell.value, cell.data_type) == (text, "s")


@given(st.lists(st.text(max_size=50), min_size=20, max_size=50))
@settings(max_examples=15)
def test_any_text_can_be_written(texts):
    book = Workbook()
    for row, text in enumerate(texts, start=1):
        put(book.active, row, 1, text)
    book.save(BytesIO())
    assert {cell.data_type for (cell,) in book.active.iter_rows()} == {"s"}


@pytest.mark.parametrize(
    ("given", "kept"), [("a\x00b", "a�b"), ("a\ud800b", "a�b"), ("a\r\nb", "a\nb"), ("a\tb", "a b")]
)
def test_characters_that_cannot_be_kept_are_marked(given, kept):
    assert as_text(given) == kept


def test_excel_does_not_read_an_escape_out_of_our_text():
    assert as_text("_x0041_") == "_x005F_x0041_"


@pytest.mark.parametrize("letter", ["a", "ێ", "😀"])
def test_text_beyond_the_limit_of_a_cell_is_cut_visibly(letter):
    text = as_text(letter * (LONGEST_TEXT + 1))
    assert text.endswith("…")
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT


@pytest.mark.parametrize(("value", "kind"), [(5, "n"), (0.5, "n"), (date(2026, 11, 24), "d")])
def test_numbers_are_numbers_and_dates_are_dates(value, kind):
    assert written_and_read(value).data_type == kind


def test_a_moment_is_shown_as_the_wall_clock_of_the_programme():
    shown = local(datetime(2026, 11, 23, 23, 4, 5, tzinfo=UTC), "Asia/Baghdad")
    assert (shown.isoformat(), shown.tzinfo) == ("2026-11-24T02:04:00", None)
