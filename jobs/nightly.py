"""The jobs as recorded runs: pull, export, and both as the nightly run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from collector.errors import Incomplete
from collector.form.programme import Programme
from collector.workbook.night import Edition
from jobs import wiring
from jobs.console import Report
from jobs.export import Exported, export
from jobs.pull import PullResult, pull
from jobs.runs import run_recorded
from jobs.settings import Settings
from jobs.wiring import Databases

log = structlog.get_logger()


def quiet(done: int, total: int, step: str) -> None:
    """A report that nobody reads."""


@dataclass(frozen=True)
class Desk:
    """What every job needs on the table."""

    settings: Settings
    databases: Databases
    now: Callable[[], datetime]

    @property
    def programme(self) -> Programme:
        """What the forms mean, read when it is needed: a mistake in it then belongs to the run that met it."""
        return wiring.open_programme(self.settings)


@dataclass(frozen=True)
class Night:
    """What a nightly run came to."""

    pulled: PullResult
    exported: Exported


def pull_recorded(
    at: Desk,
    keys: Sequence[str] = (),
    *,
    is_complete: bool = False,
    report: Report = quiet,
    announce: Callable[[PullResult], None] = lambda pulled: None,
) -> None:
    """Pull forms as one run. `announce` hears the outcome before Incomplete is raised for what is missing."""

    def work(run: int) -> None:
        pulled = _pull(at, run, keys, is_complete=is_complete, report=report)
        announce(pulled)
        refuse_gaps(pulled)

    run_recorded(at.databases, "pull", work, now=at.now)


def export_recorded(at: Desk, edition: Edition = "internal") -> Exported:
    """Write the workbook as one run."""
    return run_recorded(at.databases, "export", lambda run: _export(at, run, edition), now=at.now)


def nightly(
    at: Desk,
    *,
    due_at: datetime | None = None,
    report: Report = quiet,
    announce: Callable[[Night], None] = lambda night: None,
) -> None:
    """Pull every form, then write the workbook, as one run; raises SlotServed when the slot `due_at` has been run.

    A pull that is not complete still gets its workbook, whose cover says what is missing; the run has failed all the
    same, with Incomplete.
    """

    def work(run: int) -> None:
        pulled = _pull(at, run, (), is_complete=False, report=report)
        announce(Night(pulled, _export(at, run)))
        refuse_gaps(pulled)

    run_recorded(at.databases, "nightly", work, now=at.now, due_at=due_at)


def refuse_gaps(pulled: PullResult) -> None:
    """Raise Incomplete, naming the forms, where the completeness equation does not hold."""
    gaps = [
        f"{form.form}: {form.on_server:,} on the server, {form.accepted:,} accepted + {form.quarantined:,} quarantined"
        for form in pulled.forms
        if form.missing
    ]
    if gaps:
        raise Incomplete(
            f"the completeness equation does not hold for {'; '.join(gaps)}. Fewer on the server: submissions were "
            "deleted there, or the account lost a permission. More: run `collector pull --complete`."
        )


def _pull(at: Desk, run: int, keys: Sequence[str], *, is_complete: bool, report: Report) -> PullResult:
    server = at.settings.server
    with wiring.open_client(at.settings) as client:
        client.account()
        pulled = pull(
            client,
            at.databases,
            at.programme,
            keys,
            run=run,
            secret=at.settings.pseudonym_secret,
            now=at.now,
            page_size=server.page_size,
            overlap=server.overlap,
            assets=server.assets,
            is_complete=is_complete,
            report=lambda form, done, total: report(done, total or 0, form),
        )
    for form in pulled.forms:
        log.info("pulled", run=run, form=form.form, new=form.new, changed=form.changed, missing=form.missing)
    return pulled


def _export(at: Desk, run: int, edition: Edition = "internal") -> Exported:
    to = at.settings.export
    exported = export(
        at.databases.reporting,
        at.programme,
        folder=to.folder,
        name=to.name,
        now=at.now(),
        run=run,
        edition=edition,
    )
    log.info("exported", run=run, workbook=exported.path.name)
    return exported
