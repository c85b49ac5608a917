"""A form's project on the server, asked only for what the database does not have: versions and media files.

Used by pull.py. A quick pull asks for nothing here; the first submission of a pull asks for the list of media files,
the first submission of a version for its content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from collector.errors import ServerError
from collector.form.definition import FormVersion
from collector.kobo import pages
from collector.kobo.assets import Version, fetch_asset, fetch_content, fetch_media, fetch_versions, find_asset, md5_of
from collector.kobo.client import Client
from collector.kobo.content import form_version_of
from collector.reporting import forms
from collector.reporting.database import writing
from jobs.wiring import Databases


@dataclass
class Project:
    """The project of one form, during one pull."""

    client: Client
    databases: Databases
    form: str
    asset_uid: str
    now: Callable[[], datetime]
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
            with writing(self.databases.reporting) as connection:
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
        version = form_version_of(content, version=uid, title=self.form)
        deployed_at = _moment(self._deployed[uid].deployed_at)
        with writing(self.databases.reporting) as connection:
            forms.save_version(connection, self.form, version, content, seen_at=self.now(), deployed_at=deployed_at)
        self.has_news = True
        return self._stored_version(uid)


def find_project(
    client: Client, databases: Databases, form: str, configured: str | None, now: Callable[[], datetime]
) -> Project:
    """The project of a form: the one named in the settings, else the one stored, else the one with the form's marker.

    Raises ServerError where the account sees none.
    """
    with databases.reporting.connect() as connection:
        stored = forms.stored_asset(connection, form, server_url=client.url)
    if stored and configured in (None, stored):
        return Project(client, databases, form, stored, now)
    asset = fetch_asset(client, configured) if configured else find_asset(client, form)
    if asset is None:
        raise ServerError(
            f"form '{form}' has no project on {client.url} that this account can see: deploy it, share the project "
            f"with the account, or name the project's uid in the settings (server.assets.{form})."
        )
    with writing(databases.reporting) as connection:
        forms.save_form(connection, form, server_url=client.url, asset_uid=asset.uid, title=asset.name)
    return Project(client, databases, form, asset.uid, now)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
