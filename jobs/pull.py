"""Fetch what is new of each form, judge it, load it, and count whether anything is missing.

Called through jobs/runs.py, which holds the run lock. Each page is loaded by page.py; what the server knows of a form
is project.py's; sync.py finds what changed, deletions.py decides about what is gone. A quick pull with nothing new
costs two requests a form; where its count does not fit, it becomes a complete sync, which says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Literal

from collector.errors import FormError
from collector.form.encryption import PrivateKey
from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from collector.kobo import pages
from collector.kobo.client import Client
from collector.kobo.walk import Page
from collector.reporting import ledger, syncs, tombstones
from collector.reporting.envelopes import waiting
from collector.reporting.judged import Rejudging
from collector.reporting.syncs import SyncRecord
from collector.reporting.tables import completeness
from jobs.archive import recorded
from jobs.attachments import FileCounts, FilePolicy, fetch_files
from jobs.deletions import Guards, bury_unaccounted, settle
from jobs.destination import Destination
from jobs.envelopes import Envelopes
from jobs.jury import Jury
from jobs.memory import cycles_seldom_looked_for, give_back_large_blocks
from jobs.page import PageCounts, load_pages
from jobs.project import Project, find_project
from jobs.rejudge import rejudge, rejudge_these
from jobs.sync import CANNOT_SEE, QUICK, SWEEP, Found, Standing, Sync, standing_of
from jobs.versions import Versions
from jobs.wiring import Databases

ROUNDS = 3  # of catching up with submissions that arrive, change and go while we count
MOST_NAMED = 20

How = Literal["quick", "complete", "full"]
"""quick: what is new; complete: and whatever changed; full: everything is read again."""

Report = Callable[[str, int, int | None], None]
"""Told after each page: form key, submissions read so far, how many there are to read if the server says."""


@dataclass(frozen=True, slots=True)
class FormPull:
    """What a pull of one form came to. accepted, quarantined: in the database afterwards; new …: in this pull.

    requests: to the server, for the project and its submissions, not for their files. seen: submissions ever received;
    deleted: tombstones; held: deletions that wait; unexplained: `_id`s, or a reason.
    again: what judging stored submissions again came to.
    """

    form: str
    asset_uid: str
    pages: int
    new: int
    changed: int
    unchanged: int
    accepted: int
    quarantined: int
    on_server: int
    strategy: str = QUICK
    cannot_see: str = ""
    requests: int = 0
    seen: int = 0
    deleted: int = 0
    held: int = 0
    unexplained: str = ""
    files: FileCounts = field(default_factory=FileCounts)
    again: Rejudging | None = None

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
        return not any(form.missing or form.unexplained for form in self.forms)


@dataclass(frozen=True, slots=True)
class Means:
    """How forms are pulled.

    page_size: submissions asked for at once; ahead: pages under way at once, see collector/kobo/walk.py.
    overlap: submissions that are read again, counted back from the newest. assets: project uids from the settings, by
    form; the others are found by their marker. days: how long files that come late are looked for where the history,
    which does not log them, is what a sync goes by. is_confirmed: held deletions are meant. policy: which findings keep
    a submission out. processes: how many judge large pages.
    """

    how: How = "quick"
    page_size: int = 1000
    overlap: int = 100
    assets: Mapping[str, str] = field(default_factory=dict)
    guards: Guards = field(default_factory=Guards)
    days: int = 14
    is_confirmed: bool = False
    policy: Policy = field(default_factory=Policy)
    files: FilePolicy = field(default_factory=FilePolicy)
    keys: Sequence[PrivateKey] = ()
    ahead: int = 1
    processes: int = 1


USUAL = Means()


def pull(
    client: Client,
    databases: Databases,
    programme: Programme,
    keys: Sequence[str] = (),
    *,
    run: int,
    secret: bytes,
    now: Callable[[], datetime],
    means: Means = USUAL,
    report: Report = lambda form, done, total: None,
) -> PullResult:
    """Pull the forms of `keys`, all of the programme where none is named, as part of a run."""
    unknown = set(keys) - set(programme.forms)
    if unknown:
        raise FormError(f"there is no form '{min(unknown)}' in programme.toml; forms: {', '.join(programme.forms)}.")
    give_back_large_blocks()
    results = []
    with cycles_seldom_looked_for(), Jury(means.processes) as jury:
        for form in keys or programme.forms:
            cards = programme.card_paths(form)
            before = client.requests
            project = find_project(client, databases, form, means.assets.get(form), now, cards, run)
            project.store_newest_version()
            uid = project.asset_uid
            versions = Versions(form, uid, cards, secret, databases.reporting, project.find_version)
            versions.lay_out_stored()
            takes = means.files.takes_any(form)
            envelopes = Envelopes(uid, databases, versions, means.keys, now, client, are_files_taken=takes)
            by = means.policy, project.fetch_xml, jury
            to = Destination(form, uid, run, databases, versions, now, *by, envelopes=envelopes)
            results.append(_FormPulling(project, to, means, report, before).pull())
    return PullResult(tuple(results))


@dataclass(frozen=True, slots=True)
class _Totals:
    """What the databases hold of a form: both sides of the completeness equation but the server's."""

    accepted: int
    quarantined: int
    deleted: int
    seen: int
    held: int

    def fit(self, on_server: int) -> bool:
        present = self.accepted + self.quarantined
        return on_server == present - self.held and self.seen == present + self.deleted


