"""Every statement of docs/database.md runs, on the databases it says, and the tables it names are there."""

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from collector.reporting.tables import metadata
from tests.support.attendance import submission
from tests.support.loading import destination, load_records

PAGE = (Path(__file__).parents[2] / "docs" / "database.md").read_text("utf-8")
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ANSWERED = ("sessions", "session_date", "month", "people", "column_name")
"""Statements with one of these give rows; the others ask for what a healthy database does not have."""


@pytest.fixture
def connection(databases):
    load_records(destination(databases), *(submission(number) for number in range(1, 4)))
    with databases.reporting.connect() as connection:
        yield connection


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_the_page_runs(connection, statement):
    dialect = statement.partition("\n")[0].removeprefix("-- ").lower()
    if dialect in ("sqlite", "postgresql") and dialect != connection.dialect.name:
        return
    for each in filter(str.strip, statement.split(";")):
        found = connection.execute(text(each))
        if any(f" {name}" in each for name in ANSWERED) and "siblings" not in each:
            assert found.all()


def test_every_table_is_on_the_page(databases):
    missing = {name for name in metadata.tables if f"`{name}`" not in PAGE}
    assert missing == set()


def test_every_view_of_a_form_begins_with_the_columns_that_the_page_tells(connection):
    told = re.findall(r"^\| `(\w+)` \| ", PAGE.partition("Then come the answers")[0], re.MULTILINE)
    told = [name for name in told if not name.startswith("v_")]
    shown = [column["name"] for column in inspect(connection).get_columns("v_attendance_register")]
    assert shown[: len(told)] == told
