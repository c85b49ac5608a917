"""A form as the server keeps it (`content`) → the sheets of an XLSForm, and → the XForm that tablets download.

Used by collector/kobo/xform.py and collector/sandbox. builder.py turns the form builder's own rows into standard ones.
Source: kobo/api.md §2.1 and §2.3, and the form.xml that the real server gave: the form's id is the asset's uid,
`__version__` names the version, `formhub/uuid` the project. The server pins pyxform 3.0; a newer one writes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from collector.form.builder import standard_rows

Row = dict[str, Any]
Sheets = dict[str, list[Row]]

FURTHER_SHEETS = ("external_choices", "osm", "entities")
XFORMS = "{http://www.w3.org/2002/xforms}"
XHTML = "{http://www.w3.org/1999/xhtml}"


class FormRefused(Exception):
    """The converter cannot make an XForm of the content; the text is its own."""


def standard_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with the builder's own rows expanded and every row named, as the server deploys it."""
    choices = [row for row in content.get("choices") or () if isinstance(row, Mapping)]
    survey = standard_rows((row for row in content.get("survey") or () if row.get("type")), choices)
    return {**content, "survey": list(survey), "choices": choices}


def sheets_of(content: Mapping[str, Any]) -> Sheets:
    """Content → the rows an XLSForm would have, `$…` columns left out."""
    languages = content.get("translations") or [None]
    sheets: Sheets = {"survey": [_flat(_joined(row), languages) for row in content.get("survey") or ()]}
    if content.get("choices"):
        sheets["choices"] = [_flat(_named(row, "$autovalue"), languages) for row in content["choices"]]
    sheets |= {name: content[name] for name in FURTHER_SHEETS if content.get(name)}
    sheets["settings"] = [settings_of(content)]
    return sheets


def to_xform(sheets: Sheets, *, asset_uid: str, form_id: str, title: str, version: str = "", label: str = "") -> str:
    """The XForm of sheets, named as the server names it. Raises FormRefused.

    form_id: of a deployed form its asset's uid, of a draft what its author set. version: uid, told by a question
    `__version__` where given; label: the form's version attribute.
    """
    survey = list(sheets["survey"])
    if version:
        survey.append({"type": "calculate", "name": "__version__", "calculation": f"'{version}'"})
    kept = {key: value for key, value in sheets["settings"][0].items() if key not in ("id_string", "version")}
    settings = kept | {"form_id": form_id, "name": asset_uid, "form_title": title}
    settings |= {"version": label} if label else {}
    book = {**sheets, "survey": survey, "settings": [settings]}
    # the server converts a workbook, whose heading row names every column; pyxform alone looks at the first 100 rows
    headings = {f"{name}_header": [dict.fromkeys(key for row in rows for key in row)] for name, rows in book.items()}
    from pyxform.errors import PyXFormError  # here: a pull that meets no new version converts none
    from pyxform.xls2xform import convert

    try:
        return str(convert({**book, **headings}, validate=False, pretty_print=True, form_name=asset_uid).xform)
    except PyXFormError as error:
        raise FormRefused(str(error)) from None


def tied_to_project(xform: str, *, asset_uid: str, deployment_uuid: str) -> str:
    """The XForm with the node that ties a submission to its project: formhub/uuid and its calculate."""
    tree = etree.fromstring(xform.encode())
    model = tree.find(f"{XHTML}head/{XFORMS}model")
    instance = model.find(f"{XFORMS}instance") if model is not None else None
    if model is None or instance is None:
        raise FormRefused("the converter made a form without a model")
    formhub = etree.Element(f"{XFORMS}formhub")
    etree.SubElement(formhub, f"{XFORMS}uuid")
    instance[0].insert(0, formhub)
    bind = {"nodeset": f"/{asset_uid}/formhub/uuid", "type": "string", "calculate": f"'{deployment_uuid}'"}
    etree.SubElement(model, f"{XFORMS}bind", bind)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + etree.tostring(tree, encoding="unicode") + "\n"


def settings_of(content: Mapping[str, Any]) -> Row:
    """The settings, which older content keeps as a list of one."""
    settings = content.get("settings") or {}
    return dict(settings[0] if isinstance(settings, list) else settings)


def _joined(row: Mapping[str, Any]) -> Row:
    """A survey row with its type cell put together again and its name filled in."""
    done = _named(row, "$autoname")
    kind, list_name = str(done.get("type", "")), done.pop("select_from_list_name", None)
    file = done.pop("file", None) if kind.endswith("_from_file") else None
    has_other = done.pop("_or_other", False)
    if kind == "select_one_or_other":
        kind, has_other = "select_one", True
    done["type"] = " ".join(filter(None, (kind, list_name or file, "or_other" if has_other else "")))
    if isinstance(done.get("required"), bool):
        done["required"] = "true" if done["required"] else "false"
    return done


def _named(row: Mapping[str, Any], key: str) -> Row:
    """A row under the name that the server gave it, where it gave one."""
    return {**row, "name": row[key]} if row.get(key) else dict(row)


def _flat(row: Mapping[str, Any], languages: list[str | None]) -> Row:
    """The cells of a row; a translated cell is one column for each language that has a text.

    Empty cells are left out: of an empty constraint with a message, pyxform makes one that nothing satisfies.
    """
    done: Row = {}
    for column, value in row.items():
        if column.startswith("$") or value is None or value == "":
            continue
        if isinstance(value, list):
            texts = zip(languages, value, strict=False)
            done |= {f"{column}::{language}" if language else column: text for language, text in texts if text}
        else:
            done[column] = value
    return done
