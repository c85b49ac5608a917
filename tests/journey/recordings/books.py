"""The workbooks whose bytes were not recorded, built again from what they became."""

from __future__ import annotations

from typing import Any

from collector.form.content import Sheets, sheets_of
from collector.sandbox.downloads import write_workbook

Q1 = {"type": "text", "name": "q1", "label": "Q1"}
Q2 = {"type": "integer", "name": "q2", "label": "Q2"}
Q3 = {"type": "text", "name": "q3", "label": "Q3 new"}
CHOICE = {"type": "select_one l", "name": "q1", "label": "Q1"}


def of_content(content: dict[str, Any], title: str = "") -> bytes:
    """The workbook a recorded `content` came from; its form_id is the content's id_string."""
    sheets = sheets_of(content)
    settings = dict(sheets["settings"][0])
    if "id_string" in settings:
        settings["form_id"] = settings.pop("id_string")
    return write_workbook(sheets | {"settings": [settings | ({"form_title": title} if title else {})]})


def simple(*questions: dict[str, str], title: str = "", form_id: str = "simple") -> bytes:
    settings = {"form_title": title} if title else {}
    return write_workbook(
        {"survey": list(questions), "settings": [settings | ({"form_id": form_id} if form_id else {})]}
    )


def named(name: str, survey: list[dict[str, str]], choices: list[dict[str, str]] | None = None) -> bytes:
    """A workbook of the row "errors" of the import and deployment tables, titled by its mistake."""
    sheets: Sheets = {"survey": list(survey)}
    if choices is not None:
        sheets["choices"] = list(choices)
    sheets["settings"] = [{"form_title": name, "form_id": name.replace("-", "_")}]
    return write_workbook(sheets)


def _choices(*names: str) -> list[dict[str, str]]:
    return [{"list_name": "l", "name": name, "label": label} for name, label in zip(names, "AB", strict=False)]


MISTAKES: dict[str, bytes] = {
    "bad-relevant-ref": named("bad-relevant-ref", [Q1 | {"relevant": "${nope}='1'"}]),
    "bad-type": named("bad-type", [Q1 | {"type": "txet"}]),
    "dup-name": named("dup-name", [Q1, Q1]),
    "unclosed-group": named("unclosed-group", [{"type": "begin_group", "name": "g", "label": "G"}, Q1]),
    "bad-name-space": named("bad-name-space", [Q1 | {"name": "my q"}]),
    "missing-choice-list": named("missing-choice-list", [CHOICE | {"type": "select_one nolist"}], _choices("a")),
    "no-label": named("no-label", [{"type": "text", "name": "q1"}]),
    "no-name": named("no-name", [{"type": "text", "label": "My long question label?"}] * 2),
    "empty-survey": named("empty-survey", []),
    "dup-choice": named("dup-choice", [CHOICE], _choices("a", "a")),
    "numeric-choice-names": named("numeric-choice-names", [CHOICE], _choices("1", "2")),
}
INVALID = simple(Q1, {"type": "select_one nolist", "name": "q2", "label": "Q2", "relevant": "${q1}='1'"})
NO_SURVEY = write_workbook({"other": [{"a": "b"}]})
NO_TYPE = write_workbook({"survey": [{"name": "q1", "label": "Q1"}]})
