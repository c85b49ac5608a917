"""`collector status`: completeness form by form, how the last runs and slots ended; fails where something is wrong."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.errors import RunFailed
from collector.form.records import Completeness
from collector.reporting import ledger, queries, slots
from collector.reporting.ledger import Run
from jobs import console, wiring
from jobs.settings import read_settings


def status_command(settings_file: Path | None, *, as_json: bool) -> None:
    """Print what the ledger knows; raises RunFailed when the last run did not succeed."""
    settings = read_settings(settings_file)
    with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
        forms = list(queries.last_completeness(connection).values())
        runs = ledger.last_runs(connection)
        due = slots.last_slots(connection)
    if as_json:
        counted = [asdict(form) | {"missing": form.missing} for form in forms]
        console.as_json({"forms": counted, "runs": [asdict(run) for run in runs], "slots": due})
    else:
        zone = ZoneInfo(settings.schedule.time_zone)
        _print_forms(forms, zone)
        _print_runs(runs, zone)
        rows = [(job, _local(due_at, zone), state, message or "") for job, due_at, state, message in due]
        if rows:
            console.table("Slots of the schedule", ("job", "due", "state", "why"), rows)
    if runs and runs[0].state != "succeeded":
        raise RunFailed(f"the last run, {runs[0].id} ({runs[0].job}), is {runs[0].state}.")


def _print_forms(forms: list[Completeness], zone: ZoneInfo) -> None:
    if not forms:
        console.out.print("Nothing has been pulled yet: `collector pull`.")
        return
    columns = ("form", "counted", "on the server", "accepted", "quarantined", "complete")
    rows = [
        (
            form.form,
            _local(form.counted_at, zone),
            form.on_server,
            form.accepted,
            form.quarantined,
            f"no: {form.missing:+,}" if form.missing else "yes",
        )
        for form in forms
    ]
    console.table("Forms", columns, rows)


def _print_runs(runs: list[Run], zone: ZoneInfo) -> None:
    rows = [(run.id, run.job, _local(run.started_at, zone), run.state, run.message or "") for run in runs]
    console.table(f"Last runs ({zone.key})", ("run", "job", "started", "state", "why"), rows)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
