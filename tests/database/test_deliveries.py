"""Exports and deliveries as the reporting database keeps them, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collector.errors import RowsRefused
from collector.reporting.database import writing
from collector.reporting.deliveries import (
    Delivery,
    Export,
    deliveries_of,
    export_of,
    last_export,
    last_sent,
    recipient_key,
    told_before,
    write_deliveries,
    write_export,
)
from collector.reporting.ledger import first_started, start_run

NOW = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)


@pytest.fixture
def connection(databases):
    with writing(databases.reporting) as connection:
        assert first_started(connection) is None
        for job in ("nightly", "nightly", "export"):
            start_run(connection, job, NOW)
        yield connection


def delivery(run, recipient, state):
    return Delivery(run, "officers", recipient, "internal", state, NOW, 1, None)


def test_the_newest_export_of_an_edition_and_of_a_job(connection):
    for run, edition in ((1, "internal"), (2, "internal"), (2, "shared"), (3, "internal")):
        write_export(
            connection, Export(run, edition, "en", NOW, "collector.xlsx", "{}", "told" * (edition == "shared"))
        )
    assert last_export(connection, "internal").run == 3
    assert last_export(connection, "internal", job="nightly").run == 2
    assert last_export(connection, "shared").run == 2
    assert export_of(connection, 1, "internal").made_at == NOW
    assert export_of(connection, 1, "shared") is None
    assert told_before(connection, 3) == ["told"]
    assert told_before(connection, 2) == []
    assert first_started(connection) == NOW


def test_a_second_attempt_replaces_the_first_and_the_last_mail_that_came_is_known(connection):
    write_deliveries(connection, [delivery(1, "a", "sent"), delivery(1, "b", "refused"), delivery(2, "a", "failed")])
    write_deliveries(connection, [replace(delivery(1, "b", "sent"), attempts=2)])
    assert {key: (each.state, each.attempts) for key, each in deliveries_of(connection, 1, "officers").items()} == {
        "a": ("sent", 1),
        "b": ("sent", 2),
    }
    assert last_sent(connection, "officers", "internal", 3) == {"a": 1, "b": 1}
    assert last_sent(connection, "officers", "internal", 1) == {}
    assert last_sent(connection, "partners", "internal", 3) == {}


def test_a_state_that_does_not_exist_is_refused(connection):
    with pytest.raises(RowsRefused):
        write_deliveries(connection, [delivery(1, "a", "lost")])


def test_a_recipient_is_a_pseudonym_that_does_not_depend_on_capitals():
    assert recipient_key("A@example.org", b"secret") == recipient_key("a@EXAMPLE.org", b"secret")
    assert recipient_key("a@example.org", b"secret") != recipient_key("a@example.org", b"another")


def test_each_language_of_a_workbook_is_known_apart_and_one_of_before_fits_any(connection):
    write_export(connection, Export(1, "internal", "", NOW, "collector.xlsx", "{}"))
    assert last_export(connection, "internal", "ar").file_name == "collector.xlsx"
    for language, name in (("en", "collector.xlsx"), ("ar", "collector-ar.xlsx")):
        write_export(connection, Export(2, "internal", language, NOW, name, "{}"))
    assert last_export(connection, "internal", "ar").file_name == "collector-ar.xlsx"
    assert last_export(connection, "internal", "en").file_name == "collector.xlsx"
