"""Judging on every processor: pages of many submissions are read and judged by other processes while this one loads
others.

Used by page.py. Judging is most of what a pull costs, then reading; each submission stands for itself. Processes are
started with the second large page, so that a pull of little never pays for them; where one dies, its share is judged
here.
"""

from __future__ import annotations

import os
import pickle
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from math import ceil
from threading import Event
from types import TracebackType
from typing import Any, Self

import msgspec

from collector.kobo.background import in_background
from collector.reporting.frames import TOGETHER, Frame, frame_of
from jobs.memory import look_seldom_for_cycles
from jobs.processes import NO_PROCESSES, open_pool
from jobs.readings import Brief, Read, Reading, compile_reading

LARGE = 200
"""Submissions of one form version on a page from which on other processes are worth it."""

SHARE = TOGETHER
"""Submissions handed over at once: those of a frame of the raw store, which comes back with what was read."""

SAMPLE = 20
"""Submissions of a page, evenly spread over it, whose versions are looked at: which one most of them have."""

GIVING_WAY = 10
"""How much nicer judging processes are."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was read of the submissions of a page, in their order; None: nothing, or it is not known here.

    frames: those that were made of them meanwhile, None of those that were not; all, as soon as all was heard.
    """

    readings: Iterator[Reading | None]
    frames: list[Frame | None] = field(default_factory=list)


NOTHING = Heard(repeat(None))
"""Of a page of which all is read by who weighs it."""


class _Versioned(msgspec.Struct):
    version: Any = msgspec.field(name="__version__", default="")


_READ_VERSION = msgspec.json.Decoder(_Versioned).decode


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Jury:
    """Processes that read and judge. processes: how many; 1 does everything in this process; large: see LARGE.

    helps: whether this process reads while the others are being started; later it would only stand in their way.
    Only one form version is read by them at a time, that of most of the page.
    """

    processes: int = 1
    large: int = LARGE
    helps: bool = True
    _seen_large: bool = False
    _brief: Brief | None = None
    _pool: ProcessPoolExecutor | None = None
    _seated: Event = field(default_factory=Event)
    _read_here: Read | None = None

    def hand_over(self, fresh: Sequence[bytes], brief_of: Callable[[str], Brief | None]) -> Heard:
        """Begin to read a page's submissions.

        brief_of: that of a version, None where nothing is judged by it.
        """
        if len(fresh) < self.large:
            return NOTHING
        brief = brief_of(_version_of_most(fresh[:: ceil(len(fresh) / SAMPLE)]))
        may_hand_over, self._seen_large = self._seen_large and self.processes > 1, True
        if brief is None:
            return NOTHING
        shares = [_Share(fresh[start : start + SHARE]) for start in range(0, len(fresh), SHARE)]
        read = self._seat(brief, may_hand_over)
        if self._pool:
            in_background("hand out", partial(_hand_out, self._pool, self._seated, shares))
        frames: list[Frame | None] = []
        return Heard(self._readings(deque(shares), read, frames), frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Send the processes home."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = self._brief = self._read_here = None

    def _seat(self, brief: Brief, may_hand_over: bool) -> Read:
        """See that everybody reads by this; returns how it is done here."""
        if brief != self._brief:
            self.close()
        if self._read_here is None:
            self._brief, self._read_here = brief, compile_reading(brief)
        if may_hand_over and self._pool is None:
            with suppress(*NO_PROCESSES):
                self._pool, self._seated = open_pool(self.processes, _be_seated, brief), Event()
        return self._read_here

    def _readings(self, shares: deque[_Share], read: Read, frames: list[Frame | None]) -> Iterator[Reading | None]:
        while shares:
            first = shares[0]
            while not first.is_there and (mine := self._not_begun(shares)):
                mine.back = read(mine.bodies)
            readings = first.back or self._received(first) or read(first.bodies)
            frames.append(first.frame)
            yield from readings
            shares.popleft()

    def _not_begun(self, shares: deque[_Share]) -> _Share | None:
        """The last share that was not handed to anybody, and will not be."""
        if self._pool and not self.helps:
            return None
        return next((share for share in reversed(shares) if share.back is None and share.handed.cancel()), None)

    def _received(self, share: _Share) -> Sequence[Reading | None]:
        try:
            return share.received()
        except BrokenProcessPool:
            self._give_up()
            return ()

    def _give_up(self) -> None:
        if self.processes > 1:
            import structlog  # here: it is 7 MB of each judging process, which has nothing to say

            structlog.get_logger().warning("a judging process ended unexpectedly; the rest is judged in this one")
        self.processes, self._pool = 1, None


@dataclass(eq=False)
class _Share:
    """Submissions that are read together.

    handed: to others, with what comes back; frame: theirs, where others made it; back: what was read here.
    """

    bodies: Sequence[bytes]
    handed: Future[Future[bytes]] = field(default_factory=Future)
    frame: Frame | None = None
    back: Sequence[Reading | None] | None = None

    @property
    def is_there(self) -> bool:
        """Whether nobody need be waited for."""
        if self.back is not None or self.handed.cancelled():
            return True
        return self.handed.done() and (bool(self.handed.exception()) or self.handed.result().done())

    def hand_to(self, pool: ProcessPoolExecutor) -> None:
        if self.handed.set_running_or_notify_cancel():
            try:
                self.handed.set_result(pool.submit(_read_share, self.bodies))
            except (RuntimeError, *NO_PROCESSES) as error:  # RuntimeError: the pool was closed, or is broken
                self.handed.set_exception(error)

    def received(self) -> Sequence[Reading | None]:
        """What others read, as soon as it is there; nothing where it has to be done here."""
        try:
            readings, self.frame = pickle.loads(self.handed.result().result())
            return readings  # type: ignore[no-any-return]
        except BrokenProcessPool:
            raise
        except (CancelledError, RuntimeError, *NO_PROCESSES):  # or a page of another version came before its turn
            return ()


def _version_of_most(bodies: Iterable[bytes]) -> str:
    """The version that most submissions have, "" where none can be read."""
    found: Counter[str] = Counter()
    for body in bodies:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            version = _READ_VERSION(body).version
            found.update([version] if isinstance(version, str) else [])
    return max(found, key=found.__getitem__, default="")


def _hand_out(pool: ProcessPoolExecutor, seated: Event, shares: Iterable[_Share]) -> None:
    """Hand over as soon as somebody is there to read: the first time, libraries have to be loaded before."""
    if not seated.is_set():
        with suppress(RuntimeError, CancelledError, *NO_PROCESSES):
            pool.submit(_begin).result()
        seated.set()
    for share in shares:
        share.hand_to(pool)


def _begin() -> None:
    """Nothing; but somebody has to be there to do it."""


_read: Read
"""How a judging process reads; there from its beginning."""


def _be_seated(brief: Brief) -> None:
    """Begin life as a judging process, which gives way to the one that writes: that is waited for in the end."""
    global _read
    if hasattr(os, "nice"):
        os.nice(GIVING_WAY)
    _read = compile_reading(brief)
    look_seldom_for_cycles()


def _read_share(bodies: Sequence[bytes]) -> bytes:
    return pickle.dumps((_read(bodies), frame_of(bodies)), pickle.HIGHEST_PROTOCOL)
