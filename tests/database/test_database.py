"""A database that cannot be used says which one it is, why, and what to do."""

import socket
import sqlite3
from contextlib import closing, suppress

import pytest
from psycopg import sql
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from collector.errors import (
    DatabaseError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseUnreachable,
    RowsRefused,
    SettingsError,
)
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.load import insert, load
from collector.reporting.tables import forms, runs

ROWS = [(f"form{number}", "https://kobo.example", "aX", "x" * 2000) for number in range(200)]


def write_rows(engine, *before):
    """Load ROWS in one transaction, after some statements."""
    with writing(engine) as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        load(connection, forms, ROWS)


def opened(url):
    engine = open_engine(url)
    migrate(engine, "reporting")
    return engine


def test_the_folder_of_a_sqlite_file_is_made(tmp_path):
    engine = opened(f"sqlite:///{tmp_path / 'new' / 'folder' / 'reporting.db'}")
    assert (tmp_path / "new" / "folder" / "reporting.db").is_file()
    engine.dispose()


def test_a_file_keeps_the_size_of_its_pages_and_its_log_has_the_same_size_whatever_that_is(tmp_path):
    with closing(sqlite3.connect(tmp_path / "older.db")) as older:
        older.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; CREATE TABLE there (a INTEGER)")
    for name, size in (("older.db", 4096), ("new.db", 8192)):
        engine = opened(f"sqlite:///{tmp_path / name}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA page_size").scalar() == size
            assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 128 * 1024 * 1024 / size
        engine.dispose()


def test_foreign_keys_hold_on_both_databases(databases):
    with pytest.raises(Exception, match=r"(?i)foreign key"), writing(databases.reporting) as connection:
        connection.execute(text("INSERT INTO completeness VALUES (99, 'a', 0, 0, 0, 0, 0, 0, 0)"))


def test_a_failed_transaction_leaves_no_table_behind(database_url):
    engine = open_engine(database_url)
    with pytest.raises((OperationalError, DatabaseError), match="forms"):
        write_rows(engine, "CREATE TABLE half (a INTEGER)", "INSERT INTO half VALUES (1)")  # no table `forms` yet
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "half")
    engine.dispose()


def noted_in_memory(connection):
    return connection.exec_driver_sql("PRAGMA temp_store").scalar() == 2


def test_a_small_transaction_is_noted_in_memory_and_a_large_one_never(tmp_path):
    engine = opened(f"sqlite:///{tmp_path}/reporting.db")
    with writing(engine) as connection:
        assert not noted_in_memory(connection)
    for statement in ("SELECT 1", "no statement"):
        with suppress(OperationalError), writing(engine, is_small=True) as connection:
            assert noted_in_memory(connection)
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:  # the same, from the pool
        assert not noted_in_memory(connection)
    engine.dispose()


def test_of_a_refused_statement_nothing_stays_whatever_the_transaction_goes_on_with(database_url):
    engine = opened(database_url)
    with writing(engine, is_small=True) as connection:
        load(connection, forms, ROWS[:1])
        with pytest.raises(RowsRefused), connection.begin_nested():
            insert(connection, forms, [*ROWS[1:], ROWS[0]])
        load(connection, forms, ROWS[1:2])
    with engine.connect() as connection:
        assert connection.scalars(select(forms.c.form).order_by(forms.c.form)).all() == ["form0", "form1"]
    engine.dispose()


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    (tmp_path / "reporting.db").mkdir()
    with pytest.raises(DatabaseUnreachable, match=r"reporting\.db.*cannot be opened"):
        opened(f"sqlite:///{tmp_path / 'reporting.db'}")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DatabaseUnreachable, match="is a file, not a folder"):
        open_engine(f"sqlite:///{tmp_path / 'data' / 'reporting.db'}")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "reporting.db").write_text("an Excel file, by mistake " * 100)
    with pytest.raises(DatabaseUnreachable, match="is not a SQLite database"):
        opened(f"sqlite:///{tmp_path / 'reporting.db'}")


