"""A form's key names its tables: no form, and no repeat, gets a table that is another's, or has the name of a view."""

from types import SimpleNamespace

import pytest
from sqlalchemy import inspect

from collector.errors import ProgrammeMistake
from collector.form.definition import FormVersion, Kind, Question, Repeat
from collector.reporting import forms, layouts
from collector.reporting.archive_tables import FIXED_NAMES
from collector.reporting.database import writing
from jobs.wiring import open_programme
from tests.support.loading import START
from tests.support.sheets import FORMS


def keyed(folder, key):
    """Settings whose programme calls its first form by another key."""
    text = (FORMS / "programme.toml").read_text("utf-8")
    (folder / "programme.toml").write_text(text.replace("[forms.attendance", f'[forms."{key}"'), "utf-8")
    return SimpleNamespace(forms=SimpleNamespace(folder=folder))


@pytest.mark.parametrize("key", ["questions", "choices", "form_tables", "submissions", "attachments", "runs"])
def test_a_form_called_like_a_table_of_the_database_is_refused_with_another_key(tmp_path, key):
    with pytest.raises(ProgrammeMistake, match=f"'{key}_form' for example"):
        open_programme(keyed(tmp_path, key))


@pytest.mark.parametrize(
    "key", ["v_attendance", "raw_frames", "attendance__2", "attendance__ar", "Visit", "a-b", "الحضور", "", "a" * 41]
)
def test_a_key_that_no_table_can_have_or_that_looks_like_a_view_is_refused_with_the_rule(tmp_path, key):
    with pytest.raises(ProgrammeMistake, match="small letters and digits with single underscores"):
        open_programme(keyed(tmp_path, key))


def test_every_fixed_table_of_a_database_is_known_as_taken(databases):
    for engine in (databases.reporting, databases.raw):
        with engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) <= FIXED_NAMES


def lay_out(connection, form, *repeats):
    questions = tuple(Question("q", f"{name}/q", "text", Kind.TEXT, repeat=name) for name in repeats)
    version = FormVersion(form, form, "v1", ("",), questions, tuple(Repeat(name, name) for name in repeats))
    forms.save_version(connection, form, version, {}, seen_at=START, deployed_at=None)
    plans, _ = layouts.lay_out(connection, form, version, ())
    return [plan.name for plan in plans]


def test_a_repeat_whose_table_is_there_already_gets_one_of_its_own(databases):
    with writing(databases.reporting) as connection:
        assert lay_out(connection, "visit_person") == ["visit_person"]
        form, first, second = *lay_out(connection, "question", "columns"), lay_out(connection, "visit", "person")[1]
        assert form == "question"
        assert first not in FIXED_NAMES
        assert second != "visit_person"
        there = set(inspect(connection).get_table_names()) | set(inspect(connection).get_view_names())
        assert {first, second, f"v_{first}", f"v_{second}"} <= there


def test_a_form_whose_table_is_a_repeat_of_another_is_refused_and_both_are_named(databases):
    with writing(databases.reporting) as connection:
        lay_out(connection, "visit", "person")
        with pytest.raises(ProgrammeMistake, match=r"form 'visit_person'.*repeat of form 'visit'.*another key"):
            lay_out(connection, "visit_person")
