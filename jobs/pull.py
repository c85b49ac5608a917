"""Fetch what is new of each form, judge it, load it, and count whether anything is missing.

Called through jobs/runs.py, which holds the run lock. Each page is loaded by page.py; what the server knows of a form
is project.py's. A pull with nothing new costs two requests a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from collector.errors import FormError
from collector.form.programme import Programme
from collector.kobo import pages
from collector.kobo.client import Client
from collector.reporting import ledger
from collector.reporting.database import writing
from jobs.page import Destination, PageCounts, load_page
from jobs.project import Project, find_project
from jobs.versions import Versions
from jobs.wiring import Databases

ROUNDS = 3  # of catching up with submissions that arrive while we count

Report = Callable[[str, int, int | None], None]
"""Told after each page: form key, submissions read so far, how many there are to read if the server says."""


@dataclass(frozen=True, slots=True)
class FormPull:
    """What a pull of one form came to. accepted, quarantined: in the database afterwards; new …: in this pull."""

    form: str
    asset_uid: str
    pages: int
    new: int
    changed: int
    unchanged: int
    accepted: int
    quarantined: int
    on_server: int

    @property
    def missing(self) -> int:
        """On the server, but not in the database; negative: in the database, but no longer on the server."""
        return self.on_server - self.accepted - self.quarantined


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull came to, form by form."""

    forms: tuple[FormPull, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the completeness equation holds: on the server = accepted + quarantined, for every form."""
        return not any(form.missing for form in self.forms)


def pull(
    client: Client,
    databases: Databases,
    programme: Programme,
    keys: Sequence[str] = (),
    *,
    run: int,
    secret: bytes,
    now: Callable[[], datetime],
    page_size: int = 1000,
    overlap: int = 100,
    assets: Mapping[str, str] | None = None,
    is_complete: bool = False,
    report: Report = lambda form, done, total: None,
) -> PullResult:
    """Pull the forms of `keys`, all of the programme where none is named, as part of a run.

    overlap: submissions that are read again, counted back from the newest. assets: project uids from the settings,
    by form; the others are found by their marker. is_complete: read everything again, and judge
    again what is in quarantine; what is unchanged stays.
    """
    unknown = set(keys) - set(programme.forms)
    if unknown:
        raise FormError(f"there is no form '{min(unknown)}' in programme.toml; forms: {', '.join(programme.forms)}.")
    results = []
    for form in keys or programme.forms:
        project = find_project(client, databases, form, (assets or {}).get(form), now)
        project.store_newest_version()
        versions = Versions(form, programme.card_paths(form), secret, databases.reporting, project.find_version)
        to = Destination(form, project.asset_uid, run, databases, versions, now, is_judging_again=is_complete)
        results.append(_pull_form(project, to, page_size, overlap, report, is_complete=is_complete))
    return PullResult(tuple(results))


def _pull_form(
    project: Project, to: Destination, page_size: int, overlap: int, report: Report, *, is_complete: bool
) -> FormPull:
    with to.databases.reporting.connect() as connection:
        after = 0 if is_complete else ledger.start_after(connection, to.form, overlap)
    counts: list[PageCounts] = []
    for _ in range(ROUNDS):
        loaded = list(_load_pages(project, to, after, page_size, report))
        counts += loaded
        on_server = pages.count(project.client, project.asset_uid)
        with to.databases.reporting.connect() as connection:
            accepted, quarantined = ledger.count_verdicts(connection, to.form)
            after = ledger.watermark(connection, to.form)
        if on_server <= accepted + quarantined or not loaded:
            break
    result = FormPull(
        form=to.form,
        asset_uid=to.asset_uid,
        pages=len(counts),
        new=sum(page.new for page in counts),
        changed=sum(page.changed for page in counts),
        unchanged=sum(page.unchanged for page in counts),
        accepted=accepted,
        quarantined=quarantined,
        on_server=on_server,
    )
    with writing(to.databases.reporting) as connection:
        ledger.write_completeness(connection, to.run, **_equation(result))
    return result


def _load_pages(project: Project, to: Destination, after: int, page_size: int, report: Report) -> Iterator[PageCounts]:
    done, total = 0, None
    for page in pages.fetch_pages(project.client, project.asset_uid, after=after, page_size=page_size):
        yield load_page(to, page)
        done += len(page.records)
        total = page.count if total is None else total
        report(to.form, done, total)


def _equation(result: FormPull) -> dict[str, Any]:
    columns = asdict(result)
    del columns["asset_uid"]
    return columns
