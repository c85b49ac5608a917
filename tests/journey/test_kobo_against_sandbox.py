"""The client against a server over real HTTP: pulls through bad lines, and deployments cut at every request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
import requests

from collector.errors import (
    AnswerUnreadable,
    DeploymentFailed,
    PermissionMissing,
    ServerBusy,
    ServerError,
    ServerUnreachable,
    TokenRefused,
)
from collector.form import xlsform
from collector.kobo import pages
from collector.kobo.assets import (
    Asset,
    fetch_asset,
    fetch_content,
    fetch_files,
    fetch_media,
    fetch_versions,
    find_asset,
    md5_of,
)
from collector.kobo.client import Client
from collector.kobo.content import form_version_of
from collector.kobo.deployment import DeployableForm, deploy
from collector.kobo.marker import Marker
from collector.kobo.retry import Patience
from collector.kobo.submission import read_submission
from collector.kobo.tablet_view import fetch_tablet_view
from collector.kobo.understood import plain
from collector.sandbox.faults import Fault
from collector.sandbox.options import Options
from collector.sandbox.server import Sandbox, serve
from tests.journey.workbooks import SURVEY, workbook

ROOT = Path(__file__).parents[2]
VENUES = "name,label\nv1,قاعة\n".encode()
MORE_VENUES = VENUES + b"v2,Hall\n"
FORM = DeployableForm("attendance", "Attendance", workbook(), {"venues.csv": VENUES})
NEXT_FORM = replace(
    FORM, workbook=workbook([*SURVEY, ("text", "remark", "Remark", "ملاحظة", "")]), media={"venues.csv": MORE_VENUES}
)


def options(**changes: object) -> Options:
    return Options(now=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC), import_seconds=0, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serve(tmp_path_factory.mktemp("sandbox"), options=options(page_cap=100)) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.faults.clear()


def open_client(sandbox: Sandbox, username: str = "programme", *, attempts: int = 4) -> Client:
    """A client that waits a moment where it would wait for seconds, so that a busy server gets its turn."""
    patience = Patience(attempts=attempts, sleep=lambda seconds: Event().wait(0.02) and None)
    return Client(sandbox.url, sandbox.token(username), patience=patience, timeout_seconds=30)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with open_client(sandbox) as client:
        yield client


@pytest.fixture(scope="module")
def filled(sandbox: Sandbox) -> tuple[str, list[int]]:
    """Uid of a deployed form with 250 submissions, and their ids."""
    with open_client(sandbox) as client:
        uid = deploy(client, replace(FORM, key="filled")).asset_uid
    return uid, sandbox.put_json(uid, [{"consent": "yes"} for _ in range(250)])


def ids_of(client: Client, uid: str, *, after: int = 0) -> list[int]:
    walked = pages.fetch_pages(client, uid, after=after, page_size=1000)
    return [read_submission(record).id for page in walked for record in page.records]


def test_the_token_proves_itself(sandbox, client):
    assert client.account().username == "programme"
    with Client(sandbox.url, "0" * 40) as stranger, pytest.raises(TokenRefused):
        stranger.account()


def test_a_server_on_this_computer_is_not_asked_through_a_proxy(client, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.account().username == "programme"


def test_a_pull_gives_every_submission_once_whatever_was_asked_for(client, filled):
    uid, ids = filled
    assert ids_of(client, uid) == ids
    assert ids_of(client, uid, after=ids[99]) == ids[100:]
    assert ids_of(client, uid, after=ids[-1]) == []
    assert pages.count(client, uid) == 250


@pytest.mark.parametrize(
    "details",
    [
        {"action": "status", "status": 429},
        {"action": "status", "status": 502},
        {"action": "status", "status": 503},
        {"action": "status", "status": 504},
        {"action": "close"},
        {"action": "act-then-close"},
        {"action": "cut"},
        {"action": "truncate"},
    ],
    ids=lambda details: "-".join(str(value) for value in details.values()),
)
def test_a_fault_in_the_middle_of_a_pull_loses_nothing(sandbox, client, filled, details):
    uid, ids = filled
    fault = sandbox.faults.add(**details, path="/data/", after=1, times=2)
    assert ids_of(client, uid) == ids
    assert fault.acted == 2


@pytest.mark.parametrize(
    ("details", "error"),
    [
        ({"action": "status", "status": 503}, ServerBusy),
        ({"action": "status", "status": 500}, ServerError),
        ({"action": "close"}, ServerUnreachable),
        ({"action": "cut"}, ServerUnreachable),
        ({"action": "truncate"}, AnswerUnreadable),
        ({"action": "html"}, AnswerUnreadable),
        ({"action": "duplicate-row"}, AnswerUnreadable),
    ],
    ids=lambda value: value["action"] if isinstance(value, dict) else value.__name__,
)
def test_a_fault_that_stays_ends_the_pull_with_its_name(sandbox, client, filled, details, error):
    sandbox.faults.add(**details, path="/data/", times=0)
    with pytest.raises(error):
        ids_of(client, filled[0])


def test_a_server_that_hangs_is_left(sandbox, filled):
    sandbox.faults.add("hang", path="/data/", seconds=2.0, times=0)
    with (
        Client(sandbox.url, sandbox.token("programme"), timeout_seconds=0.2, patience=Patience(attempts=1)) as client,
        pytest.raises(ServerUnreachable, match=r"silent for 0\.2 s"),
    ):
        ids_of(client, filled[0])


def test_a_server_that_is_not_there_is_said_so():
    with (
        Client("http://127.0.0.1:9", "0" * 40, patience=Patience(attempts=1)) as client,
        pytest.raises(ServerUnreachable, match="connection is refused"),
    ):
        client.account()


def test_a_project_that_is_not_shared_is_a_matter_of_permission(sandbox):
    with open_client(sandbox) as owner, open_client(sandbox, "e01") as stranger:
        uid = deploy(owner, replace(FORM, key="not_shared")).asset_uid
        with pytest.raises(PermissionMissing, match="cannot see it"):
            pages.count(stranger, uid)
        with pytest.raises(PermissionMissing):
            deploy(stranger, replace(FORM, key="not_shared"), asset_uid=uid)


def test_a_new_form_is_deployed_with_its_media_under_its_own_name(client):
    done = deploy(client, replace(FORM, key="new"))
    asset = find_asset(client, "new")
    assert asset is not None
    assert (done.outcome, done.asset_uid, done.media) == ("created", asset.uid, ("venues.csv",))
    assert (asset.name, asset.is_active) == ("Attendance", True)
    assert asset.deployed_version_uid == asset.version_uid == done.version_uid
    assert [version.uid for version in fetch_versions(client, asset.uid)] == [done.version_uid]
    media = fetch_media(client, asset.uid)
    form = form_version_of(fetch_content(client, asset.uid, done.version_uid), version="", title="", media=media)
    assert [question.path for question in form.questions] == ["consent", "venue", "register/card"]
    assert form.choices["venues.csv"][0].labels == {"": "قاعة"}


def test_a_form_that_is_there_costs_two_requests_and_no_write(sandbox, client):
    first = deploy(client, replace(FORM, key="same"))
    counted = count_requests(sandbox)
    again = deploy(client, replace(FORM, key="same"))
    assert (again.outcome, again.version_uid, again.asset_uid) == ("unchanged", first.version_uid, first.asset_uid)
    assert {method: fault.seen for method, fault in counted.items()} == {"GET": 2, "POST": 0, "PATCH": 0, "DELETE": 0}


def test_a_changed_workbook_becomes_the_running_version_of_the_same_project(client):
    first = deploy(client, replace(FORM, key="next"))
    second = deploy(client, replace(NEXT_FORM, key="next"))
    assert (second.outcome, second.asset_uid, second.media) == ("changed", first.asset_uid, ("venues.csv",))
    assert fetch_versions(client, first.asset_uid)[0].uid == second.version_uid
    assert fetch_asset(client, first.asset_uid).name == "Attendance"
    assert fetch_media(client, first.asset_uid) == {"venues.csv": MORE_VENUES}


def test_changed_media_reach_the_tablets_by_a_deployment_of_the_same_version(sandbox, client):
    first = deploy(client, replace(FORM, key="media"))
    manifest = manifest_of(sandbox, client, first.asset_uid)
    second = deploy(client, replace(FORM, key="media", media={"venues.csv": MORE_VENUES}))
    assert (second.version_uid, second.media) == (first.version_uid, ("venues.csv",))
    assert manifest_of(sandbox, client, first.asset_uid) != manifest
    assert md5_of(MORE_VENUES) in manifest_of(sandbox, client, first.asset_uid)


def test_a_deployment_is_seen_as_a_tablet_sees_it(client):
    done = deploy(client, replace(FORM, key="seen"))
    view = fetch_tablet_view(client, done.asset_uid)
    assert view is not None
    assert (view.version_uid, view.listed_hash) == (done.version_uid, view.form_hash)
    assert view.media == {"venues.csv": md5_of(VENUES)}
    assert done.tablets == view.label != ""


class OldList(Client):
    """A gateway in between remembers the form list."""

    remembered: bytes | None = None

    def get_as_tablet(self, path, **params):
        if "formList" not in path:
            return super().get_as_tablet(path, **params)
        self.remembered = self.remembered or super().get_as_tablet(path, **params)
        return self.remembered


class Deaf(Client):
    """A server that says 200 to a later deployment, and deploys nothing."""

    def patch_json(self, path, body, *, is_idempotent=False):
        return None if path.endswith("deployment/") else super().patch_json(path, body, is_idempotent=is_idempotent)


@pytest.mark.parametrize(
    ("between", "changed", "says"),
    [
        (OldList, NEXT_FORM, "another hash than that of the form"),
        (Deaf, replace(FORM, media=NEXT_FORM.media), "media are not those that were sent: venues.csv"),
    ],
)
def test_a_form_that_does_not_reach_tablets_is_an_error_and_the_next_run_mends_it(
    sandbox, client, between, changed, says
):
    key = f"stale_{between.__name__}"
    patience = Patience(sleep=lambda seconds: None)
    with between(sandbox.url, sandbox.token("programme"), patience=patience) as disturbed:
        uid = deploy(disturbed, replace(FORM, key=key)).asset_uid
        with pytest.raises(DeploymentFailed, match=says):
            deploy(disturbed, replace(changed, key=key))
    assert deploy(client, replace(changed, key=key)).tablets
    assert fetch_tablet_view(client, uid).media == {"venues.csv": md5_of(MORE_VENUES)}


def test_an_account_that_may_not_fill_a_form_says_that_it_has_not_looked(sandbox, client):
    uid = deploy(client, replace(FORM, key="unseen")).asset_uid
    grant(client, uid, "e04", "change_asset")
    said = []
    with open_client(sandbox, "e04") as editor:
        done = deploy(editor, replace(NEXT_FORM, key="unseen"), report=said.append)
    assert (done.outcome, done.tablets) == ("changed", "")
    assert "unseen: not seen as tablets see it, the account lacks add_submissions" in said


def test_media_of_other_people_stay(client):
    first = deploy(client, replace(FORM, key="theirs", media={"venues.csv": VENUES, "theirs.csv": VENUES}))
    deploy(client, replace(FORM, key="theirs", media={"venues.csv": MORE_VENUES}))
    assert sorted(fetch_media(client, first.asset_uid)) == ["theirs.csv", "venues.csv"]


def test_media_changed_on_the_server_are_sent_again(client):
    uid = deploy(client, replace(FORM, key="lost")).asset_uid
    [file] = fetch_files(client, uid)
    client.delete(f"/api/v2/assets/{uid}/files/{file.uid}/")
    assert deploy(client, replace(FORM, key="lost")).media == ("venues.csv",)
    assert fetch_media(client, uid) == {"venues.csv": VENUES}


def test_media_at_hand_are_not_fetched_again(sandbox, client):
    uid = deploy(client, replace(FORM, key="cached")).asset_uid
    contents = sandbox.faults.add("hang", path="/content/", after=10**6)
    assert fetch_media(client, uid, known={md5_of(VENUES): VENUES}) == {"venues.csv": VENUES}
    assert contents.seen == 0


def test_an_archived_project_takes_submissions_again(client):
    uid = deploy(client, replace(FORM, key="archived")).asset_uid
    client.patch_json(f"/api/v2/assets/{uid}/deployment/", {"active": False})
    assert deploy(client, replace(FORM, key="archived")).outcome == "changed"
    assert fetch_asset(client, uid).is_active


def test_what_people_wrote_in_the_description_stays(client):
    uid = deploy(client, replace(FORM, key="described")).asset_uid
    asset = fetch_asset(client, uid)
    description = f"Before. {asset.settings['description']} After."
    client.patch_json(asset.path, {"settings": {**asset.settings, "description": description}})
    deploy(client, replace(NEXT_FORM, key="described"))
    written = str(fetch_asset(client, uid).settings["description"])
    assert (written[:8], written[-7:]) == ("Before. ", " After.")


def test_a_form_edited_on_the_server_is_not_written_over_by_accident(client):
    uid = deploy(client, replace(FORM, key="edited")).asset_uid
    content = dict(fetch_asset(client, uid).content)
    content["survey"] = [*content["survey"], {"type": "text", "name": "added", "label": ["Added", None]}]
    client.patch_json(f"/api/v2/assets/{uid}/", {"content": content})
    for form in (FORM, NEXT_FORM):
        with pytest.raises(DeploymentFailed, match="changed on the server"):
            deploy(client, replace(form, key="edited"))
    deploy(client, replace(FORM, key="edited"), is_overwriting=True)
    assert names_of(fetch_asset(client, uid)) == ["consent", "venue", "register", "card"]


def test_a_project_renamed_on_the_server_is_still_the_same_form(client):
    uid = deploy(client, replace(FORM, key="renamed")).asset_uid
    client.patch_json(f"/api/v2/assets/{uid}/", {"name": "Their name"})
    deploy(client, replace(FORM, key="renamed"))
    asset = fetch_asset(client, uid)
    assert (asset.name, asset.deployed_version_uid) == ("Their name", asset.version_uid)
    assert deploy(client, replace(FORM, key="renamed")).outcome == "unchanged"


def test_a_project_made_by_hand_is_taken_over_by_its_uid(client):
    uid = client.post_json("/api/v2/assets/", {"name": "By hand", "asset_type": "survey"})["uid"]
    assert deploy(client, replace(FORM, key="by_hand"), asset_uid=uid).outcome == "changed"
    found = find_asset(client, "by_hand")
    assert found is not None
    assert found.uid == uid


def test_a_project_of_another_form_is_not_taken_over(client):
    uid = deploy(client, replace(FORM, key="one")).asset_uid
    with pytest.raises(DeploymentFailed, match="holds form 'one', not 'other'"):
        deploy(client, replace(FORM, key="other"), asset_uid=uid)


def test_two_projects_with_one_mark_are_not_guessed_between(client):
    settings = {"description": str(Marker("twice"))}
    for _ in range(2):
        client.post_json("/api/v2/assets/", {"name": "x", "asset_type": "survey", "settings": settings})
    with pytest.raises(ServerError, match="several projects"):
        deploy(client, replace(FORM, key="twice"))


@pytest.mark.parametrize(
    ("key", "content", "words"),
    [
        ("no_workbook", b"not a workbook", "Unsupported format"),
        ("bad_type", workbook([*SURVEY, ("txet", "q", "Q", "س", "")]), "unknown type"),
        ("no_list", workbook([*SURVEY, ("select_one nolist", "q", "Q", "س", "")]), "nolist"),
        ("no_survey", workbook([("type", "name")]), "no question"),
    ],
)
def test_a_refused_form_is_refused_with_the_servers_words_and_the_old_one_runs_on(client, key, content, words):
    uid = deploy(client, replace(FORM, key=key)).asset_uid
    running = fetch_asset(client, uid).deployed_version_uid
    with pytest.raises(DeploymentFailed, match=words):
        deploy(client, replace(FORM, key=key, workbook=content))
    assert fetch_asset(client, uid).deployed_version_uid == running
    deploy(client, replace(FORM, key=key))
    assert find_asset(client, key) is not None


def test_a_form_that_the_server_understands_otherwise_does_not_go_out(client):
    definition = form_version_of({"survey": [{"type": "text", "name": "consent"}]}, version="", title="")
    with pytest.raises(
        DeploymentFailed, match=r"instead of 'consent' \(text\) the server has 'consent' \(select_one\)"
    ):
        deploy(client, replace(FORM, key="otherwise", definition=definition))
    asset = find_asset(client, "otherwise")
    assert asset is not None
    assert not asset.has_deployment


@pytest.mark.parametrize("path", sorted((ROOT / "forms").glob("*.xlsx")), ids=lambda path: path.stem)
def test_our_forms_come_back_from_the_server_as_they_were_sent(client, path):
    bare = xlsform.form_version(xlsform.read_workbook(path))
    media = {name: (ROOT / "forms" / "media" / name).read_bytes() for name in bare.media_files}
    sent = xlsform.form_version(xlsform.read_workbook(path), media)
    done = deploy(client, DeployableForm(f"our_{path.stem}", sent.title, path.read_bytes(), media, sent))
    content, media = fetch_content(client, done.asset_uid, done.version_uid), fetch_media(client, done.asset_uid)
    back = form_version_of(content, version=sent.version, title=sent.title, media=media)
    assert back == sent


def test_the_missing_permission_is_named(sandbox, client):
    uid = deploy(client, replace(FORM, key="shared")).asset_uid
    grant(client, uid, "e02", "view_submissions")
    with open_client(sandbox, "e02") as reader, pytest.raises(PermissionMissing, match="change_asset"):
        deploy(reader, replace(NEXT_FORM, key="shared"))
    grant(client, uid, "e03", "change_asset")
    with open_client(sandbox, "e03") as editor:
        assert deploy(editor, replace(NEXT_FORM, key="shared")).asset_uid == uid


@pytest.mark.parametrize("action", ["close", "act-then-close"])
@pytest.mark.parametrize("before", [None, FORM], ids=["new", "replaced"])
def test_a_deployment_cut_at_any_request_is_finished_by_the_next_run(sandbox, client, before, action):
    """The line is lost at the first request, then at the second, and so on, before or after the server acted on it."""
    prefix = f"{'new' if before is None else 'replaced'}_{action.replace('-', '_')}"
    expected = state_after(client, replace(NEXT_FORM, key=prefix), before)
    cut_at = 0
    while True:
        form = replace(NEXT_FORM, key=f"{prefix}_{cut_at}")
        projects = count_projects(client)
        if before is not None:
            deploy(client, replace(before, key=form.key))
        fault = sandbox.faults.add(action, after=cut_at)
        with open_client(sandbox, attempts=1) as cut, suppress(ServerUnreachable):
            deploy(cut, form)
        sandbox.faults.clear()
        if not fault.acted:
            assert cut.requests == cut_at, "a request was never cut"
            break
        if before is not None:
            found = find_asset(client, form.key)
            assert found is not None
            assert found.is_active
        assert state_after(client, form) == expected
        assert count_projects(client) == projects + 1
        cut_at += 1
    assert cut_at >= 15


def state_after(client: Client, form: DeployableForm, before: DeployableForm | None = None) -> object:
    """All that a deployment leaves behind and that is not made up anew each time; one project, or find_asset raises."""
    if before is not None:
        deploy(client, replace(before, key=form.key))
    deploy(client, form)
    assert deploy(client, form).outcome == "unchanged"
    asset = find_asset(client, form.key)
    assert asset is not None
    running = fetch_content(client, asset.uid, asset.deployed_version_uid)
    return asset.name, asset.is_active, plain(running), fetch_media(client, asset.uid)


def count_projects(client: Client) -> int:
    return int(client.get_json("/api/v2/assets/", limit=1)["count"])


def count_requests(sandbox: Sandbox) -> dict[str, Fault]:
    """Faults that never act, but count the requests they see."""
    return {
        method: sandbox.faults.add("hang", method=method, after=10**6) for method in ("GET", "POST", "PATCH", "DELETE")
    }


def manifest_of(sandbox: Sandbox, client: Client, asset_uid: str) -> str:
    """The list of media as a tablet fetches it, without the addresses."""
    headers = {"Authorization": f"Token {sandbox.token('programme')}"}
    forms = requests.get(f"{sandbox.url}/formList", params={"formID": asset_uid}, headers=headers, timeout=30).text
    address = forms.partition("<manifestUrl>")[2].partition("</manifestUrl>")[0]
    return requests.get(address, headers=headers, timeout=30).text


def names_of(asset: Asset) -> list[str]:
    return [row["name"] for row in asset.content["survey"] if "name" in row]


def grant(client: Client, asset_uid: str, username: str, permission: str) -> None:
    body = {
        "user": f"{client.url}/api/v2/users/{username}/",
        "permission": f"{client.url}/api/v2/permissions/{permission}/",
    }
    client.post_json(f"/api/v2/assets/{asset_uid}/permission-assignments/", body)
