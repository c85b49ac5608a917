"""What each permission means and who holds which. Used by whatever touches an asset. Source: kobo/api.md §2.6."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from collector.sandbox.accounts import ANONYMOUS
from collector.sandbox.calls import Call, User, forbidden, not_found
from collector.sandbox.store import Store, dump, new_uid

IMPLIED: Mapping[str, tuple[str, ...]] = {
    "add_submissions": (),
    "change_asset": ("view_asset",),
    "change_submissions": ("add_submissions", "view_asset", "view_submissions"),
    "delete_submissions": ("view_asset", "view_submissions"),
    "discover_asset": ("view_asset",),
    "manage_asset": (
        *("add_submissions", "change_asset", "change_submissions", "delete_submissions"),
        *("validate_submissions", "view_asset", "view_submissions"),
    ),
    "partial_submissions": ("view_asset",),
    "validate_submissions": ("view_asset", "view_submissions"),
    "view_asset": (),
    "view_submissions": ("view_asset",),
}
CONTRADICTORY: Mapping[str, tuple[str, ...]] = {
    "partial_submissions": (
        *("view_submissions", "change_submissions", "delete_submissions"),
        *("validate_submissions", "manage_asset"),
    ),
    "change_submissions": ("partial_submissions",),
    "delete_submissions": ("partial_submissions",),
    "validate_submissions": ("partial_submissions",),
    "view_submissions": ("partial_submissions",),
}
NAMES = {
    "add_submissions": "Can submit data to asset",
    "change_asset": "Can change asset",
    "change_submissions": "Can modify submitted data for asset",
    "delete_submissions": "Can delete submitted data for asset",
    "discover_asset": "Can discover asset in public lists",
    "manage_asset": "Can manage all aspects of asset",
    "partial_submissions": "Can make partial actions on submitted data for asset for specific users",
    "validate_submissions": "Can validate submitted data asset",
    "view_asset": "Can view asset",
    "view_submissions": "Can view submitted data for asset",
}
PARTIAL_LABEL = {
    "default": "Act on submissions only from specific users",
    "view_submissions": "View submissions only from specific users",
    "change_submissions": "Edit submissions only from specific users",
    "delete_submissions": "Delete submissions only from specific users",
    "validate_submissions": "Validate submissions only from specific users",
}
ASSIGNABLE = {
    "view_asset": "View {kind}",
    "change_asset": "Edit {kind}",
    "manage_asset": "Manage {place}",
    "add_submissions": "Add submissions",
    "view_submissions": "View submissions",
    "partial_submissions": PARTIAL_LABEL,
    "change_submissions": "Edit submissions",
    "delete_submissions": "Delete submissions",
    "validate_submissions": "Validate submissions",
}
OWNERS = tuple(sorted(set(ASSIGNABLE) - {"partial_submissions"}))
OF_A_FORM_ONLY = frozenset(name for name in ASSIGNABLE if name.endswith("_submissions"))


def effective(store: Store, asset: sqlite3.Row, user: User | None) -> frozenset[str]:
    """Codenames the caller holds on the asset; owner and superuser hold them all, and `delete_asset`."""
    if user and (user.is_superuser or user.username == asset["owner"]):
        return frozenset(assignable(asset["asset_type"])) - {"partial_submissions"} | {"delete_asset"}
    names = (user.username, ANONYMOUS) if user else (ANONYMOUS, ANONYMOUS)
    rows = store.all("SELECT codename FROM grants WHERE asset_uid = ? AND username IN (?, ?)", asset["uid"], *names)
    return frozenset(row["codename"] for row in rows)


def assignable(asset_type: str) -> dict[str, object]:
    """Codename → label; only a survey has submissions."""
    if asset_type == "survey":
        kind, place = "form", "project"
    else:
        kind = place = asset_type
    fill = {"kind": kind, "place": place}
    return {
        name: label.format(**fill) if isinstance(label, str) else label
        for name, label in ASSIGNABLE.items()
        if asset_type == "survey" or name not in OF_A_FORM_ONLY
    }


def find_asset(store: Store, uid: str) -> sqlite3.Row | None:
    return store.one("SELECT * FROM assets WHERE uid = ? AND NOT is_deleted", uid)


def seen_asset(store: Store, call: Call, *needed: str) -> sqlite3.Row:
    """The asset of the address: 404 when the caller cannot see it, 403 when a needed permission is missing."""
    asset = find_asset(store, call.names["uid"])
    held = effective(store, asset, call.user) if asset else frozenset()
    if asset is None or "view_asset" not in held:
        raise not_found()
    if not held.issuperset(needed):
        raise forbidden()
    return asset


def partial_filters(store: Store, asset: sqlite3.Row, user: User | None, codename: str) -> list[Any] | None:
    """Mongo-like filters within which a partial permission allows `codename`; None when it does not at all."""
    if user is None:
        return None
    sql = "SELECT partial FROM grants WHERE asset_uid = ? AND username = ? AND codename = 'partial_submissions'"
    row = store.one(sql, asset["uid"], user.username)
    granted = json.loads(row["partial"]) if row else {}
    filters: list[Any] | None = granted.get(codename)
    return filters


def grant(store: Store, asset_uid: str, username: str, codename: str, partial: Mapping[str, Any] | None = None) -> str:
    """Give a permission and what it implies, take what contradicts it. Returns the row's uid."""
    with store.write() as connection:
        for other in CONTRADICTORY.get(codename, ()):
            _take(connection, asset_uid, username, other)
        for name in (*IMPLIED[codename], codename):
            text = dump(partial or {}) if name == "partial_submissions" else None
            connection.execute(
                "INSERT INTO grants VALUES (?, ?, ?, ?, ?) ON CONFLICT (asset_uid, username, codename)"
                " DO UPDATE SET partial = excluded.partial",
                (new_uid("p"), asset_uid, username, name, text),
            )
    sql = "SELECT uid FROM grants WHERE asset_uid = ? AND username = ? AND codename = ?"
    row = store.one(sql, asset_uid, username, codename)
    return str(row["uid"]) if row else ""


def revoke(store: Store, asset_uid: str, username: str, codename: str) -> None:
    """Take a permission and whatever implies it."""
    with store.write() as connection:
        _take(connection, asset_uid, username, codename)


def grant_all(store: Store, asset_uid: str, owner: str, asset_type: str) -> None:
    for codename in set(OWNERS) & set(assignable(asset_type)):
        grant(store, asset_uid, owner, codename)


def _take(connection: sqlite3.Connection, asset_uid: str, username: str, codename: str) -> None:
    for name, implied in IMPLIED.items():
        if name == codename or codename in implied:
            take_one(connection, asset_uid, username, name)


def take_one(connection: sqlite3.Connection, asset_uid: str, username: str, codename: str) -> None:
    sql = "DELETE FROM grants WHERE asset_uid = ? AND username = ? AND codename = ?"
    connection.execute(sql, (asset_uid, username, codename))
