"""A form's project on the server, asked only for what the database does not have: versions and media files.

Used by pull.py. A quick pull asks for nothing here; the first submission of a pull asks for the list of media files,
the first submission of a version for its content.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from collector.errors import ServerError
from collector.form.definition import FormVersion
from collector.kobo import pages
from collector.kobo.assets import Version, fetch_asset, fetch_content, fetch_media, fetch_versions, find_asset, md5_of
from collector.kobo.client import Client
from collector.kobo.content import form_version_of
from collector.reporting import forms, layouts
from jobs.archive import recorded
from jobs.wiring import Databases


@dataclass
class Project:
    """The project of one form, during one pull, as part of a run.

    card_paths: its questions for a card, which settle its columns.
    """

    client: Client
    databases: Databases
    form: str
    asset_uid: str
    now: Callable[[], datetime]
    card_paths: Collection[str]
    run: int
    is_media_current: bool = False
    has_news: bool = False
    """Whether a version or a file came from the server that the database did not have: verdicts may change by it."""

    def fetch_xml(self, submission_id: int) -> bytes | None:
        """A submission's XML; None where it cannot be had."""
        try:
            return pages.fetch_xml(self.client, self.asset_uid, submission_id)
        except ServerError:
            return None

    def find_version(self, uid: str) -> FormVersion | None:
        """A version, from the database or from the server, stored; None where the server never deployed it."""
        self.refresh_media()
        return self._stored_version(uid) or self._fetch_version(uid)

    def refresh_media(self) -> None:
        """Bring the stored media files up to the server's, once in a pull."""
        if self.is_media_current:
            return
        with self.databases.reporting.connect() as connection:
            stored = forms.stored_media(connection, self.form)
        media = fetch_media(self.client, self.asset_uid, known={md5_of(data): data for data in stored.values()})
        if media != stored:
            text = {name: b64encode(data).decode() for name, data in media.items()}
            with recorded(self.databases, "media", text, at=self.now(), run=self.run, form=self.form) as connection:
                forms.save_media(connection, self.form, media)
            self.has_news = True
        self.is_media_current = True

    def store_newest_version(self) -> None:
        """Store the version that tablets get now, where none is stored: sheets describe a form before it is filled."""
        with self.databases.reporting.connect() as connection:
            is_known = forms.latest_version(connection, self.form) is not None
        if not is_known and self._deployed:
            self.find_version(next(iter(self._deployed)))

    @cached_property
    def _deployed(self) -> dict[str, Version]:
        """The versions that were deployed, by uid, the newest first."""
        return {version.uid: version for version in fetch_versions(self.client, self.asset_uid)}

    def _stored_version(self, uid: str) -> FormVersion | None:
        with self.databases.reporting.connect() as connection:
            return forms.stored_version(connection, self.form, uid)

    def _fetch_version(self, uid: str) -> FormVersion | None:
        if uid not in self._deployed:
            return None
        content = fetch_content(self.client, self.asset_uid, uid)
        deployed_at, at = _moment(self._deployed[uid].deployed_at), self.now()
        found = {"version": uid, "content": content, "deployed_at": deployed_at}
        with recorded(self.databases, "version", found, at=at, run=self.run, form=self.form) as connection:
            cards = self.card_paths
            keep_version(connection, self.form, uid, content, cards, seen_at=at, deployed_at=deployed_at)
        self.has_news = True
        return self._stored_version(uid)


def keep_version(
    connection: Connection,
    form: str,
    uid: str,
    content: Mapping[str, Any],
    card_paths: Collection[str],
    *,
    seen_at: datetime,
    deployed_at: datetime | None,
) -> None:
    """Store a version with what can be read in its content, and lay out its tables and views."""
    version = form_version_of(content, version=uid, title=form)
    forms.save_version(connection, form, version, content, seen_at=seen_at, deployed_at=deployed_at)
    layouts.lay_out_stored(connection, form, card_paths)


def find_project(
    client: Client,
    databases: Databases,
    form: str,
    configured: str | None,
    now: Callable[[], datetime],
    card_paths: Collection[str],
    run: int,
) -> Project:
    """The project of a form: the one named in the settings, else the one stored, else the one with the form's marker.

    Raises ServerError where the account sees none.
    """
    with databases.reporting.connect() as connection:
        stored = forms.stored_asset(connection, form, server_url=client.url)
    if stored and configured in (None, stored):
        return Project(client, databases, form, stored, now, card_paths, run)
    asset = fetch_asset(client, configured) if configured else find_asset(client, form)
    if asset is None:
        raise ServerError(
            f"form '{form}' has no project on {client.url} that this account can see: deploy it, share the project "
            f"with the account, or name the project's uid in the settings (server.assets.{form})."
        )
    project = {"server_url": client.url, "asset_uid": asset.uid, "title": asset.name}
    with recorded(databases, "form", project, at=now(), run=run, form=form) as connection:
        forms.save_form(connection, form, **project)
    return Project(client, databases, form, asset.uid, now, card_paths, run)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
