"""A workbook becomes the server's content, with its errors, and content becomes sheets again."""

from __future__ import annotations

from typing import Any

import pytest

from collector.form.content import FormRefused, Sheets, sheets_of
from collector.sandbox.content import ImportFailed, content_of, read_sheets, summary
from collector.sandbox.downloads import write_workbook
from collector.sandbox.xform import deployed_xform

SHEETS: Sheets = {
    "survey": [
        {"type": "start", "name": "start"},
        {"type": "begin group", "name": "g", "label::English (en)": "Group", "label::العربية (ar)": "مجموعة"},
        {"type": "select_one yn", "name": "ok", "label::English (en)": "OK?", "required": "yes", "pii": "yes"},
        {"type": "select_one_from_file sites.csv", "name": "site", "label::English (en)": "Site"},
        {"type": "end group"},
    ],
    "choices": [{"list_name": "yn", "name": "1", "label::English (en)": "Yes", "order": "2"}],
    "settings": [{"form_title": "Visits", "form_id": "visits", "version": "3"}],
}


def test_types_are_taken_apart_and_translations_gathered() -> None:
    content, title = content_of(SHEETS)
    ok, site = content["survey"][2], content["survey"][3]
    assert title == "Visits"
    assert content["settings"] == {"id_string": "visits", "version": "3"}
    assert content["translations"] == ["English (en)", "العربية (ar)"]
    assert (ok["type"], ok["select_from_list_name"], ok["required"], ok["label"]) == (
        "select_one",
        "yn",
        True,
        ["OK?", None],
    )
    assert (site["type"], site["file"], site["$xpath"]) == ("select_one_from_file", "sites.csv", "g/site")
    assert (content["choices"][0]["$autovalue"], content["choices"][0]["order"], ok["pii"]) == ("1", "2", "yes")
    assert set(content["survey"][4]) == {"type", "$kuid"}


def test_content_becomes_the_sheets_it_came_from() -> None:
    sheets = sheets_of(content_of(SHEETS)[0])
    assert sheets["survey"][2] | {"required": "yes"} == SHEETS["survey"][2]
    assert sheets["survey"][3] == SHEETS["survey"][3]
    assert sheets["choices"] == SHEETS["choices"]


def test_a_workbook_is_read_as_it_was_written_with_empty_rows_left_out() -> None:
    survey = [SHEETS["survey"][0], {}, SHEETS["survey"][2] | {"constraint": ". > 1"}]
    read = read_sheets(write_workbook({"survey": survey}))
    assert read == {"survey": [survey[0], survey[2]]}


def test_the_same_workbook_twice_is_other_content() -> None:
    assert content_of(SHEETS) != content_of(SHEETS)


def test_blank_names_are_made_from_labels() -> None:
    content, _ = content_of({"survey": [{"type": "text", "label": "My question?"}] * 2})
    assert [row["$autoname"] for row in content["survey"]] == ["My_question", "My_question_001"]
    assert summary(content)["name_quality"]["ok"] == 2


@pytest.mark.parametrize(
    ("row", "text", "kind"),
    [
        ({"type": "txet", "name": "q"}, "unknown type ['txet']", "ValueError"),
        ({"type": "text", "name": "my q"}, "Invalid node name: my q", "ValueError"),
        ({"type": "text", "name": "twice"}, "Duplicate node name: twice", "DuplicateNameException"),
        ({"name": "q"}, "'type'", "KeyError"),
    ],
)
def test_mistakes_the_server_finds_at_import(row: dict[str, Any], text: str, kind: str) -> None:
    with pytest.raises(ImportFailed) as failure:
        content_of({"survey": [{"type": "text", "name": "twice"}, row]})
    assert (failure.value.text, failure.value.kind) == (text, kind)


def test_what_is_not_a_workbook_is_an_import_error() -> None:
    with pytest.raises(ImportFailed, match="Unsupported format, or corrupt file"):
        read_sheets(b"this is not excel")


def test_a_dangling_reference_is_found_at_deployment_only() -> None:
    content, _ = content_of({"survey": [{"type": "text", "name": "q", "label": "Q", "relevant": "${nope} = 1"}]})
    with pytest.raises(FormRefused, match="nope"):
        deployed_xform(content, asset_uid="a1", title="T", version_uid="v1", label="1", deployment_uuid="u")
