"""`collector export --as-of`: the workbook of a past day, made again from history.

The ledger up to that day's run is copied into an empty database, the states that submissions had then are judged anew
from the raw store, and the night is read from there. Today's are: the session plan, programme.toml, the rules of
judging. The workbook has a name of its own, and leaves no night behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from collector.delivery.digest import digest_of
from collector.errors import ExportError
from collector.form.definition import FormVersion
from collector.form.encryption import PrivateKey
from collector.form.judging.policy import Policy
from collector.form.programme import Programme
from collector.indicators.told import Told, from_json
from collector.kobo.walk import Page
from collector.reporting import deliveries, forms, nights, past, raw, syncs
from collector.reporting.database import open_engine, writing
from collector.reporting.tables import metadata
from collector.workbook.night import Edition, Night
from collector.workbook.places import Places
from collector.workbook.placing import make_folder
from collector.workbook.texts import Digits, Language
from jobs.destination import Destination
from jobs.envelopes import Envelopes
from jobs.export import Exported, read_night, totals_of, write_books
from jobs.page import load_page
from jobs.versions import Versions
from jobs.wiring import Databases

AS_OF = ("as of", 0)
"""Instead of a history and its entry: what is done to a database that goes away is not noted in the journal."""


@dataclass(frozen=True)
class History:
    """What a past night is made of. secret: of the pseudonyms; policy: which findings quarantine.

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
    run, made_at = _last_run(of, day)
    with rebuilt(of, run, made_at) as engine, engine.connect() as connection:
        if found := past.gaps(connection):
            form, (then, here) = next(iter(found.items()))
            raise ExportError(
                f"the history of {form} does not reach back to {day}: {then:,} submissions were stored then, and "
                f"{here:,} can be made again; take that day's dated workbook, or a backup."
            )
        night = read_night(connection, of.programme, now=made_at, run=run, policy=of.policy)
        return replace(night, rebuilt_at=now)


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
def rebuilt(of: History, run: int, made_at: datetime) -> Iterator[Engine]:
    """The reporting database as it stood after a run: a file of its own, which goes afterwards."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'past.db'}")
        metadata.create_all(engine)
        try:
            with of.databases.reporting.connect() as source, writing(engine) as target:
                past.copy_ledger(source, target, run, made_at)
            _load_states(of, engine, run, made_at)
            yield engine
        finally:
            engine.dispose()


def _last_run(of: History, day: date) -> tuple[int, datetime]:
    """The run of the day's last workbook, and when it was made; without one the day's last run, at its end."""
    begin = datetime.combine(day, time(), ZoneInfo(of.programme.time_zone))
    end = begin + timedelta(days=1)
    with of.databases.reporting.connect() as connection:
        made = nights.night_made_until(connection, end)
        if made and made[1] >= begin:
            return made
        run = past.run_until(connection, end)
    if run is None:
        raise ExportError(f"nothing was pulled by {day}: there is no such night; name a later day.")
    return run, end - timedelta(seconds=1)


def _load_states(of: History, engine: Engine, run: int, made_at: datetime) -> None:
    with of.databases.reporting.connect() as connection:
        projects = {form: uid for form, uid in forms.known_projects(connection).items() if form in of.programme.forms}
        states = {form: past.states_at(connection, form, run) for form in projects}
        assets = {form: syncs.assets_of(connection, form, uid) for form, uid in projects.items()}
    databases = Databases(engine, of.databases.raw, replayed=AS_OF)  # the raw store has all: nothing is written to it
    for form, first in states.items():
        missing = set(first)
        for uid in assets[form]:
            with of.databases.raw.connect() as connection:
                found = raw.raw_bodies(connection, uid, missing)
            missing -= found.keys()
            versions = Versions(form, uid, of.programme.card_paths(form), of.secret, engine, _stored(engine, form))
            envelopes = Envelopes(uid, databases, versions, of.keys, lambda: made_at)
            to = Destination(form, uid, run, databases, versions, lambda: made_at, of.policy, envelopes=envelopes)
            if found:
                load_page(to, Page(tuple(found.values()), 0, 0, None))
        with writing(engine) as connection:
            past.set_first_runs(connection, form, first)


def _stored(engine: Engine, form: str) -> Callable[[str], FormVersion | None]:
    def find_version(uid: str) -> FormVersion | None:
        with engine.connect() as connection:
            return forms.stored_version(connection, form, uid)

    return find_version
