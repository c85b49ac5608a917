"""Walk pages in the order of `_id`, several of them under way at once, so that a far server's latency is paid once.

Used by pages.py, which says how a page is asked for. The page after the next is asked for at an `_id` that is only
guessed from the spacing so far: where the guess was too low, what was given already is dropped; where it was too high,
the gap is asked for first. So the walk is complete and in order whatever the guesses were, and where `_id`s are dense
it costs no request more than one page after the other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from math import ceil

import msgspec

from collector.kobo.background import in_background


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the server: the submissions after `after`, in order of their `_id`.

    records: each submission's JSON, exactly the bytes that were received.
    last_id: the `_id` of the last one, `after` where the page is empty.
    count: how many submissions there are after `after`, by the server's own count; None where it gives none.
    """

    records: tuple[bytes, ...]
    after: int
    last_id: int
    count: int | None

    @property
    def is_last(self) -> bool:
        """Whether the page holds all that the server counted. A count too small to be true is not believed."""
        return not self.records or self.count == len(self.records)

    def beyond(self, after: int) -> Page:
        """The page without the submissions up to `after`, which another page held."""
        if self.after >= after:
            return self
        records = tuple(record for record in self.records if number_of(record) > after)
        dropped = len(self.records) - len(records)
        count = None if self.count is None else self.count - dropped
        return Page(records, after, max(self.last_id, after), count)


Answered = Callable[[], Page]
"""A page that has arrived, still as one body: it is cut into submissions when its turn comes, so that those that wait
take no more memory than they have bytes."""

Ask = Callable[[int], Answered]
"""Asks for the page after an `_id`. Called from several threads at once."""


class _Numbered(msgspec.Struct):
    id: int = msgspec.field(name="_id")


_READ_NUMBERED = msgspec.json.Decoder(_Numbered).decode
_NUMBER_FIRST = re.compile(rb'\{\s*"_id"\s*:\s*(\d{1,18})\s*[,}]')
"""As servers write it: no need to read the rest."""


MOST_BYTES = 24 * 1024 * 1024
"""Of pages under way, by the size of the last one: large ones take memory, small ones cost a far server's latency."""


def number_of(record: bytes) -> int:
    """The `_id` of a submission's JSON. Raises msgspec.DecodeError or UnicodeDecodeError where it has none."""
    first = _NUMBER_FIRST.match(record)
    return int(first[1]) if first else _READ_NUMBERED(record).id


def walk(ask: Ask, after: int, ahead: int) -> Iterator[Page]:
    """The pages after `after` until the last, each beginning where the one before it ended; none is empty.

    ahead: how many pages may be under way while the caller works on one, fewer where they are large; 1 asks for a page
    when it is wanted. As long as the caller never has to wait, one page is, and no more. An error of a page is raised
    when its turn comes.
    """
    flight = _Flight(ask, ahead)
    while True:
        asked = flight.land(after)
        page = asked.beyond(after)
        flight.given += len(page.records)
        flight.dropped += len(asked.records) - len(page.records)
        if not asked.is_last:
            flight.look_ahead(asked, page.last_id)
        after, is_last = page.last_id, asked.is_last
        del asked
        if page.records:
            yield page
        del page  # before the next is cut: a page is megabytes
        if is_last:
            return


@dataclass
class _Flight:
    """Pages that were asked for and not yet given, by the `_id` they begin after, lowest first.

    depth: how many there may be now: one at first, for pages that wait are only in the way; twice as many, up to
    `ahead`, whenever a page has to be waited for; one fewer whenever all are there already. given, dropped: submissions
    so far. Where guesses waste more than they bring, none is made any more. promised: pages beyond `at`, by the last
    count, `spacing` apart.
    room: how many are MOST_BYTES.
    """

    ask: Ask
    ahead: int
    depth: int = 1
    given: int = 0
    dropped: int = 0
    promised: int = 0
    at: int = 0
    spacing: int = 0
    room: int = 1
    under_way: deque[tuple[int, Future[Answered]]] = field(default_factory=deque)

    def land(self, after: int) -> Page:
        """A page that begins at or before `after`: the next one under way, else asked for now."""
        if not self.under_way or self.under_way[0][0] > after:
            return self.ask(after)()
        if not self.under_way[0][1].done():
            self.depth = min(2 * self.depth, self.ahead)
            self._fill()
        elif all(future.done() for _, future in self.under_way):
            self.depth = max(self.depth - 1, 1)
        answered = self.under_way[0][1].result()
        self.under_way.popleft()
        return answered()

    def look_ahead(self, page: Page, at: int) -> None:
        """Ask for pages beyond `at`, no more than the count of `page` promises."""
        self.promised = 0
        if self.ahead > 1 and page.count is not None and self.dropped <= self.given:
            size = len(page.records)
            self.spacing = page.last_id - number_of(page.records[0]) + 1
            self.promised, self.at = ceil((page.count - size) / size), at
            self.room = max(1, MOST_BYTES // sum(map(len, page.records)))
            self._fill()

    def _fill(self) -> None:
        while len(self.under_way) < min(self.depth, self.promised, self.room):
            start = max(self.at, self.under_way[-1][0] + self.spacing) if self.under_way else self.at
            self.under_way.append((start, in_background(f"page after {start}", partial(self.ask, start))))
