"""`collector status`: completeness form by form, how the last runs and slots ended; fails where something is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from collector.delivery.letter import Alarm
from collector.errors import DeliveryError, RunFailed
from collector.form.records import Completeness
from collector.reporting import attachments, deliveries, envelopes, judged, ledger, queries, slots, syncs, tombstones
from collector.reporting import forms as stored_forms
from collector.reporting.judged import Rejudging, Told
from collector.reporting.ledger import Run
from collector.reporting.syncs import SyncRecord
from jobs import console, wiring
from jobs.alarms import alarms, told
from jobs.schedule import PATIENCE
from jobs.settings import read_settings

MISSED = "`collector run nightly` makes one now; see whether `collector schedule`, or the timer, still runs."
REMEDIES = {"late": MISSED, "never": MISSED, "undelivered": "`collector deliver` tries those again."}


def status_command(settings_file: Path | None, *, now: datetime, as_json: bool) -> None:
    """Print what the ledger knows; raises RunFailed, or DeliveryError for a workbook or mail that is missing."""
    settings = read_settings(settings_file)
    with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
        forms = list(queries.last_completeness(connection).values())
        runs = _runs(connection)
        due = slots.last_slots(connection)
        synced = [each for each in (syncs.last_sync(connection, form.form) for form in forms) if each]
        counts = defaultdict(Told, judged.told(connection))
        again = [each for each in (judged.last_rejudging(connection, form.form) for form in forms) if each]
        unjudgeable = stored_forms.unjudgeable_versions(connection)
        files = {form.form: attachments.count_files(connection, form.form) for form in forms}
        sealed = {form.form: envelopes.count_outcomes(connection, form.form) for form in forms}
        waiting = {form.form: tombstones.held(connection, form.form) for form in forms}
        missing = alarms(connection, settings, now)
        newest = deliveries.last_export(connection, "internal")
        is_going_on = ledger.is_run_locked(databases.reporting)
    zone = ZoneInfo(settings.schedule.time_zone)
    trouble = _trouble(runs, zone, now, is_going_on=is_going_on)
    if as_json:
        counted = [asdict(form) | {"missing": form.missing} | asdict(counts[form.form]) for form in forms]
        console.as_json(
            {
                "forms": counted,
                "runs": [asdict(run) for run in runs],
                "trouble": trouble,
                "workbook": newest and {"file_name": newest.file_name, "made_at": newest.made_at},
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
        _print_forms(forms, counts, zone)
        _print_judging(again, unjudgeable)
        _print_syncs(synced, waiting)
        _print_counts("Files of submissions", files)
        _print_counts("Encrypted submissions", sealed)
        _print_runs(runs, zone, is_going_on=is_going_on)
        rows = [(job, _local(due_at, zone), state, message or "") for job, due_at, state, message in due]
        if rows:
            console.table("Slots of the schedule", ("job", "due", "state", "why"), rows)
        if newest:
            made = _local(newest.made_at, zone)
            console.out.print(f"The newest workbook is {newest.file_name}, made {made}.", markup=False)
        for alarm in missing:
            console.out.print(f"ALARM {_explained(alarm)}", markup=False)
    if trouble:
        raise RunFailed(trouble)
    if missing:
        raise DeliveryError(" ".join(map(_explained, missing)))


def _explained(alarm: Alarm) -> str:
    """An alarm with what to do about it; the mails that tell it too go to people who cannot."""
    return f"{told([alarm])} {REMEDIES.get(alarm.code, '')}".rstrip()


def _runs(connection: Connection) -> list[Run]:
    """The newest runs, and the newest night where quick pulls have come after it."""
    newest, night = ledger.last_runs(connection), ledger.last_runs(connection, 1, job="nightly")
    return newest + [run for run in night if run not in newest]


def _trouble(runs: Sequence[Run], zone: ZoneInfo, now: datetime, *, is_going_on: bool) -> str:
    """What is wrong with the newest run, or with the one before while it goes on; "" for nothing."""
    for run in runs[:2]:
        which = f"run {run.id} ({run.job}, {_local(run.started_at, zone)})"
        if run.state == "running" and is_going_on:
            if now - run.started_at < PATIENCE:
                continue
            hours = (now - run.started_at) / timedelta(hours=1)
            return (
                f"{which} has been running for {hours:.1f} hours and keeps every other run waiting: look whether its "
                "log still moves; if not, end its process. What it stored stays, and the next run goes on from there."
            )
        if run.state == "running":
            return f"{which} was killed before it ended: start it again; it goes on where it stopped."
        if run.state != "succeeded":
            return f"{which} {run.state}: {run.message or 'it did not say why'}"
        break
    return ""


def _print_forms(forms: list[Completeness], counts: Mapping[str, Told], zone: ZoneInfo) -> None:
    if not forms:
        console.out.print("Nothing has been pulled yet: `collector pull`.")
        return
    columns = ("form", "counted", "on the server", "accepted", "warned", "quarantined", "in doubt", "complete")
    rows = [
        (
            form.form,
            _local(form.counted_at, zone),
            form.on_server,
            form.accepted,
            counts[form.form].warned,
            form.quarantined,
            counts[form.form].unsure,
            f"no: {form.missing:+,}" if form.missing else "yes" if form.is_whole else "no",
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
    columns = ("form", "strategy", "requests", "ever seen", "deleted", "held")
    rows = [(each.form, each.strategy, each.requests, each.seen, each.deleted, each.held) for each in synced]
    if rows:
        console.table("Last sync of each form", columns, rows)
    console.blind_spots({each.form: each.cannot_see for each in synced})
    for each in synced:
        if each.unexplained:
            console.out.print(f"ALARM {each.form}: the equation does not hold: {each.unexplained}", markup=False)
    for form, held in waiting.items():
        if held:
            why = next(iter(held.values()))
            console.out.print(
                f"ALARM {form}: {len(held):,} deletions are held: {why}. If they are meant: `collector sync confirm "
                f"--form {form} --held {len(held)}`; if not: give the account its access back, then `collector sync`.",
                markup=False,
            )


def _print_counts(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    """A row for each form that has some, a column for each state that occurs."""
    found = sorted({name for of_form in counts.values() for name in of_form})
    rows = [(form, *(of_form.get(name, 0) for name in found)) for form, of_form in counts.items() if of_form]
    if rows:
        console.table(title, ("form", *(name.replace("_", " ") for name in found)), rows)


def _print_runs(runs: list[Run], zone: ZoneInfo, *, is_going_on: bool) -> None:
    rows = [
        (
            run.id,
            run.job,
            _local(run.started_at, zone),
            "killed" if run.state == "running" and not is_going_on else run.state,
            run.message or "",
        )
        for run in runs
    ]
    console.table(f"Last runs ({zone.key})", ("run", "job", "started", "state", "why"), rows)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
