"""How this process gives memory back. Used by pull.py: a page is megabytes, and hundreds of them pass in one run."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3
"""Source: glibc, malloc.h; mallopt(3): once it is set, it is no longer adjusted."""

LARGE = 1024 * 1024


def give_back_large_blocks() -> None:
    """Have each block of a megabyte or more go back to the system as soon as it is free.

    By itself glibc raises its limit with the first page that is freed, to 32 MB in the end; from then on pages lie
    among small blocks, in one heap for each thread, and free memory stays with the process: 10 MB of a pull's peak,
    25 MB after it. Other C libraries have no such limit and are left alone.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    adjust(M_MMAP_THRESHOLD, LARGE)
