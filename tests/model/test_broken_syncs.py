"""The model test can fail: syncs that are broken on purpose are found out by it, each in a few histories."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from collector.reporting import load
from jobs import pull, sync, writer
from tests.model.fresh import fresh_files
from tests.model.machine import play
from tests.model.world import READER, open_world

HISTORIES = 140
"""Within which each must be found: no more than test_convergence.py plays for one way."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with open_world(tmp_path_factory.mktemp("world"), READER) as world:
        yield world


def ignore_deletions(monkeypatch):
    monkeypatch.setattr(pull, "settle", lambda *_, **__: None)


def ignore_edits(monkeypatch):
    found = sync.Sync.compared

    def only_new_ones(self, after):
        differing, gone = found(self, after)
        return sorted(set(differing) - self._stored(after, sync.ENDLESS).keys()), gone

    monkeypatch.setattr(sync.Sync, "compared", only_new_ones)


def keep_what_was_blanked(monkeypatch):
    """As a merge does that only writes what is there."""
    erase_all_but(monkeypatch, "attendance")

    def merged(table):
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        rest = [f'"{column.name}"' for column in table.c if not column.primary_key]
        changes = ", ".join(f'{name} = coalesce(excluded.{name}, "{table.name}".{name})' for name in rest)
        return f"ON CONFLICT ({keys}) DO UPDATE SET {changes}"

    monkeypatch.setattr(load, "_on_conflict", merged)


def keep_rows_that_left_the_repeat(monkeypatch):
    erase_all_but(monkeypatch, "attendance_register")


def erase_all_but(monkeypatch, kept):
    delete = writer.delete

    def some(connection, table, *rest, **same):
        if table.name != kept:
            delete(connection, table, *rest, **same)

    monkeypatch.setattr(writer, "delete", some)


@pytest.mark.parametrize(
    "break_it", [ignore_deletions, ignore_edits, keep_what_was_blanked, keep_rows_that_left_the_repeat]
)
def test_a_broken_sync_is_found_out(world, break_it, monkeypatch, tmp_path):
    with fresh_files(tmp_path) as fresh:
        break_it(monkeypatch)
        with pytest.raises(AssertionError) as caught:
            play(world, fresh, histories=HISTORIES, first_seed=0, phases=(Phase.generate,))
    steps = "\n".join(caught.value.__notes__)
    assert "state.begin(" in steps
    assert "@reproduce_failure(" in steps
