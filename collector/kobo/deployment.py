"""Make a form available to collect with: create or replace, media, deploy, verify; safely repeatable at any point.

Uses assets.py (what is there), marker.py (what was deployed last), content.py (what the server understood);
called by jobs/deploy.py. Source: Kobo API v2, /api/v2/assets/, /api/v2/imports/, …/files/, …/deployment/.

A run that is killed leaves a project whose marker says that work is under way; the next run finds it by its marker
and does that work again. The marker is complete only after everything else was read back.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from collector.errors import (
    DeploymentFailed,
    PermissionMissing,
    ServerBusy,
    ServerError,
    ServerUnreachable,
    TokenRefused,
)
from collector.form.definition import FormVersion
from collector.kobo.assets import (
    Asset,
    fetch_asset,
    fetch_content,
    fetch_files,
    find_asset,
    find_assets,
    md5_of,
    uid_in,
)
from collector.kobo.client import Client
from collector.kobo.imports import import_workbook
from collector.kobo.marker import Marker, media_fingerprint, new_run, workbook_fingerprint, write_marker
from collector.kobo.tablet_view import look_as_a_tablet
from collector.kobo.understood import difference, is_brought_home, plain

Outcome = Literal["created", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class DeployableForm:
    """A form to deploy. title: the project's name on the server; media: files by name.

    definition: what the workbook says; where given, nothing goes out that the server has understood otherwise.
    """

    key: str
    title: str
    workbook: bytes
    media: Mapping[str, bytes]
    definition: FormVersion | None = None

    @property
    def mark(self) -> Marker:
        """The marker of this form, without the version it becomes on the server."""
        return Marker(self.key, workbook_fingerprint(self.workbook), media_fingerprint(self.media))


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment came to. version_uid: the version that tablets get now; media: files sent in this run.

    tablets: the version's label as tablets show it, after form, version and media were fetched as a tablet does;
    "" where that was not seen in this run: nothing had changed, or the account may not fill the form.
    """

    form_key: str
    asset_uid: str
    version_uid: str
    outcome: Outcome
    media: tuple[str, ...] = ()
    tablets: str = ""


def deploy(
    client: Client,
    form: DeployableForm,
    *,
    report: Callable[[str], None] = lambda step: None,
    asset_uid: str | None = None,
    is_overwriting: bool = False,
    by: str = "",
) -> Deployment:
    """Bring a form to the server, or leave it alone where it is there already, with its media, and deployed.

    asset_uid: a project to use; otherwise the one with the form's marker, or a new one.
    report: told what is being done, step by step, before each.
    is_overwriting: replace even a form that was changed on the server since we deployed it.
    by: the account, for others who deploy the same form at the same moment: one of us goes on, the other is told.
    Raises DeploymentFailed with the server's words where it refuses the form, and PermissionMissing naming the
    permission that the account lacks. Whatever is raised, tablets go on with the version they have.
    """
    asset = fetch_asset(client, asset_uid) if asset_uid else find_asset(client, form.key)
    if asset is not None and _is_unchanged(client, asset, form):
        with _permission_named(form.key):
            _mark(client, asset, replace(form.mark, version=asset.version_uid))
        report(f"{form.key}: unchanged")
        return Deployment(form.key, asset.uid, asset.deployed_version_uid, "unchanged")
    outcome: Outcome = "created" if asset is None else "changed"
    run = new_run(by)
    with _permission_named(form.key):
        if asset is None:
            report(f"{form.key}: creating the project")
            asset = _create(client, form, run)
        elif asset.marker and asset.marker.by:
            report(f"{form.key}: finishing what {asset.marker.account} began")
        is_imported = _needs_import(client, asset, form, is_overwriting=is_overwriting)
        known = asset.marker if asset.marker and not is_imported else Marker(form.key)
        asset = _mark(client, asset, replace(known, by=run))
        with _others_named(client, asset, form, run):
            if is_imported:
                report(f"{form.key}: importing the workbook")
                asset = _replace_content(client, asset, form, run)
            sent = _send_media(client, asset, form, report)
            report(f"{form.key}: deploying")
            asset = _activate(client, asset.uid, form, run)
            label = look_as_a_tablet(client, asset, form.key, form.media, report)
            now = _ours(fetch_asset(client, asset.uid), form, run)
        _mark(client, now, replace(form.mark, version=asset.version_uid))
    return Deployment(form.key, asset.uid, asset.deployed_version_uid, outcome, sent, label)


