"""Asking again, in one place: which failures pass by themselves, and how long to wait for them.

Used by client.py only; a call says what happened by raising Passing, the loop decides.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from collector.errors import ServerBusy, ServerError

Result = TypeVar("Result")


class Passing(Exception):
    """A failure that may pass by itself.

    error: what the caller gets when it does not pass.
    wait_seconds: how long the server asked us to wait, None where it did not say.
    is_untouched: the server has certainly not acted on the request, so that even a write may be sent again.
    """

    def __init__(self, error: ServerError, *, wait_seconds: float | None = None, is_untouched: bool = False) -> None:
        self.error, self.wait_seconds, self.is_untouched = error, wait_seconds, is_untouched
        super().__init__(str(error))


@dataclass(frozen=True)
class Patience:
    """How often a call is tried, and how long it waits in between.

    The wait doubles from `first_seconds` to `cap_seconds`, of which a random half is taken off, so that many clients
    do not come back at once. A `Retry-After` of the server is waited for exactly, unless it is over `longest_seconds`.
    """

    attempts: int = 6
    first_seconds: float = 1.0
    cap_seconds: float = 60.0
    longest_seconds: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def persist(self, ask: Callable[[], Result], *, is_idempotent: bool) -> Result:
        """Call `ask` until it answers; a call that is not idempotent again only after an untouched failure."""
        for attempt in range(1, self.attempts + 1):
            try:
                return ask()
            except Passing as failure:
                if attempt == self.attempts or not (is_idempotent or failure.is_untouched):
                    raise failure.error from None
                self.sleep(self._wait(attempt, failure))
        raise AssertionError("attempts must be at least 1")

    def _wait(self, attempt: int, failure: Passing) -> float:
        if failure.wait_seconds is None:
            longest = min(self.cap_seconds, self.first_seconds * 2.0 ** (attempt - 1))
            return longest * (0.5 + 0.5 * self.random())
        if failure.wait_seconds > self.longest_seconds:
            raise ServerBusy(
                f"{failure.error} It asks to wait {failure.wait_seconds / 60:.0f} minutes: run again after that.",
                status=failure.error.status,
            ) from None
        return failure.wait_seconds


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None where there is none that can be read.

    A date is compared with the answer's own Date header: the server's clock, not ours, says how long that is.
    Source: RFC 9110, 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until, sent = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return None
