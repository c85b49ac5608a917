"""`collector demo` as a stranger runs it: the promised numbers, the same again, and nobody's card in what it leaves."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.form.programme import read_programme
from collector.indicators.periods import evidence_of
from collector.reporting.database import open_engine
from collector.sandbox.options import Options
from collector.sandbox.server import serve
from jobs import commands
from jobs.cli import app
from jobs.demo import _nightly, demo_settings
from jobs.export import read_night
from jobs.rebuild import replay
from tests.support.databases import tables_of
from tests.support.shared_file import OF_SURVEYS, Parted, Read, assert_protected

ROOT = Path(__file__).parents[2]
EXPECTED = {"participants_low": (806, 950), "before": (42.2, 45.7), "after": (68.3, 72.0), "passed_after": (0.52, 0.60)}
"""Ranges over 40 simulated campaigns; source: the campaign's specification, expected results of the demo data."""


@pytest.mark.java
def test_the_demo_ends_with_a_workbook_and_numbers_in_the_expected_ranges(campaign):
    folder, result = campaign
    totals = result["night"]["exported"]["totals"]
    for name, (low, high) in EXPECTED.items():
        assert low <= totals[name] <= high, name
    assert result["sent"]["engine"] == "javarosa"
    assert [form["missing"] for form in result["night"]["pulled"]] == [0, 0, 0]
    assert (folder / "workbook.xlsx").is_file()
    assert json.loads((folder / "truth.json").read_text())["facts"]


@pytest.mark.java
def test_two_shared_editions_of_the_demo_give_no_few_people_away(campaign):
    folder, _ = campaign
    engine = open_engine(f"sqlite:///{folder / 'collector.db'}")
    with engine.connect() as connection:
        whole = read_night(connection, read_programme(ROOT / "forms" / "programme.toml"), now=datetime.now(UTC), run=1)
    engine.dispose()
    first = shared_on(whole, date(2026, 9, 20))
    second = shared_on(whole, date(2026, 10, 25), first.published.told)
    reads = [Read(first, once=False)]
    reads.append(Read(second, reads[0], once=False))
    assert all(map(assert_protected, reads))
    parted = Parted(reads)
    assert sum(map(parted.assert_protected, OF_SURVEYS))


def shared_on(night, day, *told):
    """The shared edition of a day: of the sessions held until then."""
    found = evidence_of(night.evidence, [one for one in night.sessions if not one.is_held or one.day <= day])
    parts = ("sessions", "people", "surveys", "linked", "learning", "items")
    known = {name: getattr(found, name) for name in parts}
    return replace(
        night, edition="shared", made_at=datetime(2026, day.month, day.day, 18, tzinfo=UTC), told=told, **known
    )


@pytest.mark.java
def test_the_demo_is_rebuilt_from_what_it_received_row_by_row(campaign, tmp_path):
    folder, _ = campaign
    secret = (folder / "secrets" / "privacy__secret").read_bytes()
    urls = (
        f"sqlite:///{folder / 'raw.db'}",
        f"sqlite:///{folder / 'collector.db'}",
        f"sqlite:///{tmp_path / 'again.db'}",
    )
    source, there, again = map(open_engine, urls)
    replay(source, again, read_programme(ROOT / "forms" / "programme.toml"), secret=secret)
    assert tables_of(again) == tables_of(there)
    for engine in (source, there, again):
        engine.dispose()


BROKEN = {"QC32": "answer_in_irrelevant", "QC36": "choice", "QC37": "choice_not_offered"}
"""What is planned in the demo and cannot be filled in on a tablet: checks whose defects break a rule of the form."""

KEPT_OUT = {"answer_in_irrelevant", "choice"}
"""Those that keep their submission out: the unknown code is that of an age group, which may be a child's."""


@pytest.mark.java
def test_what_is_planned_to_break_a_rule_is_found_kept_out_where_it_must_be_and_nothing_else_is_found(campaign):
    folder, _ = campaign
    facts = json.loads((folder / "truth.json").read_text())["facts"]
    planned = {
        fact["instance_id"].removeprefix("uuid:"): BROKEN[fact["check"]] for fact in facts if fact["check"] in BROKEN
    }
    with closing(sqlite3.connect(folder / "collector.db")) as database:
        found = database.execute(
            "SELECT DISTINCT instance_id, code, verdict FROM submissions LEFT JOIN findings USING (form, root_uuid) "
            "WHERE verdict = 'quarantined' OR code IS NOT NULL"
        ).fetchall()
    assert len(planned) == 4
    assert sorted((instance, code) for instance, code, _ in found) == sorted(planned.items())
    assert all((verdict == "quarantined") == (code in KEPT_OUT) for _, code, verdict in found)


@pytest.mark.java
def test_the_demo_with_a_dropped_line_gives_the_same_numbers(campaign, tmp_path):
    """The night of it: what the tablets sent is that of the campaign."""
    folder, result = campaign
    shutil.copytree(folder / "sandbox", tmp_path / "sandbox")
    with ExitStack() as stack:
        sandbox = stack.enter_context(serve(tmp_path / "sandbox", options=Options(now=commands.now)))
        at = stack.enter_context(commands.desk(demo_settings(tmp_path, sandbox)))
        again = _nightly(at, sandbox, is_line_dropped=True)
    assert asdict(again.exported)["totals"] == result["night"]["exported"]["totals"]
    with closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        states = [state for (state,) in database.execute("SELECT state FROM runs ORDER BY id")]
    assert states == ["failed", "succeeded"]


def test_the_line_is_dropped_where_the_command_says_so(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("jobs.demo.run_demo", lambda folder, **how: asked.append(how["is_line_dropped"]))
    for words in ((), ("--drop-line",)):
        assert CliRunner().invoke(app, ["demo", "--folder", str(tmp_path), *words]).exit_code == 0
    assert asked == [False, True]


@pytest.mark.java
def test_no_card_of_the_demo_is_in_its_reporting_database_or_its_workbook(campaign):
    folder, _ = campaign
    with closing(sqlite3.connect(folder / "sandbox" / "sandbox.sqlite")) as server:
        answers = " ".join(text for (text,) in server.execute("SELECT document FROM submissions"))
    cards = {answer for answer in answers.split('"') if answer.isdigit() and len(answer) == 7 and int(answer) % 97 == 1}
    assert len(cards) > 800
    with closing(sqlite3.connect(folder / "collector.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = (value for name in tables for row in database.execute(f'SELECT * FROM "{name}"') for value in row)
        # Hexadecimal keys and digests hold seven digits in a row by chance: a card stands alone
        numbers = {each for value in values for each in re.findall(r"(?<![0-9a-f])\d{7}(?![0-9a-f])", str(value))}
    assert not cards & numbers


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    command = [sys.executable, "-m", "jobs.cli", "demo", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 51
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
