"""What journeys share: a server and databases before a form's second pull; the demo's campaign, filled once."""

import fcntl
import json
import os
from shutil import copytree

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
    """Folder and result of `collector demo`, run once for all processes of the tests: copy the folder to change it."""
    own = tmp_path_factory.mktemp("campaign") / "out"
    is_alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = tmp_path_factory.getbasetemp() if is_alone else tmp_path_factory.getbasetemp().parent
    first, told = shared / "campaign-of-all", shared / "campaign.json"
    with (shared / "campaign.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(demo(first)), "utf-8")
        copytree(first, own)
    return own, json.loads(told.read_text("utf-8"))
