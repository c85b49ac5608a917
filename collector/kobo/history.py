"""The project history log: who added, changed or deleted which submission, and when. The server's only change feed.

Used by jobs/sync.py where the account has manage_asset; others may not read it. It names submissions by root_uuid.
It has no entry for a file that arrives after its submission. Source: kobo API v2, …/history/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collector.errors import AnswerUnreadable
from collector.kobo.client import Client

PERMISSION = "manage_asset"
ACTIONS = ("add-submission", "modify-submission", "delete-submission")
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: what was done to a submission. by: the account; at: aware, UTC."""

    root_uuid: str
    action: str
    by: str
    at: datetime


def fetch_events(client: Client, asset_uid: str, since: datetime) -> dict[str, Event]:
    """The newest event of each submission since a time of the server's clock, by root_uuid."""
    newest: dict[str, Event] = {}
    for event in _events(client, asset_uid, since):
        newest.setdefault(event.root_uuid, event)
    return newest


def _events(client: Client, asset_uid: str, since: datetime) -> Iterator[Event]:
    """Newest first; what is logged meanwhile moves entries on to a later page, so none is skipped."""
    actions = " OR ".join(f"action:{action}" for action in ACTIONS)
    wanted = f'date_created__gte:"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}" AND ({actions})'
    start = 0
    while True:
        path = f"/api/v2/assets/{asset_uid}/history/"
        answer = client.get_json(path, q=wanted, limit=LARGEST_PAGE, start=start)
        rows = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise AnswerUnreadable(f"the history of project {asset_uid} is not the list that was asked for.")
        yield from map(_event, rows)
        start += len(rows)
        if not rows or start >= int(answer.get("count") or 0):
            return


def _event(row: Any) -> Event:
    try:
        root = row["metadata"]["submission"]["root_uuid"]
        at = datetime.fromisoformat(row["date_created"])
        return Event(str(root), str(row["action"]), str(row.get("username") or ""), at)
    except (KeyError, TypeError, ValueError):
        raise AnswerUnreadable("an entry of the project's history names no submission, action or time.") from None
