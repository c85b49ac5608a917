"""A server that fails while it is pulled from: nothing is lost, the run says what happened, the next one goes on."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from collector.errors import AnswerUnreadable, CollectorError, ServerBusy, ServerUnreachable
from collector.form.programme import read_programme
from collector.kobo.client import Client
from collector.kobo.retry import Patience
from collector.reporting import ledger
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from jobs import nightly, wiring
from jobs.deploy import deploy
from jobs.nightly import Desk, pull_recorded
from jobs.sandbox import now
from jobs.settings import read_settings
from tests.support.attendance import card
from tests.support.databases import open_databases
from tests.support.material import FORMS

FORM = "pre_survey"
STORED, PAGE_SIZE = 25, 10
FOR_EVER = 0


def survey(number, version):
    return {
        "formhub/uuid": "0" * 32,
        "start": "2026-07-05T10:00:00.000+03:00",
        "end": "2026-07-05T10:09:00.000+03:00",
        "session_id": "ERB-01",
        "item_set": "professional",
        "card": str(card(number)),
        "consent": "no",
        "deviceid": "collect:a1b2c3d4e5f6g7h8",
        "meta/instanceName": "ERB-01 · before · 10:00",
        "__version__": version,
        "meta/instanceID": f"uuid:00000000-0000-4000-8000-{number:012}",
        "meta/rootUuid": f"uuid:00000000-0000-4000-8000-{number:012}",
        "_uuid": f"00000000-0000-4000-8000-{number:012}",
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A sandbox with the three forms, one of them filled."""
    with serve(tmp_path_factory.mktemp("sandbox"), options=Options(now=now)) as sandbox:
        programme = read_programme(FORMS / "programme.toml")
        with Client(sandbox.url, sandbox.token(OWNER)) as client:
            deployed = {each.form_key: each for each in deploy(client, programme, FORMS)}
        version = deployed[FORM].version_uid
        sandbox.put_json(deployed[FORM].asset_uid, [survey(number, version) for number in range(STORED)])
        yield sandbox


@pytest.fixture
def waits():
    """The seconds that the client wanted to wait, one after the other."""
    return []


@pytest.fixture
def desk(server, waits, tmp_path, monkeypatch):
    """What a pull needs, with a client that is as patient as in the field but does not wait."""

    def open_client(settings):
        patience = Patience(attempts=4, sleep=waits.append)
        return Client(settings.server.url, settings.token, timeout_seconds=0.4, patience=patience)

    monkeypatch.setattr(wiring, "open_client", open_client)
    (tmp_path / "settings.toml").write_text("", "utf-8")
    settings = read_settings(
        tmp_path / "settings.toml",
        server={"url": server.url, "token": server.token(OWNER), "page_size": PAGE_SIZE},
        privacy={"secret": "of the tests"},
        forms={"folder": FORMS},
    )
    with ExitStack() as stack:
        databases = stack.enter_context(open_databases(f"sqlite:///{tmp_path / 'reporting.db'}", tmp_path))
        stack.callback(server.faults.clear)
        yield Desk(settings, databases, now)


def pulled(desk):
    outcomes = []
    pull_recorded(desk, [FORM], announce=outcomes.append)
    return outcomes[0].forms[0]


FAILURES = [
    pytest.param({"action": "status", "status": 503}, ServerBusy, id="refuses"),
    pytest.param({"action": "status", "status": 502}, CollectorError, id="bad gateway"),
    pytest.param({"action": "hang", "seconds": 2.0}, ServerUnreachable, id="hangs"),
    pytest.param({"action": "html"}, AnswerUnreadable, id="answers HTML"),
    pytest.param({"action": "cut"}, CollectorError, id="cuts the body"),
    pytest.param({"action": "truncate"}, CollectorError, id="half the JSON"),
    pytest.param({"action": "close"}, ServerUnreachable, id="closes"),
    pytest.param({"action": "status", "status": 429, "retry_after": 7}, ServerBusy, id="429"),
]


@pytest.mark.parametrize(("fault", "error"), FAILURES)
def test_a_server_that_goes_on_failing_fails_the_run_and_the_next_one_goes_on(server, desk, fault, error):
    server.faults.add(path=r"/data/\?", after=1, times=FOR_EVER, **fault)
    with pytest.raises(error) as caught:
        pulled(desk)
    assert caught.value.exit_code != 0
    with desk.databases.reporting.connect() as connection:
        run = ledger.last_runs(connection)[0]
        kept = sum(ledger.count_verdicts(connection, FORM))
    assert (run.state, kept) == ("failed", PAGE_SIZE)
    assert type(caught.value).__name__ in run.message
    server.faults.clear()
    after = pulled(desk)
    assert (after.on_server, after.accepted, after.missing) == (STORED, STORED, 0)


@pytest.mark.parametrize(("fault", "error"), [each for each in FAILURES if each.id != "answers HTML"])
def test_a_server_that_fails_twice_costs_two_more_requests_and_nothing_else(server, desk, waits, fault, error):
    server.faults.add(path=r"/data/\?", after=1, times=2, **fault)
    form = pulled(desk)
    assert (form.accepted, form.quarantined, form.missing) == (STORED, 0, 0)
    assert len(waits) == 2


def test_a_429_is_waited_for_as_long_as_it_says(server, desk, waits):
    server.faults.add(path=r"/data/\?", times=2, action="status", status=429, retry_after=7)
    assert pulled(desk).accepted == STORED
    assert waits == [7, 7]


def test_a_row_that_comes_twice_is_refused_or_counted_once(server, desk):
    server.faults.add(path=r"/data/\?", after=1, times=1, action="duplicate-row")
    with pytest.raises(AnswerUnreadable):
        pulled(desk)
    assert pulled(desk).missing == 0


def test_a_count_that_is_wrong_for_a_moment_does_not_stop_the_pull(server, desk):
    server.faults.add(path=r"/data/\?", times=1, action="wrong-count")
    assert pulled(desk).missing == 0


def test_the_nightly_run_says_no_without_a_workbook_when_the_server_is_away(server, desk):
    server.faults.add(path="/me/", times=FOR_EVER, action="close")
    with pytest.raises(ServerUnreachable):
        nightly.nightly(desk)
    assert not list(desk.settings.export.folder.parent.glob("export/*.xlsx"))
