"""The jobs as recorded runs: pull, judging again, export, and all of it as the nightly run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import structlog

from collector.errors import DeletionsHeld, Incomplete
from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from collector.reporting.judged import Rejudging
from collector.workbook.night import Edition
from collector.workbook.texts import Language
from jobs import wiring
from jobs.console import Report
from jobs.deletions import Guards
from jobs.export import Exported, export, open_places
from jobs.past import History, export_past
from jobs.pull import FormPull, How, Means, PullResult, pull
from jobs.rejudge import rejudge_stored
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
    how: How = "quick",
    is_confirmed: bool = False,
    report: Report = quiet,
    announce: Callable[[PullResult], None] = lambda pulled: None,
) -> None:
    """Pull or sync forms as one run; is_confirmed: held deletions are meant.

    `announce` hears the outcome before DeletionsHeld or Incomplete is raised.
    """

    def work(run: int) -> None:
        pulled = _pull(at, run, keys, how, is_confirmed=is_confirmed, report=report)
        announce(pulled)
        refuse_gaps(pulled)

    run_recorded(at.databases, "pull" if how == "quick" else "sync", work, now=at.now)


def rejudge_recorded(at: Desk, keys: Sequence[str] = ()) -> tuple[Rejudging, ...]:
    """Judge again what has to be, as one run, without a server."""

    def work(run: int) -> tuple[Rejudging, ...]:
        return rejudge_stored(
            at.databases,
            at.programme,
            keys,
            run=run,
            secret=at.settings.pseudonym_secret,
            now=at.now,
            policy=_policy(at.settings),
        )

    return run_recorded(at.databases, "rejudge", work, now=at.now)


def export_recorded(
    at: Desk, edition: Edition = "internal", language: Language | None = None, as_of: date | None = None
) -> Exported:
    """Write the workbook as one run. language: another than that of the settings gets a file of its own.

    as_of: a past day, whose workbook is made again from history.
    """

    def work(run: int) -> Exported:
        return _export_past(at, as_of, edition, language) if as_of else _export(at, run, edition, language)

    return run_recorded(at.databases, "export", work, now=at.now)


def nightly(
    at: Desk,
    *,
    due_at: datetime | None = None,
    report: Report = quiet,
    announce: Callable[[Night], None] = lambda night: None,
) -> None:
    """Sync every form, then write the workbook, as one run; raises SlotServed when the slot `due_at` has been run.

    A pull that is not complete still gets its workbook, whose cover says what is missing; the run has failed all the
    same, with Incomplete.
    """

    def work(run: int) -> None:
        pulled = _pull(at, run, (), "complete", is_confirmed=False, report=report)
        announce(Night(pulled, _export(at, run)))
        refuse_gaps(pulled)

    run_recorded(at.databases, "nightly", work, now=at.now, due_at=due_at)


def refuse_gaps(pulled: PullResult) -> None:
    """Raise DeletionsHeld or Incomplete, naming forms and submissions, where the equation does not hold."""
    held = [f"{form.form} ({form.held:,})" for form in pulled.forms if form.held]
    if held:
        raise DeletionsHeld(
            f"deletions are held for {', '.join(held)}: they look like an accident; `collector status` says why. If "
            "they are meant, run `collector sync confirm`; if not, restore the account's access, then `collector sync`."
        )
    gaps = [_gap(form) for form in pulled.forms if form.missing or form.unexplained]
    if gaps:
        raise Incomplete(
            f"the completeness equation does not hold for {'; '.join(gaps)}. Run `collector sync --full`; if it stays, "
            "look at these submissions in the server's data table."
        )


def _gap(form: FormPull) -> str:
    here = f"{form.accepted:,} accepted + {form.quarantined:,} quarantined"
    seen = f"{form.seen:,} seen, {form.deleted:,} of them deleted"
    return f"{form.form}: {form.on_server:,} on the server, {here}; {seen}; {form.unexplained or 'no submission named'}"


def _pull(at: Desk, run: int, keys: Sequence[str], how: How, *, is_confirmed: bool, report: Report) -> PullResult:
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
            means=_means(at.settings, how, is_confirmed=is_confirmed),
            report=lambda form, done, total: report(done, total or 0, form),
        )
    for form in pulled.forms:
        log.info("pulled", run=run, form=form.form, new=form.new, changed=form.changed, missing=form.missing)
        if form.again and form.again.judged:
            log.info("judged again", **asdict(form.again))
        log.info("synced", run=run, form=form.form, strategy=form.strategy, requests=form.requests, held=form.held)
    return pulled


def _means(settings: Settings, how: How, *, is_confirmed: bool) -> Means:
    server, sync = settings.server, settings.sync
    guards = Guards(sync.hold_share, sync.hold_count)
    days, policy = sync.late_file_days, _policy(settings)
    return Means(how, server.page_size, server.overlap, server.assets, guards, days, is_confirmed, policy)


def _policy(settings: Settings) -> Policy:
    return Policy(frozenset(settings.judging.quarantine))


def _export(at: Desk, run: int, edition: Edition = "internal", language: Language | None = None) -> Exported:
    to = at.settings.export
    exported = export(
        at.databases.reporting,
        at.programme,
        folder=to.folder,
        name=_name(at.settings, language),
        now=at.now(),
        run=run,
        edition=edition,
        language=language or to.language,
        digits=to.digits,
        places=open_places(at.settings.forms.folder),
    )
    log.info("exported", run=run, workbook=exported.path.name)
    return exported


def _export_past(at: Desk, day: date, edition: Edition, language: Language | None) -> Exported:
    to = at.settings.export
    return export_past(
        History(at.databases, at.programme, at.settings.pseudonym_secret, _policy(at.settings)),
        day,
        folder=to.folder,
        name=_name(at.settings, language),
        now=at.now(),
        edition=edition,
        language=language or to.language,
        digits=to.digits,
        places=open_places(at.settings.forms.folder),
    )


def _name(settings: Settings, language: Language | None) -> str:
    """The workbook's name; one in another language than usual must not take the place of the nightly one."""
    to = settings.export
    return f"{to.name}-{language}" if language and language != to.language else to.name
