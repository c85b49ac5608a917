"""Migrations lead to the tables of collector/reporting/tables.py, on both databases, once and again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text

from collector.reporting.archive_tables import DATABASES as HISTORIES
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.migrations import newest, reached, upgrade


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def migrate_step_by_step(engine, which):
    with writing(engine) as connection:
        upgrade(connection, which, newest(which))


def tables_of(engine, which):
    """All that the database says of the tables of a history."""
    seen = inspect(engine)
    asked = ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints")
    names = [*sorted(HISTORIES[which].tables), f"{which}_migration"]
    return {(name, what): in_order(getattr(seen, f"get_{what}")(name)) for name in names for what in asked}


def in_order(told):
    """The same in texts: types and conditions are objects that equal themselves alone."""
    if isinstance(told, dict):
        return {key: in_order(each) for key, each in told.items()}
    return sorted(map(repr, map(in_order, told))) if isinstance(told, list) else str(told)


@pytest.mark.parametrize("which", HISTORIES)
def test_an_empty_database_gets_the_tables_that_the_migrations_lead_to(engine, which):
    migrate(engine, which)
    made = tables_of(engine, which)
    with writing(engine) as connection:
        for name in [f"{which}_migration", *(table.name for table in reversed(HISTORIES[which].sorted_tables))]:
            connection.execute(text(f'DROP TABLE "{name}"'))
    migrate_step_by_step(engine, which)
    assert tables_of(engine, which) == made


@pytest.mark.parametrize("which", HISTORIES)
def test_migrated_tables_are_those_of_the_code(engine, which):
    migrate_step_by_step(engine, which)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{which}_migration"})
        assert compare_metadata(context, HISTORIES[which]) == []


@pytest.mark.parametrize("which", HISTORIES)
def test_rules_of_the_tables_are_migrated_too(engine, which):
    migrate_step_by_step(engine, which)
    for table in HISTORIES[which].sorted_tables:
        rules = {
            str(rule.name) for column in table.c for rule in column.constraints if isinstance(rule, CheckConstraint)
        }
        assert {rule["name"] for rule in inspect(engine).get_check_constraints(table.name)} == rules


@pytest.mark.parametrize("which", HISTORIES)
def test_the_newest_file_is_the_migration_that_a_database_is_brought_to(engine, which):
    migrate_step_by_step(engine, which)
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
