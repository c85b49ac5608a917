"""Migrations lead to the tables of collector/reporting/tables.py, on both databases, once and again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect

from collector.reporting.archive_tables import DATABASES as HISTORIES
from collector.reporting.database import migrate, open_engine
from collector.reporting.migrations import newest, reached


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("which", HISTORIES)
def test_migrated_tables_are_those_of_the_code(engine, which):
    migrate(engine, which)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{which}_migration"})
        assert compare_metadata(context, HISTORIES[which]) == []


@pytest.mark.parametrize("which", HISTORIES)
def test_rules_of_the_tables_are_migrated_too(engine, which):
    migrate(engine, which)
    for table in HISTORIES[which].sorted_tables:
        rules = {
            str(rule.name) for column in table.c for rule in column.constraints if isinstance(rule, CheckConstraint)
        }
        assert {rule["name"] for rule in inspect(engine).get_check_constraints(table.name)} == rules


@pytest.mark.parametrize("which", HISTORIES)
def test_the_newest_file_is_the_migration_that_a_database_is_brought_to(engine, which):
    migrate(engine, which)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{which}_migration"})
        assert (context.get_current_revision(), reached(connection, which)) == (newest(which), newest(which))


def test_migrating_again_changes_nothing(engine):
    migrate(engine, "reporting")
    before = inspect(engine).get_table_names()
    migrate(engine, "reporting")
    assert inspect(engine).get_table_names() == before


def test_both_histories_fit_in_one_database(engine):
    migrate(engine, "reporting")
    migrate(engine, "raw")
    assert set(inspect(engine).get_table_names()) >= {name for each in HISTORIES.values() for name in each.tables}
