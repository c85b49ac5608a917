"""What the commands of cli.py do: settings read, things opened, one job called, its outcome reported."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

from collector.errors import RunFailed, SettingsError
from collector.reporting.judged import Rejudging
from collector.workbook.night import Edition
from collector.workbook.texts import Language
from jobs import console, wiring
from jobs.deliver import Mail, Sent
from jobs.export import Exported
from jobs.guard import Taken, guarded_deploy
from jobs.log import open_log
from jobs.nightly import (
    Desk,
    Night,
    deliver_recorded,
    export_recorded,
    mails_due,
    nightly,
    pull_recorded,
    rejudge_recorded,
)
from jobs.pull import How, PullResult
from jobs.schedule import keep_running, run_due
from jobs.settings import Settings, read_settings


def now() -> datetime:
    """The clock of commands."""
    return datetime.now(UTC)


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    """The databases, which every job needs, opened for one command."""
    open_log(settings.log, is_watched=console.err.is_terminal)
    with wiring.open_databases(settings) as databases:
        yield Desk(settings, databases, now)


def deploy_command(
    settings_file: Path | None, keys: Sequence[str], *, accepting: Sequence[str], take: Taken | None, as_json: bool
) -> None:
    """Deploy forms and say what became of each; raises DeploymentHeld for what a person has to decide first."""
    settings = read_settings(settings_file)
    programme = wiring.open_programme(settings)
    account = wiring.probe_server(settings)
    with wiring.open_client(settings) as client:
        deployments = guarded_deploy(
            client,
            settings,
            programme,
            keys,
            accepting=accepting,
            take=take,
            by=account.username,
            now=now,
            report=console.say,
        )
    if as_json:
        console.as_json([asdict(deployment) for deployment in deployments])
    for deployment in () if as_json else deployments:
        files = f" · sent {', '.join(deployment.media)}" if deployment.media else ""
        seen = f" · tablets get {deployment.tablets}" if deployment.tablets else ""
        console.done(deployment.form_key, f"{deployment.outcome} · {deployment.asset_uid}{files}{seen}")


def pull_command(
    settings_file: Path | None,
    keys: Sequence[str],
    *,
    how: How = "quick",
    is_confirmed: bool = False,
    held: int | None = None,
    as_json: bool,
) -> None:
    """Pull or sync forms and print what came of each; raises DeletionsHeld or Incomplete after that."""
    with desk(read_settings(settings_file)) as at, console.bar("pull → judge → load") as report:
        pull_recorded(
            at,
            keys,
            how=how,
            is_confirmed=is_confirmed,
            held=held,
            report=report,
            announce=lambda pulled: report_pull(pulled, as_json=as_json),
        )


def rejudge_command(settings_file: Path | None, keys: Sequence[str], *, as_json: bool) -> None:
    """Judge again and print what moved."""
    with desk(read_settings(settings_file)) as at:
        done = rejudge_recorded(at, keys)
    if as_json:
        console.as_json([asdict(each) for each in done])
    else:
        report_rejudging(done)


def export_command(
    settings_file: Path | None,
    *,
    edition: Edition = "internal",
    language: Language | None = None,
    as_of: date | None = None,
    as_json: bool,
) -> None:
    """Write the workbook, of tonight or of a past day, and print its totals."""
    with desk(read_settings(settings_file)) as at:
        export_recorded(at, edition, language, lambda exported: report_export(exported, as_json=as_json), as_of=as_of)


def deliver_command(settings_file: Path | None, groups: Sequence[str], *, is_dry: bool, as_json: bool) -> None:
    """Send the mail about the newest workbook and print each outcome; is_dry: print the mails, and send nothing."""
    with desk(read_settings(settings_file)) as at:
        if not at.settings.mail.groups:
            raise SettingsError("there is no [mail.groups.…] in the settings: nobody is to get a mail.")
        if is_dry:
            report_mails(mails_due(at, groups), as_json=as_json)
        else:
            deliver_recorded(at, groups, lambda sent: report_sent(sent, as_json=as_json))


def nightly_command(settings_file: Path | None, *, as_json: bool) -> None:
    """Pull and export as one run; raises Incomplete after printing where something is missing."""
    with desk(read_settings(settings_file)) as at, console.bar("pull → judge → load") as report:
        nightly(at, report=report, announce=lambda night: report_night(night, as_json=as_json))


def schedule_command(settings_file: Path | None, *, is_once: bool) -> None:
    """Run due slots, for ever with quick pulls between them, or once; raises RunFailed when the last of them failed."""
    settings = read_settings(settings_file)
    open_log(settings.log)
    signal.signal(signal.SIGTERM, _stop)

    def run(due_at: datetime) -> None:
        with desk(settings) as at:
            nightly(at, due_at=due_at)

    def run_quick() -> None:
        with desk(settings) as at:
            pull_recorded(at)

    if is_once:
        went_well = run_due(settings.schedule, run, now)
    else:
        went_well = keep_running(settings.schedule, run, run_quick, now)
    if not went_well:
        raise RunFailed("the last scheduled run failed; `collector status` shows why.")


def report_pull(result: PullResult, *, as_json: bool) -> None:
    """Counts form by form."""
    if as_json:
        console.as_json([asdict(form) | {"missing": form.missing} for form in result.forms])
        return
    columns = ("form", "new", "changed", "same", "on server", "accepted", "quarantined", "complete")
    rows = [
        (
            form.form,
            form.new,
            form.changed,
            form.unchanged,
            form.on_server,
            form.accepted,
            form.quarantined,
            f"no: {form.missing:+,}" if form.missing else f"no: {form.unexplained}" if form.unexplained else "yes",
        )
        for form in result.forms
    ]
    console.table("Pulled", columns, rows)
    means = ("form", "strategy", "requests", "ever seen", "deleted", "held")
    cost = [(each.form, each.strategy, each.requests, each.seen, each.deleted, each.held) for each in result.forms]
    console.table("How", means, cost)
    console.blind_spots({each.form: each.cannot_see for each in result.forms})
    files = [(form.form, form.files.stored, form.files.failed) for form in result.forms if any(astuple(form.files))]
    if files:
        console.table("Files", ("form", "fetched", "failed: the next run tries again"), files)
    again = [form.again for form in result.forms if form.again and (form.again.judged or form.again.lost)]
    if again:
        report_rejudging(again)


def report_rejudging(done: Sequence[Rejudging]) -> None:
    """What was judged again, and which way verdicts moved."""
    columns = ("form", "judged again", "→ accepted", "→ quarantine", "not in the raw store")
    console.table(
        "Judged again", columns, [(each.form, each.judged, each.freed, each.caught, each.lost) for each in done]
    )


def report_export(exported: Exported, *, as_json: bool) -> None:
    """Where the workbook is and what it says in a few numbers."""
    if as_json:
        console.as_json(asdict(exported))
        return
    if exported.stands_since:
        console.say(
            f"The shared workbook of {exported.stands_since} stands: the next is written in a new month, when two more "
            "sessions and eleven more people are in it; two that are nearer would tell people apart."
        )
    console.done("workbook", str(exported.path))
    console.table("Totals", ("indicator", "value"), totals_of(exported))


def report_night(night: Night, *, as_json: bool) -> None:
    """The steps of a nightly run."""
    if as_json:
        pulled = [asdict(form) | {"missing": form.missing} for form in night.pulled.forms]
        sent = [asdict(each) for each in night.sent]
        console.as_json({"pulled": pulled, "exported": asdict(night.exported), "sent": sent})
        return
    report_pull(night.pulled, as_json=False)
    report_export(night.exported, as_json=False)
    report_sent(night.sent, as_json=False)


def report_sent(sent: Sequence[Sent], *, as_json: bool) -> None:
    """Who has the mail, and who does not and why."""
    if as_json:
        console.as_json([asdict(each) for each in sent])
        return
    rows = [(each.group, each.address, "had it" if each.is_earlier else each.state, each.reason) for each in sent]
    if rows:
        console.table("Mail", ("group", "recipient", "state", "why"), rows)


def report_mails(mails: Sequence[Mail], *, as_json: bool) -> None:
    """The mails that would be sent now, and to whom."""
    if as_json:
        console.as_json([{"group": mail.group, "to": mail.to, **asdict(mail.letter)} for mail in mails])
        return
    for mail in mails:
        console.out.print(
            f"To group '{mail.group}': {', '.join(mail.to)}\nSubject: {mail.letter.subject}\n", markup=False
        )
        console.out.print(mail.letter.text, markup=False)
    if not mails:
        console.say("Everybody has the mail about the newest workbook.")


def totals_of(exported: Exported) -> list[tuple[str, str]]:
    """The night's totals in words; a number that may not be reported says why."""
    totals = exported.totals
    lines = [
        ("participants (low to high)", f"{totals.participants_low:,} to {totals.participants_high:,}"),
        ("contacts", f"{totals.contacts:,}"),
        ("sessions held, of planned", f"{totals.sessions_held:,} of {totals.sessions_planned:,}"),
        ("before and after paired", f"{totals.pairs:,}"),
    ]
    if totals.before is None or totals.after is None or totals.passed_after is None:
        return [*lines, ("knowledge", "fewer than 10 pairs: not reported")]
    knowledge = f"{totals.before:.1f} → {totals.after:.1f}"
    return [*lines, ("knowledge, points of 100", knowledge), ("share ≥ threshold after", f"{totals.passed_after:.0%}")]


def _stop(*_: object) -> NoReturn:
    sys.exit(0)
