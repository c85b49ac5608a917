"""`collector sandbox` and `collector tablets`: a server to try things on, and tablets that fill its forms."""

from __future__ import annotations

import csv
import io
import signal
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape

from collector.errors import TabletError
from collector.form.programme import Programme
from collector.sandbox.options import Options
from collector.sandbox.server import OWNER, serve
from collector.tablets.campaign import Campaign, simulate
from collector.tablets.tablet import Sent, run_tablets
from collector.tablets.workers import Engine
from jobs import console, wiring
from jobs.deploy import is_sandbox, read_form
from jobs.settings import read_settings


def now() -> datetime:
    """The clock of these commands."""
    return datetime.now(UTC)


def sandbox_command(folder: Path, port: int) -> None:
    """Serve until interrupted; says the address and what to do with it."""
    stop = threading.Event()
    with serve(folder, port=port, options=Options(now=now, allow_faults=True)) as sandbox:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        console.out.print(
            f"A Kobo-compatible sandbox listens at {sandbox.url}; stop it with Ctrl-C. In another window:"
        )
        console.out.print(
            f"  export COLLECTOR_SERVER__URL={sandbox.url} COLLECTOR_SERVER__TOKEN={sandbox.token(OWNER)}"
        )
        console.out.print("  collector deploy && collector tablets && collector pull")
        try:
            stop.wait()
        except KeyboardInterrupt:
            console.say("sandbox stopped; the same folder gives the same data again")


def tablets_command(
    settings_file: Path | None,
    *,
    count: int,
    seed: int,
    server: str | None,
    engine: Engine,
    is_real_server_meant: bool,
    as_json: bool,
) -> None:
    """Fill and send the simulated campaign with the settings' token; refuses a real server unless it is meant."""
    overrides = {"server": {"url": server}} if server else {}
    settings = read_settings(settings_file, **overrides)
    programme = wiring.open_programme(settings)
    wiring.probe_server(settings)
    with wiring.open_client(settings) as client:
        is_ours = is_sandbox(client)
        if not is_ours and not is_real_server_meant:
            raise TabletError(
                f"{client.url} is not the sandbox, and simulated people do not belong among real ones; "
                "on a training project of its own, add --to-a-real-server."
            )
    campaign = simulated_campaign(programme, settings.forms.folder, seed)
    with console.bar("tablets") as report:
        sent = run_tablets(
            settings.server.url,
            settings.token,
            campaign,
            count=count,
            engine=engine,
            backdated=is_ours,
            on_sent=report,
        )
    report_sent(sent, as_json=as_json)


def simulated_campaign(programme: Programme, folder: Path, seed: int, *, has_old_form: bool = False) -> Campaign:
    """The campaign of a seed, on the session plan and the venues of the forms folder."""
    key, form = programme.session_form
    deployable, version = read_form(programme, folder, key)
    venue = version.question(form.questions.venue)
    plan, venues = (_rows(deployable.media[name]) for name in (programme.plan.file, venue.list_name if venue else ""))
    return simulate(programme, plan, venues, seed=seed, has_old_form=has_old_form)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def report_sent(sent: Sent, *, as_json: bool) -> None:
    """What the tablets sent, with which engine, and what the server refused."""
    if as_json:
        console.as_json(asdict(sent))
        return
    if sent.engine_reason:
        console.say(f"[yellow]forms are written without JavaRosa:[/yellow] {escape(sent.engine_reason)}")
    forms = " · ".join(f"{count:,} {form}" for form, count in sent.by_form.items())
    console.done("tablets", f"{sent.total:,} forms sent ({forms}), filled by {sent.engine}")
    for refused in sent.refused:
        console.say(
            f"[red]refused[/red] {refused.form_key} {refused.instance_id}: {refused.status} {escape(refused.message)}"
        )
