"""Processes that help this one: they leave interrupts to it, and end with it even when it is killed.

Used by jury.py and convert.py.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread

NO_PROCESSES = (OSError, NotImplementedError)
"""Raised where the system lets us start none, or has none of what they talk by."""


def open_pool(processes: int, begin: Callable[..., None] | None = None, *arguments: object) -> ProcessPoolExecutor:
    """Processes to be started with the first work. begin: what each does before, with these arguments.

    Raises one of NO_PROCESSES, as giving the first work does.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy this process's threads' locks
    pool = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(begin, arguments))
    # All at once, before anybody looks after them: where one dies while another is started, Python waits for ever
    pool._safe_to_dynamically_spawn_children = False  # type: ignore[attr-defined]
    return pool


def _begin(begin: Callable[..., None] | None, arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if begin:
        begin(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
