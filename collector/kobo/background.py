"""Work done beside other work of this process, where both wait or compute without holding each other up.

Used by walk.py and jobs/page.py, for what changes nothing outside the process: it may end anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def in_background(name: str, work: Callable[[], Result]) -> Future[Result]:
    """Do it in a thread that nobody has to wait for when its result is not wanted any more."""
    future: Future[Result] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whoever wants the result shall have it, not this thread
            future.set_exception(error)

    Thread(target=do, name=name, daemon=True).start()
    return future


def done(work: Callable[[], Result]) -> Future[Result]:
    """Do it here and now; raises what it raises."""
    future: Future[Result] = Future()
    future.set_result(work())
    return future
