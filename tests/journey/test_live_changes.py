"""Each kind of change on a server with answers in: planned, priced, held or deployed, answered and pulled again."""

from __future__ import annotations

import shutil
from collections import Counter

import openpyxl
import pytest
from sqlalchemy import inspect, text

from collector.errors import DeploymentHeld
from collector.form.changes import What
from collector.reporting.database import open_engine
from collector.reporting.forms import latest_version
from collector.reporting.queries import register_rows
from jobs.form_plan import line_of
from jobs.wiring import open_databases
from tests.journey.office import KEY, open_office
from tests.support.live_changes import BEFORE, CASES


@pytest.fixture(scope="module")
def pulled(tmp_path_factory):
    """The folder of an office that has deployed the form and pulled its first answers."""
    folder = tmp_path_factory.mktemp("pulled")
    with open_office(folder) as office:
        office.deploy()
        office.pull(*BEFORE)
    return folder


@pytest.fixture
def office(pulled, tmp_path):
    shutil.copytree(pulled, tmp_path, dirs_exist_ok=True)
    with open_office(tmp_path) as office:
        yield office


def columns(office):
    engine = open_engine(office.settings.database.url)
    try:
        there = inspect(engine)
        return {f"{table}.{each['name']}" for table in (KEY, f"{KEY}_register") for each in there.get_columns(table)}
    finally:
        engine.dispose()


def workbook_columns(office):
    """Every column of every sheet of the nightly workbook, as its Dictionary lists them."""
    book = openpyxl.load_workbook(office.export(), read_only=True)
    return [row for row in book["Dictionary"].iter_rows(values_only=True) if row[0] == "This workbook"]


@pytest.fixture(scope="module")
def workbook_before(pulled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    shutil.copytree(pulled, folder, dirs_exist_ok=True)
    with open_office(folder) as office:
        return workbook_columns(office)


def values(office, place):
    table, _, column = place.partition(".")
    keys = "" if table == KEY else ", t.repeat_index"
    order = f"SELECT t.{column} FROM {table} t JOIN submissions s USING (root_uuid) ORDER BY s.submission_id{keys}"
    return tuple(row[0] for row in office.rows(text(order)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_change_is_planned_priced_decided_and_read_on(office, case, workbook_before):
    there = columns(office)
    office.edit(case.edit)
    programme = office.folder / "programme.toml"
    for old, new in case.toml.items():
        programme.write_text(programme.read_text("utf-8").replace(old, new), "utf-8")
    plan = office.plan()
    assert tuple(map(line_of, plan.changes)) == (case.plan,)
    assert [each.change.what for each in plan.changes] == [case.what]
    assert tuple(each.change.id for each in plan.held) == case.held
    if case.held:
        with pytest.raises(DeploymentHeld, match=case.held[0]):
            office.deploy()
    assert office.deploy(accepting=case.held).outcome == "changed"
    office.pull(*filter(None, [case.after]))
    assert columns(office) - there == set(case.added)
    assert there - columns(office) == set()
    assert {place: values(office, place) for place in case.holds} == case.holds
    assert workbook_columns(office) == workbook_before


def test_answers_to_a_renamed_choice_count_together(office):
    """The database keeps what was answered; numbers and sheets read all of it under the code of today."""
    (case,) = (case for case in CASES if case.what is What.CHOICE_RENAMED)
    office.edit(case.edit)
    office.deploy()
    office.pull(case.after)
    with open_databases(office.settings) as databases, databases.reporting.connect() as connection:
        rows = register_rows(connection, office.programme, latest_version(connection, KEY))
    assert Counter(row.role for row in rows) == {"leading": 4, "frontline": 3}
