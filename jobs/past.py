"""`collector export --as-of`: the workbook of a past day, made again from history.

The raw store's journal is played into an empty database, up to that day's run, and the night is read from there: with
the submissions, verdicts, decisions, session plan and media files of then. programme.toml and the software are today's.
The workbook has a name of its own, and leaves no night behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from collector.delivery.digest import digest_of
from collector.errors import ExportError
from collector.form.encryption import PrivateKey
from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from collector.indicators.told import Told, from_json
from collector.reporting import deliveries, journal, ledger, nights
from collector.reporting.database import open_scratch
from collector.reporting.tables import metadata
from collector.workbook.cells import local
from collector.workbook.night import Edition, Night
from collector.workbook.places import Places
from collector.workbook.placing import make_folder
from collector.workbook.texts import Digits, Language
from jobs.cards import card_tails
from jobs.export import Exported, read_night, totals_of, write_books
from jobs.replay import Replay
from jobs.wiring import Databases


@dataclass(frozen=True)
class History:
    """What a past night is made of. secret: of the pseudonyms; policy: where the journal tells none.

    keys: what opens encrypted submissions, as in a pull.
    """

    databases: Databases
    programme: Programme
    secret: bytes
    policy: Policy
    keys: Sequence[PrivateKey] = ()


def export_past(
    of: History,
    day: date,
    *,
    folder: Path,
    name: str,
    now: datetime,
    edition: Edition = "internal",
    language: Language = "en",
    digits: Digits = "western",
    places: Places | None = None,
) -> Exported:
    """Write <folder>/<name>-<day>-rebuilt.xlsx beside the workbooks of the nights; nothing else changes."""
    make_folder(folder)
    night = replace(past_night(of, day, now=now), edition=edition, places=places or {})
    if edition == "shared":
        night = replace(night, told=_told_before(of, night.run, day))
    shared = "-shared" if edition == "shared" else ""
    path = folder / f"{name}{shared}-{day.isoformat()}-rebuilt.xlsx"
    write_books(night, [path], now.date(), language=language, digits=digits)
    return Exported(path, path, totals_of(night), digest_of(night))


def past_night(of: History, day: date, *, now: datetime) -> Night:
    """The night of a day. Raises ExportError where nothing was known then, or history does not reach back."""
    if day > local(now, of.programme.time_zone).date():
        raise ExportError(f"{day} has not come yet; name a day that is over, or export without --as-of.")
    run, made_at = _last_run(of, day, now)
    with rebuilt(of, run) as (engine, replay):
        if lost := _lost(replay):
            raise ExportError(
                f"the history does not reach back to {day}: {lost}; take that day's dated workbook, or a backup."
            )
        with engine.connect() as connection:
            policy = replay.last_policy or of.policy
            night = read_night(connection, of.programme, now=made_at, run=run, policy=policy)
            is_anew = not replay.is_by_this_engine or _has_other_verdicts(connection, night)
        cards = card_tails(Databases(engine, of.databases.raw), of.programme, night.issues)
        return replace(night, cards=cards, rebuilt_at=now, is_judged_anew=is_anew)


def _has_other_verdicts(connection: Connection, night: Night) -> bool:
    """Whether submissions that were counted then are in quarantine here or the other way round: a key is gone."""
    for form, then in night.completeness.items():
        accepted, aside = ledger.count_verdicts(connection, form)
        if accepted + aside == then.accepted + then.quarantined and accepted != then.accepted:
            return True
    return False


def _lost(replay: Replay) -> str:
    """What the raw store has lost of that time, in words; "" where it has all."""
    if replay.untold:
        return f"the journal began when the database had {replay.untold:,} submissions already"
    if replay.lost_entries:
        return f"{len(replay.lost_entries):,} entries of the raw store's journal are damaged"
    if replay.lost_states:
        return f"{len(replay.lost_states):,} states of submissions are not in the raw store any more"
    return ""


def _told_before(of: History, run: int | None, day: date) -> tuple[Told, ...]:
    """What the shared editions before a run told. Raises ExportError where that run wrote none: what was not published
    then must not be now, when it can be subtracted from what was.
    """
    with of.databases.reporting.connect() as connection:
        if run is None or deliveries.export_of(connection, run, "shared") is None:
            raise ExportError(
                f"no shared workbook was written on {day}, and one made now, beside those of other days, would tell "
                "people apart; name a day on which one was written."
            )
        return tuple(map(from_json, deliveries.told_before(connection, run)))


@contextmanager
def rebuilt(of: History, run: int) -> Iterator[tuple[Engine, Replay]]:
    """The reporting database as it stood after a run: a file of its own, which goes afterwards."""
    with of.databases.reporting.connect() as connection:
        at = journal.position(connection)
    with TemporaryDirectory() as folder:
        engine = open_scratch(Path(folder) / "past.db")
        metadata.create_all(engine)
        try:
            replay = Replay(of.databases.raw, engine, of.programme, of.secret, of.keys)
            if at:
                replay.play(at[0].removesuffix(journal.REBUILT), last_entry=at[1], last_run=run)
            yield engine, replay
        finally:
            engine.dispose()


def _last_run(of: History, day: date, now: datetime) -> tuple[int, datetime]:
    """The run of the day's last workbook, and when it was made; without one the day's last run, at its end."""
    begin = datetime.combine(day, time(), ZoneInfo(of.programme.time_zone))
    end = begin + timedelta(days=1)
    with of.databases.reporting.connect() as connection:
        made = nights.night_made_until(connection, end)
        if made and made[1] >= begin:
            return made
        run = ledger.run_until(connection, end)
    if run is None:
        raise ExportError(f"nothing was pulled by {day}: there is no such night; name a later day.")
    return run, min(end - timedelta(seconds=1), now)
