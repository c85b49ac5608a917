"""The jobs as recorded runs: pull, judging again, export, deliver, and all of it as the nightly run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import structlog

from collector.delivery.digest import as_json
from collector.delivery.letter import Alarm
from collector.form.programme import Programme
from collector.reporting import deliveries
from collector.reporting.judged import Rejudging
from collector.workbook.night import Edition
from collector.workbook.texts import Language
from jobs import wiring
from jobs.alarms import alarms, told
from jobs.archive import recorded
from jobs.console import Report
from jobs.deletions import refuse_others
from jobs.deliver import Mail, Sent, deliver, due, workbooks_of
from jobs.export import Exported, export, open_places
from jobs.means import means_of, policy_of, processes_of
from jobs.past import History, export_past
from jobs.pull import How, PullResult, pull
from jobs.rejudge import rejudge_stored
from jobs.runs import run_recorded
from jobs.settings import Settings
from jobs.troubles import errors_of, raise_all, refuse_gaps, refuse_trouble
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
    sent: Sequence[Sent] = ()


def pull_recorded(
    at: Desk,
    keys: Sequence[str] = (),
    *,
    how: How = "quick",
    is_confirmed: bool = False,
    held: int | None = None,
    report: Report = quiet,
    announce: Callable[[PullResult], None] = lambda pulled: None,
) -> None:
    """Pull or sync forms as one run; is_confirmed: held deletions are meant; held: only where so many are.

    `announce` hears the outcome before DeletionsHeld or Incomplete is raised.
    """

    def work(run: int) -> None:
        if held is not None:
            refuse_others(at.databases, keys or list(at.programme.forms), held)
        pulled = _pull(at, run, keys, how, is_confirmed=is_confirmed, report=report)
        announce(pulled)
        refuse_gaps(pulled)

    run_recorded(at.databases, "pull" if how == "quick" else "sync", work, now=at.now)


def export_recorded(
    at: Desk,
    edition: Edition = "internal",
    language: Language | None = None,
    announce: Callable[[Exported], None] = lambda exported: None,
    as_of: date | None = None,
) -> Exported:
    """Write the workbook as one run; `announce` hears of it before FolderNotWritable tells of a missing name.

    language: another than that of the settings gets a file of its own.
    as_of: a past day, whose workbook is made again from history.
    """

    def work(run: int) -> Exported:
        exported = _export_past(at, as_of, edition, language) if as_of else _export(at, run, edition, language)
        announce(exported)
        refuse_trouble([exported])
        return exported

    return run_recorded(at.databases, "export", work, now=at.now)


def deliver_recorded(
    at: Desk, groups: Sequence[str] = (), announce: Callable[[Sequence[Sent]], None] = lambda sent: None
) -> None:
    """Send the mail about the newest workbook to those who do not have it, as one run; see jobs/deliver.py."""
    run_recorded(at.databases, "deliver", lambda run: _deliver(at, _alarms(at), groups, announce), now=at.now)


def mails_due(at: Desk, groups: Sequence[str] = ()) -> list[Mail]:
    """The mails that deliver_recorded would send now; nothing is sent and nothing recorded."""
    found = _alarms(at)
    with at.databases.reporting.connect() as connection:
        return list(due(connection, at.settings, at.programme, groups=groups, alarms=found))


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
            policy=policy_of(at.settings, at.programme),
            processes=processes_of(at.settings),
            private_keys=wiring.open_keys(at.settings),
        )

    return run_recorded(at.databases, "rejudge", work, now=at.now)


def nightly(
    at: Desk,
    *,
    due_at: datetime | None = None,
    report: Report = quiet,
    announce: Callable[[Night], None] = lambda night: None,
) -> None:
    """Sync every form, write the workbook, send its mail, as one run; raises SlotServed when slot `due_at` was run.

    A pull that is not complete still gets its workbook, whose cover says what is missing, and a workbook that could
    not be written under both of its names still gets its mail; the run has failed all the same, with every reason.
    """

    def work(run: int) -> None:
        alarms = _alarms(at)
        pulled = _pull(at, run, (), "complete", is_confirmed=False, report=report)
        exported = [_export(at, run, edition, language) for edition, language in workbooks_of(at.settings)]
        sent: list[Sent] = []
        troubles = errors_of(
            lambda: refuse_gaps(pulled),
            lambda: refuse_trouble(exported),
            lambda: _deliver(at, alarms, (), sent.extend) if at.settings.mail.groups else None,
        )
        announce(Night(pulled, exported[0], sent))
        raise_all(troubles)

    run_recorded(at.databases, "nightly", work, now=at.now, due_at=due_at)


def _pull(at: Desk, run: int, keys: Sequence[str], how: How, *, is_confirmed: bool, report: Report) -> PullResult:
    programme = at.programme
    with wiring.open_client(at.settings) as client:
        client.account()
        pulled = pull(
            client,
            at.databases,
            programme,
            keys,
            run=run,
            secret=at.settings.pseudonym_secret,
            now=at.now,
            means=means_of(at.settings, programme, how, is_confirmed=is_confirmed),
            report=lambda form, done, total: report(done, total or 0, form),
        )
    for form in pulled.forms:
        log.info("pulled", run=run, form=form.form, new=form.new, changed=form.changed, missing=form.missing)
        if form.again and form.again.judged:
            log.info("judged again", **asdict(form.again))
        log.info("synced", run=run, form=form.form, strategy=form.strategy, requests=form.requests, held=form.held)
    return pulled


def _export(at: Desk, run: int, edition: Edition = "internal", language: Language | None = None) -> Exported:
    to = at.settings.export
    made_at = at.now()
    exported = export(
        at.databases,
        at.programme,
        folder=to.folder,
        name=_name(at.settings, language),
        now=made_at,
        run=run,
        edition=edition,
        language=language or to.language,
        digits=to.digits,
        places=open_places(at.settings.forms.folder),
        policy=policy_of(at.settings, at.programme),
    )
    if exported.stands_since is None:
        _keep_for_mail(at, run, (edition, language or to.language), made_at, exported)
    log.info("exported", run=run, workbook=exported.path.name, stands_since=exported.stands_since)
    return exported


def _export_past(at: Desk, day: date, edition: Edition, language: Language | None) -> Exported:
    to, settings = at.settings.export, at.settings
    secret, keys = settings.pseudonym_secret, wiring.open_keys(settings)
    return export_past(
        History(at.databases, at.programme, secret, policy_of(settings, at.programme), keys),
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


def _keep_for_mail(
    at: Desk, run: int, workbook: tuple[Edition, Language], made_at: datetime, exported: Exported
) -> None:
    row = deliveries.Export(run, *workbook, made_at, exported.path.name, as_json(exported.digest), exported.told)
    with recorded(at.databases, "exported", asdict(row), at=made_at, run=run) as connection:
        deliveries.write_export(connection, row)


def _alarms(at: Desk) -> list[Alarm]:
    with at.databases.reporting.connect() as connection:
        found = alarms(connection, at.settings, at.now())
    for alarm in found:
        log.warning("alarm", what=told([alarm]))
    return found


def _deliver(
    at: Desk, found: Sequence[Alarm], groups: Sequence[str], announce: Callable[[Sequence[Sent]], None]
) -> None:
    deliver(at.databases, at.settings, at.programme, groups=groups, alarms=found, now=at.now, announce=announce)
