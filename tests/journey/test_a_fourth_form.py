"""A follow-up survey is added to the programme: a workbook and a few lines of programme.toml, and no Python."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from sqlalchemy import text

from collector.sandbox.server import OWNER
from collector.tablets.filled import Filled
from collector.tablets.java import ZONE
from collector.tablets.javarosa import Form, RefusedAnswer
from collector.tablets.openrosa import OpenRosa
from tests.journey.office import open_office
from tests.support.campaign import PROGRAMME
from tests.support.sheets import FORMS, write_workbook

pytestmark = pytest.mark.java

KEY = "follow_up"
TOML = """
[forms.follow_up]
kind = "survey"
wave = "follow_up"
workbook = "follow_up.xlsx"

[forms.follow_up.questions]
session = "session_id"
card = "card"
consent = "consent"
mode = "person/admin_mode"
sex = "person/sex_check"
age_group = "person/age_check"
item_set = "item_set"
score = "knowledge/score"
started = "start"
finished = "end"
"""
LANGUAGES = ("English (en)", "العربية (ar)", "کوردی (ckb)")
OWN = {
    "used": (
        "select_one yn",
        ("Have you used what you learned?", "هل استخدمت ما تعلمته؟", "ئەوەی فێر بوویت بەکارت هێنا؟"),
    ),
    "times": ("integer", ("How many times?", "كم مرة؟", "چەند جار؟")),
    "where": ("select_multiple place", ("Where?", "أين؟", "لە کوێ؟")),
}
PLACES = {"work": ("At work", "في العمل", "لە کار"), "home": ("At home", "في البيت", "لە ماڵ")}
CARD = next(number for number in range(1_000_000, 1_000_200) if number % 97 == 1)
WHEN = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo(ZONE))
ANSWERS = {
    **{"session_id": "ERB-01", "card": CARD, "consent": "yes", "used": "yes", "times": 3, "where": ("work", "home")},
    **{"person/admin_mode": "self", "person/sex_check": "f", "person/age_check": "25_34"},
    **{item.question: item.key if item.wrong else item.key[0] for item in PROGRAMME.items.values()},
}


def build(folder: Path) -> None:
    """The workbook: its own questions, and the knowledge items that the programme asks in every wave."""
    book = openpyxl.load_workbook(FORMS / "post_survey.xlsx", read_only=True)
    head, *rows = [list(row) for row in book["survey"].iter_rows(values_only=True)]
    place = {name: number for number, name in enumerate(head)}
    end_of_knowledge = next(i for i, row in enumerate(rows) if row[place["name"]] == "score") + 2
    survey = [head, *rows[:end_of_knowledge], *(own(name, place) for name in OWN)]
    lists, settings = (
        [list(row) for row in book[sheet].iter_rows(values_only=True)] for sheet in ("choices", "settings")
    )
    columns = {name: number for number, name in enumerate(lists[0])}
    for name, labels in PLACES.items():
        row = [None] * len(columns)
        row[columns["list_name"]], row[columns["name"]] = "place", name
        for language, label in zip(LANGUAGES, labels, strict=True):
            row[columns[f"label::{language}"]] = label
        lists.append(row)
    settings[1][settings[0].index("form_id")] = KEY
    settings[1][settings[0].index("form_title")] = "Follow-up"
    write_workbook(folder, survey=survey, choices=lists, settings=settings).rename(folder / f"{KEY}.xlsx")


def own(name: str, place: dict[str, int]) -> list[str | None]:
    row: list[str | None] = [None] * len(place)
    row[place["type"]], labels = OWN[name]
    row[place["name"]] = name
    row[place["relevant"]] = "${consent} = 'yes'" if name == "used" else "${used} = 'yes'"
    row[place["constraint"]] = ". > 0 and . < 100" if name == "times" else None
    for language, label in zip(LANGUAGES, labels, strict=True):
        row[place[f"label::{language}"]] = label
    return row


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        build(office.folder)
        with (office.folder / "programme.toml").open("a", encoding="utf-8") as file:
            file.write(TOML)
        yield office


def filled(number: int, **changes: object) -> Filled:
    return Filled(
        form_key=KEY,
        answers={**ANSWERS, **changes},
        language="ckb",
        device="tablet-01",
        username=OWNER,
        started_at=WHEN,
        ended_at=WHEN,
        sent_at=WHEN,
        instance_id=f"uuid:00000000-0000-4000-8000-00000000000{number}",
        session="ERB-01",
    )


def test_a_fourth_form_is_checked_by_the_project_s_own_tests(office):
    """The parametrised test of every form finds it, on the officer's folder."""
    where = {**os.environ, "COLLECTOR_FORMS__FOLDER": str(office.folder)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "tests/journey/test_forms_check.py",
    ]
    done = subprocess.run(
        command, cwd=FORMS.parent, env=where, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "without_a_mistake[follow_up]" in done.stdout


def test_a_fourth_form_is_deployed_filled_on_a_tablet_pulled_and_exported(office):
    assert office.plan(KEY).state == "created"
    done = office.deploy(KEY)
    assert (done.outcome, bool(done.tablets)) == ("created", True)
    tablet = OpenRosa(office.sandbox.url)
    token = office.sandbox.token(OWNER)
    (blank,) = tablet.fetch_blank_forms(token)
    form = Form(blank.form_xml, blank.media)
    for number in (1, 2):
        assert tablet.send(form.fill(filled(number, times=number)), token) is None
    with pytest.raises(RefusedAnswer, match="times"):
        form.fill(filled(3, times=100))
    tablet.close()
    office.pull(key=KEY)
    seen = office.rows(text("SELECT session_id, k02, score, times, where_work, item_set FROM follow_up ORDER BY times"))
    assert seen == [
        ("ERB-01", "false", 100.0, 1, True, "professional"),
        ("ERB-01", "false", 100.0, 2, True, "professional"),
    ]
    assert office.rows(text("SELECT count(*), count(person_key), count(DISTINCT person_key) FROM follow_up")) == [
        (2, 2, 1)
    ]
    assert office.export().is_file()
