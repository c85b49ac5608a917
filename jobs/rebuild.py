"""`collector replay`: the whole reporting database again, from the raw store, without a server.

The target is checked, emptied where that is meant, and locked; jobs/replay.py does the journal's entries. What the raw
store has lost is named at the end, frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine, MetaData, select

from collector.errors import ArchiveDamaged, DatabaseError, DatabaseNotEmpty
from collector.form.encryption import PrivateKey
from collector.form.programme import Programme
from collector.reporting import files, journal, ledger, raw
from collector.reporting.archive_tables import DATABASES
from collector.reporting.database import migrate, open_engine, writing
from collector.reporting.journal import History
from collector.reporting.raw import Loss
from collector.reporting.tables import submissions, tombstones
from jobs import console, wiring
from jobs.commands import now
from jobs.console import Report
from jobs.log import open_log
from jobs.replay import Replay
from jobs.settings import read_settings

MOST_NAMED = 20
KEPT = {"reporting_migration", "raw_migration", *DATABASES["raw"].tables}
"""Tables that a replay leaves alone; on PostgreSQL the raw store may be in the same database."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to. states: of submissions, as received; lost: one sentence for each loss."""

    history: str
    entries: int
    states: int
    submissions: int
    deleted: int
    lost: tuple[str, ...]


def replay_command(
    settings_file: Path | None, *, into: str | None, history: str | None, is_replacing: bool, as_json: bool
) -> None:
    """Replay, print what came of it, and raise ArchiveDamaged where something is lost."""
    settings = read_settings(settings_file)
    open_log(settings.log, is_watched=console.err.is_terminal)
    source, target = open_engine(settings.raw.url), open_engine(into or settings.database.url)
    try:
        migrate(source, "raw")
        with console.bar("archive → database") as report:
            replayed = replay(
                source,
                target,
                wiring.open_programme(settings),
                secret=settings.pseudonym_secret,
                keys=wiring.open_keys(settings),
                history=history,
                is_replacing=is_replacing,
                report=report,
            )
    finally:
        source.dispose()
        target.dispose()
    _tell(replayed, as_json=as_json)
    if replayed.lost:
        raise ArchiveDamaged(
            f"the raw store has lost something: {'; '.join(replayed.lost)}. The rest is rebuilt. Restore the raw store "
            "from a backup and replay again, or run `collector sync --full` to fetch what the server still has."
        )


def replay(
    source: Engine,
    target: Engine,
    programme: Programme,
    *,
    secret: bytes,
    keys: Sequence[PrivateKey] = (),
    history: str | None = None,
    is_replacing: bool = False,
    report: Report = lambda done, total, step: None,
) -> Replayed:
    """Rebuild `target` from the raw store `source`.

    history: of which reporting database, by its name, where the journal tells of more than one.
    Raises DatabaseNotEmpty unless `is_replacing`, and DatabaseError where there is nothing to replay.
    """
    chosen = _chosen(source, history)
    migrate(target, "reporting")
    with ledger.run_lock(target, "replay", now()):
        _empty(target, is_replacing=is_replacing)
        player = Replay(source, target, programme, secret, keys, report)
        player.play(chosen.name)
    with target.connect() as connection:
        present = set(connection.scalars(select(submissions.c.submission_id)))
        deleted = set(connection.scalars(select(tombstones.c.submission_id)))
    lost = (*_lost_entries(player), *_lost_states(source, player, present | deleted))
    return Replayed(chosen.name, player.entries, player.states, len(present), len(deleted), lost)


def _chosen(source: Engine, name: str | None) -> History:
    with source.connect() as connection:
        found = journal.histories(connection)
    if not found:
        raise DatabaseError(
            "the raw store has no journal: nothing was pulled into it since it has one. `collector sync --full` fills "
            "a database from the server."
        )
    listed = ", ".join(f"{each.name} ({each.begun_at:%Y-%m-%d} to {each.last_at:%Y-%m-%d})" for each in found)
    if name is None and len(found) > 1:
        raise DatabaseError(
            f"the raw store tells of {len(found)} reporting databases: {listed}. Name one with --history."
        )
    for each in found:
        if name in (None, each.name):
            return each
    raise DatabaseError(f"the raw store tells of no reporting database '{name}'; it knows {listed}.")


def _empty(target: Engine, *, is_replacing: bool) -> None:
    """Refuse a database with rows in it, or take them out: tables stay, and with them views and grants."""
    metadata = MetaData()
    metadata.reflect(target)
    tables = [table for table in reversed(metadata.sorted_tables) if table.name not in KEPT]
    with writing(target) as connection:
        filled = [table.name for table in tables if connection.execute(select(table).limit(1)).first()]
        if filled and not is_replacing:
            raise DatabaseNotEmpty(
                f"the database to write into is not empty (table '{filled[0]}' has rows): name an empty one with "
                "--into, or say --replace to empty this one first. The raw store is not touched."
            )
        for table in tables:
            connection.execute(table.delete())


def _lost_entries(player: Replay) -> list[str]:
    before = f"the journal began when the database had {player.untold:,} submissions already: what was done before is"
    late = [f"{before} not in it"] if player.untold else []
    return late + [f"entry {number} of the journal ({kind}) is damaged" for number, kind in player.lost_entries]


def _lost_states(source: Engine, player: Replay, there: set[int]) -> list[str]:
    with source.connect() as connection:
        damaged = list(raw.damaged_frames(connection))
        encrypted = list(files.damaged_files(connection))
    named = [_named(loss, there) for loss in damaged]
    elsewhere = player.lost_states - {digest for loss in damaged for digest in loss.states}
    return [*named, *encrypted, *([f"{len(elsewhere):,} states of submissions are in no frame"] if elsewhere else [])]


def _named(loss: Loss, there: set[int]) -> str:
    numbers = sorted(set(loss.states.values()))
    gone = [number for number in numbers if number not in there]
    shown = " ".join(map(str, gone[:MOST_NAMED])) + (" …" if len(gone) > MOST_NAMED else "")
    of_them = f"wholly lost are _id {shown}" if gone else "another state of each is there"
    return (
        f"frame {loss.frame} of project {loss.asset_uid}, received {loss.received_at:%Y-%m-%d %H:%M} UTC, is damaged: "
        f"{len(loss.states):,} states of {len(numbers):,} submissions; {of_them}"
    )


def _tell(replayed: Replayed, *, as_json: bool) -> None:
    if as_json:
        console.as_json(asdict(replayed))
        return
    rows = [(replayed.entries, replayed.states, replayed.submissions, replayed.deleted, len(replayed.lost))]
    console.table("Replayed", ("entries", "states", "submissions", "deleted", "losses"), rows)
