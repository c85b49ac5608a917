"""Judging on every processor: pages of many submissions are judged by other processes while this one loads others.

Used by page.py. Judging is most of what a pull costs, and each submission is judged for itself. Processes are started
with the second large page, so that a pull of little never pays for them; where one dies, its share is judged here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec

from collector.form.judging.verdict import Finding
from jobs.judges import JudgedForm, judge_for

LARGE = 200
"""Submissions of one form version on a page from which on other processes are worth it."""

SHARE = 50
"""Submissions handed over at once."""

Findings = tuple[Finding, ...]

Heard = dict[bytes, Callable[[], Findings | None]]
"""What waits for what was found in a submission that was handed over; it gives None where it has to be judged here."""


class _Versioned(msgspec.Struct):
    version: Any = msgspec.field(name="__version__", default="")


_READ_VERSION = msgspec.json.Decoder(_Versioned).decode


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Jury:
    """Processes that judge. processes: how many; 1 judges everything in this process; large: see LARGE.

    Only one form version is judged by them at a time, that of most of the page.
    """

    processes: int = 1
    large: int = LARGE
    _seen_large: bool = False
    _standard: str = ""
    _pool: ProcessPoolExecutor | None = None

    def hand_over(self, bodies: Sequence[bytes], form_of: Callable[[str], JudgedForm | None]) -> Heard:
        """Begin to judge a page's submissions. form_of: the form of a version, None where nothing is judged by it."""
        if self.processes < 2 or len(bodies) < self.large:
            return {}
        if not self._seen_large:
            self._seen_large = True
            return {}
        version, chosen = _most(bodies)
        form = form_of(version) if len(chosen) >= self.large else None
        return self._begin(chosen, form) if form is not None else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Send the processes home."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool, self._standard = None, ""

    def _begin(self, bodies: Sequence[bytes], form: JudgedForm) -> Heard:
        if form.standard != self._standard:
            self.close()
            self._pool = _open_pool(self.processes, form)
            self._standard = form.standard
        assert self._pool
        heard: Heard = {}
        try:
            for start in range(0, len(bodies), SHARE):
                share = bodies[start : start + SHARE]
                future = self._pool.submit(_judge_share, share)
                heard.update((body, self._later(future, number)) for number, body in enumerate(share))
        except BrokenProcessPool:
            self._give_up()
        return heard

    def _later(self, future: Future[list[Findings]], number: int) -> Callable[[], Findings | None]:
        def find() -> Findings | None:
            try:
                return future.result()[number]
            except BrokenProcessPool:
                self._give_up()
            except CancelledError:  # a page of another version came before this one's turn
                pass
            return None

        return find

    def _give_up(self) -> None:
        if self.processes > 1:
            import structlog  # here: it is 7 MB of each judging process, which has nothing to say

            structlog.get_logger().warning("a judging process ended unexpectedly; the rest is judged in this one")
        self.processes, self._pool = 1, None


def _most(bodies: Sequence[bytes]) -> tuple[str, list[bytes]]:
    """The version of most submissions, and those; without any that cannot be read."""
    by_version: dict[str, list[bytes]] = {}
    for body in bodies:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            version = _READ_VERSION(body).version
            if isinstance(version, str):
                by_version.setdefault(version, []).append(body)
    return max(by_version.items(), key=lambda each: len(each[1]), default=("", []))


def _open_pool(processes: int, form: JudgedForm) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # a fork would copy this process's threads' locks
    return ProcessPoolExecutor(processes, context, initializer=_be_seated, initargs=(form,))


_form: JudgedForm | None = None


def _be_seated(form: JudgedForm) -> None:
    """Begin life as a judging process: leave interrupts to the parent, and end with it even when it is killed."""
    global _form
    _form = form
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _judge_share(bodies: Sequence[bytes]) -> list[Findings]:
    assert _form
    judge = judge_for(_form)
    return [judge.judge_json(msgspec.json.decode(body)).findings for body in bodies]
