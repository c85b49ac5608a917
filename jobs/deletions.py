"""Decide about submissions that are gone from the server: a tombstone, or held because it looks like an accident.

Used by pull.py with what sync.py found gone. Each is asked for once more before anything is taken out. Held are
deletions after which an account that lost a permission, another account or an emptied form would look like ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from collector.errors import DeletionsHeld
from collector.kobo.history import Event
from collector.reporting import attachments, judged, ledger, syncs, tombstones
from collector.reporting.form_tables import erase_rows
from collector.reporting.ledger import Known
from collector.reporting.load import delete
from collector.reporting.revisions import Revision, write_revisions
from collector.reporting.syncs import Asked
from collector.reporting.tables import findings, submissions
from jobs.archive import recorded, told
from jobs.destination import Destination
from jobs.sync import Standing, Sync
from jobs.wiring import Databases


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was decided about submissions that are gone, by `_id`; reason: why some are held."""

    buried: Sequence[int]
    held: Sequence[int]
    reason: str


@dataclass(frozen=True, slots=True)
class Guards:
    """How much of a form may vanish at once: held are at least `count` that are more than `share` of the form."""

    share: float = 0.05
    count: int = 20


def settle(sync: Sync, gone: Set[int], guards: Guards, events: Mapping[str, Event], *, is_confirmed: bool) -> None:
    """Bury what is gone, or hold it. is_confirmed: what was held so far is buried; else it waits as long as it is gone.

    Whoever had an identity in common with what is buried is judged again at the end of the sync.
    """
    back = sync.still_there(gone) if gone else set()
    list(sync.load(back))
    to = sync.to
    with to.databases.reporting.connect() as connection:
        known = ledger.known_by_id(connection, to.form, gone - back)
        waiting = tombstones.held(connection, to.form)
        confirmed = waiting.keys() & known.keys() if is_confirmed else set()
        doubtful = known.keys() - confirmed
        present = sum(ledger.count_verdicts(connection, to.form)) - len(confirmed)
        last = syncs.asked_before(connection, to.form)
        reason = why_hold(len(doubtful), present, guards, last, sync.standing, to.asset_uid) if doubtful else ""
        reason = reason or next((waiting[number] for number in sorted(doubtful & waiting.keys())), "")
    held = sorted(doubtful) if reason else []
    settlement = Settlement(sorted(known.keys() - set(held)), held, reason)
    if not (settlement.buried or settlement.held or waiting):
        return
    noted = asdict(settlement) | {
        "asset_uid": to.asset_uid,
        "events": told(events, [each.root_uuid for each in known.values()]),
    }
    to = to.at_this_moment()
    with recorded(to.databases, "settled", noted, at=to.now(), run=to.run, form=to.form) as connection:
        apply(connection, to, settlement, events)


def apply(connection: Connection, to: Destination, settlement: Settlement, events: Mapping[str, Event]) -> None:
    """Write what was decided."""
    tombstones.hold(connection, to.form, settlement.held, to.run, settlement.reason)
    known = ledger.known_by_id(connection, to.form, settlement.buried)
    _bury(connection, to, list(known.values()), events)
    if known:
        judged.doubt(connection, to.form, "duplicate_identity")


def why_hold(gone: int, present: int, guards: Guards, last: Asked | None, standing: Standing, asset_uid: str) -> str:
    """Why so many deletions look like an accident; "" where they do not."""
    if last and last.asset_uid != asset_uid:
        return f"the form has another project than before ({last.asset_uid} → {asset_uid})"
    if last and last.account != standing.account:
        return f"the token belongs to another account than before ('{last.account}' → '{standing.account}')"
    if last and last.permissions != standing.permissions:
        lost, gained = last.permissions - standing.permissions, standing.permissions - last.permissions
        return f"the account's permissions changed (lost: {_listed(lost)}; gained: {_listed(gained)})"
    if gone == present:
        return "the form was emptied"
    if gone >= guards.count and gone > guards.share * present:
        return f"{gone:,} of {present:,} submissions vanished at once, more than {guards.share:.0%}"
    return ""


def refuse_others(databases: Databases, forms: Collection[str], meant: int) -> None:
    """Raise DeletionsHeld where other deletions wait by now than those that a person has seen."""
    with databases.reporting.connect() as connection:
        waiting = sum(len(tombstones.held(connection, form)) for form in forms)
    if waiting != meant:
        raise DeletionsHeld(
            f"{waiting:,} deletions are held now, not {meant:,}: nothing was applied. `collector status` says why they "
            "are, and `collector status --json` which."
        )


def bury_unaccounted(sync: Sync, assets: list[str]) -> None:
    """Submissions that were received and lost to a killed run, and deleted before the next one, get a tombstone."""
    to = sync.to
    with to.databases.reporting.connect() as connection, to.databases.raw.connect() as raw:
        lost = dict(tombstones.unaccounted(connection, raw, to.form, assets))
    back = sync.still_there(lost)
    list(sync.load(back))
    departures = [each for number, each in lost.items() if number not in back]
    if departures:
        at, noted = to.now(), {"departures": [asdict(each) for each in departures]}
        with recorded(to.databases, "unaccounted", noted, at=at, run=to.run, form=to.form) as connection:
            tombstones.bury(connection, to.form, departures, to.run, at)


def _bury(connection: Connection, to: Destination, known: Collection[Known], events: Mapping[str, Event]) -> None:
    """Take them out of every table of the form, leaving tombstones and a last revision."""
    roots = [each.root_uuid for each in known]
    tables = to.versions.tables_of_form(connection)
    erase_rows(connection, tables, [(each.submission_id, each.root_uuid) for each in known])
    for table in (findings, submissions):
        delete(connection, table, "root_uuid", roots, form=to.form)
    attachments.mark_deleted(connection, to.form, roots)
    departures, last = [], []
    for each in known:
        event = events.get(each.root_uuid)
        at, by = (event.at, event.by) if event and event.action == "delete-submission" else (None, None)
        departures.append(tombstones.departure_of(each, "deleted", at, by))
        last.append(Revision(each.submission_id, each.root_uuid, "deleted", each.digest, at=at, by=by))
    tombstones.bury(connection, to.form, departures, to.run, to.now())
    write_revisions(connection, to.form, last, to.run, to.now())


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
