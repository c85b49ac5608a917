"""Find what changed on the server since the last complete sync, by the cheapest means the account is allowed.

Used by pull.py, after it has walked the new submissions. Strategies, the cheapest first: `_date_modified` where
submissions carry it; the project's history where the account may read it; a sweep of light pages compared with the
ledger; everything again. What a strategy finds changed is fetched and loaded by page.py; what it finds gone is only
reported: deletions.py decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collector.errors import ServerError
from collector.kobo import pages
from collector.kobo.assets import fetch_asset
from collector.kobo.client import Client
from collector.kobo.history import PERMISSION, Event, fetch_events
from collector.kobo.marks import FIELDS, marks_of
from collector.kobo.submission import digest_of
from collector.kobo.walk import Page, number_of
from collector.reporting import ledger, raw, syncs, tombstones
from collector.reporting.database import writing
from collector.reporting.raw import RawRecord
from jobs.destination import Destination
from jobs.envelopes import AWAY
from jobs.page import PageCounts, load_page, load_pages

MARGIN = timedelta(minutes=15)
"""How far before the last sync the server is asked again: its entries have whole seconds, and are written late."""

ENDLESS = 2**62
QUICK, DATE_MODIFIED, HISTORY, SWEEP, FULL = "quick", "date_modified", "history", "sweep", "full"
CANNOT_SEE = {
    QUICK: "edits, validations and files of all but the newest submissions",
    DATE_MODIFIED: "changes to which the server gives no _date_modified, or one before the last sync",
    HISTORY: "files that arrive more than {days} days after their submission was first seen",
    SWEEP: "nothing",
    FULL: "nothing",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks: the account, what it may do with the project, the server's clock when the sync began."""

    account: str
    permissions: frozenset[str]
    server_time: datetime


@dataclass(frozen=True)
class Found:
    """What a strategy found: loaded pages by their counts, and the `_id`s that it did not find any more."""

    strategy: str
    counts: tuple[PageCounts, ...] = ()
    gone: frozenset[int] = frozenset()
    events: Mapping[str, Event] = field(default_factory=dict)


def standing_of(client: Client, asset_uid: str) -> Standing:
    """Two requests: the account with the server's clock, and the project with the permissions and their filters."""
    account, asset = client.account(), fetch_asset(client, asset_uid)
    limits = {asset.limits[account.username]} if account.username in asset.limits else set()
    return Standing(account.username, asset.permissions | limits, account.server_time)


