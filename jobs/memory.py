"""How a process handles memory. Used by pull.py and jury.py, where hundreds of pages pass, and by export.py."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Source: glibc, malloc.h; mallopt(3): once the first is set, it is no longer adjusted."""

LARGE = 1024 * 1024
SELDOM = 20_000
"""Objects made before cycles are looked for: half a page's."""


def give_back_large_blocks() -> None:
    """Have each block of a megabyte or more go back to the system as soon as it is free.

    By itself glibc raises its limit with the first page that is freed, to 32 MB in the end; from then on pages lie
    among small blocks, in one heap for each thread, and free memory stays with the process: 10 MB of a pull's peak,
    25 MB after it. Threads share one heap, for each keeps what it has freed. Other C libraries have no such limits and
    are left alone.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    adjust(M_MMAP_THRESHOLD, LARGE)
    adjust(M_ARENA_MAX, 1)


@contextmanager
def cycles_seldom_looked_for() -> Iterator[None]:
    """Meanwhile, look_seldom_for_cycles."""
    before = gc.get_threshold()
    look_seldom_for_cycles()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def look_seldom_for_cycles() -> None:
    """Answers and rows are no cycles: looking for them at every 700 objects takes a twentieth of a pull.

    What is there already, such as libraries, is not looked through at all.
    """
    gc.freeze()
    gc.set_threshold(SELDOM, 2, 2)
