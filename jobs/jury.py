"""Judging on every processor: pages of many submissions are read and judged by other processes while this one loads
others.

Used by page.py. Judging is most of what a pull costs, then reading; each submission stands for itself. Processes are
started with the second large page, so that a pull of little never pays for them; where one dies, its share is judged
here.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from types import TracebackType
from typing import Any, Self

import msgspec

from collector.kobo.background import in_background
from jobs.readings import Brief, Reading, compile_reading

LARGE = 200
"""Submissions of one form version on a page from which on other processes are worth it."""

SHARE = 50
"""Submissions handed over at once."""

SAMPLE = 50
"""Submissions of a page, evenly spread over it, whose versions are looked at: which one most of them have."""

Heard = dict[str, Callable[[], Reading | None]]
"""By digest, what waits for the reading of a submission that was handed over; it gives None where it is judged here."""


class _Versioned(msgspec.Struct):
    version: Any = msgspec.field(name="__version__", default="")


_READ_VERSION = msgspec.json.Decoder(_Versioned).decode


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Jury:
    """Processes that judge. processes: how many; 1 judges everything in this process; large: see LARGE.

    helps: whether this process judges what the others have not begun when its turn comes, instead of waiting for them.
    Only one form version is judged by them at a time, that of most of the page.
    """

    processes: int = 1
    large: int = LARGE
    helps: bool = True
    _seen_large: bool = False
    _brief: Brief | None = None
    _pool: ProcessPoolExecutor | None = None

    def hand_over(self, fresh: Sequence[tuple[bytes, str]], brief_of: Callable[[str], Brief | None]) -> Heard:
        """Begin to judge a page's submissions, each with its digest.

        brief_of: that of a version, None where nothing is judged by it.
        """
        if self.processes < 2 or len(fresh) < self.large:
            return {}
        if not self._seen_large:
            self._seen_large = True
            return {}
        brief = brief_of(_version_of_most([body for body, _ in fresh[:: ceil(len(fresh) / SAMPLE)]]))
        return self._begin(fresh, brief) if brief else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Send the processes home."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = self._brief = None

    def _begin(self, fresh: Sequence[tuple[bytes, str]], brief: Brief) -> Heard:
        if brief != self._brief:
            self.close()
            self._pool, self._brief = _open_pool(self.processes, brief), brief
        assert self._pool
        bodies = [body for body, _ in fresh]
        shares = [_Share(bodies[start : start + SHARE]) for start in range(0, len(bodies), SHARE)]
        in_background("hand out", partial(_hand_out, self._pool, shares))
        return {digest: partial(self._reading, shares[at // SHARE], at % SHARE) for at, (_, digest) in enumerate(fresh)}

    def _reading(self, share: _Share, place: int) -> Reading | None:
        try:
            readings = share.readings(self.helps)
        except BrokenProcessPool:
            self._give_up()
            return None
        return readings[place] if readings else None

    def _give_up(self) -> None:
        if self.processes > 1:
            import structlog  # here: it is 7 MB of each judging process, which has nothing to say

            structlog.get_logger().warning("a judging process ended unexpectedly; the rest is judged in this one")
        self.processes, self._pool = 1, None


@dataclass(eq=False)
class _Share:
    """Submissions that are handed over together. What comes back stays in bytes until the first is asked for."""

    bodies: Sequence[bytes]
    handed: Future[Future[bytes]] = field(default_factory=Future)
    back: Sequence[Reading | None] | None = None

    def hand_to(self, pool: ProcessPoolExecutor) -> None:
        if self.handed.set_running_or_notify_cancel():
            try:
                self.handed.set_result(pool.submit(_read_share, self.bodies))
            except RuntimeError as error:  # of a pool that was closed, or is broken
                self.handed.set_exception(error)

    def readings(self, may_take_back: bool) -> Sequence[Reading | None]:
        """What was read; nothing where it has to be done here. may_take_back: what nobody has begun."""
        if self.back is None:
            self.back = () if may_take_back and self._take_back() else self._received()
        return self.back

    def _take_back(self) -> bool:
        return self.handed.cancel() or (not self.handed.exception() and self.handed.result().cancel())

    def _received(self) -> Sequence[Reading | None]:
        try:
            return pickle.loads(self.handed.result().result())  # type: ignore[no-any-return]
        except BrokenProcessPool:
            raise
        except (CancelledError, RuntimeError):  # a page of another version came before this one's turn
            return ()


def _version_of_most(bodies: Iterable[bytes]) -> str:
    """The version that most submissions have, "" where none can be read."""
    found: Counter[str] = Counter()
    for body in bodies:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            version = _READ_VERSION(body).version
            found.update([version] if isinstance(version, str) else [])
    return max(found, key=found.__getitem__, default="")


def _open_pool(processes: int, brief: Brief) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # a fork would copy this process's threads' locks
    pool = ProcessPoolExecutor(processes, context, initializer=_be_seated, initargs=(brief,))
    # All at once, before anybody looks after them: where one dies while another is started, Python waits for ever
    pool._safe_to_dynamically_spawn_children = False  # type: ignore[attr-defined]
    return pool


def _hand_out(pool: ProcessPoolExecutor, shares: Iterable[_Share]) -> None:
    """Takes until the processes have loaded their libraries, when they are the first."""
    with suppress(RuntimeError):
        pool.submit(_begin)
    for share in shares:
        share.hand_to(pool)


def _begin() -> None:
    """Nothing; but somebody has to be there to do it."""


_read: Callable[[bytes], Reading | None]
"""How a judging process reads; there from its beginning."""


def _be_seated(brief: Brief) -> None:
    """Begin life as a judging process: leave interrupts to the parent, and end with it even when it is killed."""
    global _read
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _read = compile_reading(brief)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _read_share(bodies: Sequence[bytes]) -> bytes:
    return pickle.dumps([_read(body) for body in bodies], pickle.HIGHEST_PROTOCOL)
