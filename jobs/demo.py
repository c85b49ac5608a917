"""`collector demo`: a whole field campaign on this computer, from blank forms to the nightly workbook."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape

from collector.errors import FolderNotWritable, ServerError
from collector.kobo.client import Client
from collector.kobo.deployment import Deployment
from collector.sandbox.options import Options
from collector.sandbox.server import ENUMERATORS, OWNER, Sandbox, serve
from collector.tablets.openrosa import BlankForm
from collector.tablets.tablet import Sent, fetch_blank_forms, run_tablets
from collector.tablets.truth import write_truth
from collector.tablets.workers import Engine
from jobs import console, wiring
from jobs.commands import desk, now, report_night
from jobs.deploy import deploy
from jobs.nightly import Desk, Night, nightly
from jobs.sandbox import report_sent, simulated_campaign
from jobs.settings import Settings, read_settings

MARK = ".collector-demo"
PAGE_SIZE = 200
"""Submissions a page: small, so that the pull has pages to show and the dropped line something to cut."""


@dataclass(frozen=True)
class DemoResult:
    """What the demo came to."""

    seed: int
    sent: Sent
    night: Night
    seconds: float


def run_demo(folder: Path, *, seed: int, engine: Engine, is_line_dropped: bool, as_json: bool) -> None:
    """Run the demo in `folder`, which is emptied first if an earlier demo made it; prints what came of it."""
    started = time.monotonic()
    folder = folder.absolute()
    empty_folder(folder)
    console.say("[bold]collector demo[/bold]  a whole field campaign on this computer; nobody in it is real\n")
    with serve(folder / "sandbox", options=Options(now=now)) as sandbox:
        console.done("sandbox", f"{sandbox.url} (Kobo-compatible, in this process)")
        settings = demo_settings(folder, sandbox)
        with desk(settings) as at:
            sent = _collect(at, sandbox, folder, seed, engine)
            night = _nightly(at, sandbox, is_line_dropped=is_line_dropped)
    result = DemoResult(seed, sent, night, time.monotonic() - started)
    if as_json:
        pulled = [asdict(form) | {"missing": form.missing} for form in night.pulled.forms]
        console.as_json(asdict(result) | {"night": {"pulled": pulled, "exported": asdict(night.exported)}})
    else:
        _tell(result, folder)


def empty_folder(folder: Path) -> None:
    """Make the folder, or empty it when an earlier demo made it; raises FolderNotWritable for anything else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise FolderNotWritable(f"{folder} holds something that no demo made: name another with --folder.")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / MARK).write_text("made by `collector demo`, which empties this folder\n", "utf-8")
    except OSError as error:
        raise FolderNotWritable(f"{folder} cannot be written: {error.strerror}; name another with --folder.") from None


def demo_settings(folder: Path, sandbox: Sandbox) -> Settings:
    """Settings of the demo alone, which win over the environment; kept in the folder for the commands that follow."""
    forms = read_settings().forms.folder
    secret = secrets.token_hex(32)
    (folder / "secrets").mkdir()
    (folder / "secrets" / "server__token").write_text(sandbox.token(OWNER), "utf-8")
    (folder / "secrets" / "privacy__secret").write_text(secret, "utf-8")
    port = sandbox.url.rsplit(":", 1)[-1]
    (folder / "settings.toml").write_text(
        f'# Start the demo\'s server first: collector sandbox --folder "{folder / "sandbox"}" --port {port}\n'
        f'[server]\nurl = "{sandbox.url}"\npage_size = {PAGE_SIZE}\n\n'
        '[database]\nurl = "sqlite:///collector.db"\n\n[raw]\nurl = "sqlite:///raw.db"\n\n'
        f'[forms]\nfolder = {str(forms)!r}\n\n[export]\nfolder = "."\nname = "workbook"\n\n[log]\nlevel = "WARNING"\n',
        "utf-8",
    )
    return read_settings(
        folder / "settings.toml",
        server={
            "url": sandbox.url,
            "token": sandbox.token(OWNER),
            "page_size": PAGE_SIZE,
            "overlap": 100,
            "assets": {},
        },
        mail={"server": ""},
        database={"url": "sqlite:///collector.db"},
        raw={"url": "sqlite:///raw.db"},
        forms={"folder": forms},
        export={"folder": ".", "name": "workbook"},
        privacy={"secret": secret},
        log={"level": "WARNING"},
    )


def _collect(at: Desk, sandbox: Sandbox, folder: Path, seed: int, engine: Engine) -> Sent:
    """Deploy the forms, let one tablet miss the second deployment, fill and send everything."""
    campaign = simulated_campaign(at.programme, at.settings.forms.folder, seed, has_old_form=True)
    write_truth(campaign, folder / "truth.json")
    tokens = {name: sandbox.token(name) for name in ENUMERATORS}
    with wiring.open_client(at.settings) as client:
        first = deploy(client, at.programme, at.settings.forms.folder)
        _share(client, first)
        old_forms: dict[str, BlankForm] = fetch_blank_forms(sandbox.url, tokens, campaign)
        _touch(client, first)
        deploy(client, at.programme, at.settings.forms.folder)
    console.done("forms deployed", f"{', '.join(each.form_key for each in first)} · 3 languages · twice")
    with console.bar("tablets") as report:
        sent = run_tablets(
            sandbox.url, tokens, campaign, engine=engine, backdated=True, old_forms=old_forms, on_sent=report
        )
    report_sent(sent, as_json=False)
    return sent


def _share(client: Client, deployments: list[Deployment]) -> None:
    """Let every enumerator submit, as the project's owner does in the sharing dialog."""
    permission = f"{client.url}/api/v2/permissions/add_submissions/"
    for deployed in deployments:
        path = f"/api/v2/assets/{deployed.asset_uid}/permission-assignments/"
        for name in ENUMERATORS:
            client.post_json(path, {"user": f"{client.url}/api/v2/users/{name}/", "permission": permission})


def _touch(client: Client, deployments: list[Deployment]) -> None:
    """Make a new draft of each form, as somebody who saves it in the web builder does: a second version comes of it."""
    for deployed in deployments:
        path = f"/api/v2/assets/{deployed.asset_uid}/"
        client.patch_json(path, {"name": client.get_json(path)["name"]})


def _nightly(at: Desk, sandbox: Sandbox, *, is_line_dropped: bool) -> Night:
    nights: list[Night] = []
    if is_line_dropped:
        sandbox.faults.add("close", path="/data/", after=3, times=0)
        with console.bar("pull → judge → load") as report, _told_when_dropped():
            nightly(at, report=report)
        sandbox.faults.clear()
    with console.bar("pull → judge → load") as report:
        nightly(at, report=report, announce=nights.append)
    return nights[0]


@contextmanager
def _told_when_dropped() -> Iterator[None]:
    try:
        yield
    except ServerError as error:
        console.say(f"[yellow]line dropped:[/yellow] {escape(str(error))}")
        console.say("  the run is recorded as failed; the next one goes on where it stopped")


def _tell(result: DemoResult, folder: Path) -> None:
    report_night(result.night, as_json=False)
    console.out.print(
        f"\n[bold green]Done in {result.seconds:.0f} s.[/bold green] The workbook: {result.night.exported.path}"
    )
    console.out.print("\nWhat to try next:")
    console.out.print(f"  open {result.night.exported.path}")
    console.out.print(f"  collector status --settings {folder / 'settings.toml'}")
    console.out.print("  collector demo --drop-line      cuts the line in the middle of the pull: watch it go on")
    console.out.print("  collector demo --seed 8         another campaign")
