"""Findings say row, column and rule as the sheet has them, for a workbook and for what the server kept of one."""

from __future__ import annotations

import pytest

from collector.form.judging.judge import Judge, judge_of
from collector.form.xlsform import form_version, read_workbook, to_xform
from collector.kobo.content import form_version_of
from collector.kobo.xform import xform_of
from collector.sandbox.content import content_of, read_sheets
from collector.sandbox.downloads import write_workbook

SURVEY = """
type|name|label::en|label::ckb|relevant|constraint|constraint_message::en|constraint_message::ckb|required|\
required_message::en|required_message::ckb|calculation|repeat_count|choice_filter
integer|n|N|ن||. < 9|Below 9.|کەمتر لە ٩.|yes|Say it.|بیڵێ.|||
begin group|home|Home|ماڵ|${n} > 2|||||||||
text|street|Street|شەقام||||||||||
end group||||||||||||
begin repeat|row|Row|ڕیز|${n} > 0||||||||${n} + 0|
integer|age|Age|تەمەن||. < 120||||||||
select_one job|job|Job|کار|${age} > 17|||||||||town = ${n}
end repeat||||||||||||
calculate|adults||||||||||count(${row}[age > 17])||
select_one yn|ok|OK|باشە|||||||||||
"""
CHOICES = "list_name|name|label::en|label::ckb|town\njob|j1|J|ج|1\njob|j2|J|ج|2\nyn|y|Y|ب|"
GOOD = {"n": "2", "row": [{"row/age": "40", "row/job": "j2"}, {"row/age": "9"}], "adults": "1", "row_count": "2"}


def rows_of(table: str) -> list[dict[str, str]]:
    head, *lines = [line.split("|") for line in table.strip().splitlines()]
    return [{name: cell for name, cell in zip(head, line, strict=False) if cell} for line in lines]


def workbook_bytes() -> bytes:
    sheets = {"survey": rows_of(SURVEY), "choices": rows_of(CHOICES), "settings": [{"form_title": "Trial"}]}
    return write_workbook(sheets)


@pytest.fixture(params=["workbook", "server"])
def judge(request: pytest.FixtureRequest, tmp_path) -> Judge:
    if request.param == "server":
        content, title = content_of(read_sheets(workbook_bytes()))
        xform = xform_of(content, asset_uid="a1", version="v1", title=title)
        return judge_of(xform, {}, form_version_of(content, version="v1", title=title))
    (tmp_path / "trial.xlsx").write_bytes(workbook_bytes())
    workbook = read_workbook(tmp_path / "trial.xlsx")
    return judge_of(to_xform(workbook), {}, form_version(workbook))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"n": "10"}, ("constraint", "n", 2, "constraint", ". < 9")),
        ({"home/street": "x"}, ("answer_in_irrelevant", "home/street", 3, "relevant", "${n} > 2")),
        ({"row": [{"row/age": "130"}, {"row/age": "9"}]}, ("constraint", "row[1]/age", 7, "constraint", ". < 120")),
        (
            {"row": [{"row/age": "40", "row/job": "j1"}, {"row/age": "9"}]},
            ("choice_not_offered", "row[1]/job", 8, "choice_filter", "town = ${n}"),
        ),
        (
            {"row": [{"row/age": "4"}, {"row/age": "9", "row/job": "j2"}]},
            ("answer_in_irrelevant", "row[2]/job", 8, "relevant", "${age} > 17"),
        ),
        ({"adults": "7"}, ("calculate", "adults", 10, "calculation", "count(${row}[age > 17])")),
        ({"row_count": "7"}, ("calculate", "row_count", 6, "repeat_count", "${n} + 0")),
        ({"ok": "maybe"}, ("choice", "ok", 11, "type", "select_one yn")),
        ({"n": "two"}, ("type", "n", 2, "type", "integer")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_row_column_and_rule_are_those_of_the_sheet(judge, answers, expected):
    found = {
        (finding.code, finding.path, finding.row, finding.column, finding.rule)
        for finding in judge.judge_json(GOOD | answers, "collect").findings
    }
    assert expected in found


def test_more_rows_than_the_repeat_asks_for_show_its_own_cell(judge):
    [finding] = judge.judge_json(GOOD | {"row": [*GOOD["row"], {"row/age": "8"}]}, "collect").findings
    assert (finding.code, finding.path, finding.row, finding.column, finding.rule) == (
        "repeat_count",
        "row[1]",
        6,
        "repeat_count",
        "${n} + 0",
    )


def test_messages_come_in_all_languages_of_the_form(judge):
    [finding] = judge.judge_json(GOOD | {"n": "10", "home/street": "s"}, "collect").roots
    assert finding.messages == {"en": "Below 9.", "ckb": "کەمتر لە ٩."}
    [finding, *_] = judge.judge_json({}, "collect").roots
    assert (finding.code, finding.messages) == ("required", {"en": "Say it.", "ckb": "بیڵێ."})