def _is_unchanged(client: Client, asset: Asset, form: DeployableForm) -> bool:
    """Whether tablets have it: what we deployed, or a form changed by hand there and brought home since."""
    if not asset.is_active or asset.deployed_version_uid != asset.version_uid:
        return False
    if asset.marker != replace(form.mark, version=asset.version_uid) and not _is_home(client, asset, form):
        return False
    there = {file.filename: file.md5 for file in fetch_files(client, asset.uid)}
    return all(there.get(name) == md5_of(data) for name, data in form.media.items())


def _is_home(client: Client, asset: Asset, form: DeployableForm) -> bool:
    """Whether somebody edited the project's draft, and our workbook is that draft, brought home."""
    marker = asset.marker
    if marker is None or marker.form_key != form.key or not marker.version or marker.version == asset.version_uid:
        return False
    return is_brought_home(fetch_asset(client, asset.uid).content, form.workbook)


def _create(client: Client, form: DeployableForm, run: str) -> Asset:
    """A new, empty project. It carries the marker from its first moment, so that no second one is ever made.

    Where somebody else has made one at the same moment, ours, the later, goes again: DeploymentFailed.
    """
    description = str(Marker(form.key, by=run))
    body = {"name": form.title, "asset_type": "survey", "settings": {"description": description}}
    asset = fetch_asset(client, uid_in(client.post_json("/api/v2/assets/", body)))
    others = (each for each in find_assets(client, form.key) if each.uid != asset.uid)
    if earlier := next((each for each in others if each.created_at <= asset.created_at), None):
        client.delete(asset.path)
        raise _taken(earlier, form)
    return asset


def _ours(asset: Asset, form: DeployableForm, run: str) -> Asset:
    """The project, while the deployment under way is this run's; DeploymentFailed where another has begun since."""
    if asset.marker is None or asset.marker.by != run:
        raise _taken(asset, form)
    return asset


def _taken(asset: Asset, form: DeployableForm) -> DeploymentFailed:
    who = (asset.marker.account if asset.marker else "") or asset.modified_by or "somebody"
    return DeploymentFailed(
        f"form '{form.key}': {who} deploys it at the same time (project {asset.uid}): theirs goes on, this one stops. "
        "When they have finished, see `collector forms plan`."
    )


def _needs_import(client: Client, asset: Asset, form: DeployableForm, *, is_overwriting: bool) -> bool:
    """Whether the draft is something else than the workbook.

    Raises DeploymentFailed for a project of another form, and for a draft that people changed on the server since
    our deployment. A changed name alone is a new version too, but no other form.
    """
    marker = asset.marker
    if marker is not None and marker.form_key != form.key:
        raise DeploymentFailed(
            f"project {asset.uid} holds form '{marker.form_key}', not '{form.key}': correct the uid in the settings."
        )
    if marker is None or not marker.version:
        return True
    if _is_home(client, asset, form):
        return False
    is_edited = marker.version != asset.version_uid and plain(fetch_asset(client, asset.uid).content) != plain(
        fetch_content(client, asset.uid, marker.version)
    )
    if is_edited and not is_overwriting:
        raise DeploymentFailed(
            f"form '{form.key}' was changed on the server since it was deployed from here (project {asset.uid}): "
            "bring that change into the workbook, or deploy over it deliberately."
        )
    return is_edited or marker.workbook != form.mark.workbook


def _replace_content(client: Client, asset: Asset, form: DeployableForm, run: str) -> Asset:
    """Import the workbook into the project; returns the project with its new draft, under its own name."""
    import_workbook(client, asset, form.workbook, file=f"{form.key}.xlsx")
    asset = _ours(fetch_asset(client, asset.uid), form, run)
    if asset.name != form.title:  # the import has renamed it to the workbook's form_title
        client.patch_json(asset.path, {"name": form.title}, is_idempotent=True)
        asset = fetch_asset(client, asset.uid)
    if problem := difference(asset.content, form.definition):
        raise DeploymentFailed(f"form '{form.key}' arrived otherwise than it was sent: {problem}; not deployed.")
    return asset


