"""`collector judge` and what people give it that is not as it should be: each is named, the others are judged."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.sandbox.downloads import write_workbook
from jobs.cli import app, main
from tests.support.xforms import rows_of

FORM = "type|name|label|constraint\ninteger|a|A|. < 10\ntext|t|T|"
FILE = """type|name|label|calculation
select_one_from_file plan.csv|s|S|
calculate|p||pulldata('plan','round','name',${s})"""
GOOD = '<trial id="trial"><a>5</a></trial>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 9 if n else "ha"}">' for n in range(12))


@pytest.fixture
def judge(tmp_path, capsys, monkeypatch):
    """Judge a file or a folder of files; returns (exit code, verdicts by submission, what was said)."""

    def judge(submissions, *, survey=FORM, choices="", media=None, name="given.json"):
        sheets = {"survey": [dict(row) for row in rows_of(survey)]}
        if choices:
            sheets["choices"] = [dict(row) for row in rows_of(choices)]
        form = tmp_path / "trial.xlsx"
        form.write_bytes(write_workbook(sheets | {"settings": [{"form_title": "Trial", "form_id": "trial"}]}))
        for file, content in (media or {}).items():
            (tmp_path / "media").mkdir(exist_ok=True)
            (tmp_path / "media" / file).write_bytes(content)
        given = _written(tmp_path / name, submissions)
        monkeypatch.setattr(sys, "argv", ["collector", "judge", str(form), str(given), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code or 0
        said = capsys.readouterr()
        return code, {line["submission"]: line for line in map(json.loads, said.out.splitlines())}, said.err

    return judge


def _written(path: Path, content) -> Path:
    if isinstance(content, dict):
        path.mkdir()
        for name, each in content.items():
            _written(path / name, each)
    elif isinstance(content, str | bytes):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    else:
        path.write_text(json.dumps(content))
    return path


def only(verdict):
    [finding] = verdict["findings"]
    return finding


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            ". > (3 +",
            "sheet 'survey', row 3, column 'constraint': the expression `. > (3 +` cannot be read: character 9:",
        ),
        ("${a} = 'x", "the expression `${a} = 'x` cannot be read: character 8: a text in quotes is not closed"),
    ],
)
def test_a_form_that_does_not_compile_is_named_by_row_column_and_character(judge, rule, said):
    code, verdicts, error = judge([{"a": "1"}], survey=f"type|name|label|constraint\ninteger|a|A|\ninteger|b|B|{rule}")
    assert (code, verdicts) == (32, {})
    assert said in error


@pytest.mark.parametrize(("content", "code"), [("", 81), (b"\xff\xfe\x00", 81), ("{", 81), ("[1, 2]", 81), ("[]", 0)])
def test_a_file_without_submissions_is_refused_and_an_empty_list_is_none(judge, content, code):
    assert judge(content)[:2] == (code, {})


def test_a_broken_line_has_its_number_and_the_others_are_judged(judge):
    code, verdicts, _ = judge('{"_id":1,"a":"5"}\n{"_id":2,"a":\n{"_id":3,"a":"50"}\n', name="given.ndjson")
    assert code == 1
    assert [verdicts[name]["verdict"] for name in ("1", "line 2", "3")] == ["pass", "violation", "violation"]
    assert only(verdicts["line 2"])["reason"] == "unreadable_json"


def test_numbers_and_null_of_older_servers_are_judged_as_the_texts_they_were(judge):
    _, verdicts, _ = judge([{"_id": 1, "a": 5, "t": None}, {"_id": 2, "a": 50}, {"_id": 3, "a": 5.0, "t": 7}])
    assert [verdicts[name]["verdict"] for name in ("1", "2", "3")] == ["pass", "violation", "pass"]


def test_each_file_of_a_folder_is_judged_or_named_with_the_reason(judge):
    files = {
        "good.xml": GOOD,
        "deeper": {"wrong.xml": GOOD.replace("5", "50")},
        "foreign.xml": "<rss><channel><title>x</title></channel></rss>",
        "truncated.xml": GOOD[:20],
        "picture.xml": b"\x89PNG\r\n",
        "empty.xml": "",
        "laughs.xml": f"<!DOCTYPE t [{LAUGHS}]><trial><a>&l11;</a></trial>",
        "quiet.xml": f"<!DOCTYPE t [{LAUGHS}]><trial><a b='&l11;'>5</a></trial>",
        "outside.xml": '<!DOCTYPE t SYSTEM "http://127.0.0.1:9/t.dtd"><trial><a>5</a></trial>',
        "secret.xml": '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/hostname">]><trial><t>&x;</t></trial>',
        "notes.txt": "not looked at",
    }
    code, verdicts, _ = judge(files, name="instances")
    assert code == 1
    assert verdicts.pop("good.xml")["verdict"] == "pass"
    assert only(verdicts.pop("deeper/wrong.xml"))["code"] == "constraint"
    assert only(verdicts.pop("foreign.xml"))["reason"] == "other_form"
    said = {name: only(verdict)["messages"][""] for name, verdict in verdicts.items()}
    assert set(said) == files.keys() - {"good.xml", "deeper", "foreign.xml", "notes.txt"}
    assert "it is empty" in said["empty.xml"]
    assert all("document type" in said[f"{name}.xml"] for name in ("laughs", "quiet", "outside", "secret"))
    assert all("not complete XML" in said[f"{name}.xml"] for name in ("truncated", "picture"))


@pytest.mark.parametrize("name", ["big.json", "big.xml"])
def test_ten_megabytes_in_one_answer_are_judged(judge, name):
    text = "x" * 10_500_000
    given = (
        [{"_id": 1, "a": "50", "t": text}]
        if name == "big.json"
        else GOOD.replace("5", "50").replace("</t", f"<t>{text}</t></t")
    )
    [verdict] = judge(given, name=name)[1].values()
    assert only(verdict)["code"] == "constraint"


def test_a_submission_of_another_form_and_one_of_another_version_are_said_whole(judge):
    survey = "type|name|label|calculation\ninteger|a|A|\ncalculate|__version__||'v1'"
    _, verdicts, _ = judge([{"_id": 1, "x/y": "1"}, {"_id": 2, "a": "1", "__version__": "v0"}], survey=survey)
    assert only(verdicts["1"])["reason"] == "other_form"
    assert only(verdicts["2"])["reason"] == "form_version_unknown"


def test_five_repeats_in_each_other_are_judged_to_the_innermost_answer(judge):
    begins = "".join(f"\nbegin repeat|r{n}|R|" for n in range(5))
    survey = f"type|name|label|constraint\ninteger|n|N|{begins}\ninteger|x|X|. < ${{n}}" + "\nend repeat|||" * 5
    path = "r0/r1/r2/r3/r4"
    answers = [{f"{path}/x": "3"}, {f"{path}/x": "7"}]
    for depth in (5, 4, 3, 2, 1):
        answers = [{"/".join(path.split("/")[:depth]): answers}]
    _, verdicts, _ = judge([{"_id": 1, "n": "5", **answers[0]}], survey=survey)
    finding = only(verdicts["1"])
    assert (finding["path"], finding["row"], finding["rule"]) == ("r0[1]/r1[1]/r2[1]/r3[1]/r4[2]/x", 8, ". < ${n}")


def test_ten_thousand_choices_compile_and_are_judged(judge):
    choices = "list_name|name|label|town\n" + "\n".join(f"site|s{n}|S|t{n % 97}" for n in range(10_000))
    survey = (
        "type|name|label|choice_filter\ntext|town|T|\nselect_one site|site|S|town=${town}\nselect_multiple site|all|A|"
    )
    given = [{"_id": n, "town": f"t{n % 97}", "site": f"s{n}", "all": f"s{n} s0"} for n in range(1, 200)]
    code, verdicts, _ = judge([*given, {"_id": 0, "town": "t1", "site": "s2"}], survey=survey, choices=choices)
    assert code == 1
    assert [name for name, verdict in verdicts.items() if verdict["verdict"] != "pass"] == ["#200"]


ROUNDS = [{"_id": 1, "s": "A", "p": "1"}, {"_id": 2, "s": "B", "p": "2"}]


@pytest.mark.parametrize(
    "plan",
    [
        b"\xef\xbb\xbfname,label,round\nA,a,1\nB,b,2\n",
        b"name;label;round\r\nA;a,a;1\r\nB;b;2\r\n",
        b"name,label,round\nA,a,1\nB,b,2\nB,other,9\n",
    ],
    ids=["mark", "semicolons", "same key twice: the first counts"],
)
def test_media_as_spreadsheets_write_them_are_read_as_collect_reads_them(judge, plan):
    assert judge(ROUNDS, survey=FILE, media={"plan.csv": plan})[0] == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            "name,label,round\nA,ä,1\n".encode("latin-1"),
            "'plan.csv', row 2: it is not UTF-8 text; save it as 'CSV UTF-8'",
        ),
        (
            "name,label,round\nA,a,1\n".encode("utf-16"),
            "'plan.csv', row 1: it is not UTF-8 text; save it as 'CSV UTF-8'",
        ),
        (b"", "'plan.csv': it has no column 'name'"),
        (b"nom,label,round\nA,a,1\n", "'plan.csv': it has no column 'name'"),
    ],
    ids=["latin-1", "utf-16", "empty", "no name"],
)
def test_media_that_no_client_can_read_are_named_with_the_remedy(judge, plan, said):
    code, verdicts, error = judge(ROUNDS, survey=FILE, media={"plan.csv": plan})
    assert (code, verdicts) == (32, {})
    assert said in error


def test_a_table_read_by_pulldata_alone_is_named_too(judge):
    survey = "type|name|label|calculation\ntext|s|S|\ncalculate|p||pulldata('plan','round','name',${s})"
    code, _, error = judge(ROUNDS, survey=survey, media={"plan.csv": b"name,round\nA,\xff\n"})
    assert code == 32
    assert "'plan.csv', row 2" in error
    _, verdicts, _ = judge(ROUNDS, survey=survey, media={"plan.csv": b"id,round\nA,1\n"}, name="other.json")
    assert {only(verdict)["reason"] for verdict in verdicts.values()} == {"external_file_missing"}


def test_people_get_a_table_with_the_rule_as_it_is_written(tmp_path):
    form = tmp_path / "trial.xlsx"
    form.write_bytes(write_workbook({"survey": [dict(row) for row in rows_of("type|name|label\ninteger|a|A")]}))
    (tmp_path / "given.json").write_text('[{"a":"x"}]')
    shown = CliRunner().invoke(app, ["judge", str(form), str(tmp_path / "given.json")])
    assert "[integer]" in " ".join(shown.stdout.split())
