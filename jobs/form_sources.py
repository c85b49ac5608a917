"""Where a form version comes from: a file, a form key, a version uid, or the server."""

from __future__ import annotations

from pathlib import Path

from collector.errors import FormError, ServerError
from collector.form import xlsform
from collector.form.definition import FormVersion
from collector.form.programme import Programme
from collector.kobo.assets import Asset, fetch_asset, fetch_content, fetch_media, find_asset
from collector.kobo.client import Client
from collector.kobo.content import form_version_of
from collector.reporting import forms
from jobs import wiring
from jobs.settings import Settings


def media_beside(path: Path) -> dict[str, bytes]:
    """The files of the folder media beside a workbook, by name."""
    return {file.name: file.read_bytes() for file in sorted((path.parent / "media").glob("*")) if file.is_file()}


def read_file(path: Path) -> FormVersion:
    """A workbook with those of its media files that are there; raises FormError and its kinds."""
    workbook, media = xlsform.read_workbook(path), media_beside(path)
    bare = xlsform.form_version(workbook)
    if all(name in media for name in bare.media_files):
        return xlsform.form_version(workbook, media)
    return bare


def fetch_deployed(client: Client, asset: Asset) -> FormVersion | None:
    """What tablets get now, with its media; None before the first deployment."""
    if not asset.deployed_version_uid:
        return None
    content = fetch_content(client, asset.uid, asset.deployed_version_uid)
    media = fetch_media(client, asset.uid)
    return form_version_of(content, version=asset.deployed_version_uid, title=asset.name, media=media)


def find_version(settings: Settings, programme: Programme, word: str, key: str | None) -> FormVersion:
    """The version that a word of the command line means.

    word: a file; a form key, for its file; "server", for what tablets get; a version uid, from the database or else
    from the server. key: of which form, where the word does not say it. Raises FormError where nothing fits.
    """
    if word in programme.forms:
        return read_file(settings.forms.folder / programme.forms[word].workbook)
    if Path(word).suffix == ".xlsx":
        return read_file(Path(word))
    keys = [key] if key else list(programme.forms)
    found = _on_server(settings, keys) if word == "server" else _by_uid(settings, keys, word)
    if found is None:
        raise FormError(f"'{word}' is no file, no form key and no version known here; name the form with --form.")
    return found


def _on_server(settings: Settings, keys: list[str]) -> FormVersion | None:
    if len(keys) != 1:
        raise FormError(f"which form on the server? name it with --form: {', '.join(keys)}.")
    with wiring.open_client(settings) as client:
        asset = project_of(client, settings, keys[0])
        return fetch_deployed(client, asset) if asset else None


def _by_uid(settings: Settings, keys: list[str], uid: str) -> FormVersion | None:
    with wiring.open_databases(settings) as databases, databases.reporting.connect() as connection:
        for key in keys:
            if version := forms.stored_version(connection, key, uid):
                return version
    with wiring.open_client(settings) as client:
        for key in keys:
            if asset := project_of(client, settings, key):
                try:
                    content = fetch_content(client, asset.uid, uid)
                except ServerError:
                    continue  # a version of another form
                return form_version_of(content, version=uid, title=asset.name, media=fetch_media(client, asset.uid))
    return None


def project_of(client: Client, settings: Settings, key: str) -> Asset | None:
    """The project of a form: the one in the settings, or the one with its marker; with its content."""
    configured = settings.server.assets.get(key)
    asset = fetch_asset(client, configured) if configured else find_asset(client, key)
    return fetch_asset(client, asset.uid) if asset and not configured else asset