def test_a_read_only_sqlite_file_can_be_read_and_says_so_when_written(tmp_path):
    path = tmp_path / "reporting.db"
    opened(f"sqlite:///{path}").dispose()
    engine = open_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with engine.connect() as connection:
        assert connection.execute(select(runs)).all() == []
    with pytest.raises(DatabaseReadOnly, match="read-only"):
        write_rows(engine)
    engine.dispose()


def test_a_full_sqlite_disk_says_so_and_keeps_nothing(tmp_path):
    engine = opened(f"sqlite:///{tmp_path / 'reporting.db'}")
    with pytest.raises(DatabaseFull, match="full"):
        write_rows(engine, "PRAGMA max_page_count = 40")
    with engine.connect() as connection:
        assert connection.execute(select(forms)).all() == []
    engine.dispose()


def test_a_file_that_may_not_grow_says_so_and_keeps_nothing(tmp_path):
    resource = pytest.importorskip("resource", reason="no limits on files on this system")
    engine = opened(f"sqlite:///{tmp_path / 'reporting.db'}")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        with pytest.raises(DatabaseFull, match="full or fails"):
            write_rows(engine)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with engine.connect() as connection:
        assert connection.execute(select(forms)).all() == []
    engine.dispose()


def test_another_program_that_writes_is_named(tmp_path):
    url = f"sqlite:///{tmp_path / 'reporting.db'}"
    first, second = opened(url), open_engine(url)
    event.listen(second, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 10"))
    with writing(first), pytest.raises(DatabaseUnreachable, match="locked"):
        write_rows(second)
    first.dispose()
    second.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql://user@host/name", "postgresql+asyncpg://user@host/name"])
def test_a_url_of_another_kind_is_refused_with_the_kinds_that_are_not(url):
    with pytest.raises(SettingsError, match="sqlite:///"):
        open_engine(url)


def test_a_server_that_does_not_answer_is_named_without_the_password():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://user:hidden@127.0.0.1:{unused.getsockname()[1]}/reporting"
        engine = open_engine(url)
        with pytest.raises(DatabaseUnreachable, match="does not answer") as caught:
            migrate(engine, "reporting")
    assert "hidden" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.postgresql
def test_a_database_that_does_not_exist_is_named(postgresql):
    with pytest.raises(DatabaseUnreachable, match=r"nowhere.* does not exist"):
        migrate(open_engine(postgresql.url("nowhere")), "reporting")


@pytest.mark.postgresql
def test_a_read_only_postgresql_says_so(postgresql):
    with postgresql.database() as url:
        opened(url).dispose()
        name = url.split("/")[3].split("?")[0]
        postgresql.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(sql.Identifier(name))
        )
        engine = open_engine(url)
        with pytest.raises(DatabaseReadOnly, match="may not be written"):
            write_rows(engine)
        engine.dispose()


@pytest.mark.postgresql
def test_a_user_without_rights_is_told_so(postgresql):
    with postgresql.database() as url:
        opened(url).dispose()
        postgresql.execute("CREATE ROLE visitor LOGIN")
        engine = open_engine(url.replace("postgres:", "visitor:", 1))
        with pytest.raises(DatabaseReadOnly, match="may not be written"):
            write_rows(engine)
        engine.dispose()
    postgresql.execute("DROP ROLE visitor")


@pytest.mark.postgresql
def test_a_connection_that_is_cut_says_so(postgresql):
    with postgresql.database() as url:
        engine = opened(url)
        with pytest.raises(DatabaseUnreachable, match="was cut"):
            write_rows(engine, "SELECT pg_terminate_backend(pg_backend_pid())")
        with engine.connect() as connection:
            assert connection.execute(select(forms)).all() == []
        engine.dispose()


@pytest.mark.postgresql
def test_a_wrong_password_says_so(postgresql):
    with postgresql.database() as url, postgresql.passwords():
        wrong = url.replace("postgres:@", "postgres:hidden@", 1)
        with pytest.raises(DatabaseUnreachable, match="password refused") as caught:
            migrate(open_engine(wrong), "reporting")
    assert "hidden" not in str(caught.value)
