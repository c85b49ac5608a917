"""The clock: APScheduler runs the nightly job at its slots, and quick pulls between them.

A slot is a time the job was due. The run lock and the ledger of slots (jobs/runs.py) make sure that two schedulers
run a slot once, that a slot whose scheduler was killed runs again, and that one missed while nothing ran is caught
up at the next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from collector.errors import CollectorError, RunInProgress
from jobs.runs import SlotServed

if TYPE_CHECKING:
    from jobs.settings import ScheduleSettings

log = structlog.get_logger()

PATIENCE = timedelta(hours=3)
"""How long after its time a slot still waits for another run to end."""

PAUSE_SECONDS = 20.0

MISFIRE_SECONDS = 3600
"""A slot that the scheduler notices late, because the computer slept, still runs if it is not later than this."""


def trigger_of(schedule: ScheduleSettings) -> CronTrigger:
    """When the nightly job is due."""
    return _crontab(schedule.nightly, schedule)


def _crontab(expression: str, schedule: ScheduleSettings) -> CronTrigger:
    return CronTrigger.from_crontab(expression, ZoneInfo(schedule.time_zone))


def last_due(schedule: ScheduleSettings, now: datetime) -> datetime | None:
    """The newest slot at or before `now`, in UTC; None where it is older than what may be caught up."""
    trigger = trigger_of(schedule)
    due: datetime | None = None
    following = trigger.get_next_fire_time(None, now - timedelta(hours=schedule.catch_up_hours))
    while following and following <= now:
        due = following
        following = trigger.get_next_fire_time(following, following + timedelta(microseconds=1))
    return due.astimezone(UTC) if due else None


def run_due(
    schedule: ScheduleSettings,
    nightly: Callable[[datetime], object],
    now: Callable[[], datetime],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Run the newest due slot unless it is done; False when the run failed, which is logged in one line.

    nightly: runs the slot it is given; raises SlotServed where another did, RunInProgress while another run goes on
    (which is waited for), and our other errors when it fails.
    """
    due_at = last_due(schedule, now())
    while due_at is not None:
        try:
            nightly(due_at)
        except SlotServed:
            log.info("slot is served already", due_at=due_at.isoformat())
        except RunInProgress as error:
            if now() - due_at < PATIENCE:
                sleep(PAUSE_SECONDS)
                continue
            return _failed(due_at, error)
        except CollectorError as error:
            return _failed(due_at, error)
        return True
    return True


def run_quick(quick: Callable[[], object]) -> bool:
    """A quick pull; False when it failed, which is logged. While another run goes on there is nothing to do."""
    try:
        quick()
    except RunInProgress:
        log.info("quick pull left out: another run goes on")
    except CollectorError as error:
        log.error("quick pull failed", error=type(error).__name__, reason=str(error))
        return False
    return True


def _failed(due_at: datetime, error: CollectorError) -> bool:
    log.error("nightly run failed", due_at=due_at.isoformat(), error=type(error).__name__, reason=str(error))
    return False


def keep_running(
    schedule: ScheduleSettings,
    nightly: Callable[[datetime], object],
    quick: Callable[[], object],
    now: Callable[[], datetime],
) -> bool:
    """Catch up, then run each slot and the quick pulls until interrupted; True when the last nightly run went well."""
    outcomes = [run_due(schedule, nightly, now)]
    scheduler = BlockingScheduler(timezone=schedule.time_zone)
    scheduler.add_job(
        lambda: outcomes.append(run_due(schedule, nightly, now)),
        trigger_of(schedule),
        id="nightly",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=MISFIRE_SECONDS,
    )
    scheduler.add_job(
        lambda: run_quick(quick), _crontab(schedule.quick, schedule), id="quick", coalesce=True, max_instances=1
    )
    try:
        scheduler.start()
    except (KeyboardInterrupt, SystemExit):
        log.info("schedule stopped")
    return outcomes[-1]