@dataclass
class _FormPulling:
    """The pull of one form: what was asked, loaded and counted so far.

    requests_before: made before anything was for this form; promised: how many submissions the server said were new.
    """

    project: Project
    to: Destination
    means: Means
    report: Report
    requests_before: int
    counts: list[PageCounts] = field(default_factory=list)
    strategy: str = QUICK
    standing: Standing | None = None
    met: Standing | None = None
    are_dates_given: bool = False
    on_server: int = 0
    promised: int | None = None
    again: Rejudging | None = None

    def pull(self) -> FormPull:
        self._open_what_waits()
        if self.means.how == "quick":
            self._meet()
            self._walk()
        if self.means.how != "quick" or not self._fits():
            self._complete()
        if self.standing or self.project.has_news:
            self.again = rejudge(self.to)
        result = self._result()
        counted = {column.name: getattr(result, column.name) for column in list(completeness.c)[2:]}
        record = self._record(result)
        to, noted = self.to, {"completeness": counted, "sync": asdict(record)}
        with recorded(to.databases, "pulled", noted, at=to.now(), run=to.run, form=to.form) as connection:
            ledger.write_completeness(connection, to.run, to.form, **counted)
            syncs.write_sync(connection, record)
        return replace(result, files=fetch_files(to, self.project.client, self.means.files))

    def _open_what_waits(self) -> None:
        """Encrypted submissions in quarantine, where keys are set that were not tried on them: from the raw store."""
        envelopes = self.to.envelopes
        if envelopes and envelopes.keys:
            with self.to.databases.reporting.connect() as connection:
                ids = waiting(connection, self.to.form, envelopes.fingerprints)
            if ids:
                rejudge_these(self.to, ids)

    def _meet(self) -> None:
        """Who asks, once a project: what an account loses before the first sync would be taken for deletions."""
        with self.to.databases.reporting.connect() as connection:
            is_known = syncs.has_been_asked(connection, self.to.form, self.to.asset_uid)
        self.met = None if is_known else standing_of(self.project.client, self.to.asset_uid)

    def _walk(self) -> None:
        """Load what is new, from a little before the newest; and what arrives meanwhile."""
        with self.to.databases.reporting.connect() as connection:
            after = ledger.start_after(connection, self.to.form, self.means.overlap)
        for _ in range(ROUNDS):
            loaded = list(self._load_pages(after))
            self.counts += loaded
            self.on_server = pages.count(self.project.client, self.to.asset_uid)
            with self.to.databases.reporting.connect() as connection:
                present = sum(ledger.count_verdicts(connection, self.to.form))
                after = ledger.watermark(connection, self.to.form)
            if self.on_server <= present or not loaded:
                return

    def _load_pages(self, after: int) -> Iterator[PageCounts]:
        done = 0
        for counts in load_pages(self.to, self._pages(after)):
            yield counts
            done += counts.total
            self.report(self.to.form, done, self.promised)

    def _pages(self, after: int) -> Iterator[Page]:
        """The pages after an `_id`; what they tell of the server is noted."""
        means, client = self.means, self.project.client
        for page in pages.fetch_pages(
            client, self.to.asset_uid, after=after, page_size=means.page_size, ahead=means.ahead
        ):
            self.are_dates_given = self.are_dates_given or b'"_date_modified"' in page.records[-1]
            self.promised = page.count if page.after == after else self.promised
            yield page
            del page  # before the next is cut: a page is megabytes

    def _complete(self) -> None:
        """Find what changed and what is gone; again, by a sweep, until the count fits or it cannot be explained."""
        self.standing = standing_of(self.project.client, self.to.asset_uid)
        self.project.refresh_media()
        if self.means.how != "full":
            self._walk()
        client, means = self.project.client, self.means
        if not self.counts:
            self._probe_dates()
        sync = Sync(client, self.to, means.page_size, means.days, self.standing, self.are_dates_given, means.ahead)
        self._settle(sync, sync.full() if means.how == "full" else sync.changes())
        for _ in range(ROUNDS):
            self.on_server = pages.count(client, self.to.asset_uid)
            if self._fits():
                return
            self._walk()
            self._settle(sync, sync.sweep())
            with self.to.databases.reporting.connect() as connection:
                assets = syncs.assets_of(connection, self.to.form, self.to.asset_uid)
            bury_unaccounted(sync, assets)

    def _probe_dates(self) -> None:
        """Whether submissions carry `_date_modified`, where the walk has read none."""
        fields = ("_id", "_date_modified")
        page = pages.fetch_page(self.project.client, self.to.asset_uid, after=0, page_size=1, fields=fields)
        self.are_dates_given = any(b'"_date_modified"' in record for record in page.records)

    def _settle(self, sync: Sync, found: Found) -> None:
        self.counts += found.counts
        first = self.strategy == QUICK or self.strategy == found.strategy
        self.strategy = found.strategy if first else f"{self.strategy.partition(',')[0]}, then {SWEEP}"
        settle(sync, found.gone, self.means.guards, found.events, is_confirmed=self.means.is_confirmed)

    def _fits(self) -> bool:
        return self._totals().fit(self.on_server)

    def _totals(self) -> _Totals:
        with self.to.databases.reporting.connect() as connection, self.to.databases.raw.connect() as raw:
            assets = syncs.assets_of(connection, self.to.form, self.to.asset_uid)
            return _Totals(
                *ledger.count_verdicts(connection, self.to.form),
                deleted=tombstones.count_tombstones(connection, self.to.form),
                seen=tombstones.count_seen(raw, assets),
                held=len(tombstones.held(connection, self.to.form)),
            )

    def _result(self) -> FormPull:
        totals = self._totals()
        return FormPull(
            form=self.to.form,
            asset_uid=self.to.asset_uid,
            pages=len(self.counts),
            new=sum(page.new for page in self.counts),
            changed=sum(page.changed for page in self.counts),
            unchanged=sum(page.unchanged for page in self.counts),
            accepted=totals.accepted,
            quarantined=totals.quarantined,
            on_server=self.on_server,
            strategy=self.strategy,
            cannot_see=CANNOT_SEE[self.strategy.rpartition(" ")[2]].format(days=self.means.days),
            requests=self.project.client.requests - self.requests_before,
            seen=totals.seen,
            deleted=totals.deleted,
            held=totals.held,
            unexplained="" if totals.fit(self.on_server) else self._unexplained(),
            again=self.again,
        )

    def _unexplained(self) -> str:
        """Which submissions the equation does not hold for: on the server and not here, here and not on the server."""
        assert self.standing
        sync = Sync(self.project.client, self.to, self.means.page_size, self.means.days, self.standing)
        missing, gone = sync.compared(0)
        with self.to.databases.reporting.connect() as connection, self.to.databases.raw.connect() as raw:
            held = tombstones.held(connection, self.to.form)
            assets = syncs.assets_of(connection, self.to.form, self.to.asset_uid)
            lost = tombstones.unreceived(connection, raw, self.to.form, assets)
        named = _listed([f"+{each}" for each in missing] + [f"-{each}" for each in gone if each not in held])
        unkept = f"not in the raw store, which lost them or is an older one: {_listed(map(str, lost))}" if lost else ""
        return "; ".join(filter(None, (named, unkept))) or "the server counts other submissions than it shows"

    def _record(self, result: FormPull) -> SyncRecord:
        standing = self.standing or self.met
        return SyncRecord(
            run=self.to.run,
            form=self.to.form,
            asset_uid=self.to.asset_uid,
            strategy=result.strategy,
            cannot_see=result.cannot_see,
            requests=result.requests,
            account=standing.account if standing else None,
            permissions=" ".join(sorted(standing.permissions)) if standing else None,
            synced_to=self.standing.server_time if self.standing else None,
            seen=result.seen,
            deleted=result.deleted,
            held=result.held,
            unexplained=result.unexplained,
        )


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    rest = f" and {len(every) - MOST_NAMED:,} more" if len(every) > MOST_NAMED else ""
    return " ".join(every[:MOST_NAMED]) + rest
