"""When a slot is due, and what a failed one means."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import ServerUnreachable
from jobs.schedule import last_due, run_due
from jobs.settings import ScheduleSettings

NIGHTLY = ScheduleSettings(nightly="0 2 * * *", time_zone="Asia/Baghdad", catch_up_hours=20)
SLOT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # 02:00 on the 24th in Baghdad


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(hours=19)])
def test_a_slot_is_due_from_its_time_until_it_is_too_old_to_catch_up(late):
    assert last_due(NIGHTLY, SLOT + late) == SLOT


def test_a_slot_older_than_the_catch_up_is_left_alone():
    assert last_due(NIGHTLY, SLOT + timedelta(hours=21)) is None


def test_of_several_missed_slots_only_the_newest_runs():
    week = NIGHTLY.model_copy(update={"catch_up_hours": 24 * 7})
    ran = []
    assert run_due(week, ran.append, lambda: SLOT + timedelta(hours=1))
    assert ran == [SLOT]


def test_a_failed_run_is_told_from_a_good_one(capsys):
    def nightly(due_at):
        raise ServerUnreachable("no answer from the server; try again")

    assert not run_due(NIGHTLY, nightly, lambda: SLOT)
