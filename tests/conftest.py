"""Fixtures of all tests: real databases, the same tests on each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.form.xpath.nodes import NONE
from jobs.wiring import Databases
from tests.support.databases import open_databases
from tests.support.postgresql import TestServer, running_server

TOLD = "told"
"""Property of a test by which it says what it went through: shown at the end of the run."""

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_configure() -> None:
    # A terminated session ends like an interrupted one, so that the PostgreSQL it started is stopped
    signal.signal(signal.SIGTERM, signal.default_int_handler)


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


@pytest.fixture
def databases(database_url: str, tmp_path: Path) -> Iterator[Databases]:
    """The reporting database and the raw store, migrated."""
    with open_databases(database_url, tmp_path) as databases:
        yield databases
