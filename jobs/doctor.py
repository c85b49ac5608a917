"""`collector doctor`: what the service needs, checked one by one, each with the exact fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from collector.errors import CollectorError, KeyUnreadable, SettingsError
from jobs import console, wiring
from jobs.settings import Settings, read_settings, secret_file


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, whether it is well, and what was seen or what to do."""

    what: str
    is_well: bool
    detail: str


def doctor_command(settings_file: Path | None, *, as_json: bool) -> None:
    """Print every check; the exit code is that of the first that is not well."""
    failures: list[CollectorError] = []
    checks = list(examine(settings_file, failures))
    if as_json:
        console.as_json([{"check": check.what, "well": check.is_well, "detail": check.detail} for check in checks])
    else:
        for check in checks:
            mark = "[green]✓[/green]" if check.is_well else "[red]✗[/red]"
            console.out.print(f"{mark} {check.what:<20} {escape(check.detail)}")
    if failures:
        raise SystemExit(failures[0].exit_code)


def examine(settings_file: Path | None, failures: list[CollectorError]) -> Iterator[Check]:
    """Run every check that can be run; our errors are collected in `failures` and become their check's detail."""

    def attempt(what: str, look: Callable[[], str]) -> Check:
        try:
            return Check(what, True, look())
        except CollectorError as error:
            failures.append(error)
            return Check(what, False, str(error))

    settings: list[Settings] = []

    def read() -> str:
        settings.append(read_settings(settings_file))
        return "read; no unknown key"

    yield Check("Python", True, sys.version.split()[0])
    yield attempt("settings", read)
    if settings:
        yield attempt("forms", lambda: _forms(settings[0]))
        yield attempt("pseudonym secret", lambda: _secret(settings[0]))
        yield attempt("reporting database", lambda: _database(settings[0].database.url, "reporting"))
        yield attempt("raw store", lambda: _database(settings[0].raw.url, "raw"))
        yield attempt("attachments", lambda: _attachments(settings[0]))
        yield attempt("key of encrypted forms", lambda: _keys(settings[0], settings_file))
        yield attempt("workbook folder", lambda: _folder(settings[0].export.folder))
        yield attempt("server and token", lambda: _server(settings[0]))
        if settings[0].mail.server:
            yield attempt("mail server", lambda: _mail(settings[0]))
    yield attempt("Java for tablets", _java)


def _forms(settings: Settings) -> str:
    from jobs.deploy import read_form

    programme = wiring.open_programme(settings)
    for key in programme.forms:
        read_form(programme, settings.forms.folder, key)
    return ", ".join(programme.forms)


def _secret(settings: Settings) -> str:
    return f"set, {len(settings.pseudonym_secret)} characters"


def _database(url: str, which: str) -> str:
    from collector.reporting.database import migrate, open_engine

    engine = open_engine(url)
    try:
        migrate(engine, which)
        return engine.url.render_as_string(hide_password=True)
    finally:
        engine.dispose()


def _folder(folder: Path) -> str:
    from collector.workbook.placing import check_folder

    check_folder(folder)
    return str(folder)


def _attachments(settings: Settings) -> str:
    from collector.reporting.blobs import Blobs

    taken = settings.attachments.take
    if not taken:
        return "none are taken"
    programme = wiring.open_programme(settings)
    unknown = [each for each in taken if each.partition("/")[0] not in programme.forms]
    if unknown:
        raise SettingsError(
            f"[attachments] take: '{unknown[0]}' begins with no form of programme.toml ({', '.join(programme.forms)})."
        )
    Blobs(settings.attachments.folder).check()
    return f"{', '.join(taken)} → {settings.attachments.folder}"


def _keys(settings: Settings, settings_file: Path | None) -> str:
    keys = wiring.open_keys(settings)
    if not keys:
        return "none is set: encrypted submissions wait"
    file = secret_file(settings_file, "encryption__private_key")
    if os.name == "posix" and file.is_file() and file.stat().st_mode & 0o077:
        raise KeyUnreadable(f"other users may read {file}; let only this one: chmod 600 {file}")
    return ", ".join(key.fingerprint for key in keys)


def _server(settings: Settings) -> str:
    return f"{settings.server.url} as '{wiring.probe_server(settings).username}'"


def _mail(settings: Settings) -> str:
    """Connect, encrypt and log in; send nothing. The passwords of attachments are looked for too."""
    from collector.delivery.post import probe
    from jobs.deliver import mail_server

    for group in settings.mail.groups.values():
        if group.workbook == "attached":
            settings.workbook_password(group.edition)
    return probe(mail_server(settings))


def _java() -> str:
    from collector.tablets.java import java

    java()
    return "JavaRosa starts"
