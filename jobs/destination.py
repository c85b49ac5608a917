"""Where the submissions of one form go, in one run, and by what they are judged: handed from job to job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collector.form.judging.policy import Policy
from collector.kobo.history import Event
from jobs.versions import Versions
from jobs.wiring import Databases

FetchXml = Callable[[int], bytes | None]
"""`_id` → the submission's XML from the server, None where it cannot be had."""


@dataclass(frozen=True)
class Destination:
    """events: what the server's history says of submissions, by root_uuid: who changed them, and when.

    fetch_xml: None where no server is asked.
    """

    form: str
    asset_uid: str
    run: int
    databases: Databases
    versions: Versions
    now: Callable[[], datetime]
    policy: Policy = field(default_factory=Policy)
    fetch_xml: FetchXml | None = None
    events: Mapping[str, Event] = field(default_factory=dict)
