"""Do again, in another reporting database, all that the raw store's journal tells: the same rows, without a server.

Called by jobs/rebuild.py. Pages go through jobs/page.py as they did, with the run, the clock and the history's events
of then; versions, media files, decisions about deletions and the ledger are written as they were noted.
What an archive has lost is left out, collected and named.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from collector.form.definition import FormVersion
from collector.form.encryption import PrivateKey
from collector.form.history import Decision, Result
from collector.form.judging.policy import Policy
from collector.form.judging.standard import ENGINE
from collector.form.programme import Programme
from collector.kobo.walk import Page
from collector.reporting import (
    attachments,
    decisions,
    deliveries,
    forms,
    journal,
    judged,
    ledger,
    nights,
    prices,
    raw,
    syncs,
    tombstones,
)
from collector.reporting.attachments import Fetched
from collector.reporting.deliveries import Delivery, Export
from collector.reporting.envelopes import Outcome
from collector.reporting.journal import Entry
from collector.reporting.judged import Rejudging
from collector.reporting.syncs import SyncRecord
from collector.reporting.tombstones import Departure
from jobs import runs
from jobs.archive import heard, recorded
from jobs.deletions import Settlement, apply
from jobs.destination import Destination
from jobs.envelopes import Envelopes
from jobs.page import load_page
from jobs.project import keep_version
from jobs.rejudge import rejudge_these
from jobs.versions import Versions
from jobs.wiring import Databases


@dataclass
class Replay:
    """One replay. source: the raw store; into: a migrated, empty reporting database.

    lost_entries: numbers and kinds of damaged entries of the journal; lost_states: digests that no frame has; untold:
    submissions that the database had before its journal began. last_policy: by which submissions were judged last;
    is_by_this_engine: whether all were judged by the edition of the engine that judges them here.
    """

    source: Engine
    into: Engine
    programme: Programme
    secret: bytes
    keys: Sequence[PrivateKey]
    report: Callable[[int, int, str], None] = lambda done, total, step: None
    entries: int = 0
    states: int = 0
    untold: int = 0
    lost_entries: list[tuple[int, str]] = field(default_factory=list)
    lost_states: set[str] = field(default_factory=set)
    last_policy: Policy | None = None
    is_by_this_engine: bool = True
    _databases: Databases = field(init=False)
    _destinations: dict[str, Destination] = field(default_factory=dict)
    _run: int | None = None

    def play(self, history: str, *, last_entry: int | None = None, last_run: int | None = None) -> None:
        """Do every entry of a history, in order. What is done to the database afterwards is a history of its own.

        last_entry, last_run: do nothing that was done after these.
        """
        with self.source.connect() as connection:
            for entry in journal.entries(connection, history, last_entry):
                if last_run is not None and entry.run is not None and entry.run > last_run:
                    return
                self._databases = Databases(self.into, self.source, replayed=(history + journal.REBUILT, entry.id))
                self._do(entry)
                self.entries += 1
                self.report(self.entries, 0, entry.form or entry.kind)

    def _do(self, entry: Entry) -> None:
        if entry.body is None:
            self.lost_entries.append((entry.id, entry.kind))
            if entry.kind == journal.RUN:  # what follows refers to it
                self._begin_run(entry, {"job": "unknown", "slot": None})
            return
        _DO[entry.kind](self, entry, entry.body)

    def _recorded(self, entry: Entry) -> AbstractContextManager[Connection]:
        return recorded(self._databases, entry.kind, {}, at=entry.at)

    def _begin_run(self, entry: Entry, body: Mapping[str, Any]) -> None:
        slot = body["slot"] and {**body["slot"], "due_at": _time(body["slot"]["due_at"])}
        with self._recorded(entry) as connection:
            runs.begin(connection, body["job"], _known(entry.run), entry.at, slot)

    def _end_run(self, entry: Entry, body: Mapping[str, Any]) -> None:
        outcome = _time(body["due_at"]), body["state"], body["message"]
        with self._recorded(entry) as connection:
            runs.end(connection, body["job"], _known(entry.run), entry.at, *outcome)

    def _save_form(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            forms.save_form(connection, _known(entry.form), **body)

    def _save_version(self, entry: Entry, body: Mapping[str, Any]) -> None:
        deployed_at = _time(body["deployed_at"])
        with self._recorded(entry) as connection:
            keep_version(
                connection,
                _known(entry.form),
                body["version"],
                body["content"],
                self.programme.card_paths(_known(entry.form)),
                seen_at=entry.at,
                deployed_at=deployed_at,
            )

    def _save_media(self, entry: Entry, body: Mapping[str, Any]) -> None:
        files = {name: b64decode(text) for name, text in body.items()}
        with self._recorded(entry) as connection:
            forms.save_media(connection, _known(entry.form), files)

    def _load_page(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self.source.connect() as connection:
            bodies = raw.raw_bodies(connection, body["asset_uid"], body["digests"])
        self.lost_states.update(digest for digest in body["digests"] if digest not in bodies)
        self.states += len(bodies)
        records = tuple(bodies[digest] for digest in body["digests"] if digest in bodies)
        to = self._as_noted(self._destination(entry, body["asset_uid"]), body)
        load_page(to, Page(records, 0, body["last_id"], len(records)))

    def _judge_again(self, entry: Entry, body: Mapping[str, Any]) -> None:
        rejudge_these(self._as_noted(self._destination(entry, body["asset_uid"]), body), body["ids"])

    def _count_judged(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            judged.write_rejudging(connection, Rejudging(**body))

    def _recount(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            ledger.recount_verdicts(connection, _known(entry.form))

    def _write_fetched(self, entry: Entry, body: Mapping[str, Any]) -> None:
        fetched = [Fetched(**{**each, "at": _time(each["at"])}) for each in body["fetched"]]
        with self._recorded(entry) as connection:
            attachments.write_fetched(connection, _known(entry.form), fetched)

    def _apply_policy(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            attachments.apply_policy(connection, _known(entry.form), body)

    def _settle(self, entry: Entry, body: Mapping[str, Any]) -> None:
        settlement = Settlement(body["buried"], body["held"], body["reason"])
        with self._recorded(entry) as connection:
            apply(connection, self._destination(entry, body["asset_uid"]), settlement, heard(body["events"]))

    def _bury_unaccounted(self, entry: Entry, body: Mapping[str, Any]) -> None:
        departures = [Departure(**each) for each in body["departures"]]
        with self._recorded(entry) as connection:
            tombstones.bury(connection, _known(entry.form), departures, _known(entry.run), entry.at)

    def _write_counts(self, entry: Entry, body: Mapping[str, Any]) -> None:
        record = SyncRecord(**{**body["sync"], "synced_to": _time(body["sync"]["synced_to"])})
        with self._recorded(entry) as connection:
            ledger.write_completeness(connection, record.run, record.form, **body["completeness"])
            syncs.write_sync(connection, record)

    def _begin_late(self, entry: Entry, body: Mapping[str, Any]) -> None:
        self.untold = body["submissions"]

    def _accept(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            prices.accept(connection, body["rows"], entry.at)

    def _save_night(self, entry: Entry, body: Mapping[str, Any]) -> None:
        results = [Result(**each) for each in body["results"]]
        with self._recorded(entry) as connection:
            nights.save_night(connection, _known(entry.run), entry.at, body["code_version"], results)

    def _save_decisions(self, entry: Entry, body: Mapping[str, Any]) -> None:
        made = [Decision(**{**each, "at": entry.at}) for each in body["decisions"]]
        with self._recorded(entry) as connection:
            decisions.save_decisions(connection, made, body["read"], _known(entry.run))

    def _write_export(self, entry: Entry, body: Mapping[str, Any]) -> None:
        with self._recorded(entry) as connection:
            deliveries.write_export(connection, Export(**{"language": "", **body, "made_at": entry.at}))

    def _write_deliveries(self, entry: Entry, body: Mapping[str, Any]) -> None:
        outcomes = [Delivery(**{**each, "at": entry.at}) for each in body["outcomes"]]
        with self._recorded(entry) as connection:
            deliveries.write_deliveries(connection, outcomes)

    def _destination(self, entry: Entry, asset_uid: str) -> Destination:
        """Where a form's pages go, made once a run, as it was then; its clock is the entry's."""
        if entry.run != self._run:
            self._run, self._destinations = entry.run, {}
        form, run = _known(entry.form), _known(entry.run)
        if form not in self._destinations:
            cards = self.programme.card_paths(form)
            versions = Versions(form, asset_uid, cards, self.secret, self.into, self._stored(form))
            to = Destination(form, asset_uid, run, self._databases, versions, lambda: entry.at)
            self._destinations[form] = to
        made = self._destinations[form]
        envelopes = Envelopes(asset_uid, self._databases, made.versions, self.keys, lambda: entry.at)
        return replace(made, now=lambda: entry.at, databases=self._databases, asset_uid=asset_uid, envelopes=envelopes)

    def _as_noted(self, to: Destination, body: Mapping[str, Any]) -> Destination:
        """By the policy and the events of then; with the keys of then, as far as they are here now."""
        noted = {digest: Outcome(**outcome) for digest, outcome in body["envelopes"].items()}
        envelopes = replace(to.envelopes, noted=noted) if to.envelopes else None
        self.last_policy = policy = Policy(frozenset(body["policy"]))
        self.is_by_this_engine &= body.get("engine") == ENGINE  # journals of before it was noted do not tell
        return replace(to, policy=policy, events=heard(body["events"]), envelopes=envelopes)

    def _stored(self, form: str) -> Callable[[str], FormVersion | None]:
        def stored(uid: str) -> FormVersion | None:
            with self.into.connect() as connection:
                return forms.stored_version(connection, form, uid)

        return stored


_DO: Mapping[str, Callable[[Replay, Entry, Mapping[str, Any]], None]] = {
    journal.RUN: Replay._begin_run,
    "run_ended": Replay._end_run,
    "form": Replay._save_form,
    "version": Replay._save_version,
    "media": Replay._save_media,
    "page": Replay._load_page,
    "judged": Replay._judge_again,
    "rejudged": Replay._count_judged,
    "recounted": Replay._recount,
    "files": Replay._write_fetched,
    "policy": Replay._apply_policy,
    "settled": Replay._settle,
    "unaccounted": Replay._bury_unaccounted,
    "pulled": Replay._write_counts,
    "night": Replay._save_night,
    "decided": Replay._save_decisions,
    "exported": Replay._write_export,
    "delivered": Replay._write_deliveries,
    journal.ACCEPTED: Replay._accept,
    journal.LATE: Replay._begin_late,
}


def _known(value: Any) -> Any:
    assert value is not None, "an entry of this kind has a run and a form"
    return value


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
