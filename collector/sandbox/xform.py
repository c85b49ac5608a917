"""Content → the XForm a tablet downloads. Used by deployments.py and downloads.py.

The server's way to make it is collector/form/content.py's, whose FormRefused carries the words the server would use.
Source: recordings 124 (draft) and 181 (deployed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.form.content import sheets_of, standard_content, tied_to_project, to_xform


def draft_xform(content: Mapping[str, Any], *, asset_uid: str, title: str) -> str:
    """The XForm of a draft, without version and project. Raises FormRefused."""
    sheets = sheets_of(standard_content(content))
    form_id = str(sheets["settings"][0].get("id_string") or asset_uid)
    return to_xform(sheets, asset_uid=asset_uid, form_id=form_id, title=title)


def deployed_xform(
    content: Mapping[str, Any], *, asset_uid: str, title: str, version_uid: str, label: str, deployment_uuid: str
) -> str:
    """The XForm of a version. label: the version as tablets show it, "2 (2026-11-23 16:37:53)". Raises FormRefused."""
    sheets = sheets_of(standard_content(content))
    xform = to_xform(sheets, asset_uid=asset_uid, form_id=asset_uid, title=title, version=version_uid, label=label)
    return tied_to_project(xform, asset_uid=asset_uid, deployment_uuid=deployment_uuid)
