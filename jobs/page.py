"""One page of submissions → the raw store, then the reporting database: the heart of a pull, without a server.

Called by pull.py. A page is read and judged in memory; the raw store is committed first, so that nothing that was
received can be lost; then rows, findings, submissions and watermark move in one transaction. Killed anywhere in
between, the page is loaded again and ends in the same database. Submissions that are judged again, from the raw store
(rejudge.py), take the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection

from collector.errors import CollectorError
from collector.form.judging.messages import integrity
from collector.kobo.background import in_background
from collector.kobo.walk import Page, number_of
from collector.reporting import ledger, raw
from collector.reporting.database import writing
from collector.reporting.ledger import Known
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.tombstones import bury, departure_of, raise_again
from jobs.archive import recorded
from jobs.attachments import note_files
from jobs.destination import Destination
from jobs.judged import Judged, judge_bodies
from jobs.jury import Heard
from jobs.readings import Brief
from jobs.revise import Reviser
from jobs.writer import Writer

MANY = 100
"""New submissions of a page from which on it is written beside the next one."""


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What a page held; `quarantined` counts among the new and changed ones."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Verdicts that judging again changed: from quarantine to accepted, and the other way."""

    freed: int = 0
    caught: int = 0


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A page beside the ledger. known: what is stored under its `_id`s; fresh: new states, with their digests."""

    page: Page
    known: Mapping[int, Known]
    fresh: Sequence[tuple[bytes, str]]
    heard: Heard


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A page that was judged. to: with the clock stopped."""

    to: Destination
    page: Page
    known: Mapping[int, Known]
    fresh: Sequence[tuple[bytes, str]]
    judged: Sequence[Judged]


def load_page(to: Destination, page: Page) -> PageCounts:
    """Load a page. Submissions whose bytes are stored already are neither read nor written."""
    weighed = _weigh(to, _receive(to, page, to.versions.brief))
    _keep_raw(weighed)
    return _written(weighed)


def load_pages(to: Destination, pages: Iterable[Page]) -> Iterator[tuple[Page, PageCounts]]:
    """Load pages in their order. One of which all is new is written while the next is judged."""
    # A version that is met first on the page ahead keeps its turn: replay lays out versions in the same order
    arriving = (_receive(to, page, to.versions.met_brief) for page in pages)
    arrived, writing = next(arriving, None), _Writing()
    with to.versions.made_after(writing.finish):
        while arrived:
            weighed, arrived = _weigh(to, arrived), None
            failure: CollectorError | None = None
            with _keeping_raw(weighed):
                yield from writing.end()
                try:
                    arrived = next(arriving, None)
                except CollectorError as error:  # of the page ahead: this one is loaded all the same
                    failure = error
            writing.begin(weighed)
            del weighed  # before another is judged: a page is megabytes
            if failure:
                yield from writing.end()
                raise failure
        yield from writing.end()


@dataclass
class _Writing:
    """The page that is written beside the next one, by a thread; where it finds that not all is new, when it ends."""

    weighed: _Weighed | None = None
    future: Future[PageCounts | None] = field(default_factory=Future)
    counts: PageCounts | None = None

    def begin(self, weighed: _Weighed) -> None:
        is_new = len(weighed.fresh) >= MANY and not weighed.known
        self.weighed, self.counts = weighed, None if is_new else _written(weighed)
        if is_new:
            self.future = in_background("write", partial(_write, weighed, only_new=True))

    def finish(self) -> None:
        """Wait until it is written."""
        if self.weighed and self.counts is None:
            self.counts = self.future.result() or _written(self.weighed)

    def end(self) -> Iterator[tuple[Page, PageCounts]]:
        self.finish()
        if self.weighed and self.counts:
            page, counts = self.weighed.page, self.counts
            self.weighed = None
            yield page, counts


