"""Forms as the database knows them: their project on the server, their versions, their media files.

Written by jobs/project.py when it meets a version or a file for the first time, and by jobs/xforms.py; read wherever
answers get their meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from collector.errors import FormMistake
from collector.form.definition import Choice, FormVersion
from collector.form.media import read_choices
from collector.reporting import dictionary
from collector.reporting.load import load
from collector.reporting.tables import form_versions, forms, media
from collector.reporting.views import make_views


def save_form(connection: Connection, form: str, *, server_url: str, asset_uid: str, title: str) -> None:
    """Remember which project on which server a form is."""
    load(connection, forms, [(form, server_url, asset_uid, title)])


def stored_asset(connection: Connection, form: str, *, server_url: str) -> str | None:
    """Uid of the form's project on this server, or None."""
    return connection.scalar(select(forms.c.asset_uid).where(forms.c.form == form, forms.c.server_url == server_url))


def known_projects(connection: Connection) -> dict[str, str]:
    """Uid of every form's project, by form key: the forms that were pulled once."""
    return {row.form: row.asset_uid for row in connection.execute(select(forms.c.form, forms.c.asset_uid))}


def save_version(
    connection: Connection,
    form: str,
    version: FormVersion,
    content: Mapping[str, Any],
    *,
    seen_at: datetime,
    deployed_at: datetime | None,
) -> None:
    """Keep a version: as the server gave it, and what was read in it. Media lists are not part of a version."""
    own = {name: choices for name, choices in version.choices.items() if name not in version.media_files}
    definition = msgspec.to_builtins(replace(version, choices=own))
    here = (form_versions.c.form == form) & (form_versions.c.version == version.version)
    connection.execute(form_versions.delete().where(here))
    connection.execute(
        form_versions.insert().values(
            form=form,
            version=version.version,
            first_seen_at=seen_at,
            deployed_at=deployed_at,
            content=dict(content),
            definition=definition,
        )
    )


@dataclass(frozen=True, slots=True)
class KeptXForm:
    """The XForm of a version. xform: None where none could be made, and then `error` says why; by: who made it."""

    xform: str | None
    by: str | None
    error: str | None = None


def save_xform(connection: Connection, form: str, version: str, kept: KeptXForm) -> None:
    """Keep the XForm of a stored version, or why there is none."""
    here = (form_versions.c.form == form) & (form_versions.c.version == version)
    values = {"xform": kept.xform, "xform_by": kept.by, "xform_error": kept.error}
    connection.execute(form_versions.update().where(here).values(**values))


def stored_xform(connection: Connection, form: str, version: str) -> KeptXForm | None:
    """The XForm of a version; None where the version was never met."""
    columns = form_versions.c.xform, form_versions.c.xform_by, form_versions.c.xform_error
    here = select(*columns).where(form_versions.c.form == form, form_versions.c.version == version)
    row = connection.execute(here).one_or_none()
    return KeptXForm(*row) if row else None


def stored_content(connection: Connection, form: str, version: str) -> Mapping[str, Any]:
    """A stored version as the server gave it."""
    here = (form_versions.c.form == form) & (form_versions.c.version == version)
    found: Mapping[str, Any] = connection.scalars(select(form_versions.c.content).where(here)).one()
    return found


def unjudgeable_versions(connection: Connection) -> list[tuple[str, str, str]]:
    """Form, version and why: those that nothing can be judged by."""
    columns = form_versions.c.form, form_versions.c.version, form_versions.c.xform_error
    rows = connection.execute(select(*columns).where(form_versions.c.xform_error.is_not(None)).order_by(*columns))
    return [(form, version, error) for form, version, error in rows]


def stored_version(connection: Connection, form: str, version: str) -> FormVersion | None:
    """A version by the `__version__` of its submissions, with the media lists of today; None when it was never met."""
    definition = connection.scalar(
        select(form_versions.c.definition).where(form_versions.c.form == form, form_versions.c.version == version)
    )
    return _form_version(connection, form, definition) if definition else None


def stored_versions(connection: Connection, form: str) -> list[FormVersion]:
    """Every version met so far, in the order in which they were met."""
    here = select(form_versions.c.definition).where(form_versions.c.form == form)
    definitions = connection.scalars(here.order_by(form_versions.c.first_seen_at, form_versions.c.version))
    return [msgspec.convert(definition, FormVersion) for definition in definitions]


def deployments(connection: Connection) -> dict[str, list[tuple[str, datetime | None]]]:
    """Every version by form, in the order in which they were met, and when tablets first got it."""
    columns = form_versions.c.form, form_versions.c.version, form_versions.c.deployed_at
    found: dict[str, list[tuple[str, datetime | None]]] = {}
    for form, version, at in connection.execute(
        select(*columns).order_by(form_versions.c.first_seen_at, form_versions.c.version)
    ):
        found.setdefault(form, []).append((version, at))
    return found


def latest_version(connection: Connection, form: str) -> FormVersion | None:
    """The version deployed last, with the media lists of today; None before the first pull."""
    newest = (
        form_versions.c.deployed_at.desc().nulls_last(),
        form_versions.c.first_seen_at.desc(),
        form_versions.c.version.desc(),
    )
    definition = connection.scalar(
        select(form_versions.c.definition).where(form_versions.c.form == form).order_by(*newest).limit(1)
    )
    return _form_version(connection, form, definition) if definition else None


def save_media(connection: Connection, form: str, files: Mapping[str, bytes]) -> None:
    """Keep the media files of a form as they are today; those of yesterday go, and their labels stay."""
    connection.execute(media.delete().where(media.c.form == form))
    rows = [(form, name, hashlib.md5(data, usedforsecurity=False).hexdigest(), data) for name, data in files.items()]
    load(connection, media, rows)
    dictionary.write_media(connection, form, files)
    make_views(connection, form)


def stored_media(connection: Connection, form: str) -> dict[str, bytes]:
    """The media files of a form by name."""
    rows = connection.execute(select(media.c.filename, media.c.content).where(media.c.form == form))
    return {name: bytes(content) for name, content in rows}


def _form_version(connection: Connection, form: str, definition: Any) -> FormVersion:
    version = msgspec.convert(definition, FormVersion)
    files = stored_media(connection, form)
    lists = {name: _choices(name, files[name]) for name in version.media_files if name in files}
    known = {name: choices for name, choices in lists.items() if choices is not None}
    return replace(version, choices={**version.choices, **known})


def _choices(name: str, data: bytes) -> tuple[Choice, ...] | None:
    try:
        return read_choices(data, file=name)
    except FormMistake:
        # The form is out already: answers from a list that cannot be read are kept, without being compared with it
        return None
