"""Where the submissions of one form go, in one run, and by what they are judged: handed from job to job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from collector.form.judging.policy import Policy
from collector.form.judging.standard import ENGINE
from collector.kobo.history import Event
from jobs.archive import told
from jobs.envelopes import Envelopes
from jobs.jury import Jury
from jobs.versions import Versions
from jobs.wiring import Databases

FetchXml = Callable[[int], bytes | None]
"""`_id` → the submission's XML from the server, None where it cannot be had."""


@dataclass(frozen=True)
class Destination:
    """events: what the server's history says of submissions, by root_uuid: who changed them, and when.

    fetch_xml: None where no server is asked. jury: who judges large pages. envelopes: what opens encrypted submissions.
    """

    form: str
    asset_uid: str
    run: int
    databases: Databases
    versions: Versions
    now: Callable[[], datetime]
    policy: Policy = field(default_factory=Policy)
    fetch_xml: FetchXml | None = None
    jury: Jury = field(default_factory=Jury)
    events: Mapping[str, Event] = field(default_factory=dict)
    envelopes: Envelopes | None = None

    def at_this_moment(self) -> Destination:
        """The same with its clock stopped: everything that is written of a page has one time."""
        moment = self.now()
        return replace(self, now=lambda: moment)

    def noted(self, roots: Iterable[str], **what: object) -> dict[str, object]:
        """What the journal keeps, so that jobs/replay.py can judge the same again: by what, and what was known."""
        by = {"engine": ENGINE, "policy": sorted(self.policy.codes), "events": told(self.events, roots)}
        envelopes = self.envelopes.told() if self.envelopes else {}
        return {"asset_uid": self.asset_uid, **by, "envelopes": envelopes, **what}
