"""`collector status`: completeness form by form, how the last runs and slots ended; fails where something is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.errors import DeliveryError, RunFailed
from collector.form.records import Completeness
from collector.reporting import attachments, envelopes, judged, ledger, queries, slots, syncs, tombstones
from collector.reporting import forms as stored_forms
from collector.reporting.judged import Rejudging, Told
from collector.reporting.ledger import Run
from collector.reporting.syncs import SyncRecord
from jobs import console, wiring
from jobs.alarms import alarms, told
from jobs.settings import read_settings


def status_command(settings_file: Path | None, *, as_json: bool) -> None:
    """Print what the ledger knows; raises RunFailed, or DeliveryError for a workbook or mail that is missing."""
    settings = read_settings(settings_file)
    with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
        forms = list(queries.last_completeness(connection).values())
        runs = ledger.last_runs(connection)
        due = slots.last_slots(connection)
        synced = [each for each in (syncs.last_sync(connection, form.form) for form in forms) if each]
        counts = defaultdict(Told, judged.told(connection))
        again = [each for each in (judged.last_rejudging(connection, form.form) for form in forms) if each]
        unjudgeable = stored_forms.unjudgeable_versions(connection)
        files = {form.form: attachments.count_files(connection, form.form) for form in forms}
        sealed = {form.form: envelopes.count_outcomes(connection, form.form) for form in forms}
        waiting = {form.form: tombstones.held(connection, form.form) for form in forms}
        missing = alarms(connection, settings, datetime.now(UTC))
    if as_json:
        counted = [asdict(form) | {"missing": form.missing} | asdict(counts[form.form]) for form in forms]
        console.as_json(
            {
                "forms": counted,
                "runs": [asdict(run) for run in runs],
                "slots": due,
                "syncs": [asdict(each) for each in synced],
                "held": waiting,
                "alarms": [told([alarm]) for alarm in missing],
                "files": files,
                "encrypted": sealed,
                "judged_again": [asdict(each) for each in again],
                "not_judgeable": [{"form": form, "version": uid, "why": why} for form, uid, why in unjudgeable],
            }
        )
    else:
        zone = ZoneInfo(settings.schedule.time_zone)
        _print_forms(forms, counts, zone)
        _print_judging(again, unjudgeable)
        _print_syncs(synced, waiting)
        _print_counts("Files of submissions", files)
        _print_counts("Encrypted submissions", sealed)
        _print_runs(runs, zone)
        rows = [(job, _local(due_at, zone), state, message or "") for job, due_at, state, message in due]
        if rows:
            console.table("Slots of the schedule", ("job", "due", "state", "why"), rows)
        for alarm in missing:
            console.out.print(f"ALARM {told([alarm])}", markup=False)
    if runs and runs[0].state != "succeeded":
        raise RunFailed(f"the last run, {runs[0].id} ({runs[0].job}), is {runs[0].state}.")
    if missing:
        raise DeliveryError(told(missing))


def _print_forms(forms: list[Completeness], counts: Mapping[str, Told], zone: ZoneInfo) -> None:
    if not forms:
        console.out.print("Nothing has been pulled yet: `collector pull`.")
        return
    columns = ("form", "counted", "on the server", "accepted", "with warnings", "quarantined", "in doubt", "complete")
    rows = [
        (
            form.form,
            _local(form.counted_at, zone),
            form.on_server,
            form.accepted,
            counts[form.form].warned,
            form.quarantined,
            counts[form.form].unsure,
            f"no: {form.missing:+,}" if form.missing else "yes",
        )
        for form in forms
    ]
    console.table("Forms", columns, rows)


def _print_judging(again: list[Rejudging], unjudgeable: list[tuple[str, str, str]]) -> None:
    columns = ("form", "run", "judged again", "→ accepted", "→ quarantine", "not in the raw store")
    rows = [(each.form, each.run, each.judged, each.freed, each.caught, each.lost) for each in again]
    if rows:
        console.table("Last judged again", columns, rows)
    for form, version, why in unjudgeable:
        console.out.print(f"ALARM {form}: nothing can be judged by version {version}: {why}", markup=False)


def _print_syncs(synced: list[SyncRecord], waiting: dict[str, dict[int, str]]) -> None:
    columns = ("form", "strategy", "requests", "ever seen", "deleted", "held", "unexplained", "cannot see")
    rows = [
        (each.form, each.strategy, each.requests, each.seen, each.deleted, each.held, each.unexplained, each.cannot_see)
        for each in synced
    ]
    if rows:
        console.table("Last sync of each form", columns, rows)
    for form, held in waiting.items():
        if held:
            why = next(iter(held.values()))
            console.out.print(f"ALARM {form}: {len(held):,} deletions are held: {why}. `collector sync confirm`?")


def _print_counts(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    """A row for each form that has some, a column for each state that occurs."""
    found = sorted({name for of_form in counts.values() for name in of_form})
    rows = [(form, *(of_form.get(name, 0) for name in found)) for form, of_form in counts.items() if of_form]
    if rows:
        console.table(title, ("form", *(name.replace("_", " ") for name in found)), rows)


def _print_runs(runs: list[Run], zone: ZoneInfo) -> None:
    rows = [(run.id, run.job, _local(run.started_at, zone), run.state, run.message or "") for run in runs]
    console.table(f"Last runs ({zone.key})", ("run", "job", "started", "state", "why"), rows)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
