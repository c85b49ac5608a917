"""`collector judge`: a dataset and its form, offline; what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.errors import CollectorError, FormError, NotAWorkbook, SubmissionsUnreadable, XFormUnreadable
from jobs.cli import app
from tests.support.xforms import xform_of

XFORM = xform_of("type|name|constraint\ninteger|age|. < 120\ntext|name|\nselect_one_from_file towns.csv|town|")
GOOD = {"_id": 1, "age": "40", "name": "Ada", "town": "a"}
BAD = {"_id": 2, "age": "4711", "name": "[/bold] Bo", "town": "a"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "form.xml").write_text(XFORM, "utf-8")
    (tmp_path / "media").mkdir()
    (tmp_path / "media/towns.csv").write_text("name,label\na,A\n", "utf-8")
    return tmp_path


def judge(folder, submissions, *options):
    return CliRunner().invoke(app, ["judge", str(folder / "form.xml"), str(folder / submissions), *options])


def test_a_clean_dataset_exits_with_0_and_one_with_findings_with_1(folder):
    (folder / "good.json").write_text(json.dumps([GOOD]), "utf-8")
    (folder / "both.json").write_text(json.dumps({"results": [GOOD, BAD]}), "utf-8")
    assert judge(folder, "good.json").exit_code == 0
    result = judge(folder, "both.json")
    assert result.exit_code == 1
    assert "age" in result.output
    assert "constraint" in result.output


@pytest.mark.parametrize("name", ["both.ndjson", "both.json"])
def test_one_verdict_a_line_for_scripts_from_ndjson_too_and_no_answer_in_it(folder, name):
    (folder / name).write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(BAD)}\n", "utf-8")
    first, second = map(json.loads, judge(folder, name, "--json").stdout.splitlines())
    assert (first["submission"], first["verdict"], first["findings"]) == ("1", "pass", [])
    assert [(finding["code"], finding["path"]) for finding in second["findings"]] == [("constraint", "age")]
    assert "4711" not in json.dumps(second)


def test_the_answers_are_shown_to_whoever_asks_for_them(folder):
    (folder / "bad.json").write_text(json.dumps([BAD]), "utf-8")
    assert "4711" not in judge(folder, "bad.json").output
    assert "4711" in judge(folder, "bad.json", "--values").output
    assert json.loads(judge(folder, "bad.json", "--values", "--json").stdout)["findings"][0]["values"] == {
        "age": "4711"
    }


def test_a_folder_of_xml_is_judged_and_a_broken_file_is_a_finding(folder):
    (folder / "sent/one").mkdir(parents=True)
    (folder / "sent/one/one.xml").write_text("<data><age>40</age><name>Ada</name></data>", "utf-8")
    (folder / "sent/two.xml").write_text("<data><age>40</age>", "utf-8")
    lines = [json.loads(line) for line in judge(folder, "sent", "--json").stdout.splitlines()]
    assert [(line["submission"], line["verdict"]) for line in lines] == [
        ("one/one.xml", "pass"),
        ("two.xml", "violation"),
    ]


@pytest.mark.parametrize(
    ("form", "submissions", "error"),
    [
        ("form.xml", "none.json", SubmissionsUnreadable),
        ("form.xml", "cut.json", SubmissionsUnreadable),
        ("form.xml", "numbers.json", SubmissionsUnreadable),
        ("form.xml", "media", SubmissionsUnreadable),
        ("none.xml", "numbers.json", FormError),
        ("bomb.xml", "numbers.json", XFormUnreadable),
        ("form.xlsx", "numbers.json", NotAWorkbook),
    ],
)
def test_bad_input_is_said_in_a_line_with_an_exit_code_of_its_own(folder, form, submissions, error):
    (folder / "cut.json").write_text('[{"age": "4', "utf-8")
    (folder / "numbers.json").write_text("[1, 2]", "utf-8")
    (folder / "form.xlsx").write_text("no workbook", "utf-8")
    (folder / "bomb.xml").write_text('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "utf-8")
    result = CliRunner().invoke(app, ["judge", str(folder / form), str(folder / submissions)])
    assert isinstance(result.exception, CollectorError)
    assert type(result.exception) is error
    assert result.exception.exit_code > 1


def test_rows_and_messages_come_from_the_sheet(tmp_path):
    form = Path(__file__).parents[3] / "forms/pre_survey.xlsx"
    (tmp_path / "s.json").write_text(json.dumps([{"_id": 7, "session_id": "nowhere"}]), "utf-8")
    result = CliRunner().invoke(app, ["judge", str(form), str(tmp_path / "s.json"), "--json"])
    found = {finding["path"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert found["session_id"]["code"] == "choice"
    assert found["card"]["row"] == 11
    assert len(found["card"]["messages"]) == 3
