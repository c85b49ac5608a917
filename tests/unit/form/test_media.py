"""Media files as choice lists."""

from __future__ import annotations

import pytest

from collector.errors import FormMistake
from collector.form.definition import Choice
from collector.form.media import read_choices


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_row_is_a_choice_and_further_columns_are_kept(mark):
    data = mark + 'name,label,venue\r\nERB-01,هەولێر,"Hall, 2nd floor"\r\n'.encode()
    assert read_choices(data, file="plan.csv") == (Choice("ERB-01", {"": "هەولێر"}, {"venue": "Hall, 2nd floor"}),)


def test_labels_may_come_in_languages():
    data = "name,label::English (en),label::العربية (ar)\na,Hall,\n".encode()
    assert read_choices(data, file="venues.csv")[0].labels == {"English (en)": "Hall"}


def test_empty_rows_and_rows_too_long_or_short_are_no_trouble():
    choices = read_choices(b"name,label,x\n\n,lost,1\na\nb,B,2,extra,extra\n", file="x.csv")
    assert choices == (Choice("a", {}, {"x": ""}), Choice("b", {"": "B"}, {"x": "2"}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("name,label\na,x\nb,ج\n".encode("cp1256"), "'x.csv', row 3: it is not UTF-8"),
        (b"", "no column 'name'"),
        (b"id,label\n1,a\n", "no column 'name'"),
        (b"name,label\n" + b"a" * 200_000 + b",x\n", "row 2: it is not CSV"),
    ],
)
def test_what_is_no_choice_list_is_named_by_its_file(data, message):
    with pytest.raises(FormMistake, match=message):
        read_choices(data, file="x.csv")