def _mark(client: Client, asset: Asset, marker: Marker) -> Asset:
    """Write the marker into the project's description, which makes no new version; returns the project with it."""
    if asset.marker == marker:
        return asset
    settings = {**asset.settings, "description": write_marker(asset.settings.get("description"), marker)}
    client.patch_json(asset.path, {"settings": settings}, is_idempotent=True)
    return replace(asset, marker=marker, settings=settings)


def _send_media(client: Client, asset: Asset, form: DeployableForm, report: Callable[[str], None]) -> tuple[str, ...]:
    """Send the media that are missing or different there; returns their names. Files of other people are left alone.

    A file cannot be replaced on the server: it is deleted and sent anew. Tablets keep the old one until the next
    deployment, so that a run killed in between does them no harm.
    """
    there = {file.filename: file for file in fetch_files(client, asset.uid)}
    sent = []
    for name, data in sorted(form.media.items()):
        old = there.get(name)
        if old is not None and old.md5 == md5_of(data):
            continue
        report(f"{form.key}: sending {name}")
        if old is not None:
            client.delete(f"{asset.path}files/{old.uid}/")
        _send_file(client, asset, name, data)
        sent.append(name)
    return tuple(sent)


def _send_file(client: Client, asset: Asset, name: str, data: bytes) -> None:
    # Without `metadata` the server fails with a 500
    fields = {"file_type": "form_media", "description": name, "metadata": json.dumps({"filename": name})}
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    client.post_files(f"{asset.path}files/", fields, {"content": (name, data, kind)})


def _activate(client: Client, asset_uid: str, form: DeployableForm, run: str) -> Asset:
    """Deploy the newest version with the media as they are now, and read back that it runs.

    The first deployment is a POST, every later one a PATCH that names the version: without it, the server answers
    200 and deploys nothing. Where somebody else deploys or edits at the same moment, the server answers 405 or 500;
    then the project is read again and the deployment tried once more.
    """
    for is_last in (False, True):
        asset = _ours(fetch_asset(client, asset_uid), form, run)
        try:
            _request_deployment(client, asset)
            break
        except ServerError as error:
            if is_last or error.status not in (405, 500):
                raise _refused(form, error) from None
    asset = fetch_asset(client, asset_uid)
    if not asset.is_active or asset.deployed_version_uid != asset.version_uid:
        raise DeploymentFailed(
            f"form '{form.key}' was deployed, but version {asset.version_uid} does not run: is somebody else editing "
            f"project {asset.uid}? Run again."
        )
    if problem := difference(asset.content, form.definition):
        raise DeploymentFailed(f"form '{form.key}' runs otherwise than it was sent: {problem}; deploy it again.")
    return asset


def _request_deployment(client: Client, asset: Asset) -> Any:
    path = f"{asset.path}deployment/"
    if asset.has_deployment:
        return client.patch_json(path, {"active": True, "version_id": asset.version_uid}, is_idempotent=True)
    return client.post_json(path, {"active": True})


def _refused(form: DeployableForm, error: ServerError) -> Exception:
    """400, 405 and 500 are about the form; any other status is about the server or the account."""
    if error.status in (400, 405, 500):
        return DeploymentFailed(f"form '{form.key}' was not deployed. {error}")
    return error


@contextmanager
def _others_named(client: Client, asset: Asset, form: DeployableForm, run: str) -> Iterator[None]:
    """Where the server refuses a step because somebody else deploys too, say that, and not what it stumbled over."""
    try:
        yield
    except (DeploymentFailed, ServerError) as error:
        if not isinstance(error, ServerUnreachable | ServerBusy | TokenRefused):
            with suppress(ServerError):
                _ours(fetch_asset(client, asset.uid), form, run)
        raise


@contextmanager
def _permission_named(form_key: str) -> Iterator[None]:
    try:
        yield
    except PermissionMissing as error:
        raise PermissionMissing(
            f"form '{form_key}' cannot be deployed: the account needs the permission change_asset ('Edit form') on "
            f"the project. {error}",
            status=error.status,
        ) from None
