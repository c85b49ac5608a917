"""`collector xpath` as a form's author meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path):
    (tmp_path / "one.xml").write_text("<data><age>17</age><r><x>1</x></r><r><x/></r></data>", "utf-8")

    def run(*words):
        command = [sys.executable, "-m", "jobs.cli", "xpath", *words]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr
        return done

    return run


def test_both_clients_answers_stand_beside_each_other(run):
    done = run("sum(/data/r/x)", "--instance", "one.xml", "--json")
    answers = {answer["dialect"]: answer["number"] for answer in json.loads(done.stdout)}
    assert answers == {"collect": 1.0, "enketo": "nan"}


def test_the_context_may_name_one_instance_of_a_repeat(run):
    done = run("position(..)", "--instance", "one.xml", "--context", "/data/r[2]/x", "--json")
    assert [answer["text"] for answer in json.loads(done.stdout)] == ["2", "2"]


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        ((". >= ", "--instance", "one.xml"), 36, "column 6"),
        (("nosuch()", "--instance", "one.xml", "--dialect", "collect"), 80, "nosuch()"),
        (("1", "--instance", "absent.xml"), 81, "absent.xml"),
        (("1", "--instance", "one.xml", "--context", "/data/nothing"), 81, "/data/nothing"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_exit_code(run, words, code, named):
    done = run(*words)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (code, 1)
    assert named in done.stderr
