"""Fixtures of all tests: real databases, the same tests on each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import make_url
from xdist.scheduler import LoadFileScheduling

from collector.form.xpath.nodes import NONE
from jobs.wiring import Databases
from tests.support.databases import open_databases
from tests.support.postgresql import TestServer, running_server

TOLD = "told"
"""Property of a test by which it says what it went through: shown at the end of the run."""

LONGEST_FIRST = (
    "tests/model/test_convergence.py",
    "tests/journey/test_live_changes.py",
    "tests/model/test_broken_syncs.py",
    "tests/journey/test_forms_as_code.py",
    "tests/journey/test_kobo_against_sandbox.py",
)
"""Files that take longest: begun last, one of them would keep a process busy when the others are done."""

SPREAD = ("tests/model/test_convergence.py",)
"""Files whose tests go to several processes: each takes as long as a file and shares nothing with the others."""

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_configure() -> None:
    # A terminated session ends like an interrupted one, so that the PostgreSQL it started is stopped
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class FileByFile(LoadFileScheduling):
    """Give each file of tests to one process, so that what its tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return nodeid if file in SPREAD else file


def pytest_xdist_make_scheduler(config: pytest.Config) -> FileByFile:
    return FileByFile(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            if name == TOLD:
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[TestServer]:
    """PostgreSQL, started once, when the first test needs it."""
    with running_server() as server:
        yield server


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'reporting.db'}"
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


@pytest.fixture(autouse=True)
def the_shared_list_of_no_children() -> Iterator[None]:
    """All leaves share it: whoever fills it gives every leaf children."""
    yield
    assert NONE == []


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of both SQLite files, migrated: to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    with open_databases(f"sqlite:///{folder / 'reporting.db'}", folder):
        return folder


@pytest.fixture(scope="session")
def migrated_database(postgresql: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a PostgreSQL database, migrated: to be the template of others."""
    with postgresql.database() as url:
        with open_databases(url, tmp_path_factory.getbasetemp()):
            pass
        yield str(make_url(url).database)


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """The reporting database and the raw store, migrated: a migration takes longer than most tests."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            for file in request.getfixturevalue("migrated_files").iterdir():
                copyfile(file, tmp_path / file.name)
            url = f"sqlite:///{tmp_path / 'reporting.db'}"
        else:
            template = request.getfixturevalue("migrated_database")
            url = stack.enter_context(request.getfixturevalue("postgresql").database(template))
        yield stack.enter_context(open_databases(url, tmp_path, is_migrated=True))