@dataclass(frozen=True)
class Sync:
    """One complete sync of a form.

    dates: whether its submissions carry `_date_modified`; days: see CANNOT_SEE; ahead: pages under way at once.
    """

    client: Client
    to: Destination
    page_size: int
    days: int
    standing: Standing
    dates: bool = False
    ahead: int = 1

    def changes(self) -> Found:
        """Load what changed since the last complete sync, by the cheapest strategy."""
        since = self._since()
        if since and self.dates:
            return self._dated(since)
        events = self._events(since) if since and PERMISSION in self.standing.permissions else None
        return self.sweep() if events is None else self._historic(events)

    def sweep(self) -> Found:
        """Compare a light page after the other with the ledger; fetch what differs."""
        differing, gone = self.compared(0)
        return Found(SWEEP, tuple(self.load(differing)), frozenset(gone))

    def full(self) -> Found:
        """Read everything again, and keep again what the raw store has lost of it."""
        counts: list[PageCounts] = []
        gone: list[int] = []
        after = 0
        passed: deque[Page] = deque()
        for loaded in load_pages(self.to, _noted(self._pages(after), passed)):
            page = passed.popleft()
            gone += self._stored(page.after, page.last_id).keys() - set(map(number_of, page.records))
            after = page.last_id
            counts.append(loaded)
            self._mend(page)
            del page  # before the next is cut: a page is megabytes
        gone += self._stored(after, ENDLESS)
        return Found(FULL, tuple(counts), frozenset(gone))

    def load(self, ids: Iterable[int]) -> Iterator[PageCounts]:
        """Fetch and load submissions by `_id`; those that are gone are left out."""
        found = pages.fetch_submissions(self.client, self.to.asset_uid, ids, page_size=self.page_size)
        return self._loaded(found)

    def still_there(self, ids: Iterable[int]) -> set[int]:
        """Those among these that the server has after all: a page may have lied, or they came back."""
        found = pages.fetch_submissions(self.client, self.to.asset_uid, ids, page_size=self.page_size)
        return {number_of(record) for page in found for record in page.records}

    def _since(self) -> datetime | None:
        """From when on changes are asked for; None where only a sweep is sure.

        That is before the first complete sync, while deletions are held, after the server's clock has gone back, and
        where another account, another project or other permissions may show what was there all the time. A clock that
        went ahead then and is right again dates what came since before `synced_to`: so ours counts too.
        """
        with self.to.databases.reporting.connect() as connection:
            last = syncs.last_complete(connection, self.to.form)
            are_held = bool(tombstones.held(connection, self.to.form))
        if last is None or are_held or last.asset_uid != self.to.asset_uid:
            return None
        if last.account != self.standing.account or last.permissions != self.standing.permissions:
            return None
        if last.synced_to > self.standing.server_time:
            return None
        begun_at = last.begun_at + (self.standing.server_time - self.to.now())  # by the server's clock of now
        return min(last.synced_to, begun_at) - MARGIN

    def _dated(self, since: datetime) -> Found:
        only = {"_date_modified": {"$gte": f"{since:%Y-%m-%dT%H:%M:%S}"}}
        found = pages.fetch_pages(self.client, self.to.asset_uid, after=0, page_size=self.page_size, only=only)
        return Found(DATE_MODIFIED, tuple(self._loaded(found)))

    def _events(self, since: datetime) -> Mapping[str, Event] | None:
        """What the history tells; None where a server has none, as older ones, or does not give it."""
        try:
            return fetch_events(self.client, self.to.asset_uid, since)
        except AWAY:
            raise
        except ServerError:
            return None

    def _historic(self, events: Mapping[str, Event]) -> Found:
        """By the history; files, which it does not log, by a sweep of the submissions first seen lately."""
        informed = replace(self, to=replace(self.to, events=events))
        with self.to.databases.reporting.connect() as connection:
            known = ledger.known_by_root(connection, self.to.form, events)
            lately = syncs.first_seen_since(connection, self.to.form, self.to.now() - timedelta(days=self.days))
        found = pages.fetch_roots(self.client, self.to.asset_uid, events, page_size=self.page_size)
        counts, there = [], set()
        for page in found:
            there |= {number_of(record) for record in page.records}
            counts.append(load_page(informed.to, _unordered(page)))
        gone = {each.submission_id for each in known.values()} - there
        differing, missing = self.compared(lately - 1) if lately else ([], [])
        counts += informed.load(differing)
        return Found(HISTORY, tuple(counts), frozenset(gone | set(missing)), events)

    def compared(self, after: int) -> tuple[list[int], list[int]]:
        """The `_id`s above `after` that are new or differ, and those that are gone."""
        differing: list[int] = []
        gone: list[int] = []
        for page in self._pages(after, FIELDS):
            there = marks_of(page.records)
            stored = self._stored(page.after, page.last_id)
            if there != stored:
                differing += [number for number, mark in there.items() if stored.get(number) != mark]
                gone += stored.keys() - there.keys()
            after = page.last_id
        gone += self._stored(after, ENDLESS)
        return differing, gone

    def _mend(self, page: Page) -> None:
        digests = {number_of(body): (body, digest_of(body)) for body in page.records}
        with self.to.databases.reporting.connect() as connection:
            known = ledger.known_by_id(connection, self.to.form, digests)
        records = [RawRecord(*digests[number], number, each.root_uuid) for number, each in known.items()]
        with writing(self.to.databases.raw) as connection:
            raw.mend(connection, self.to.asset_uid, records, self.to.now())

    def _stored(self, after: int, last_id: int) -> dict[int, str | None]:
        with self.to.databases.reporting.connect() as connection:
            return ledger.known_between(connection, self.to.form, after, last_id)

    def _pages(self, after: int, fields: tuple[str, ...] = ()) -> Iterator[Page]:
        size, ahead = self.page_size, self.ahead
        return pages.fetch_pages(
            self.client, self.to.asset_uid, after=after, page_size=size, fields=fields, ahead=ahead
        )

    def _loaded(self, found: Iterable[Page]) -> Iterator[PageCounts]:
        return (load_page(self.to, _unordered(page)) for page in found)


def _noted(pages: Iterable[Page], passed: deque[Page]) -> Iterator[Page]:
    for page in pages:
        passed.append(page)
        yield page


def _unordered(page: Page) -> Page:
    """A page of a selection: it does not say how far the form was read, so the watermark stays."""
    return replace(page, after=0, last_id=0)
