"""What a deployment would do to each form: its changes in the words of the form, each priced in data already in.

Used by deploy.py, which holds back what would break data, and by form_plan.py, which shows a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from collector.form.changes import Change, What, changes
from collector.form.definition import FormVersion
from collector.form.programme import Programme
from collector.kobo.assets import Asset, fetch_content, fetch_files, fetch_media, md5_of
from collector.kobo.client import Client
from collector.kobo.content import form_version_of
from collector.kobo.deployment import DeployableForm
from collector.kobo.understood import is_brought_home, plain
from collector.reporting.prices import Price, accepted, price
from jobs.form_sources import project_of
from jobs.settings import Settings

SETTINGS_CHANGED = Change(
    What.SETTINGS_CHANGED,
    "",
    subject="cells that are not compared",
    consequence="the workbook is another one; questions, choices, rules, texts and settings are the same",
)
State = Literal["created", "changed", "unchanged", "drifted"]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change with its price, None before the database was asked; is_accepted: a person took it for this step."""

    change: Change
    price: Price | None = None
    is_accepted: bool = False

    @property
    def is_held(self) -> bool:
        return self.change.is_breaking and not self.is_accepted


@dataclass(frozen=True)
class Plan:
    """What would become of one form. running: the version that tablets get now, None before the first deployment.

    drift: what people changed on the server since we deployed. media: files that are new or different.
    """

    form_key: str
    state: State
    asset: Asset | None = None
    running: FormVersion | None = None
    changes: tuple[PlannedChange, ...] = ()
    drift: tuple[Change, ...] = ()
    media: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[PlannedChange, ...]:
        return tuple(each for each in self.changes if each.is_held)


def plan_form(client: Client, settings: Settings, form: DeployableForm, ours: FormVersion) -> Plan:
    """Compare a form with its project on the server. Nothing is written, there or here."""
    asset = project_of(client, settings, form.key)
    if asset is None or not asset.deployed_version_uid:
        return Plan(form.key, "created", asset, media=tuple(sorted(form.media)))
    files = {file.filename: file.md5 for file in fetch_files(client, asset.uid)}
    media = tuple(name for name, data in sorted(form.media.items()) if files.get(name) != md5_of(data))
    if (
        asset.marker == replace(form.mark, version=asset.version_uid)
        and asset.version_uid == asset.deployed_version_uid
    ):
        state: State = "changed" if media or not asset.is_active else "unchanged"
        return Plan(form.key, state, asset, media=media)
    lists = fetch_media(client, asset.uid, known={md5_of(data): data for data in form.media.values()})
    running = _version(client, asset, asset.deployed_version_uid, lists)
    is_home = is_brought_home(asset.content, form.workbook)
    if is_home and asset.version_uid == asset.deployed_version_uid and asset.is_active and not media:
        return Plan(form.key, "unchanged", asset, running)
    drift = () if is_home else _drift(client, asset)
    told = changes(running, ours) or _otherwise(asset, form)
    found = tuple(PlannedChange(change) for change in told)
    return Plan(form.key, "drifted" if drift else "changed", asset, running, found, drift, media)


def priced(connection: Connection, plan: Plan, programme: Programme, accepting: Collection[str] = ()) -> Plan:
    """The plan with the price of each change, and which of them somebody accepted: now, or in a run that was cut."""
    if plan.running is None:
        return plan
    running, cards = plan.running, programme.card_paths(plan.form_key)
    session = programme.forms[plan.form_key].questions.session
    taken = accepted(connection, plan.form_key, running.version) | set(accepting)
    found = tuple(
        PlannedChange(
            each.change,
            price(connection, plan.form_key, running, each.change, cards, session),
            each.change.id in taken,
        )
        for each in plan.changes
    )
    return replace(plan, changes=found)


def _drift(client: Client, asset: Asset) -> tuple[Change, ...]:
    """What the draft says otherwise than the version we deployed; a mark only, where no word of a question differs."""
    marker = asset.marker
    if marker is None or not marker.version or marker.version == asset.version_uid:
        return ()
    before = fetch_content(client, asset.uid, marker.version)
    if plain(asset.content) == plain(before):
        return ()
    old, new = (form_version_of(content, version="", title="") for content in (before, asset.content))
    return changes(old, new) or (SETTINGS_CHANGED,)


def _otherwise(asset: Asset, form: DeployableForm) -> tuple[Change, ...]:
    """What is left to say of a workbook that asks the same and is not the same."""
    is_same = asset.marker is not None and asset.marker.workbook == form.mark.workbook
    return () if is_same else (SETTINGS_CHANGED,)


def _version(client: Client, asset: Asset, uid: str, media: Mapping[str, bytes]) -> FormVersion:
    content = fetch_content(client, asset.uid, uid)
    return form_version_of(content, version=uid, title=asset.name, media=media)
