"""Content → the XForm a tablet downloads, as KoboToolbox dresses it. Used by deployments.py and assets.py.

Source: recording 181: the form id is the asset's uid, `formhub/uuid` names the project, `__version__` the version.
Kobo pins pyxform 3.0; a newer pyxform writes the same form with other error texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from collector.sandbox.content import Sheets, sheets_of

XFORMS = "http://www.w3.org/2002/xforms"
XHTML = "http://www.w3.org/1999/xhtml"


class FormRefused(Exception):
    """pyxform cannot make an XForm of the content; the text is pyxform's own."""


def draft_xform(content: Mapping[str, Any], *, asset_uid: str, title: str) -> str:
    """The XForm of a draft, without version and project. Raises FormRefused."""
    return _convert(sheets_of(content), asset_uid, {"form_title": title})


def deployed_xform(
    content: Mapping[str, Any], *, asset_uid: str, title: str, version_uid: str, label: str, deployment_uuid: str
) -> str:
    """The XForm of a version. label: the version as tablets show it, "2 (2026-11-23 16:37:53)". Raises FormRefused."""
    sheets = sheets_of(content)
    version = {"type": "calculate", "name": "__version__", "calculation": f"'{version_uid}'"}
    sheets["survey"] = [*sheets["survey"], version]
    xform = _convert(sheets, asset_uid, {"form_title": title, "version": label})
    return _dressed(xform, asset_uid, deployment_uuid)


def _convert(sheets: Sheets, asset_uid: str, named: Mapping[str, str]) -> str:
    settings = {key: value for key, value in sheets["settings"][0].items() if key not in ("id_string", "version")}
    sheets["settings"] = [settings | {"form_id": asset_uid, "name": asset_uid} | dict(named)]
    # the server converts a workbook, whose heading row names every column; pyxform alone looks at the first 100 rows
    headings = {f"{name}_header": [dict.fromkeys(key for row in rows for key in row)] for name, rows in sheets.items()}
    try:
        return str(convert({**sheets, **headings}, validate=False, pretty_print=True, form_name=asset_uid).xform)
    except PyXFormError as error:
        raise FormRefused(str(error)) from None


def _dressed(xform: str, asset_uid: str, deployment_uuid: str) -> str:
    """Add the formhub/uuid node and its calculate, which tie a submission to its project."""
    tree = etree.fromstring(xform.encode())
    model = tree.find(f"{{{XHTML}}}head/{{{XFORMS}}}model")
    instance = model.find(f"{{{XFORMS}}}instance") if model is not None else None
    if model is None or instance is None:
        raise FormRefused("pyxform made a form without a model")
    formhub = etree.Element(f"{{{XFORMS}}}formhub")
    etree.SubElement(formhub, f"{{{XFORMS}}}uuid")
    instance[0].insert(0, formhub)
    bind = {"nodeset": f"/{asset_uid}/formhub/uuid", "type": "string", "calculate": f"'{deployment_uuid}'"}
    etree.SubElement(model, f"{{{XFORMS}}}bind", bind)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + etree.tostring(tree, encoding="unicode") + "\n"
