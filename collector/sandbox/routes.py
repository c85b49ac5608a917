"""Which handler answers which address. Read by app.py.

`ALLOW` of an answer is made from this table; HEAD goes with GET, and OPTIONS is announced but not served.
"""

from __future__ import annotations

from collections.abc import Mapping

from collector.sandbox import (
    accounts,
    assets,
    data,
    deployments,
    discovery,
    downloads,
    edits,
    files,
    history,
    imports,
    openrosa,
    permissions,
)
from collector.sandbox.calls import Handler

Methods = Mapping[str, Handler]

ASSET = "/api/v2/assets/{uid}/"
SUBMISSION = ASSET + "data/{submission}/"

API: Mapping[str, Methods] = {
    "/token/": {"GET": accounts.token_endpoint, "POST": accounts.token_endpoint, "DELETE": accounts.token_endpoint},
    "/me/": {"GET": accounts.me},
    "/api/v2/": {"GET": discovery.root},
    "/api/v2/environment/": {"GET": discovery.environment},
    "/api/v2/permissions/": {"GET": permissions.permission_list},
    "/api/v2/users/": {"GET": accounts.user_list},
    "/api/v2/users/{username}/": {"GET": accounts.user_detail},
    "/api/v2/imports/": {"GET": imports.import_list, "POST": imports.post_import},
    "/api/v2/imports/{import}/": {"GET": imports.get_import},
    "/api/v2/assets/": {"GET": assets.asset_list, "POST": assets.post_asset},
    "/api/v2/assets/hash/": {"GET": assets.asset_hash},
    "/api/v2/assets/metadata/": {"GET": assets.asset_metadata},
    "/api/v2/assets/bulk/": {"POST": assets.bulk},
    "/api/v2/assets/{uid}.xls": {"GET": downloads.xls},
    "/api/v2/assets/{uid}.xml": {"GET": downloads.xml},
    ASSET: {"GET": assets.get_asset, "PATCH": assets.patch_asset, "DELETE": assets.delete_asset},
    ASSET + "deployment/": {
        "GET": deployments.get_deployment,
        "POST": deployments.post_deployment,
        "PATCH": deployments.patch_deployment,
    },
    ASSET + "versions/": {"GET": deployments.version_list},
    ASSET + "versions/{version}/": {"GET": deployments.get_version},
    ASSET + "content/": {"GET": deployments.get_content},
    ASSET + "valid_content/": {"GET": deployments.get_valid_content},
    ASSET + "xform/": {"GET": downloads.xform_page},
    ASSET + "files/": {"GET": files.file_list, "POST": files.post_file},
    ASSET + "files/{file}/": dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), files.one_file),
    ASSET + "files/{file}/content/": {"GET": files.file_content},
    ASSET + "permission-assignments/": {"GET": permissions.assignments, "POST": permissions.assign},
    ASSET + "permission-assignments/bulk/": {"POST": permissions.assign_bulk},
    ASSET + "permission-assignments/{assignment}/": dict.fromkeys(("GET", "DELETE"), permissions.assignment),
    ASSET + "counts/": {"GET": data.counts},
    ASSET + "history/": {"GET": history.history_list},
    ASSET + "history/actions/": {"GET": history.history_actions},
    ASSET + "data/": {"GET": data.data_list},
    "/api/v2/assets/{uid}/data.{format}": {"GET": data.data_list},
    ASSET + "data/bulk/": {"PATCH": edits.bulk_edit, "DELETE": edits.bulk_delete},
    ASSET + "data/validation_statuses/": dict.fromkeys(("PATCH", "DELETE"), edits.bulk_validate),
    "/api/v2/assets/{uid}/data/{submission}.{format}": {"GET": data.get_submission},
    SUBMISSION: {"GET": data.get_submission, "DELETE": edits.delete_submission},
    SUBMISSION + "validation_status/": dict.fromkeys(("GET", "PATCH", "DELETE"), edits.validation_status),
    SUBMISSION + "duplicate/": {"POST": edits.duplicate},
    SUBMISSION + "attachments/": {"GET": data.attachment_by_path},
    SUBMISSION + "attachments/{attachment}/": {"GET": data.attachment},
    SUBMISSION + "attachments/{attachment}/{size}/": {"GET": data.attachment},
}
OPENROSA: Mapping[str, Methods] = {
    "/formList": {"GET": openrosa.form_list},
    "/xformsManifest/{number}": {"GET": openrosa.manifest},
    "/forms/{number}/form.xml": {"GET": openrosa.form_xml},
    "/xformsMedia/{number}/{media}": {"GET": openrosa.media},
    "/submission": {"POST": openrosa.post_submission, "HEAD": openrosa.submission_head},
}
PLAIN: Mapping[str, Methods] = {
    "/service_health/": {"GET": discovery.health},
    "/service_health/minimal/": {"GET": discovery.minimal_health},
}
GONE = ("/api/v1/", "/assets/", "/imports/", "/exports/", "/users/", "/environment/", "/reports/")
"""Beginnings of the addresses of the removed first API (kobo/api.md §0.1)."""


def allow(methods: Methods) -> str:
    """The Allow header: methods in the order the real server names them."""
    named = [name for name in ("GET", "POST", "PUT", "PATCH", "DELETE") if name in methods]
    heads = ["HEAD"] if "GET" in methods or "HEAD" in methods else []
    return ", ".join([*named, *heads, "OPTIONS"])
