"""The model test can fail: syncs that are broken on purpose are found out by it, each in a few histories.

And what it prints then can be played again: by the line, and by the seed.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, given, reproduce_failure, seed, settings
from hypothesis import strategies as st

from collector.reporting import load
from jobs import pull, sync, writer
from tests.model import machine
from tests.model.fresh import fresh_files
from tests.model.machine import load_everything, play
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
    erase = writer.erase_rows

    def some(connection, tables, keys):
        erase(connection, [table for table in tables if table.name != kept], keys)

    monkeypatch.setattr(writer, "erase_rows", some)


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
    again = ast.literal_eval(re.search(r"@reproduce_failure(\(.*?\)) as a", steps)[1])
    monkeypatch.setattr(machine, "_History", reproduce_failure(*again)(type("Again", (machine._History,), {})))
    with fresh_files(tmp_path) as fresh, pytest.raises(AssertionError):
        play(world, fresh, histories=1, first_seed=1)


ELSEWHERE = "from tests.model.test_broken_syncs import drawn; print(drawn())"


def drawn() -> list[int]:
    """Numbers as a history draws them, of a range in which numbers of our modules stand."""
    load_everything()
    found = []

    @seed(1)
    @settings(max_examples=200, database=None, phases=(Phase.generate,))
    @given(st.integers(0, 500))
    def draw(number):
        found.append(number)

    draw()
    return found


def test_a_seed_means_the_same_in_a_process_that_has_loaded_nothing_else():
    importlib.import_module("jobs.demo")  # which loads more than the histories need
    command = [sys.executable, "-c", ELSEWHERE]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=True)
    assert ast.literal_eval(done.stdout) == drawn()
