"""How one sandbox behaves: the choices a test or a demo makes. Read by store.py and everything above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Options:
    """The knobs of a sandbox.

    now: the clock, aware; the sandbox has none of its own.
    default_limit, page_cap: rows of a data page without `limit`, and at most (servers are set to 100, 1 000 or 30 000).
    has_date_modified: whether submissions carry `_date_modified` (open pull request kpi#7260; today's servers do not).
    import_seconds: how long an import stays "processing".
    allow_faults: whether `/_sandbox/faults` may be used over HTTP; in the process faults can always be set.
    """

    now: Callable[[], datetime]
    default_limit: int = 100
    page_cap: int = 1000
    has_date_modified: bool = False
    import_seconds: float = 0.05
    allow_faults: bool = False
