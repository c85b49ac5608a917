"""The server's `content` of a version → the XForm that tablets had of it. Used by jobs, beside content.py.

collector/form/content.py makes it, as the server does; here what the converter refuses gets its place in the content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from collector.errors import FormMistake
from collector.form.builder import ROW
from collector.form.content import FormRefused, sheets_of, standard_content, tied_to_project, to_xform
from collector.form.xlsform import refusal

NAMED = re.compile(r"\$\{([^{}]+)\}|'([^']+)'|\((\w[\w.-]*)\)")


def xform_of(content: Mapping[str, Any], *, asset_uid: str, version: str, title: str, deployment_uuid: str = "") -> str:
    """The XForm of a deployed version.

    version: its uid, as `__version__` in the submissions; deployment_uuid: of the project, "" where it does not matter:
    nothing is judged by it. Raises FormMistake by sheet and row for what the converter refuses; rows are counted as in
    content.py: from 2, without blank ones.
    """
    survey = [{**row, ROW: number} for number, row in enumerate(content.get("survey") or (), start=2)]
    standard = standard_content({**content, "survey": survey})
    sheets = sheets_of(standard)
    # Versions from before the converter refused choices that stand twice are deployed, and have answers
    sheets["settings"] = [{"allow_choice_duplicates": "yes", **sheets["settings"][0]}]
    try:
        xform = to_xform(sheets, asset_uid=asset_uid, form_id=asset_uid, title=title, version=version)
    except FormRefused as error:
        raise _placed(str(error), standard["survey"]) from None
    return tied_to_project(xform, asset_uid=asset_uid, deployment_uuid=deployment_uuid)


def _placed(text: str, rows: Sequence[Mapping[str, Any]]) -> FormMistake:
    """The converter's message as ours, with the row of the content instead of the row of its expansion."""
    found = refusal(text)
    row = found.row
    if found.sheet == "survey":
        row = _row_at(row, rows) if row else _row_named(text, rows)
    return FormMistake(found.problem, remedy=found.remedy, sheet=found.sheet, row=row or None, column=found.column)


def _row_at(row: int, rows: Sequence[Mapping[str, Any]]) -> int:
    return int(rows[row - 2].get(ROW, 0)) if 2 <= row < len(rows) + 2 else 0


def _row_named(text: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """The first row that bears, or refers to, a name that the message quotes; 0 for none."""
    names = [name for groups in NAMED.findall(text) for name in groups if name]
    for name in names:
        for row in rows:
            cells = [str(cell) for column, cell in row.items() if not column.startswith("$")]
            if row.get("name") == name or row.get("$autoname") == name or any(f"${{{name}}}" in cell for cell in cells):
                return int(row.get(ROW, 0))
    return 0
