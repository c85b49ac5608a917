"""What journeys share: a server and databases before a form's second pull; the demo's campaign, filled once."""

import pytest

from tests.conftest import KINDS
from tests.journey.pulls import CHANGES, FIRST, SECOND, postgresql_copies, pull_all, sqlite_copies
from tests.support.demo import demo
from tests.support.page_server import page_server, set_state


@pytest.fixture(params=KINDS)
def pulls(request, tmp_path):
    """Address of the server after the second state, and a function that gives a database after the first pull."""
    if request.param == "sqlite":
        copies = sqlite_copies(tmp_path)
    else:
        copies = postgresql_copies(request.getfixturevalue("postgresql"), tmp_path)
    with page_server() as url, copies as (database_url, folder, copy):
        set_state(url, FIRST)
        pull_all(url, database_url, folder)
        set_state(url, SECOND, CHANGES)
        yield url, copy


@pytest.fixture(scope="session")
def campaign(tmp_path_factory):
    """Folder and result of `collector demo`: copy the folder to change it."""
    folder = tmp_path_factory.mktemp("campaign") / "out"
    return folder, demo(folder)