def _receive(to: Destination, page: Page, brief_of: Callable[[str], Brief | None]) -> _Arrived:
    """See what of a page is new, and have it judged. A page loaded before this one changes nothing of that."""
    with to.databases.reporting.connect() as connection:
        known = ledger.known_by_id(connection, to.form, map(number_of, page.records))
    stored = {each.digest for each in known.values() if each.fingerprint}
    fresh = [(body, digest) for body in page.records if (digest := raw.digest_of(body)) not in stored]
    return _Arrived(page, known, fresh, to.jury.hand_over(fresh, brief_of))


def _weigh(to: Destination, arrived: _Arrived) -> _Weighed:
    """Judge what arrived; that needs no other page, and writes no row."""
    to = to.at_this_moment()
    judged = judge_bodies(arrived.fresh, to, arrived.heard)
    return _Weighed(to, arrived.page, arrived.known, arrived.fresh, judged)


def _written(weighed: _Weighed) -> PageCounts:
    counts = _write(weighed)
    assert counts
    return counts


def _write(weighed: _Weighed, *, only_new: bool = False) -> PageCounts | None:
    """Write a page. only_new: give None, with nothing written, where anything was stored before."""
    to, page, known, fresh, judged = weighed.to, weighed.page, weighed.known, weighed.fresh, weighed.judged
    with to.databases.reporting.connect() as connection:
        if not judged and page.last_id <= ledger.watermark(connection, to.form):
            return PageCounts(unchanged=len(page.records))
        namesakes = ledger.known_by_root(connection, to.form, [each.key for each in judged])
    if only_new and namesakes:
        return None
    revisions = _revisions(to, fresh, judged, known, namesakes)
    noted = to.noted([each.key for each in judged], digests=[each.digest for each in judged], last_id=page.last_id)
    with recorded(to.databases, "page", noted, at=to.now(), run=to.run, form=to.form) as connection:
        writer = Writer(connection, to, known, namesakes)
        written = writer.write(writer.unsettled(_without_duplicates(judged, namesakes)))
        _note(connection, to, writer, written, revisions)
        note_files(connection, to, judged, [(each, bool(writer.stored(each))) for each in written])
        ledger.move_watermark(connection, to.form, page.last_id, to.now())
    new = sum(not writer.stored(each) for each in written)
    aside = sum(not each.is_accepted for each in written)
    return PageCounts(new, len(written) - new, len(page.records) - len(written), aside)


def load_again(to: Destination, known: Mapping[int, Known], bodies: Sequence[tuple[bytes, str]]) -> Moved:
    """Judge stored submissions again. known: by `_id`; bodies: as received, with their digests."""
    to = to.at_this_moment()
    judged = judge_bodies(bodies, to, to.jury.hand_over(bodies, to.versions.brief))
    noted = to.noted([], ids=sorted(known))
    with recorded(to.databases, "judged", noted, at=to.now(), run=to.run, form=to.form) as connection:
        namesakes = ledger.known_by_root(connection, to.form, [each.key for each in judged])
        writer = Writer(connection, to, known, namesakes)
        written = writer.write(writer.unsettled(_without_duplicates(judged, namesakes)))
        note_files(connection, to, judged, [(each, True) for each in written])
    was = [known[each.submission_id].is_accepted for each in written]
    freed = sum(each.is_accepted and not before for each, before in zip(written, was, strict=True))
    caught = sum(before and not each.is_accepted for each, before in zip(written, was, strict=True))
    return Moved(freed, caught)


def _revisions(
    to: Destination,
    fresh: Iterable[tuple[bytes, str]],
    judged: Iterable[Judged],
    known: Mapping[int, Known],
    namesakes: Mapping[str, Known],
) -> dict[int, Revision]:
    """What changed in those submissions that another state is stored of, by `_id`."""
    reviser = Reviser(to.asset_uid, to.databases, to.versions, to.events)
    before = [known.get(each.submission_id) or namesakes.get(each.key) for each in judged]
    pairs = zip(fresh, before, strict=True)
    return reviser.revisions((*new, old) for new, old in pairs if old and old.digest != new[1])


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
    records = [raw.RawRecord(body, each.digest, each.submission_id, each.key) for (body, _), each in pairs]
    if records:
        with writing(to.databases.raw) as connection:
            raw.keep(connection, to.asset_uid, records, to.now())


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
