"""Import a workbook into a project, and wait until the server has read it.

Used by deployment.py. Source: Kobo API v2, POST /api/v2/imports/ and its status; nothing is checked by the POST.
"""

from __future__ import annotations

from typing import Any

from collector.errors import DeploymentFailed, PermissionMissing
from collector.kobo.assets import Asset, uid_in
from collector.kobo.client import Client
from collector.kobo.refusals import shortened

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_SECONDS = 300.0


def import_workbook(client: Client, asset: Asset, workbook: bytes, *, file: str) -> None:
    """Replace the project's draft by a workbook. The running version stays as it is.

    Raises DeploymentFailed with the server's words where it cannot read the workbook, or not in five minutes, and
    PermissionMissing where the account may not change the project.
    """
    answer = client.post_files(
        "/api/v2/imports/", {"destination": f"{client.url}{asset.path}"}, {"file": (file, workbook, XLSX)}
    )
    task = _wait(client, f"/api/v2/imports/{uid_in(answer)}/", file)
    if task.get("status") == "error":
        raise _import_error(task.get("messages"), file)


def _wait(client: Client, path: str, file: str) -> dict[str, Any]:
    """The import's status once it is complete or failed; asked after 0.2 s, then ever less often, up to every 5 s."""
    pause, waited = 0.2, 0.0
    while waited < LONGEST_SECONDS:
        client.patience.sleep(pause)
        waited, pause = waited + pause, min(5.0, pause * 1.5)
        task = client.get_json(path)
        if isinstance(task, dict) and task.get("status") in ("complete", "error"):
            return task
    raise DeploymentFailed(
        f"{file}: the server has not read it in {LONGEST_SECONDS / 60:.0f} minutes; run again later."
    )


def _import_error(messages: object, file: str) -> Exception:
    facts = messages if isinstance(messages, dict) else {}
    kind, text = str(facts.get("error_type") or ""), shortened(str(facts.get("error") or "no reason given"))
    if kind == "PermissionDenied":
        return PermissionMissing(f"{file}: the server says: {text}", status=403)
    return DeploymentFailed(f"{file}: the server cannot read it: {text} ({kind or 'error'}). Correct the workbook.")
