"""Rows go in fast, replace what was there, come back as they were, and are refused without being quoted."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    MetaData,
    String,
    Table,
    Text,
    Time,
    select,
)

from collector.errors import RowsRefused
from collector.reporting.database import open_engine
from collector.reporting.load import PackedRows, insert, load
from collector.reporting.notations import NOTATIONS
from collector.reporting.tables import UtcDateTime

EVERYTHING = Table(
    "every Kind",
    MetaData(),
    Column("root_uuid", String, primary_key=True),
    Column("number", BigInteger),
    Column("share", Float),
    Column("day", Date),
    Column("clock", Time),
    Column("moment", UtcDateTime),
    Column("is_so", Boolean),
    Column("نص", Text),
    Column('so "%s" %', Text),
    CheckConstraint("number > -100", name="rule"),
)
BAGHDAD = timezone(timedelta(hours=3))
ROW = (
    "a",
    2**40,
    0.1,
    date(2026, 7, 5),
    time(10, 0, 0, 5),
    datetime(2026, 7, 5, 13, tzinfo=BAGHDAD),
    True,
    "نعم\t\\N\n",
    "100 %",
)
EMPTY = ("b", *[None] * 8)
HOSTILE = ["", "\t", "\n", "\r\n", "\\", "\\N", "\\.", "a\\tb", "\\\n", "\x01\x7f\u2028\ufeff", "%s", "'\"", "{}", "🙂"]
"""Texts that a format of one line a row, with signs for tabs and for nothing, could mistake."""


@pytest.fixture
def connection(database_url):
    engine = open_engine(database_url)
    with engine.begin() as connection:
        EVERYTHING.create(connection)
        yield connection
    engine.dispose()


def packed(put):
    """The same with rows in the notation of their database, as rows.py gives them: those of a submission together."""

    def put_packed(connection, table, rows):
        notation = NOTATIONS[connection.dialect.name]
        written = [tuple(map(notation.cell, row)) for row in rows]
        put(connection, table, PackedRows([notation.pack(written[at : at + 2]) for at in range(0, len(rows), 2)]))

    return pytest.param(put_packed, id=f"{put.__name__} packed")


EVERY_PUT = [load, insert, packed(load), packed(insert)]


def stored(connection):
    return [tuple(row) for row in connection.execute(select(EVERYTHING).order_by(EVERYTHING.c.root_uuid))]


@pytest.mark.parametrize("put", EVERY_PUT)
def test_values_of_every_kind_come_back_as_they_went_in(connection, put):
    put(connection, EVERYTHING, [ROW, EMPTY])
    assert stored(connection) == [ROW, EMPTY]


@pytest.mark.parametrize("put", EVERY_PUT)
@pytest.mark.parametrize("times", [1, 20])
def test_text_comes_back_as_it_went_in_whatever_it_holds(connection, put, times):
    texts = HOSTILE * times
    rows = [(f"{number:03}", *EMPTY[1:-2], text, None) for number, text in enumerate(texts)]
    for some in (rows[:3], rows[3:]):
        put(connection, EVERYTHING, some)
    assert [row[-2] for row in stored(connection)] == texts


@pytest.mark.parametrize("put", EVERY_PUT)
@pytest.mark.parametrize("times", [1, 20])
def test_text_with_nul_is_kept_whole_or_refused_and_never_cut(connection, put, times):
    rows = [(f"{number:03}", *EMPTY[1:-2], "before\0after", None) for number in range(times)]
    try:
        with connection.begin_nested():
            put(connection, EVERYTHING, rows)
    except RowsRefused:
        assert stored(connection) == []
    else:
        assert stored(connection) == rows


@pytest.mark.parametrize("put", EVERY_PUT)
def test_rows_are_stored_as_sqlalchemy_stores_them(connection, put):
    put(connection, EVERYTHING, [ROW])
    connection.execute(EVERYTHING.insert().values(dict(zip(EVERYTHING.c.keys(), ("z", *ROW[1:]), strict=True))))
    same = select(EVERYTHING.c.root_uuid)
    for column, value in zip(list(EVERYTHING.c)[1:], ROW[1:], strict=True):
        same = same.where(column == value)
    assert connection.scalars(same.order_by("root_uuid")).all() == ["a", "z"]


@pytest.mark.parametrize("put", [load, packed(load)])
def test_loading_again_replaces(connection, put):
    put(connection, EVERYTHING, [ROW, EMPTY])
    put(connection, EVERYTHING, [("a", *EMPTY[1:])])
    assert stored(connection) == [("a", *EMPTY[1:]), EMPTY]


def test_several_moments_are_kept_apart_whatever_their_zones(connection):
    moments = [datetime(2026, 7, 5, hour, tzinfo=zone) for hour in (10, 13) for zone in (UTC, BAGHDAD)]
    load(connection, EVERYTHING, [(str(number), *EMPTY[1:5], each, *EMPTY[6:]) for number, each in enumerate(moments)])
    assert [row[5] for row in stored(connection)] == moments


@pytest.mark.parametrize("put", [insert, packed(insert)])
def test_inserting_again_is_refused(connection, put):
    put(connection, EVERYTHING, [ROW])
    with pytest.raises(RowsRefused), connection.begin_nested():
        put(connection, EVERYTHING, [EMPTY, ROW])
    assert stored(connection) == [ROW]


@pytest.mark.parametrize("put", [load, packed(load)])
@pytest.mark.parametrize("count", [5, 6, 54, 55, 56, 110, 150])
def test_every_row_goes_in_however_many_go_at_once(connection, put, count):
    rows = [(f"{number:03}", number, *EMPTY[2:]) for number in range(count)]
    for _ in range(2):
        put(connection, EVERYTHING, rows)
        assert stored(connection) == rows


@pytest.mark.parametrize("put", EVERY_PUT)
def test_nothing_to_load_is_nothing_to_do(connection, put):
    put(connection, EVERYTHING, [])
    assert stored(connection) == []


@pytest.mark.parametrize("put", EVERY_PUT)
def test_refused_rows_are_named_by_table_and_never_quoted(connection, put):
    with pytest.raises(RowsRefused) as caught, connection.begin_nested():
        put(connection, EVERYTHING, [ROW, ("c", -964, *ROW[2:])])
    assert "964" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_refused_load_leaves_nothing_in_its_savepoint(connection):
    load(connection, EVERYTHING, [ROW])
    savepoint = connection.begin_nested()
    with pytest.raises(RowsRefused):
        load(connection, EVERYTHING, [EMPTY, ("c", -964, *ROW[2:])])
    savepoint.rollback()
    assert stored(connection) == [ROW]
    assert datetime(2026, 7, 5, 10, tzinfo=UTC) == stored(connection)[0][5]
