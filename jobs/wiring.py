"""Where settings become things: the server client, the two databases, the programme. Secrets are opened only here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import ProgrammeMistake
from collector.form.programme import Programme, read_programme
from collector.kobo.client import Account, Client
from collector.kobo.retry import Patience
from collector.reporting.archive_tables import FIXED_NAMES
from collector.reporting.database import migrate, open_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from collector.form.encryption import PrivateKey
    from jobs.settings import Settings


PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class Databases:
    """The reporting database and the raw store, migrated and ready.

    replayed: history and number of the journal's entry that is being done again, None in every job but the replay.
    """

    reporting: Engine
    raw: Engine
    replayed: tuple[str, int] | None = None


@contextmanager
def open_databases(settings: Settings) -> Iterator[Databases]:
    """Both databases, with their fixed tables at the newest migration; closed at the end."""
    reporting, raw = open_engine(settings.database.url), open_engine(settings.raw.url)
    try:
        migrate(reporting, "reporting")
        migrate(raw, "raw")
        yield Databases(reporting, raw)
    finally:
        reporting.dispose()
        raw.dispose()


def open_client(settings: Settings) -> Client:
    """The server client; raises SecretMissing where no token is set."""
    return Client(settings.server.url, settings.token, timeout_seconds=settings.server.timeout_seconds)


def open_keys(settings: Settings) -> tuple[PrivateKey, ...]:
    """The private keys that open encrypted forms, none where none is set; raises KeyUnreadable."""
    from collector.form.encryption import read_private_keys

    return read_private_keys(*settings.private_key) if settings.private_key else ()


def probe_server(settings: Settings) -> Account:
    """Whose token it is, asked without the patience of a nightly run: somebody is waiting at the keyboard."""
    timeout_seconds = min(settings.server.timeout_seconds, PROBE_SECONDS)
    patience = Patience(attempts=2)
    with Client(settings.server.url, settings.token, timeout_seconds=timeout_seconds, patience=patience) as client:
        return client.account()


def open_programme(settings: Settings) -> Programme:
    """What the forms mean, from programme.toml in the forms folder; raises ProgrammeMistake for what it cannot mean."""
    path = settings.forms.folder / "programme.toml"
    programme = read_programme(path)
    for key in sorted(FIXED_NAMES & programme.forms.keys()):
        raise ProgrammeMistake(
            f"{path}: forms: the database has a table of its own called '{key}', so no form can have that key; name "
            f"it otherwise, '{key}_form' for example."
        )
    return programme
