"""The database remembers what a form was in each of its versions, and its media files as they are today."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from collector.reporting import forms
from tests.support.attendance import attendance_media, attendance_version
from tests.support.loading import START


@pytest.fixture
def connection(databases):
    with databases.reporting.begin() as connection:
        yield connection


def save(connection, uid, *, deployed_at=None, seen_at=START):
    version = replace(attendance_version(), version=uid)
    forms.save_version(connection, "attendance", version, {"survey": []}, seen_at=seen_at, deployed_at=deployed_at)
    return version


def test_a_version_comes_back_whole_with_the_media_lists_of_today(connection):
    version = save(connection, "v1")
    forms.save_media(connection, "attendance", attendance_media())
    assert forms.stored_version(connection, "attendance", "v1") == version


def test_a_changed_media_file_changes_the_lists_of_every_version(connection):
    save(connection, "v1")
    forms.save_media(connection, "attendance", attendance_media())
    forms.save_media(connection, "attendance", {"enumerators.csv": b"name,label\nE99,New\n"})
    version = forms.stored_version(connection, "attendance", "v1")
    assert [choice.name for choice in version.choices["enumerators.csv"]] == ["E99"]
    assert "venues.csv" not in version.choices
    assert forms.stored_media(connection, "attendance") == {"enumerators.csv": b"name,label\nE99,New\n"}


def test_a_media_file_that_is_no_list_does_not_stop_a_version(connection):
    save(connection, "v1")
    forms.save_media(connection, "attendance", {"enumerators.csv": b"\xff\xfe"})
    assert "enumerators.csv" not in forms.stored_version(connection, "attendance", "v1").choices


def test_the_latest_version_is_the_one_deployed_last_not_the_one_met_last(connection):
    save(connection, "new", deployed_at=START)
    save(connection, "old", deployed_at=START - timedelta(days=9), seen_at=START + timedelta(days=1))
    assert forms.latest_version(connection, "attendance").version == "new"


def test_what_was_never_met_is_none(connection):
    assert forms.stored_version(connection, "attendance", "v1") is None
    assert forms.latest_version(connection, "attendance") is None
    assert forms.stored_asset(connection, "attendance", server_url="https://a") is None


def test_a_project_is_remembered_by_server(connection):
    for uid in ("aX", "aY"):
        forms.save_form(connection, "attendance", server_url="https://a", asset_uid=uid, title="Attendance")
    assert forms.stored_asset(connection, "attendance", server_url="https://a") == "aY"
    assert forms.stored_asset(connection, "attendance", server_url="https://b") is None


def test_a_version_that_an_earlier_release_stored_is_read_without_what_it_did_not_know(connection):
    save(connection, "v1")
    table = forms.form_versions
    definition = connection.scalar(select(table.c.definition))
    for entry in [*definition["questions"], *definition["repeats"]]:
        entry.pop("required_messages", None)
        entry.pop("count", None)
    del definition["groups"]
    connection.execute(table.update().values(definition=definition))
    version = forms.stored_version(connection, "attendance", "v1")
    assert [repeat.count for repeat in version.repeats] == [""]
    assert version.groups == ()
    assert version.questions[0].required_messages == {}
