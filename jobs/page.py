"""One page of submissions → the raw store, then the reporting database: the heart of a pull, without a server.

Called by pull.py. A page is read and judged in memory; the raw store is committed first, so that nothing that was
received can be lost; then rows, findings, submissions and watermark move in one transaction. Killed anywhere in
between, the page is loaded again and ends in the same database. Submissions that are judged again, from the raw store
(rejudge.py), take the same way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from collector.errors import CollectorError, RowsRefused
from collector.form.judging.messages import integrity
from collector.kobo.background import done, in_background
from collector.kobo.submission import digest_of
from collector.kobo.walk import Page, number_of
from collector.reporting import ledger, raw
from collector.reporting.database import writing
from collector.reporting.frames import Frame
from collector.reporting.ledger import Known
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tombstones import bury, departure_of, raise_again
from jobs.archive import recorded
from jobs.attachments import note_files
from jobs.destination import Destination
from jobs.judged import Judged, judge_bodies
from jobs.jury import Heard
from jobs.revise import Reviser
from jobs.writer import NewRows, Writer, new_rows

MANY = 100
"""New submissions of a page from which on it is written beside the next one."""

AHEAD = 2
"""Pages that are there when one begins to be written: the jury reads one of them, and the next when it is through."""

NOBODY: Mapping[str, Known] = {}
"""What is stored under the keys of a page that is new."""


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What a page held; `quarantined` counts among the new and changed ones."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        """How many submissions it held."""
        return self.new + self.changed + self.unchanged


@dataclass(frozen=True, slots=True)
class Moved:
    """Verdicts that judging again changed: from quarantine to accepted, and the other way."""

    freed: int = 0
    caught: int = 0


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A page beside the ledger. known: what is stored under its `_id`s; fresh: new states; heard: read by the jury."""

    size: int
    last_id: int
    known: Mapping[int, Known]
    fresh: Sequence[bytes]
    heard: Heard


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A page that was judged. to: with the clock stopped; frames: of what is fresh, as far as the jury made them."""

    to: Destination
    size: int
    last_id: int
    known: Mapping[int, Known]
    fresh: Sequence[bytes]
    judged: Sequence[Judged]
    frames: Sequence[Frame | None]

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self.judged]


def load_page(to: Destination, page: Page) -> PageCounts:
    """Load a page. Submissions whose bytes are stored already are neither read nor written."""
    weighed = _weigh(to, _receive(to, page))
    _keep_raw(weighed)
    return _write_in_turn(weighed)


def load_pages(to: Destination, pages: Iterable[Page]) -> Iterator[PageCounts]:
    """Load pages in their order. One of which all is new is written while the next is judged."""
    arriving, writing = _Arriving(to, iter(pages)), _Writing()
    with to.versions.made_after(writing.finish):
        arriving.look_ahead(1)
        while arriving.there:
            weighed = _weigh(to, arriving.there.popleft())
            with _keeping_raw(weighed):
                rows = _new_rows(weighed)
                yield from writing.end()
            writing.begin(weighed, rows)
            del weighed, rows  # before another arrives: a page is megabytes
            arriving.look_ahead(AHEAD)
        yield from writing.end()
        if arriving.failure:
            raise arriving.failure


@dataclass
class _Arriving:
    """Pages that are there and handed to the jury, so that it has work while one is written.

    failure: of the page after them, which are loaded all the same.
    """

    to: Destination
    pages: Iterator[Page]
    there: deque[_Arrived] = field(default_factory=deque)
    failure: CollectorError | None = None
    _is_last: bool = False

    def look_ahead(self, many: int) -> None:
        """Have so many there, as far as there are."""
        while len(self.there) < many and not self._is_last:
            try:
                page = next(self.pages, None)
            except CollectorError as error:
                page, self.failure = None, error
            if page:
                self.there.append(_receive(self.to, page))
            self._is_last = page is None


@dataclass
class _Writing:
    """The page that is written beside the next one, by a thread, where all of it is new; else in its turn, at once.

    Whether all is new shows when its rows go in: to ask before would take as long as to write the list of submissions.
    """

    counts: Future[PageCounts] | None = None
    retry: Callable[[], PageCounts] | None = None

    def begin(self, weighed: _Weighed, rows: NewRows | None) -> None:
        in_turn = partial(_write_in_turn, weighed)
        if rows:
            self.counts, self.retry = in_background("write", partial(_write, weighed, NOBODY, rows)), in_turn
        else:
            self.counts = done(in_turn)

    def finish(self) -> None:
        """Wait until it is written."""
        counts, retry, self.counts, self.retry = self.counts, self.retry, None, None
        if counts:
            try:
                counts.result()
            except RowsRefused:
                if retry is None:
                    raise
                counts = done(retry)
            self.counts = counts

    def end(self) -> Iterator[PageCounts]:
        self.finish()
        counts, self.counts = self.counts, None
        if counts:
            yield counts.result()


def _receive(to: Destination, page: Page) -> _Arrived:
    """See what of a page is new, and have it judged. A page loaded before this one changes nothing of that."""
    with to.databases.reporting.connect() as connection:
        known = ledger.known_by_id(connection, to.form, map(number_of, page.records))
    stored = {each.digest for each in known.values() if each.fingerprint}
    fresh = [body for body in page.records if digest_of(body) not in stored] if stored else page.records
    return _Arrived(len(page.records), page.last_id, known, fresh, to.jury.hand_over(fresh, to.versions.met_brief))


def _weigh(to: Destination, arrived: _Arrived) -> _Weighed:
    """Judge what arrived; that needs no other page, and writes no row."""
    to = to.at_this_moment()
    judged = judge_bodies(arrived.fresh, to, arrived.heard)
    return _Weighed(to, arrived.size, arrived.last_id, arrived.known, arrived.fresh, judged, arrived.heard.frames)


def _new_rows(weighed: _Weighed) -> NewRows | None:
    """The rows of a page of many submissions, of which none is known by its `_id`."""
    if len(weighed.fresh) < MANY or weighed.known:
        return None
    return new_rows(weighed.to, list(_without_duplicates(weighed.judged, NOBODY)))


def _write_in_turn(weighed: _Weighed) -> PageCounts:
    """Write a page of which anything may be stored; the one before it is written."""
    to = weighed.to
    with to.databases.reporting.connect() as connection:
        if not weighed.judged and weighed.last_id <= ledger.watermark(connection, to.form):
            return PageCounts(unchanged=weighed.size)
        namesakes = ledger.known_by_root(connection, to.form, weighed.keys)
    return _write(weighed, namesakes)


def _write(weighed: _Weighed, namesakes: Mapping[str, Known], rows: NewRows | None = None) -> PageCounts:
    """Write a page. namesakes: what is stored under its keys; rows: its own, where nothing is; raises RowsRefused."""
    to, known, judged = weighed.to, weighed.known, weighed.judged
    revisions = _revisions(weighed, namesakes) if known or namesakes else {}
    noted = to.noted(weighed.keys, digests=[each.digest for each in judged], last_id=weighed.last_id)
    with _recorded(to, "page", noted) as connection:
        writer = Writer(connection, to, known, namesakes)
        if rows:
            written = writer.write_new(rows)
        else:
            written = writer.write(writer.unsettled(_without_duplicates(judged, namesakes)))
        _note(connection, to, writer, written, revisions)
        note_files(connection, to, judged, [(each, bool(writer.stored(each))) for each in written])
        ledger.move_watermark(connection, to.form, weighed.last_id, to.now())
    new = sum(not writer.stored(each) for each in written)
    aside = sum(not each.is_accepted for each in written)
    return PageCounts(new, len(written) - new, weighed.size - len(written), aside)


def _recorded(to: Destination, kind: str, noted: Mapping[str, Any]) -> AbstractContextManager[Connection]:
    return recorded(to.databases, kind, noted, at=to.now(), run=to.run, form=to.form, is_small=True)


def load_again(to: Destination, known: Mapping[int, Known], bodies: Sequence[bytes]) -> Moved:
    """Judge stored submissions again. known: by `_id`; bodies: as received."""
    to = to.at_this_moment()
    judged = judge_bodies(bodies, to, to.jury.hand_over(bodies, to.versions.met_brief))
    noted = to.noted([], ids=sorted(known))
    with _recorded(to, "judged", noted) as connection:
        namesakes = ledger.known_by_root(connection, to.form, [each.key for each in judged])
        writer = Writer(connection, to, known, namesakes)
        written = writer.write(writer.unsettled(_without_duplicates(judged, namesakes)))
        note_files(connection, to, judged, [(each, True) for each in written])
    was = [known[each.submission_id].is_accepted for each in written]
    freed = sum(each.is_accepted and not before for each, before in zip(written, was, strict=True))
    caught = sum(before and not each.is_accepted for each, before in zip(written, was, strict=True))
    return Moved(freed, caught)


def _revisions(weighed: _Weighed, namesakes: Mapping[str, Known]) -> dict[int, Revision]:
    """What changed in those submissions that another state is stored of, by `_id`."""
    to, known = weighed.to, weighed.known
    reviser = Reviser(to.asset_uid, to.databases, to.versions, to.events)
    before = [known.get(each.submission_id) or namesakes.get(each.key) for each in weighed.judged]
    both = zip(weighed.fresh, weighed.judged, before, strict=True)
    return reviser.revisions((body, new.digest, old) for body, new, old in both if old and old.digest != new.digest)


def _note(
    connection: Connection,
    to: Destination,
    writer: Writer,
    written: Sequence[Judged],
    revisions: Mapping[int, Revision],
) -> None:
    """Revisions of what was written; tombstones of those whose identity it took over; none for those that are back."""
    ids = {each.submission_id for each in written}
    gone = {
        stored.submission_id: departure_of(stored, "sent_again")
        for each in written
        for stored in writer.stored(each)
        if stored.submission_id not in ids
    }
    bury(connection, to.form, gone.values(), to.run, to.now())
    back = raise_again(connection, to.form, ids)
    returned = [
        Revision(each.submission_id, each.key, "returned", back[each.submission_id], each.digest)
        for each in written
        if each.submission_id in back
    ]
    made = [revisions[number] for number in sorted(ids & revisions.keys() - back.keys())]
    write_revisions(connection, to.form, [*returned, *made], to.run, to.now())


@contextmanager
def _keeping_raw(weighed: _Weighed) -> Iterator[None]:
    """Keep a page in the raw store meanwhile."""
    if len(weighed.fresh) < MANY:
        _keep_raw(weighed)
        yield
        return
    keeping = in_background("keep", partial(_keep_raw, weighed))
    try:
        yield
    finally:
        keeping.result()


def _keep_raw(weighed: _Weighed) -> None:
    to, pairs = weighed.to, zip(weighed.fresh, weighed.judged, strict=True)
    records = [raw.RawRecord(body, each.digest, each.submission_id, each.key) for body, each in pairs]
    if records:
        with writing(to.databases.raw, is_small=True) as connection:
            raw.keep(connection, to.asset_uid, records, to.now(), weighed.frames)


def _without_duplicates(judged: Sequence[Judged], namesakes: Mapping[str, Known]) -> Iterator[Judged]:
    """Of several submissions with one identity the highest `_id` keeps it: a deleted one that was sent again.

    The others are set aside under their `_id`, so that none is lost.
    """
    highest = {key: stored.submission_id for key, stored in namesakes.items()}
    for each in judged:
        highest[each.key] = max(each.submission_id, highest.get(each.key, 0))
    for each in judged:
        if each.submission_id == highest[each.key]:
            yield each
        else:
            aside = each.set_aside(integrity("duplicate_identity"), judged_by=each.judged_by)
            yield replace(aside, key=f"id-{each.submission_id}")
