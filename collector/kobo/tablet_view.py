"""A deployed form as a tablet fetches it: the entry of the form list, form.xml, the manifest of its media.

Used by deployment.py, which does not believe a deployment before a tablet could have it. Source: the OpenRosa form
discovery API, and what a KoboToolbox server answers (kobo/api.md §4): a tablet fetches a form again when its hash in
the list differs, and a file when its hash in the manifest does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from collector.errors import AnswerUnreadable, DeploymentFailed
from collector.form.xform.markup import Element, Unparsable, name_of, parse
from collector.kobo.assets import Asset, md5_of
from collector.kobo.client import Client

FORM_LIST = "/formList"
MAY_FILL = "add_submissions"
LOOKS = (0.0, 1.0, 3.0)
"""Seconds before each look: a server may hand out its list from a memory of some seconds."""


@dataclass(frozen=True, slots=True)
class TabletView:
    """What a tablet gets. label: the version as a person sees it; version_uid: the one that its submissions will name.

    listed_hash: of form.xml, as the list says; form_hash: of what was fetched. media: MD5 by file name.
    """

    label: str
    listed_hash: str
    form_hash: str
    version_uid: str
    media: Mapping[str, str] = field(default_factory=dict)


def look_as_a_tablet(
    client: Client, asset: Asset, form_key: str, media: Mapping[str, bytes], report: Callable[[str], None]
) -> str:
    """Fetch a form that was just deployed as a tablet does; returns the label of its version.

    Without the right to fill the form our account cannot look; that is reported and no mistake. Raises
    DeploymentFailed where tablets would go on with an old form or old media.
    """
    if MAY_FILL not in asset.permissions:
        report(f"{form_key}: not seen as tablets see it, the account lacks {MAY_FILL}")
        return ""
    report(f"{form_key}: looking as a tablet")
    sent = {name: md5_of(data) for name, data in media.items()}
    lack = ""
    for pause in LOOKS:
        client.patience.sleep(pause)
        view = fetch_tablet_view(client, asset.uid)
        lack = staleness(view, asset.version_uid, sent)
        if view is not None and not lack:
            return view.label
    raise DeploymentFailed(
        f"form '{form_key}' is deployed, but does not reach tablets: {lack}. Run again; if it stays so, deploy project "
        f"{asset.uid} once more in KoboToolbox itself, and ask whoever runs the server."
    )


def fetch_tablet_view(client: Client, asset_uid: str) -> TabletView | None:
    """What a tablet of this account gets of a project's form; None where the server's list does not show it."""
    listed = _xml(client, FORM_LIST, formID=asset_uid)
    entry = next((each for each in _named(listed, "xform") if _text(each, "formID") == asset_uid), None)
    if entry is None:
        return None
    address, manifest = _text(entry, "downloadUrl"), _text(entry, "manifestUrl")
    form = client.get_as_tablet(address)
    files = _named(_xml(client, manifest), "mediaFile") if manifest else ()
    return TabletView(
        label=_text(entry, "version"),
        listed_hash=_text(entry, "hash"),
        form_hash="md5:" + hashlib.md5(form, usedforsecurity=False).hexdigest(),
        version_uid=_version_in(_parsed(form, address)),
        media={_text(file, "filename"): _text(file, "hash").removeprefix("md5:") for file in files},
    )


def staleness(view: TabletView | None, version_uid: str, media: Mapping[str, str]) -> str:
    """What a tablet would lack, in words; "" where it gets this version and these media (MD5 by name).

    >>> seen = TabletView("2", "md5:aa", "md5:aa", "v2", {"plan.csv": "11"})
    >>> staleness(seen, "v2", {"plan.csv": "11"}), staleness(seen, "v3", {})
    ('', 'the form they fetch is version v2, not v3')
    >>> staleness(seen, "v2", {"plan.csv": "22", "venues.csv": "33"}), staleness(None, "v2", {})
    ('their media are not those that were sent: plan.csv, venues.csv', "the server's form list does not show it")
    """
    if view is None:
        return "the server's form list does not show it"
    if view.version_uid != version_uid:
        return f"the form they fetch is version {view.version_uid or '(none)'}, not {version_uid}"
    if view.listed_hash != view.form_hash:
        return "the form list names another hash than that of the form, so that tablets do not fetch it again"
    if stale := sorted(name for name, digest in media.items() if view.media.get(name) != digest):
        return f"their media are not those that were sent: {', '.join(stale)}"
    return ""


def _version_in(form: Element) -> str:
    """The version uid that a form writes into its submissions: the calculation of __version__."""
    binds = (each for each in form.iter() if name_of(each) == "bind")
    named = (each.get("calculate", "") for each in binds if each.get("nodeset", "").endswith("/__version__"))
    return next(named, "").strip("'\" ")


def _xml(client: Client, path: str, **params: object) -> Element:
    return _parsed(client.get_as_tablet(path, **params), path)


def _parsed(content: bytes, path: str) -> Element:
    try:
        return parse(content)
    except Unparsable as why:
        raise AnswerUnreadable(
            f"{path} is not answered as tablets need it ({why}): does [server] url name a KoboToolbox server?"
        ) from None


def _named(root: Element, name: str) -> Iterator[Element]:
    return (child for child in root if name_of(child) == name)


def _text(element: Element, name: str) -> str:
    return next((child.text or "" for child in _named(element, name)), "").strip()
